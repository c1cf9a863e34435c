"""`SpecMotor` for the classic ophyd: a positioner, as hklpy2 and older plans want it."""

from __future__ import annotations

import logging
import math
import threading
import time
import weakref
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from ophyd import Device
from ophyd.positioner import PositionerBase
from ophyd.status import MoveStatus
from ophyd.status import wait as wait_for_status
from ophyd.utils import LimitError

from pycertifspec.errors import ConnectionLostError, SpecError
from pycertifspec.session.procedures.facts import digits_of
from pycertifspec.session.target import SCHEME

from .clients import shared_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.sync.client import Client
    from pycertifspec.sync.motion import Motion

_log = logging.getLogger("pycertifspec.bluesky")


class SpecMotor(Device, PositionerBase):
    """A motor of SPEC as a positioner of the classic ophyd. For ophyd-async there is `pycertifspec.bluesky.SpecMotor`.

    It connects when it is made. Positions and limits are in user units.

    Args:
        prefix: the mnemonic, ``th``, or the whole address, ``spec://host:6510/motor/th``.
        name: the name in documents.
        server: ``host:port`` or ``host:name`` where the prefix is a mnemonic; None is what SPEC_SERVER says.
        client: the client to use, in place of one shared by all that name the same server.
        egu: the unit of positions; SPEC does not tell it.
        timeout: seconds that a motion may take; None for as long as it takes.

    Raises:
        ServerNotFoundError: no server answered.
        RemoteError: there is no such motor.

    """

    def __init__(
        self,
        prefix: str,
        *,
        name: str,
        server: str | None = None,
        client: Client | None = None,
        egu: str = "deg",
        timeout: float | None = None,
        **kwargs: Any,
    ) -> None:
        where, mnemonic = _address(prefix)
        self.client = client or shared_client(where or server)
        self.motor = self.client.motor(mnemonic)
        self._egu = egu
        self._motion: Motion | None = None
        super().__init__(prefix, name=name, timeout=timeout, **kwargs)
        self._looking = threading.Lock()
        self._look()
        # The client is not to keep alive a device that nobody has any more, nor through it itself.
        moved = weakref.WeakMethod(self._moved)
        self._watch = self.motor.watch("position", lambda change: _told(moved(), change))

    # ---- what a positioner is asked ----

    @property
    def egu(self) -> str:
        """The unit of positions."""
        return self._egu

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self.client.connected

    @property
    def limits(self) -> tuple[float, float]:
        """Both limits in user units, the lower one first; both 0 stand for none."""
        facts = self.motor.facts()
        return (0.0, 0.0) if facts.low is None or facts.high is None else (facts.low, facts.high)

    @property
    def precision(self) -> int:
        """The digits after the point that one step of the motor makes use of."""
        step = self.motor.facts().step
        return (digits_of(1 / step) if step else None) or 0

    @property
    def moving(self) -> bool:
        """Whether SPEC says that it moves, whoever moves it."""
        return bool(self.motor.moving)

    def check_value(self, value: float) -> None:
        """Refuse a target that SPEC would refuse.

        Raises:
            LimitError: it is beyond a limit.
            ValueError: it is no number.

        """
        if not math.isfinite(value):
            raise ValueError(f"{self.name} cannot move to {value!r}")
        low, high = self.limits
        if low < high and not low <= value <= high:
            raise LimitError(f"{self.name}: {value:g} is outside the limits {low:g} to {high:g}")

    # ---- moving ----

    def move(
        self,
        position: float,
        wait: bool = True,
        timeout: float | None = None,
        moved_cb: Callable[..., Any] | None = None,
    ) -> MoveStatus:
        """Move to a position.

        Args:
            position: in user units.
            wait: return when the motor stands; Ctrl-C stops it.
            timeout: seconds that it may take; None for what the device was made with.
            moved_cb: is called when the motor stands, with this device as ``obj``.

        Returns:
            The status. It fails with what SPEC said when the motor stops short.

        Raises:
            LimitError: the target is beyond a limit; nothing moves.

        """
        status = super().move(float(position), timeout=timeout, moved_cb=moved_cb)
        self._run_subs(sub_type=self.SUB_START, timestamp=time.time())
        begun: Future[Motion] = Future()  # the motion may be over before it is known here
        motion = self.motor.moveto(float(position), False, lambda: self._over(begun.result(), status))
        self._motion = motion
        begun.set_result(motion)
        if wait:
            try:
                wait_for_status(status)
            except KeyboardInterrupt:
                self.stop()
                raise
        return status

    def _over(self, motion: Motion, status: MoveStatus) -> None:
        """Tell how a motion ended; called where it was followed."""
        try:
            motion.wait(0)
            self._look()
        except SpecError as error:
            if not status.done:
                status.set_exception(error)
            self._done_moving(success=False)
        else:
            self._done_moving(timestamp=time.time(), value=self._position)

    def stop(self, *, success: bool = False) -> None:
        """Stop the motor if this device moves it; SPEC stops all else that it does, too (PROTOCOL.md 2.6)."""
        motion = self._motion
        if motion is not None and not motion.done:
            motion.stop()
        super().stop(success=success)

    def destroy(self) -> None:
        """Follow the position no more."""
        self._watch.close()
        super().destroy()

    def _moved(self, _: Change) -> None:
        # Events of a motion may still be under way when it is over: what they tell would be older than what is known.
        try:
            self._look()
        except ConnectionLostError as error:
            _log.debug("%s was not looked at: %s", self.name, error)

    def _look(self) -> None:
        with self._looking:
            self._position = self.motor.position
            self._timestamp = time.time()
        self._run_subs(sub_type=self.SUB_READBACK, timestamp=self._timestamp, value=self._position)

    # ---- documents ----

    def read(self) -> OrderedDict[str, dict[str, Any]]:
        """Return the position as SPEC says it now."""
        self._look()
        return OrderedDict({self.name: {"value": self._position, "timestamp": self._timestamp}})

    def describe(self) -> OrderedDict[str, dict[str, Any]]:
        """Return what `read` gives: source, type, unit, precision, limits."""
        low, high = self.limits
        return OrderedDict(
            {
                self.name: {
                    "source": f"{SCHEME}{self.client.host}:{self.client.port}/{self.motor.path('position')}",
                    "dtype": "number",
                    "shape": [],
                    "units": self.egu,
                    "precision": self.precision,
                    "lower_ctrl_limit": low,
                    "upper_ctrl_limit": high,
                }
            }
        )

    @property
    def hints(self) -> dict[str, list[str]]:
        """The one field, so that plots know what to draw against."""
        return {"fields": [self.name]}


def _address(prefix: str) -> tuple[str | None, str]:
    """Return the server that a prefix names, if it does, and the mnemonic."""
    server, found, mnemonic = prefix.removeprefix(SCHEME).rpartition("/motor/")
    return (server, mnemonic) if found else (None, prefix)


def _told(device_moved: Callable[[Change], None] | None, change: Change) -> None:
    if device_moved is not None:
        device_moved(change)
