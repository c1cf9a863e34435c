"""Scans as a NeXus file: an NXentry a scan. The one door of h5py."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import DataFileError
from pycertifspec.session.scan_columns import unique
from pycertifspec.wire import arrays

from .description import key_of, unique_labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pycertifspec.simulator.datafile import Scan

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]+")


def require() -> None:
    """Make sure that NeXus files can be written, before there is something to write.

    Raises:
        ModuleNotFoundError: h5py is not installed.

    """
    import h5py  # noqa: F401, PLC0415  large, and needed here alone


def write(scans: Sequence[Scan], path: Path) -> None:
    """Write scans to a NeXus file.

    Each is an NXentry ``scan_12`` with the rows in the NXdata ``data`` (default plot: the last column over the first),
    spectra beside them as points by channels, where motors stood in ``instrument``, and every line of SPEC's head as
    text in ``spec``.

    Raises:
        OSError: it cannot be written.

    """
    import h5py  # noqa: PLC0415  as above

    with h5py.File(path, "w") as file:
        for scan in scans:
            name = f"scan_{key_of(scan).replace('.', '_')}"
            if not file.attrs.get("default"):
                file.attrs["NX_class"], file.attrs["default"] = "NXroot", name
            _entry(_group(file, name, "NXentry"), scan)


def _entry(entry: Any, scan: Scan) -> None:
    entry.attrs["default"] = "data"
    entry["title"] = scan.command
    entry["entry_identifier"] = key_of(scan)
    if started := _iso(scan.date):
        entry["start_time"] = started
    if scan.header is not None and scan.header.user:
        _group(entry, "user", "NXuser")["name"] = scan.header.user
    if scan.preset is not None:
        monitor = _group(entry, "monitor", "NXmonitor")
        monitor["mode"] = "monitor" if scan.preset.monitor else "timer"
        monitor["preset"] = scan.preset.value
    _data(_group(entry, "data", "NXdata"), scan)
    _motors(_group(entry, "instrument", "NXinstrument"), scan)
    spec = _group(entry, "spec", "NXcollection")
    spec["lines"] = "\n".join(line.text for line in scan.lines)
    spec["header"] = "\n".join(line.text for line in scan.header.lines) if scan.header else ""
    spec["aborted"] = scan.aborted
    if scan.q:
        spec["Q"] = scan.q
    for number, values in scan.geometry.items():
        spec[f"G{number}"] = values


def _data(data: Any, scan: Scan) -> None:
    labels = unique_labels(scan)
    rows = scan.data
    names = _names(labels)
    for index, (name, label) in enumerate(zip(names, labels, strict=True)):
        data[name] = rows[:, index]
        data[name].attrs["long_name"] = label
    if names:
        data.attrs["signal"], data.attrs["axes"] = names[-1], [names[0]]
    for kind in dict.fromkeys(spectrum.name for spectrum in scan.spectra):
        name = f"mca_{kind}" if kind else "mca"
        data[name] = _spectra(scan, kind)
        data[name].attrs["interpretation"] = "spectrum"


def _spectra(scan: Scan, kind: str) -> Any:
    """Return the spectra of a detector, points by channels; what was not measured is nan."""
    chosen = [spectrum for spectrum in scan.spectra if spectrum.name == kind]
    points = max(scan.points, max(spectrum.point for spectrum in chosen) + 1)
    channels = max(len(spectrum.raw) // 8 for spectrum in chosen)
    missing = arrays.table(_NAN * channels, channels)[0].tolist()
    table = [missing] * points
    for spectrum in chosen:
        values = spectrum.values.tolist()
        table[spectrum.point] = values + missing[len(values) :]
    return table


_NAN: Final = bytes.fromhex("000000000000f87f")


def _motors(instrument: Any, scan: Scan) -> None:
    motors = list(zip(scan.motors, scan.positions, strict=False))
    for (motor, position), name in zip(motors, _names([m.mnemonic or m.name for m, _ in motors]), strict=True):
        positioner = _group(instrument, name, "NXpositioner")
        positioner["name"] = motor.name
        positioner["value"] = position


def _names(labels: Sequence[str]) -> list[str]:
    """Return names that HDF5's users can type, each once."""
    return unique([_NO_NAME.sub("_", label).strip("_") or "column" for label in labels])


def _iso(date: str) -> str | None:
    """Return SPEC's local time as ISO 8601, or None where it is not one."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.strptime(date))
    except ValueError:
        return None


def _group(parent: Any, name: str, kind: str) -> Any:
    try:
        group = parent.create_group(name)
    except ValueError as error:
        raise DataFileError(f"cannot write: {name} is there twice") from error
    group.attrs["NX_class"] = kind
    return group
