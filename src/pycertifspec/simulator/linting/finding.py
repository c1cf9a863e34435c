"""`Finding`: one mistake in a macro file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A mistake and where it is.

    Attributes:
        file: the file, as it was named.
        line: its line, from 1.
        column: from 1; 0 where it is not known.
        code: ``syntax``, ``undefined-name``, ``undefined-function`` or ``argument-count``.
        message: what is wrong.

    """

    file: str
    line: int
    column: int
    code: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"
        return f"{place}: {self.code}: {self.message}"
