"""Which lines of macro files can be run, and which were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.program import walk

from .setting import setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.simulator.loading import MacroText

    from .sheet import Part


@dataclass(frozen=True, slots=True)
class Coverage:
    """The lines of one file.

    Attributes:
        file: the file, as it was named.
        executable: the lines at which a statement begins, in the file or in the text of a macro.
        executed: those of them that were run.

    """

    file: str
    executable: tuple[int, ...]
    executed: tuple[int, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The lines that were not run."""
        return tuple(line for line in self.executable if line not in self.executed)

    @property
    def percent(self) -> float:
        """How many of a hundred lines were run; 100 if there are none."""
        return 100.0 * len(self.executed) / len(self.executable) if self.executable else 100.0

    def ranges(self) -> str:
        """Return the missing lines in words: ``3-5, 9``; lines between which nothing can be run are one range."""
        parts: list[tuple[int, int]] = []
        missing, before = set(self.missing), False
        for line in self.executable:
            if line in missing:
                parts[-1:] = [(parts[-1][0], line)] if before else [*parts[-1:], (line, line)]
            before = line in missing
        return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in parts)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "file": self.file,
            "executable": list(self.executable),
            "executed": list(self.executed),
            "missing": list(self.missing),
            "percent": round(self.percent, 1),
        }


def coverage(files: Iterable[MacroText], ran: set[tuple[str, int]]) -> list[Coverage]:
    """Return the lines of macro files that can be run and that were.

    Args:
        files: their texts, in the order in which they were read.
        ran: file and line of each statement that was run (`Interpreter.watch_lines`).

    """
    with setting() as (_, reader):
        outlines = [reader.outline(macros) for macros in files]
        for sheet, macros in outlines:
            reader.fill(sheet, macros)
    # What `rdef` defines is known only when the program runs; then its text stands where its name does.
    later = {macro.name for sheet, _ in outlines for macro in sheet.macros() if not macro.is_function}
    found = []
    for sheet, _ in outlines:
        lines = {line for part in sheet.parts for line in _lines(sheet.source, part, later)}
        executed = {line for line in lines if (sheet.source, line) in ran}
        found.append(Coverage(sheet.source, tuple(sorted(lines)), tuple(sorted(executed))))
    return found


def table(found: Iterable[Coverage]) -> str:
    """Return a report as a table: lines, those that were run, and the missing ones."""
    rows = [("file", "lines", "run", "", "missing")]
    rows += [
        (one.file, str(len(one.executable)), str(len(one.executed)), f"{one.percent:.0f} %", one.ranges())
        for one in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        + "\n"
        for row in rows
    )


def _lines(source: str, part: Part, macros: set[str]) -> Iterable[int]:
    """Give the lines of a part at which statements begin."""
    macro = part.macro
    # A text macro of one line is a word for something else: it is run where it is used.
    if macro is not None and not macro.is_function and "\n" not in macro.text:
        return
    for node in walk(part.statements):
        counts = isinstance(node, nodes.Statement) and not isinstance(node, nodes.Block)
        counts = counts and not (isinstance(node, nodes.ExpressionStatement) and _first_name(node.expression) in macros)
        if counts and node.position.source == source and node.position.macro in {"", macro.name if macro else ""}:
            yield node.position.line


def _first_name(expression: nodes.Expression) -> str:
    """Return the name that an expression is, or that its first word is."""
    first = expression.items[0] if isinstance(expression, nodes.Concatenation) else expression
    return first.name if isinstance(first, nodes.Name) else ""
