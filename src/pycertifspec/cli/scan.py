"""`pycertifspec scan`: runs a scan and shows it point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError

from .arguments import add_output_arguments, add_server_argument, add_within_argument, within
from .connecting import connected
from .scan_saving import Saving, add_saving_arguments
from .scan_view import ScanView, add_view_arguments, label_columns
from .stopping import stopping

if TYPE_CHECKING:
    import argparse

    from pycertifspec.session.scan_record import ScanPoint
    from pycertifspec.sync.scan import Scan


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Run a scan as at SPEC's prompt; show its points as they are taken, how long it will take, and at the end "
        "what its peak is like. Ctrl-C aborts it, and keeps what was taken."
    )
    command.epilog = "example: pycertifspec scan 'ascan th 0 1 20 0.1' --plot --save peak.h5"
    command.add_argument("scan", nargs="+", metavar="SCAN", help="'ascan th 0 1 20 0.1', or any macro that scans")
    add_view_arguments(command)
    add_saving_arguments(command)
    add_within_argument(command, "abort it, and end with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Run it, show it, keep it."""
    text, limit, saving = " ".join(options.scan), within(options), Saving(options)
    if not text.strip():
        raise LocalProtocolError("the SCAN is empty")
    with connected(options, doing=f"run {text!r}") as (client, _, output):
        saving.look(client)
        label_columns(client, options)
        scan = client.scan(text, timeout=limit)

        def stop() -> None:
            scan.abort()
            client.wait_until_ready()

        view = ScanView(output, options)
        try:
            with view, stopping(output, "the scan", stop):
                for point in scan:
                    _tell(view, scan, point)
                scan.wait()
        finally:
            # Not one whose first point could not be shown: that is told, and it was aborted for it.
            if view.told or (scan.record.end is not None and not scan.record.points):
                saving.keep(output, scan.record)
                view.end(scan.record)


def _tell(view: ScanView, scan: Scan, point: ScanPoint) -> None:
    """Show a point.

    Raises:
        LocalProtocolError: the scan has no such column as was asked for; it was aborted.

    """
    try:
        view.tell(scan.record, point)
    except LocalProtocolError as error:
        scan.abort()
        raise LocalProtocolError(f"{error}; the scan was aborted") from error
