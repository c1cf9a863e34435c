"""`Writer`: writes a SPEC data file point by point, for those who follow it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TextIO

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.text_files import is_cut

from . import formats

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from .values import Channels, Device, FileHeader, Preset

# The label of the column that is written with three decimals.
EPOCH_LABEL: Final = "Epoch"


def open_writer(path: str | os.PathLike[str]) -> Writer:
    """Return a writer that adds to the end of a file, which is made if it is not there.

    A file whose last line was cut, by a crash or a full disk, has that line ended first.

    Raises:
        OSError: it cannot be written.

    """
    cut = is_cut(Path(path).resolve())
    writer = Writer(Path(path).open("a", encoding="utf-8", newline="\n"))  # noqa: SIM115  the writer closes it
    if cut:
        writer.lines("\n")
    return writer


class Writer:
    """Writes headers, scans, rows and comments as SPEC does, each whole and at once.

    Whatever cannot be written raises before anything of it is.

    Args:
        stream: written to and flushed; `close` closes it.

    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._labels: tuple[str, ...] = ()
        self._points: int | None = None  # None: no scan was begun

    @property
    def points(self) -> int:
        """How many rows the present scan has."""
        return self._points or 0

    def lines(self, text: str) -> None:
        """Write lines that were made elsewhere: ``#U``, ``#X``, whatever a site has. They end with a line end."""
        self._stream.write(text)
        self._stream.flush()

    def header(self, header: FileHeader) -> None:
        """Write the head of a file; scans that follow count their epoch from it.

        Mnemonics are written where the devices have them.

        Raises:
            DataFileError: a text has more than one line, or a name would be read as two.

        """
        text = formats.file_header(header.name, header.epoch or 0, header.date, header.title, header.user)
        for devices, names, mnemonics in ((header.motors, "O", "o"), (header.counters, "J", "j")):
            text += _devices(devices, names, mnemonics)
        self.lines(text)
        self._points = None

    def begin_scan(
        self,
        number: int,
        command: str,
        date: str,
        labels: Sequence[str],
        *,
        preset: Preset | None = None,
        geometry: Mapping[int, Iterable[float]] | None = None,
        q: Iterable[float] = (),
        motors: Sequence[Device] = (),
        positions: Iterable[float] = (),
        channels: Channels | None = None,
        extra: str = "",
    ) -> None:
        """Write the head of a scan.

        Args:
            number: of the scan.
            command: as it was given: ``ascan  th 0 1  20 0.1``.
            date: as `formats.date_text` gives it.
            labels: of the columns; the one called Epoch is written with three decimals.
            preset: to what is counted.
            geometry: numbers of the ``#G`` lines, by the line's number.
            q: h, k and l before the scan.
            motors: names for this scan alone, where the file header has none or others.
            positions: of all motors before the scan.
            channels: of the spectra that will be written.
            extra: lines to stand before the labels, with their line ends.

        Raises:
            DataFileError: something would not be read back as it is.

        """
        parts = [formats.scan_head(number, command, date)]
        if preset is not None:
            parts.append(formats.preset(-preset.value if preset.monitor else preset.value, preset.counter))
        parts += [formats.geometry(line, values) for line, values in sorted((geometry or {}).items())]
        parts += [formats.reciprocal(q), _devices(motors, "O", "o"), formats.positions(positions), extra]
        if channels is not None:
            parts.append(formats.channels(*channels))
        parts.append(formats.labels(labels))
        self.lines("".join(parts))
        self._labels = tuple(label for label in labels if label)
        self._points = 0

    def take_up_scan(self, labels: Sequence[str], points: int) -> None:
        """Go on with the last scan of a file: further rows are of it.

        Args:
            labels: of its columns.
            points: how many rows it has.

        """
        self._labels = tuple(labels)
        self._points = points

    def row(self, values: Sequence[float]) -> None:
        """Write a point.

        Args:
            values: a number for each label; of Epoch the seconds since the file's ``#E``.

        Raises:
            DataFileError: no scan was begun, there are more or fewer values than labels, or one is no number.

        """
        points = self._scan_points("a row")
        if len(values) != len(self._labels):
            raise DataFileError(f"cannot write a row: {len(values)} values for {len(self._labels)} labels")
        pairs = zip(values, self._labels, strict=True)
        self.lines(formats.row([formats.epoch(value) if label == EPOCH_LABEL else value for value, label in pairs]))
        self._points = points + 1

    def spectrum(self, values: Sequence[float], name: str = "A") -> None:
        """Write a spectrum of the point whose row comes next, or of the last one: all of a scan in the same way.

        Raises:
            DataFileError: no scan was begun, or it is no spectrum.

        """
        self._scan_points("a spectrum")
        self.lines(formats.spectrum(values, name))

    def comment(self, date: str, text: str) -> None:
        """Write a comment.

        Raises:
            DataFileError: it has more than one line.

        """
        self.lines(formats.comment(date, text))

    def abort_scan(self, date: str) -> None:
        """Write that the scan was interrupted after the points that it has.

        Raises:
            DataFileError: no scan was begun.

        """
        self.lines(formats.aborted(date, self._scan_points("the end of a scan")))

    def continue_scan(self, date: str) -> None:
        """Write that the scan goes on.

        Raises:
            DataFileError: no scan was begun.

        """
        self._scan_points("that a scan goes on")
        self.lines(formats.continued(date))

    def _scan_points(self, what: str) -> int:
        if self._points is None:
            raise DataFileError(f"cannot write {what}: no scan was begun")
        return self._points

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _devices(devices: Sequence[Device], names: str, mnemonics: str) -> str:
    text = formats.names(names, [device.name for device in devices])
    if any(device.mnemonic for device in devices):
        text += formats.names(mnemonics, [device.mnemonic for device in devices])
    return text
