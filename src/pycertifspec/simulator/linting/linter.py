"""`lint`: reads macro files as SPEC would, and gives what is wrong in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import names_table
from pycertifspec.simulator.language.tables import expected_count
from pycertifspec.simulator.loading import read_macros

from .arguments import OF_FUNCTIONS, calls, takes_any
from .finding import Finding
from .names import used
from .setting import setting
from .usage import PLACEHOLDER, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pycertifspec.simulator.language import Interpreter
    from pycertifspec.simulator.language.errors import Position
    from pycertifspec.simulator.language.macros import Macro

    from .sheet import Part, Sheet, SheetReader


def lint(paths: Iterable[Path], *, known: Iterable[str] = (), definitions: Iterable[Path] = ()) -> list[Finding]:
    """Return the mistakes in macro files, in their order.

    A name is known if SPEC, the standard macros or any of the files make it, wherever that is, and if a file says
    that others make it, in a comment: ``# lint: known te_command, te_port``.

    Args:
        paths: the files, in the order in which SPEC would read them.
        known: names of variables, macros and functions that are made elsewhere.
        definitions: files that are read first for what they define, and in which no mistakes are looked for.

    Raises:
        OSError: a file cannot be read.

    """
    with setting() as (interpreter, reader):
        linter = _Linter(interpreter, reader, known)
        for path in definitions:
            linter.read(path, wanted=False)
        for path in paths:
            linter.read(path, wanted=True)
        return linter.findings()


# What a file says of names that others make: `# lint: known te_command, te_port`.
_MADE_ELSEWHERE = re.compile(r"^[ \t]*#[ \t]*lint:[ \t]*known[ \t]+([\w, \t]+)$", re.MULTILINE)


class _Linter:
    """What is known, and the files that were read."""

    def __init__(self, interpreter: Interpreter, reader: SheetReader, known: Iterable[str]) -> None:
        self._interpreter, self._reader = interpreter, reader
        self._usage = Usage(interpreter)
        self._known = {*known, *names_table.COMMANDS, *(command.name for command in interpreter.commands)}
        self._macros: dict[str, list[Macro]] = {}  # of the files
        self._waiting: list[tuple[Sheet, list[Macro]]] = []
        self._sheets: list[Sheet] = []

    def read(self, path: Path, *, wanted: bool) -> None:
        """Take in a file, as SPEC reads it: definitions are known from here on."""
        sheet, macros = self._reader.outline(read_macros(path))
        for names in _MADE_ELSEWHERE.findall(sheet.text):
            self._known.update(names.replace(",", " ").split())
        self._waiting.append((sheet, macros))
        if wanted:
            self._sheets.append(sheet)

    def findings(self) -> list[Finding]:
        """Return what is wrong, now that all files are read."""
        for sheet, macros in self._waiting:
            self._reader.fill(sheet, macros)
            for macro in sheet.macros():
                self._macros.setdefault(macro.name, []).append(macro)
                self._known.update((macro.name, *(macro.parameters or ())))
        found = {
            finding
            for sheet in self._sheets
            for part in sheet.parts
            for finding in _placed(part, self._look(sheet, part))
        }
        order = {sheet.source: number for number, sheet in enumerate(self._sheets)}
        return sorted(found, key=lambda finding: (order[finding.file], finding))

    def _look(self, sheet: Sheet, part: Part) -> Iterator[Finding]:
        for error in part.errors:
            # What goes wrong in another file's macro went wrong where that is used, of which the line is not known.
            here = error.position is not None and error.position.source == sheet.source
            line, column = (error.line, error.position.column) if here and error.position else (_first(part), 0)
            yield Finding(sheet.source, line, column, "syntax", error.message)
        mine = (part.macro.name if part.macro else "",)
        is_function = part.macro is not None and part.macro.is_function
        expanded = {
            use.position for use in part.uses if use.hides
        }  # what stands there stands in the macro, and is looked at there
        for name in used(part.statements):
            here = name.position.source == sheet.source and name.position.macro in mine
            if is_function and OF_FUNCTIONS.fullmatch(name.name):
                continue
            if here and name.position not in expanded and not self._is_known(name.name):
                message = f"{name.name} is made nowhere in these files, by the standard macros or by SPEC"
                yield _finding(name.position, "undefined-name", message)
        for call in calls(part.statements):
            if call.position.source == sheet.source and call.position.macro in mine:
                yield from self._look_at_call(call.name, len(call.arguments), call.position)
        told: set[Position] = set()  # what refuses is the macro that stands there, not what it is made of
        for use in part.uses:
            if use.position not in told and self._usage.refuses(use.macro, use.count):
                told.add(use.position)
                message = f"{use.macro.name} ends with its usage when it is given {_arguments(use.count)}"
                yield _finding(use.position, "argument-count", message)

    def _is_known(self, name: str) -> bool:
        return (
            name in self._known
            or name in self._reader.variables
            or name in self._interpreter.macros
            or name in self._interpreter.functions
            or name in names_table.FUNCTIONS
            or PLACEHOLDER in name
        )

    def _look_at_call(self, name: str, count: int, position: Position) -> Iterator[Finding]:
        macro, function = self._interpreter.macros.get(name), self._interpreter.functions.get(name)
        if macro is not None and macro.parameters is not None:
            versions = [macro, *self._macros.get(name, [])]  # files may define it more than once, and differently
            if any(takes_any(version) for version in versions):
                return
            counts = {len(version.parameters or ()) for version in versions}
            low, high = min(counts), max(counts)
        elif macro is None and function is not None:
            low, high = function.minimum, function.maximum
        elif self._is_known(name):
            return
        else:
            message = f"{name}() is defined nowhere in these files, by the standard macros or by SPEC"
            yield _finding(position, "undefined-function", message)
            return
        if not low <= count <= high:
            yield _finding(position, "argument-count", f"{name}() takes {expected_count(low, high)}, not {count}")


def _placed(part: Part, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Forget the columns where other text stood in place of a macro's arguments."""
    moved = part.macro is not None and part.macro.takes_arguments
    return (replace(finding, column=0) if moved else finding for finding in findings)


def _first(part: Part) -> int:
    return part.macro.line if part.macro is not None else 1


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _finding(position: Position, code: str, message: str) -> Finding:
    return Finding(position.source, position.line, position.column, code, message)
