"""Where the specification leaves a choice, the choice: one switch for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """Behaviour that no source settles (tags [choice] and [memory] of SPEC_LANGUAGE.md)."""

    # 4.2: `if ("abc")` is false, because the number value of a pure string is 0.
    pure_string_is_true: bool = False
    # 4.3: operands of % << >> & ^ | ~ are truncated to this many bits; old versions had 32.
    integer_bits: int = 64
    # 6.8: `com` divides by the sum of y; the vendor's text says by the number of points.
    com_divides_by_points: bool = False
    # 2.6: pieces of a chained macro are joined by this.
    piece_separator: str = "\n"
    # 6.2: split() empties the array first.
    split_clears: bool = True
    # 3.1: an expression statement that is a bare name which nobody defined is an error (9).
    bare_name_is_error: bool = True
