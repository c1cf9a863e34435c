"""`--save` of scans: checked before anything is measured, written when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.simulator.datafile import Device

if TYPE_CHECKING:
    import argparse

    from pycertifspec.session.scan_record import ScanRecord
    from pycertifspec.sync.client import Client

    from .output import Output

# Stands for the scan's number in the file's name.
NUMBER = "{number}"


def add_saving_arguments(command: argparse.ArgumentParser) -> None:
    """Add where a scan is kept."""
    command.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help=f"keep it as .csv, .json, .h5 or .nxs (NeXus), or .spec; {NUMBER} in the name is the scan's number",
    )
    command.add_argument("--replace", action="store_true", help="let --save replace a file")


class Saving:
    """Where scans are kept, if anywhere.

    Raises:
        LocalProtocolError: what kind of file is meant cannot be told.
        FileExistsError: it is there already.

    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._path: Path | None = options.save
        self._replace: bool = options.replace
        self._motors: dict[str, str] = {}
        self._positions: list[float] = []
        if self._path is not None:
            from pycertifspec import saving  # noqa: PLC0415  takes time

            saving.form_of(self._path)
            if not self._replace and NUMBER not in self._path.name and self._path.exists():
                raise FileExistsError(17, "is there already; choose another name, or --replace it", str(self._path))

    def look(self, client: Client) -> None:
        """Take note of where the motors are before a scan."""
        if self._path is not None:
            self._motors = client.motor_names
            self._positions = [client.motor(mne).position for mne in self._motors]

    def keep(self, output: Output, record: ScanRecord) -> None:
        """Write a scan to its file."""
        if self._path is None or not record.columns:
            return
        from pycertifspec import saving  # noqa: PLC0415  takes time

        number = record.number or 0
        devices = [Device(name, mne) for mne, name in self._motors.items()]
        scan = saving.measured_scan(record, motors=devices, positions=self._positions)
        path = self._path.with_name(self._path.name.replace(NUMBER, str(number)))
        saving.save([scan], path, replace=self._replace)
        output.note(f"scan {number} saved in {path}")
