"""Functions that make the lines of data files, for the standard macros: each format stands once, in `datafile.formats`.

Every function returns text with its line ends, for a macro to ``fprintf(DATAFILE, "%s", …)``; none writes. (`_df_look`
tells what a file has already.) Where values
are asked for, numbers, whole arrays (in the order of their indices) and text may be mixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Reader, formats
from pycertifspec.simulator.language import AssociativeArray, Command, Function, SpecRuntimeError, to_python
from pycertifspec.simulator.language.parser import LINE
from pycertifspec.simulator.language.tables import ANY
from pycertifspec.simulator.language.values import ArrayValue, parse_number, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.datafile import DataFile
    from pycertifspec.simulator.language import Interpreter, Value


class DataFileFunctions:
    """The formats of data files as macros see them; the epoch is the global variable ``EPOCH``."""

    def install(self, interpreter: Interpreter) -> None:
        """Add the functions."""
        for name, implementation, minimum, maximum in (
            ("_df_file", self.file, 3, 5),
            ("_df_names", self.names, 1, ANY),
            ("_df_scan", self.scan, 2, 3),
            ("_df_preset", self.preset, 2, 2),
            ("_df_geometry", self.geometry, 1, ANY),
            ("_df_q", self.reciprocal, 0, ANY),
            ("_df_positions", self.positions, 0, ANY),
            ("_df_mca", self.channels, 4, 5),
            ("_df_labels", self.labels, 1, ANY),
            ("_df_epoch", self.epoch, 0, 1),
            ("_df_row", self.row, 1, ANY),
            ("_df_keep", self.keep, 3, ANY),
            ("_df_spectrum", self.spectrum, 2, ANY),
            ("_df_comment", self.comment, 1, 2),
            ("_df_aborted", self.aborted, 1, 2),
            ("_df_continued", self.continued, 0, 1),
            ("_df_look", self.look, 1, 1),
            ("_df_left", self.left, 1, 1),
            ("_df_again", self.again, 3, 3),
            ("_df_end", self.end, 0, 0),
        ):
            doc = (implementation.__doc__ or "").partition("\n")[0]
            interpreter.functions.register(Function(name, _refusing(name, implementation), minimum, maximum, doc=doc))
        interpreter.commands.register(Command("_comment_line", _comment_line, LINE))

    def file(
        self,
        interpreter: Interpreter,
        name: Value,
        title: Value,
        user: Value,
        seconds: Value = None,
        date: Value = None,
    ) -> Value:
        """#F #E #D #C of a new file: (name, title, user [, epoch [, date]]); the epoch is EPOCH if left out."""
        epoch = _epoch(interpreter) if seconds is None else to_number(seconds)
        when = _date(interpreter, date, epoch)
        return formats.file_header(to_text(name), epoch, when, to_text(title), to_text(user))

    def names(self, _: Interpreter, letter: Value, *names: Value) -> Value:
        """#O #o #J #j, eight names to a line: (letter, names ...)."""
        return formats.names(to_text(letter), [to_text(name) for name in _flat(names)])

    def scan(self, interpreter: Interpreter, number: Value, heading: Value, date: Value = None) -> Value:
        """An empty line, #S and #D: (number, heading [, date]); now, without one. Ends a line that was cut."""
        return _line_end(interpreter) + formats.scan_head(
            to_integer(number), to_text(heading), _date(interpreter, date)
        )

    def preset(self, _: Interpreter, value: Value, counter: Value) -> Value:
        """#T for seconds, #M for a negative number, of monitor counts: (preset, name of the timer or monitor)."""
        return formats.preset(to_number(value), to_text(counter))

    def geometry(self, _: Interpreter, number: Value, *values: Value) -> Value:
        """#G0 of G[], #G1 of U[], #G3 of the UB matrix, #G4 of Q[]: (number, values ...)."""
        return formats.geometry(to_integer(number), _numbers(values))

    def reciprocal(self, _: Interpreter, *hkl: Value) -> Value:
        """#Q: (h, k, l), or () where there is no reciprocal space."""
        return formats.reciprocal(_numbers(hkl))

    def positions(self, _: Interpreter, *values: Value) -> Value:
        """#P, eight positions to a line: (positions ...), as _df_positions(A)."""
        return formats.positions(_numbers(values))

    def channels(
        self, _: Interpreter, total: Value, first: Value, last: Value, step: Value, per_line: Value = None
    ) -> Value:
        """#@MCA and #@CHANN: (how many channels, first, last, step [, channels in a line])."""
        numbers = [to_integer(value) for value in (total, first, last, step)]
        width = formats.CHANNELS_PER_LINE if per_line is None else to_integer(per_line)
        return formats.channels(*numbers, per_line=width)

    def labels(self, _: Interpreter, *labels: Value) -> Value:
        """#N and #L: (labels ...); an empty one leaves four blanks, and is no column."""
        return formats.labels([to_text(label) for label in _flat(labels)])

    def epoch(self, interpreter: Interpreter, seconds: Value = None) -> Value:
        """The text of the column Epoch: ([time]), the seconds since EPOCH; of now, if it is left out."""
        now = interpreter.host.now() if seconds is None else to_number(seconds)
        return formats.epoch(now - _epoch(interpreter))

    def row(self, _: Interpreter, *values: Value) -> Value:
        """A row: (values ...); a text with blanks holds several, one without goes as it is, "" leaves two blanks."""
        found: list[float | str] = []
        for value in _flat(values):
            if not isinstance(value, str):
                found.append(to_number(value))
            elif " " in value:
                numbers = ((word, parse_number(word)) for word in value.split())
                found += [word if number is None else number for word, number in numbers]
            else:
                found.append(value)
        return formats.row(found)

    def keep(self, _: Interpreter, table: Value, row: Value, *values: Value) -> Value:
        """Put values into a row of a data array, as SCAN_D: (array, row, values ...)."""
        if not isinstance(table, ArrayValue):
            raise SpecRuntimeError("_df_keep(): the first argument is no data array.")
        table.set_row(to_integer(row), _numbers(values))
        return 0.0

    def spectrum(self, _: Interpreter, name: Value, *values: Value) -> Value:
        """@A ..., 25 channels to a line: (name such as "A", channels ...)."""
        return formats.spectrum(_numbers(values), to_text(name))

    def comment(self, interpreter: Interpreter, text: Value, date: Value = None) -> Value:
        """#C, the date and a text: (text [, date]); now, if the date is left out."""
        return formats.comment(_date(interpreter, date), to_text(text))

    def aborted(self, interpreter: Interpreter, points: Value, date: Value = None) -> Value:
        """#C of an interrupted scan: (points that it has [, date]); now, if the date is left out."""
        return formats.aborted(_date(interpreter, date), to_integer(points))

    def look(self, interpreter: Interpreter, name: Value) -> Value:
        """What a file has: "last-scan epoch"; "" if it is new or empty, "none" if it is no data file: (name)."""
        file = _read(interpreter, name)
        if file is None:
            return ""
        # Lines that begin with # have many meanings: comments of macros, of SPEC's own config file.
        if not any(header.name or header.epoch for header in file.headers) and not any(s.number for s in file.scans):
            return "none"
        epoch = next((header.epoch for header in reversed(file.headers) if header.epoch), 0.0)
        return f"{file.scans[-1].number if file.scans else 0} {epoch:.15g}"

    def end(self, interpreter: Interpreter) -> Value:
        """The end of the data file's last line if it was cut, else ""."""
        return _line_end(interpreter)

    def left(self, interpreter: Interpreter, name: Value) -> Value:
        """How a file's last scan ends: "number points aborted"; "" if there is none, or it cannot be read: (name)."""
        try:
            file = _read(interpreter, name)
        except SpecRuntimeError:
            return ""
        if file is None or not file.scans:
            return ""
        last = file.scans[-1]
        return f"{last.number} {last.points} {last.aborted:d}"

    def again(self, interpreter: Interpreter, name: Value, table: Value, scanned: Value) -> Value:
        """Put the points of a file's last scan into SCAN_D: (name, array, columns that are scanned); how many."""
        file = _read(interpreter, name)
        if not isinstance(table, ArrayValue) or file is None or not file.scans:
            return 0.0
        kept, rows = to_python(table), file.scans[-1].data
        first, points = to_integer(scanned), min(len(rows), len(kept))
        others = kept.shape[1] - first  # the epoch and the counters stand last in the file, too
        if rows.shape[1] < kept.shape[1]:
            return 0.0
        for point in range(points):
            for column, value in enumerate([*rows[point, :first], *rows[point, -others:]]):
                table.set_at([[float(point)], [float(column)]], float(value))
        return float(points)

    def continued(self, interpreter: Interpreter, date: Value = None) -> Value:
        """#C of a scan that goes on: ([date]); now, if the date is left out."""
        return formats.continued(_date(interpreter, date))


def _comment_line(interpreter: Interpreter, _: list[Value], words: list[str]) -> None:
    """Hand the text of a comment, as it was written, to the macro ``_comment()``."""
    macro = interpreter.macros.get("_comment")
    if macro is not None:
        interpreter.call_macro(macro, [words[0]])


def _read(interpreter: Interpreter, name: Value) -> DataFile | None:
    """Return what stands in a file, None if nothing does.

    Raises:
        SpecRuntimeError: it cannot be read.

    """
    reader = Reader()
    try:
        text = interpreter.host.read_text(to_text(name))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SpecRuntimeError(f"Cannot read {to_text(name)}: {error}.") from error
    if not text.strip():
        return None
    reader.feed(text.encode())
    reader.finish()
    return reader.file


def _refusing(name: str, implementation: Callable[..., Value]) -> Callable[..., Value]:
    """Return a function whose refusals are errors of the language."""

    def function(*arguments: Value) -> Value:
        try:
            return implementation(*arguments)
        except DataFileError as error:
            raise SpecRuntimeError(f"{name}(): {error}.") from error

    return function


def _flat(values: tuple[Value, ...]) -> list[Value]:
    """Return values with arrays replaced by their elements, in the order of their indices."""
    found: list[Value] = []
    for value in values:
        if value.__class__ is float or isinstance(value, str):
            found.append(value)
        elif isinstance(value, AssociativeArray):
            found += [element for _, element in value.items()]
        elif isinstance(value, ArrayValue):
            found += to_python(value).reshape(-1).tolist()
        else:
            found.append(value)
    return found


def _numbers(values: tuple[Value, ...]) -> list[float]:
    return [to_number(value) for value in _flat(values)]


def _line_end(interpreter: Interpreter) -> str:
    """Return the end of the data file's last line, if a crash or a full disk has cut it."""
    cell = interpreter.symbols.find("DATAFILE")
    path = "" if cell is None else str(to_text(cell.value))
    try:
        return "\n" if path and interpreter.host.is_cut(path) else ""
    except OSError:  # no file to read: a device, or one that is gone
        return ""


def _epoch(interpreter: Interpreter) -> float:
    cell = interpreter.symbols.find("EPOCH")
    return 0.0 if cell is None else to_number(cell.value)


def _date(interpreter: Interpreter, date: Value, seconds: float | None = None) -> str:
    """Return a date that was given, or that of a time, of now without one, as the function date() writes it."""
    if date is not None:
        return str(to_text(date))
    return str(interpreter.call_function("date", [] if seconds is None else [seconds]))
