"""Motors: one by its mnemonic, and several on their way together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.procedures import moving
from pycertifspec.sync.motion import Motion
from pycertifspec.sync.motor import Motor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycertifspec.session.procedures.facts import Facts
    from pycertifspec.sync.client import Client


def motor(self: Client, mne: str) -> Motor:
    """Return a motor by its mnemonic."""
    return Motor(mne, self)


def move(
    self: Client,
    targets: Mapping[str, float] | None = None,
    /,
    *,
    timeout: float | None = None,
    leave: bool = False,
    progress: Callable[[dict[str, float]], Any] | None = None,
    arrived: Callable[[str, float], Any] | None = None,
    starting: Callable[[dict[str, float]], Any] | None = None,
    **motors: float,
) -> dict[str, float]:
    """Move motors TO positions, in user units, all together, and wait until they stand.

    A motor that is at its target already is not moved. While SPEC is busy, or a motor moves for somebody else, nothing
    is started, as with SPEC's ``mv``. Ctrl-C, cancellation and the timeout stop the motion, once, unless `leave` is
    true; before it is started they stop nobody.

    Args:
        targets: positions by mnemonic.
        timeout: seconds for all; None for as long as they move.
        leave: let them move on when the waiting ends early.
        progress: is called with all positions whenever one has changed.
        arrived: is called with a motor's mnemonic and position when it stands at its target; others may move on.
        starting: is called with all targets when SPEC is free, and about to be told.
        motors: positions by mnemonic: ``client.move(th=1, tth=2)``.

    Returns:
        Where each stands.

    Raises:
        RefusedError: a target is beyond a limit, or its motor disabled; nothing has moved.
        RemoteError: a motor was refused, or stopped short; the text says which, where and why.
        CallTimeoutError: the timeout passed.
        ConnectionLostError: the server is gone; the motors may still move.

    """
    wanted = moving.targets_of(targets, motors)
    procedure = moving.move(
        self._link.session,
        wanted,
        timeout=timeout,
        leave=leave,
        progress=progress,
        arrived=arrived,
        starting=starting,
    )
    return self._link.run(procedure)


def move_by(
    self: Client,
    distances: Mapping[str, float] | None = None,
    /,
    *,
    timeout: float | None = None,
    leave: bool = False,
    progress: Callable[[dict[str, float]], Any] | None = None,
    arrived: Callable[[str, float], Any] | None = None,
    starting: Callable[[dict[str, float]], Any] | None = None,
    **motors: float,
) -> dict[str, float]:
    """Move motors BY distances from where they stand, in user units; otherwise as `move`.

    Args:
        distances: how far, by mnemonic.
        timeout: as `move`.
        leave: as `move`.
        progress: as `move`.
        arrived: as `move`.
        starting: as `move`.
        motors: distances by mnemonic: ``client.move_by(th=-0.1)``.

    Returns:
        Where each stands.

    Raises:
        RefusedError: as `move`.
        RemoteError: as `move`.
        CallTimeoutError: as `move`.
        ConnectionLostError: as `move`.

    """
    wanted = moving.targets_of(distances, motors)
    procedure = moving.move(
        self._link.session,
        wanted,
        by=True,
        timeout=timeout,
        leave=leave,
        progress=progress,
        arrived=arrived,
        starting=starting,
    )
    return self._link.run(procedure)


def check_move(self: Client, targets: Mapping[str, float] | None = None, /, **motors: float) -> dict[str, Facts]:
    """See whether motors can be moved to positions, as `move` does before it moves them; nothing moves.

    Args:
        targets: positions by mnemonic, in user units.
        motors: positions by mnemonic.

    Returns:
        What is known of each: where it is, its limits.

    Raises:
        RefusedError: one is beyond a limit, or disabled; the text says which and why.
        RemoteError: one is not there.

    """
    return self._link.run(moving.checked(self._link.session, moving.targets_of(targets, motors)))


def start_move(
    self: Client, targets: Mapping[str, float] | None = None, /, *, timeout: float | None = None, **motors: float
) -> Motion:
    """Start motors as `move` does, and do not wait.

    Args:
        targets: positions by mnemonic.
        timeout: seconds after which they are stopped; None for as long as they move.
        motors: positions by mnemonic.

    """
    return Motion(self._link, moving.targets_of(targets, motors), timeout)
