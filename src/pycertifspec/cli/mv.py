"""`pycertifspec mv`: moves motors to positions."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, LocalProtocolError, RemoteError, SpecError

from . import suggesting
from .arguments import add_output_arguments, add_server_argument, add_within_argument, suggest
from .connecting import connected
from .motors import no_such
from .naming import record
from .output import number
from .progress import Bars
from .starting import add_no_wait_argument, limit_of, note_when_busy, refuse_when_busy
from .stopping import stopping

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

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
    moves = command.add_argument("moves", nargs="+", metavar=f"MNE {what}", help=f"pairs of a motor and its {what}")
    suggest(moves, suggesting.moves)
    command.add_argument("--dry-run", action="store_true", help="check and show what would be done; nothing moves")
    add_no_wait_argument(command, "end when the motors are under way; they move on")
    add_within_argument(command, "stop the motors, and end with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run, relative=relative)


def run(options: argparse.Namespace) -> None:
    """Check, move, and say where the motors are."""
    moves, limit = pairs(options.moves), limit_of(options)
    doing = None if options.dry_run else f"move {', '.join(moves)}"
    with connected(options, doing=doing) as (client, server, output):
        try:
            start = client.move_by if options.relative else client.move
            targets = _targets(client, output, moves, limit) if options.relative else moves
            known = client.check_move(targets)
        except RemoteError as error:
            raise _unknown(client, moves, error) from error
        if options.dry_run:
            _show_plan(output, targets, known)
            return
        moving = [mne for mne, facts in known.items() if facts.moving]
        if options.no_wait:
            refuse_when_busy(client, f"move {', '.join(moves)}", moving)
            _begin(client, output, lambda **how: start(moves, **how), targets, server.timeout)
            _show_begun(output, targets, known)
        else:
            note_when_busy(client, output, moving)
            targets = dict(targets)
            ends = _move(client, output, lambda **how: start(moves, **how), targets, known, limit)
            _show_ends(output, targets, known, ends)


def _targets(client: Client, output: Output, distances: dict[str, float], limit: float | None) -> dict[str, float]:
    """Return where motors would come to be from where they stand."""
    targets = {}
    for mne, distance in distances.items():
        motor = client.motor(mne)
        if motor.moving:
            output.note(f"{mne} moves for somebody else: waiting until it stands")
            client.wait_for(motor.path("move_done"), False, limit)
        targets[mne] = motor.position + distance
    return targets


def _unknown(client: Client, moves: dict[str, float], error: RemoteError) -> RemoteError:
    """Return what to say where a motor could not be asked for: that there is none, if so."""
    try:
        known = client.motor_names
    except SpecError:
        return error
    missing = [mne for mne in moves if mne not in known]
    return no_such("motor", missing, known) if missing else error


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
    client: Client,
    output: Output,
    start: Callable[..., dict[str, float]],
    moves: dict[str, float],
    known: dict[str, Facts],
    limit: float | None,
) -> dict[str, float]:
    names = " and ".join(moves)
    begun: list[bool] = []

    def starting(targets: dict[str, float]) -> None:
        moves.update(targets)
        begun.append(True)

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
            with stopping(output, names, lambda: _stand(client, output, moves), lambda: bool(begun)):
                return start(timeout=limit, progress=tell, starting=starting)
        except CallTimeoutError:
            try:
                _stand(client, output, moves)
            except SpecError as error:
                output.note(f"{names} may still move: nobody knows where they stand, for {error}")
            raise
        except ConnectionLostError:
            output.note(f"{names} may still move")
            raise


class _UnderWay(Exception):  # noqa: N818  no error: there is nothing more to wait for
    """The motors move."""


def _begin(
    client: Client, output: Output, start: Callable[..., object], moves: dict[str, float], timeout: float
) -> None:
    """Start motors; return when the first of them moves.

    Raises:
        CallTimeoutError: none does yet.

    """

    def tell(_: dict[str, float]) -> None:
        raise _UnderWay

    try:
        with stopping(output, " and ".join(moves), lambda: _stand(client, output, moves)):
            try:
                start(timeout=timeout, leave=True, progress=tell)
            except KeyboardInterrupt:
                client.abort()
                raise
    except _UnderWay:
        return
    except CallTimeoutError as error:
        raise CallTimeoutError(
            f"{', '.join(moves)} on {client.server_name} did not begin to move within {timeout:g} s: {error}"
        ) from error


def _show_begun(output: Output, moves: dict[str, float], known: dict[str, Facts]) -> None:
    items = [_item(mne, facts.position, moves, known, done=False) for mne, facts in known.items()]
    output.results(items, {"motor": str, "target": _number}, "target")
    output.note("under way")


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
