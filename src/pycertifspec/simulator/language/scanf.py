"""Reading values out of text as sscanf() does (SPEC_LANGUAGE.md 6.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .values import Value

_DIRECTIVE = re.compile(
    r"\s+|%(?P<skip>\*)?(?P<width>[0-9]+)?(?:hh|h|ll|l|L)?(?:(?P<kind>[diuoxXeEfFgGscn%])|\[(?P<set>\^?\]?[^\]]*)\])"
    r"|(?P<literal>.)",
    re.DOTALL,
)
_NUMBERS: Final = {
    **dict.fromkeys("du", re.compile(r"[+-]?[0-9]+")),
    "i": re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)"),
    "o": re.compile(r"[+-]?[0-7]+"),
    **dict.fromkeys("xX", re.compile(r"[+-]?(?:0[xX])?[0-9a-fA-F]+")),
    **dict.fromkeys("eEfFgG", re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")),
}
_BASES: Final = {"o": 8, "x": 16, "X": 16}
# More digits than any number has.
_LONGEST: Final = 300


def scan(text: str, template: str) -> list[Value]:
    """Return the values that `template` finds in `text`, up to the first that does not fit."""
    values: list[Value] = []
    at = 0
    for match in _DIRECTIVE.finditer(template):
        kind, literal = match["kind"], match["literal"]
        if kind is None and literal is None and match["set"] is None:  # white space in the template
            at = _after_blanks(text, at)
            continue
        if literal is not None or kind == "%":
            at = _after_blanks(text, at) if kind == "%" else at
            if text[at : at + 1] != (literal or "%"):
                break
            at += 1
            continue
        if kind == "n":
            values.append(float(at))
            continue
        found = _field(text, at, kind, match["set"], int((match["width"] or "0")[:9]))
        if found is None:
            break
        value, at = found
        if not match["skip"]:
            values.append(value)
    return values


def _after_blanks(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip()) if at < len(text) else at


def _field(text: str, at: int, kind: str | None, members: str | None, width: int) -> tuple[Value, int] | None:
    if kind == "c":
        piece = text[at : at + max(width, 1)]
        return (piece, at + len(piece)) if piece else None
    if kind is not None:
        at = _after_blanks(text, at)
    window = text[at : at + width] if width else text[at:]
    if kind == "s":
        piece = re.match(r"\S*", window)[0]  # type: ignore[index]  # it always matches
        return (piece, at + len(piece)) if piece else None
    if members is not None:
        end = 0
        allowed, negated = _set(members)
        while end < len(window) and (window[end] in allowed) != negated:
            end += 1
        return (window[:end], at + end) if end else None
    found = _NUMBERS[kind or "d"].match(window[:_LONGEST])
    if found is None:
        return None
    return _number(found.group(), kind or "d"), at + found.end()


def _number(digits: str, kind: str) -> float:
    if kind in _BASES:
        return float(int(digits, _BASES[kind]))
    if kind == "i":
        bare = digits.lstrip("+-")
        octal = bare.startswith("0") and bare.isdigit() and set(bare) <= set("01234567")
        return float(int(digits, 16 if bare[:2] in {"0x", "0X"} else 8 if octal else 10))
    return float(digits)


def _set(members: str) -> tuple[set[str], bool]:
    negated = members.startswith("^")
    members = members[negated:]
    allowed: set[str] = set()
    at = 0
    while at < len(members):
        if members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            allowed.update(map(chr, range(ord(members[at]), min(ord(members[at + 2]), ord(members[at]) + 10_000) + 1)))
            at += 3
        else:
            allowed.add(members[at])
            at += 1
    return allowed, negated
