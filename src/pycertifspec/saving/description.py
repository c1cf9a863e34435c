"""A scan in plain words and numbers: what each kind of file says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.scan_columns import unique

if TYPE_CHECKING:
    from pycertifspec.simulator.datafile import Scan


def key_of(scan: Scan) -> str:
    """Return what a scan is called: ``12``, or ``12.2`` for the second one of that number in its file."""
    return f"{scan.number}.{scan.order}" if scan.order > 1 else str(scan.number)


def unique_labels(scan: Scan) -> list[str]:
    """Return a label for each column: of equal ones the second is ``det_2``, one that is missing ``column_7``."""
    labels = list(scan.labels[: scan.columns])
    return unique(labels + [""] * (scan.columns - len(labels)))


def summary(scan: Scan) -> dict[str, Any]:
    """Return what a list of scans says of one."""
    return {
        "scan": key_of(scan),
        "number": scan.number,
        "order": scan.order,
        "command": scan.command,
        "date": scan.date,
        "points": scan.points,
        "labels": unique_labels(scan),
        "spectra_count": len(scan.spectra),
        "aborted": scan.aborted,
        "line": scan.line,
    }


def described(scan: Scan) -> dict[str, Any]:
    """Return all that a scan says, as JSON has it: texts, numbers, lists and objects."""
    preset = scan.preset
    return {
        **summary(scan),
        "preset": preset and {"value": preset.value, "counter": preset.counter, "monitor": preset.monitor},
        "geometry": {f"G{number}": list(values) for number, values in sorted(scan.geometry.items())},
        "q": list(scan.q),
        "motors": [
            {"name": motor.name, "mnemonic": motor.mnemonic, "position": position}
            for motor, position in zip(scan.motors, scan.positions, strict=False)
        ],
        "comments": [comment.text.strip() for comment in scan.comments],
        "header": [line.text for line in scan.header.lines] if scan.header else [],
        "lines": [line.text for line in scan.lines],
        "data": scan.data.tolist(),
        "spectra": [
            {"name": spectrum.name, "point": spectrum.point, "values": spectrum.values.tolist()}
            for spectrum in scan.spectra
        ],
    }
