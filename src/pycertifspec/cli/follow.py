"""`pycertifspec follow`: scans that others start, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError

from .arguments import add_output_arguments, add_server_argument
from .connecting import connected
from .scan_saving import Saving, add_saving_arguments
from .scan_view import ScanView, add_view_arguments, label_columns

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Show scans that begin from now on, whoever starts them, as `scan` shows its own. It only looks: Ctrl-C ends "
        "the following and leaves the scan alone."
    )
    command.epilog = "example: pycertifspec follow --plot --save 'scan{number}.csv'"
    command.add_argument("-n", "--count", type=int, metavar="N", help="end after N scans (default: never)")
    add_view_arguments(command)
    add_saving_arguments(command)
    add_server_argument(command)
    add_output_arguments(command, stream=True)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Show one scan after the other."""
    if options.count is not None and options.count < 1:
        raise LocalProtocolError("-n is a number above 0")
    saving = Saving(options, several=options.count != 1)
    with connected(options, reconnect=True) as (client, _, output), client.follow_scans() as scans:
        label_columns(client, options)
        output.note(f"waiting for scans on {client.server_name}")
        for shown, scan in enumerate(scans, 1):
            view = ScanView(output, options)
            with view:
                for point in scan:
                    view.tell(scan.record, point)
            saving.keep(output, scan.record)
            view.end(scan.record)
            if shown == options.count:
                return
