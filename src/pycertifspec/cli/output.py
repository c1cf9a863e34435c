"""How commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from pycertifspec.session.plain import as_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

# What a terminal would obey rather than show, and what would break a line of a table.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Columns of a terminal between two columns of a table.
_GAP: Final = 2


class Record(NamedTuple):
    """A value that a command tells: the keys that every JSON result of one value has.

    Attributes:
        name: of the property.
        value: text, number, list or mapping.
        type: what it is: ``string``, ``double``, ``assoc``, ``array`` ...
        units: as the server says them; empty where it does not.
        timestamp: seconds since 1970, or None.

    """

    name: str
    value: Any
    type: str = ""
    units: str = ""
    timestamp: float | None = None

    def as_json(self, **more: Any) -> dict[str, Any]:
        """Return the object that stands for it; the time as ISO 8601 in UTC."""
        return {**self._asdict(), "timestamp": iso(self.timestamp), **more}


def iso(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC with microseconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def printable(text: str) -> str:
    """Return a text with its control characters written out: they come from servers and files, not from us."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:.8g}"


class Output:
    """One command's voice.

    Args:
        form: ``text``, ``terse``, ``json`` or ``jsonl``.
        quiet: whether to say nothing but results and errors.
        verbose: how much more to say.
        color: ``auto``, ``always`` or ``never``.
        out: for results.
        err: for everything else.
        environment: NO_COLOR, FORCE_COLOR and COLUMNS count.

    """

    def __init__(
        self,
        *,
        form: str = "text",
        quiet: bool = False,
        verbose: int = 0,
        color: str = "auto",
        out: TextIO | None = None,
        err: TextIO | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.form, self.quiet, self.verbose = form, quiet, verbose
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.on_terminal = self._out.isatty()
        self._live: Console | None = None
        self.colored = _colored(color, environment, on_terminal=self.on_terminal)

    @classmethod
    def of(cls, options: argparse.Namespace, color: str) -> Output:
        """Return the voice that the arguments ask for."""
        return cls(form=options.form, quiet=options.quiet, verbose=options.verbose, color=color)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal; 80 by 24 where there is none."""
        return shutil.get_terminal_size()

    @contextlib.contextmanager
    def below(self, console: Console) -> Iterator[None]:
        """Have a console draw below whatever is printed meanwhile.

        Who draws must know of each line that comes above: otherwise it draws over it, or wipes it away at the end.
        """
        self._live = console
        try:
            yield
        finally:
            self._live = None

    def line(self, text: str) -> None:
        """Print a line of a result at once."""
        # Where both are the same terminal, what is drawn on standard error is in the way of results, too.
        self._write(self._out, text, self._live if self.on_terminal else None)

    def _write(self, stream: TextIO, text: str, live: Console | None) -> None:
        if live is not None:
            from rich.text import Text  # noqa: PLC0415  who draws has it

            live.print(Text(text), soft_wrap=True)
        else:
            stream.write(text + "\n")
            stream.flush()

    def json(self, value: Any) -> None:
        """Print a JSON value, in one line at once."""
        self.line(as_json(value))

    def note(self, text: str) -> None:
        """Say something that is no result, unless we are to be quiet."""
        if not self.quiet:
            self._write(self._err, printable(text), self._live)

    def interrupted(self, text: str) -> None:
        """Say something after Ctrl-C, which the terminal has shown as ^C in the line that was there."""
        if self._live is None and self._err.isatty() and not self.quiet:
            self._err.write("\n")
        self.note(text)

    def detail(self, text: str) -> None:
        """Say something that only those want to know who ask for more."""
        if self.verbose:
            self.note(text)

    def results(
        self, items: Sequence[Mapping[str, Any]], columns: Mapping[str, Callable[[Any], str]], *keys: str
    ) -> None:
        """Print results of one kind in the form that was asked for.

        Args:
            items: objects of which JSON shows all.
            columns: for the table: an item's key, and what makes text of its value.
            keys: of what the terse form shows.

        """
        if self.form == "json":
            self.json(items)
        elif self.form == "jsonl":
            for item in items:
                self.json(item)
        elif self.form == "terse":
            for item in items:
                self.line("\t".join(_terse(item[key]) for key in keys))
        else:
            self.table(list(columns), [[show(item[name]) for name, show in columns.items()] for item in items])

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: bool = False) -> None:
        """Print a table: for people on a terminal, separated by tabs elsewhere.

        Args:
            columns: their titles.
            rows: of texts.
            numeric: whether all columns are numbers: they stand to the right, and are never cut: what does not fit
                beside the first column stands below, with the first column again.

        """
        titles, cells = [printable(title) for title in columns], [[printable(cell) for cell in row] for row in rows]
        if not self.on_terminal:
            for row in (titles, *cells):
                self._out.write("\t".join(row) + "\n")
            self._out.flush()
            return
        for chosen in _fitting(titles, cells, self.size[0]) if numeric else [range(len(titles))]:
            self._rich_table([titles[i] for i in chosen], [[row[i] for i in chosen] for row in cells], numeric=numeric)

    def _rich_table(self, titles: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: bool) -> None:
        from rich.table import Table  # noqa: PLC0415  rich takes time, and is not needed where nobody looks
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
        for title in titles:
            table.add_column(Text(title), justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        self.console.print(table)

    @property
    def console(self) -> Console:
        """Rich's console for standard output."""
        return self._console(self._out)

    @property
    def error_console(self) -> Console:
        """Rich's console for standard error."""
        return self._console(self._err)

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console  # noqa: PLC0415  as above

        return Console(
            file=stream,
            color_system="auto" if self.colored else None,
            no_color=not self.colored,
            force_terminal=stream.isatty(),
            highlight=False,
        )

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at standard error and wants to see more than results and errors.

        Who reads results from a pipe may write them to the same terminal, between what is drawn there.
        """
        return not (self.quiet or _is_pipe(self._out) or os.environ.get("TERM") == "dumb") and self._err.isatty()


def _is_pipe(stream: TextIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except OSError:  # in memory
        return False


def _terse(value: Any) -> str:
    """Return a value alone; flags as JSON and TOML have them, and nothing for what is not known."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return printable(str(value))


def _colored(color: str, environment: Mapping[str, str], *, on_terminal: bool) -> bool:
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    return bool(environment.get("FORCE_COLOR")) or (on_terminal and environment.get("TERM") != "dumb")


def _fitting(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Return which columns stand side by side, the first one in front of each group."""
    widths = [max(map(len, column)) + _GAP for column in zip(titles, *rows, strict=True)]
    groups: list[list[int]] = []
    used = width + 1
    for index in range(1, len(titles)):
        used += widths[index]
        if used > width:
            groups.append([0])
            used = widths[0] + widths[index]
        groups[-1].append(index)
    return groups or [[0]]
