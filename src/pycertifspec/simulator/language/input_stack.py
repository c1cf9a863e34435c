"""The stack of texts that are waiting to be read: keyboard, files, expanded macros (SPEC_LANGUAGE.md 1.1)."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from .errors import Position, exceeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .limits import Limits


class Frame:
    """One text and how far it has been read.

    Attributes:
        text: the whole text.
        offset: where reading goes on.
        source: the file it came from, or ``"tty"``.
        line: the line of `source` at which the text begins.
        macro: the macro it is the text of, or an empty string.
        place: where all of it is said to stand, when its own lines say nothing.
        begins: of a text that is put together from several: where each begins in it, its file and its first line; what
            comes from no file stands at `place`.
        closed: whether a statement must end where the text ends: true of files, false of macros.
        shown: up to where its lines have been shown; None for a text whose lines are not.

    """

    __slots__ = ("_newlines", "begins", "closed", "line", "macro", "offset", "place", "shown", "source", "text")

    def __init__(
        self,
        text: str,
        source: str,
        *,
        line: int = 1,
        macro: str = "",
        place: Position | None = None,
        begins: Sequence[tuple[int, str, int]] = (),
        closed: bool = False,
        echo: bool = False,
    ) -> None:
        self.text = text
        self.offset = 0
        self.source = source
        self.line = line
        self.macro = macro
        self.place = place
        self.begins = begins
        self.closed = closed
        self.shown = 0 if echo else None
        self._newlines: list[int] | None = None

    def position(self, offset: int) -> Position:
        """Return the place of a character."""
        if self.begins:
            start, source, line = self.begins[bisect_right(self.begins, offset, key=lambda part: part[0]) - 1]
            if source != "tty":
                lines = self.text[start:offset].split("\n")
                return Position(source, line + len(lines) - 1, self.macro, len(lines[-1]) + 1 if len(lines) > 1 else 0)
        if self.place is not None:
            return self.place._replace(macro=self.macro)
        if self._newlines is None:
            self._newlines = [n for n, character in enumerate(self.text) if character == "\n"]
        line = bisect_right(self._newlines, offset - 1)
        # The text of a macro begins somewhere in the first line.
        column = offset - self._newlines[line - 1] if line else 0 if self.macro else offset + 1
        return Position(self.source, self.line + line, self.macro, column)

    def lines_to_show(self) -> str:
        """Return the lines that were read from, in whole or in part, since this was asked; "" if none are shown."""
        if self.shown is None or self.offset <= self.shown:
            return ""
        end = self.text.find("\n", self.offset - 1) + 1 or len(self.text)
        lines, self.shown = self.text[self.shown : end], end
        return lines

    def extend(self, text: str) -> None:
        """Add text at the end."""
        self.text += text
        self._newlines = None


class InputStack:
    """The texts, the one that is being read on top."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.frames: list[Frame] = []

    def push(self, frame: Frame) -> None:
        """Read `frame` before anything else.

        Raises:
            LimitExceededError: too many texts are waiting.

        """
        self.drop_read()
        if len(self.frames) >= self._limits.input_depth:
            name = f" (macro `{frame.macro}')" if frame.macro else f' (file "{frame.source}")'
            exceeded("input_depth", self._limits.input_depth, f"The number of texts being read{name}")
        self.frames.append(frame)

    def drop_read(self) -> None:
        """Forget macro texts that have been read to their end."""
        frames = self.frames
        while len(frames) > 1 and not frames[-1].closed and frames[-1].offset >= len(frames[-1].text):
            frames.pop()

    def next_frame(self, *, between_statements: bool) -> Frame | None:
        """Return the text to read from, or None at the end of all, or of a file inside a statement."""
        frames = self.frames
        while frames:
            top = frames[-1]
            if top.offset < len(top.text):
                return top
            if len(frames) == 1 or (top.closed and not between_statements):
                return None
            frames.pop()
        return None

    def merge(self) -> bool:
        """Join the text on top with the one below, for a quote that goes on there; tell whether there was one."""
        if len(self.frames) < 2 or self.frames[-1].closed:
            return False
        top, below = self.frames[-1], self.frames[-2]
        rest = top.text[top.offset :] + below.text[below.offset :]
        position = top.position(top.offset)
        merged = Frame(rest, position.source, line=position.line, macro=position.macro, closed=below.closed)
        self.frames[-2:] = [merged]
        return True

    def clear(self) -> None:
        """Throw everything away."""
        self.frames.clear()

    def snapshot(self) -> list[tuple[Frame, int]]:
        """Remember where reading is."""
        self.drop_read()
        return [(frame, frame.offset) for frame in self.frames]

    def restore(self, snapshot: list[tuple[Frame, int]]) -> None:
        """Go back to where reading was."""
        for frame, offset in snapshot:
            frame.offset = offset
        self.frames = [frame for frame, _ in snapshot]
