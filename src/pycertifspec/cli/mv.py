"""`pycertifspec mv`: moves motors to positions."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, LocalProtocolError

from .arguments import add_output_arguments, add_server_argument, add_within_argument, within
from .connecting import connected
from .naming import record
from .output import number
from .progress import Bars
from .stopping import stopping

if TYPE_CHECKING:
    import argparse

    from pycertifspec.session.procedures.facts import Facts
    from pycertifspec.sync.client import Client

    from .output import Output


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Move motors to positions, in user units, all together, and wait until they stand. All limits are checked "
        "before anything moves. Ctrl-C stops the motion and says where the motors stand."
    )
    command.epilog = "example: pycertifspec mv th 1.2 tth 2.4"
    add_moving_arguments(command, "POS", relative=False)


def add_moving_arguments(command: argparse.ArgumentParser, what: str, *, relative: bool) -> None:
    """Add what a motion needs."""
    # argparse takes -1e-3 for an option otherwise.
    command._negative_number_matcher = re.compile(r"-(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")  # noqa: SLF001
    command.add_argument("moves", nargs="+", metavar=f"MNE {what}", help=f"pairs of a motor and its {what}")
    command.add_argument("--dry-run", action="store_true", help="check and show what would be done; nothing moves")
    add_within_argument(command, "stop the motors, and end with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run, relative=relative)


def run(options: argparse.Namespace) -> None:
    """Check, move, and say where the motors are."""
    moves, limit = pairs(options.moves), within(options)
    doing = None if options.dry_run else f"move {', '.join(moves)}"
    with connected(options, doing=doing) as (client, _, output):
        if options.relative:
            moves = {mne: client.motor(mne).position + distance for mne, distance in moves.items()}
        known = client.check_move(moves)
        if options.dry_run:
            _show_plan(output, moves, known)
            return
        ends = _move(client, output, moves, known, limit)
        _show_ends(output, moves, known, ends)


def pairs(words: list[str]) -> dict[str, float]:
    """Return numbers by mnemonic.

    Raises:
        LocalProtocolError: the words are no pairs of a motor and a number.

    """
    if len(words) % 2:
        raise LocalProtocolError(f"{words[-1]!r} has no number: expected pairs, such as th 1.2 tth 2.4")
    found: dict[str, float] = {}
    for mne, word in zip(words[::2], words[1::2], strict=True):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise LocalProtocolError(f"{mne} {word!r} is no number")
        if mne in found:
            raise LocalProtocolError(f"{mne} is there twice")
        found[mne] = value
    return found


def _show_plan(output: Output, moves: dict[str, float], known: dict[str, Facts]) -> None:
    items = [
        {
            "motor": mne,
            "from": facts.position,
            "to": moves[mne],
            "by": moves[mne] - facts.position,
            "low": facts.low,
            "high": facts.high,
        }
        for mne, facts in known.items()
    ]
    columns: dict[str, Any] = {"motor": str, **dict.fromkeys(("from", "to", "by", "low", "high"), _number)}
    output.results(items, columns, "to")
    output.note("nothing was moved")


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _move(
    client: Client, output: Output, moves: dict[str, float], known: dict[str, Facts], limit: float | None
) -> dict[str, float]:
    names = " and ".join(moves)
    with Bars(output, moves) as bars:

        def tell(positions: dict[str, float]) -> None:
            for mne, position in positions.items():
                way = moves[mne] - known[mne].position
                bars.update(
                    mne, (position - known[mne].position) / way if way else 1.0, f"{position:.4f} of {moves[mne]:g}"
                )
            if output.form == "jsonl":
                for mne, position in positions.items():
                    _tell(output, mne, position, moves, known, done=False)

        tell({mne: facts.position for mne, facts in known.items()})
        try:
            with stopping(output, names, lambda: _stand(client, output, moves)):
                return client.move(moves, timeout=limit, progress=tell)
        except CallTimeoutError:
            _stand(client, output, moves)
            raise


def _stand(client: Client, output: Output, moves: dict[str, float]) -> None:
    """Wait until motors stand that were told to stop; say where."""
    for mne in moves:
        client.wait_for(client.motor(mne).path("move_done"), False)
    places = ", ".join(f"{mne} {client.motor(mne).position:.4f}" for mne in moves)
    output.note(f"stopped at {places}")


def _tell(
    output: Output, mne: str, position: float, moves: dict[str, float], known: dict[str, Facts], *, done: bool
) -> None:
    output.json(_item(mne, position, moves, known, done=done))


def _item(mne: str, position: float, moves: dict[str, float], known: dict[str, Facts], *, done: bool) -> dict[str, Any]:
    told = record(f"motor/{mne}/position", position, time.time())
    return told.as_json(motor=mne, start=known[mne].position, target=moves[mne], done=done)


def _show_ends(output: Output, moves: dict[str, float], known: dict[str, Facts], ends: dict[str, float]) -> None:
    items = [_item(mne, position, moves, known, done=True) for mne, position in ends.items()]
    output.results(items, {"motor": str, "value": lambda value: f"{value:.4f}"}, "value")
