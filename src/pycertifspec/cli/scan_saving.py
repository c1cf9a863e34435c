"""`--save` of scans: checked before anything is measured, written when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError
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

    Args:
        options: of the command line.
        several: whether there may be more than one.

    Raises:
        LocalProtocolError: what kind of file is meant cannot be told, or it is one file for several scans.
        FileExistsError: it is there already.
        OSError: nothing can be written there.

    """

    def __init__(self, options: argparse.Namespace, *, several: bool = False) -> None:
        self._path: Path | None = options.save
        self._replace: bool = options.replace
        self._motors: dict[str, str] = {}
        self._positions: list[float] = []
        if self._path is not None:
            from pycertifspec import saving  # noqa: PLC0415  takes time

            saving.check(self._path, replace=self._replace)
            if several and not self._replace and NUMBER not in self._path.name:
                raise LocalProtocolError(f"--save {self._path} is one file for many scans: put {NUMBER} into its name")

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
        if not self._replace:
            path = _free(path)
        saving.save([scan], path, replace=self._replace)
        output.note(f"scan {number} saved in {path}")


def _free(path: Path) -> Path:
    """Return a path where nothing is: what was measured is not lost because a name is taken."""
    free, twin = path, 1
    while free.exists():
        twin += 1
        free = path.with_name(f"{path.stem}.{twin}{path.suffix}")
    return free
