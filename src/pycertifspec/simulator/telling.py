"""`Announcer`: tells clients what changes, whichever thread changed it (PROTOCOL.md 5.1)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties
from pycertifspec.session.options import ServerOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.program import Channel, Command

    from .clock import Cancellable
    from .hardware.changes import Change, ChangeFeed
    from .hardware.instrument import Instrument

# So many events may be under way from the command thread to the server's; then it waits for the server, so that a
# macro that prints without end fills no memory. A second of a fast loop's events at most.
UNDER_WAY = 256
# How long it waits, in real seconds: a server that is not back by then is about to end.
PATIENCE = 10.0


class Announcer:
    """Passes on what the instrument does by itself, and what commands do.

    Args:
        instrument: its changes are told from `attach` to `detach`.

    """

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._channel: Channel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feed: ChangeFeed | None = None
        self._timer: Cancellable | None = None
        self._woken = False  # the loop will publish: no need to ask it again
        self._told = 0
        self._at: dict[str, float] = {}  # positions that were told
        self._before: dict[str, float] = {}  # those when the motion under way began
        self.options = ServerOptions()

    def attach(self, channel: Channel) -> None:
        """Begin to tell; called in the server's loop."""
        self._channel = channel
        self.options = channel.options
        self._loop = asyncio.get_running_loop()
        self._woken = False
        with self._instrument.hold():
            self._feed = self._instrument.watch(self._wake)
            self._at = {motor.mnemonic: motor.position for motor in self._instrument.motors}
            self._before = dict(self._at)
        self._publish()

    def detach(self) -> None:
        """Tell nothing any more."""
        self._channel = None
        if self._timer is not None:
            self._timer.cancel()
        if self._feed is not None:
            self._instrument.unwatch(self._feed)
            self._feed = None

    @property
    def attached(self) -> bool:
        """Whether there is anybody to tell."""
        return self._channel is not None

    def watched(self, name: str) -> bool:
        """Return whether anybody wants to know of a property or an element of it."""
        return self._channel is not None and self._channel.watched(name)

    def tell(self, name: str, value: Any, **how: Any) -> None:
        """Tell those who watch a property its new value. Any thread may."""
        channel = self._channel
        if channel is None or not channel.watched(name):
            return
        channel.tell(name, value, **how)
        self._told += 1
        if self._told % UNDER_WAY == 0:
            self._let_pass()

    def asker_watches(self, name: str) -> bool:
        """Return whether the client whose command runs watches a property."""
        return self._channel is not None and self._channel.asker_watches(name)

    def tell_asker(self, name: str, value: Any) -> None:
        """Tell the client whose command runs, if it watches a property, its value. Any thread may."""
        if self._channel is not None:
            self._channel.tell_asker(name, value)

    def push(self, command: Command) -> None:
        """Put a command into the queue; called in the server's loop."""
        if self._channel is not None:
            self._channel.push(command)

    def drop(self, meant: Callable[[Command], bool]) -> None:
        """Forget commands that wait, of the client whose request is acted on; called in the server's loop."""
        if self._channel is not None:
            self._channel.drop(meant)

    def soon(self, callback: Any) -> None:
        """Call something in the server's loop, if there is one."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(callback)

    def null_move(self, mnemonic: str) -> None:
        """Show a motion to where the motor stands, if that is an option (PROTOCOL.md 6, 5)."""
        if self.options.null_move_events:
            for value in (1, 0):
                self.tell(properties.motor_path(mnemonic, "move_done"), value, mergeable=False)

    def simulated_move(self, mnemonic: str, before: float) -> None:
        """Show a motion in simulate mode: its position is the old one, and the new one is read (PROTOCOL.md 6, 6)."""
        for name, value in (("move_done", 1.0), ("position", before), ("move_done", 0.0)):
            self.tell(properties.motor_path(mnemonic, name), value, mergeable=False)

    def simulated_count(self) -> None:
        """Show a count in simulate mode: it counts nothing, and is over at once."""
        for value in (1, 0):
            self.tell(properties.COUNT_ALL, value, mergeable=False)

    def _let_pass(self) -> None:
        """Wait until the server has sent what it was told; not in the server's own thread."""
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop()
            return
        passed = threading.Event()
        self.soon(passed.set)
        passed.wait(PATIENCE)

    def _wake(self) -> None:
        """Publish soon: something was started, stopped or set. Called by whoever did it.

        A command thread that works without pause does this faster than the loop follows: what is asked for once is not
        asked for again, or the server's clients would wait behind all of it.
        """
        if self._loop is not None and not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # it is closed: nobody is left to be told
                self._instrument.clock.call_soon(self._publish, loop=self._loop)

    def _publish(self) -> None:
        """Tell what the instrument did until now, and come again when it does something next."""
        self._woken = False  # what changes from here on is to be asked for anew
        if self._feed is None or self._loop is None:
            return
        with self._instrument.hold():  # one and the same time: nothing can happen between the two
            changes, next_time = self._feed.take(), self._instrument.next_event_time()
        late = self._late(changes) if self.options.stale_position else {}
        for index, change in enumerate(changes):
            if change.name == "move_done":
                self._tell_move_done(change.path, change.value)
            else:
                self.tell(change.path, late.get(index, change.value))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._instrument.clock.call_at(next_time, self._publish, loop=self._loop)

    def _tell_move_done(self, path: str, value: float) -> None:
        """Tell it when and as often as it is an option to tell it (PROTOCOL.md 6, 2 and 4)."""
        delay, times = self.options.move_done_delay, 1 if value or not self.options.duplicate_move_done else 2

        def tell() -> None:
            for _ in range(times):
                self.tell(path, value, mergeable=times == 1)

        if delay and self._loop is not None:
            clock = self._instrument.clock
            clock.call_at(clock.now() + delay, tell, loop=self._loop)
        else:
            tell()

    def _late(self, changes: list[Change]) -> dict[int, float]:
        """Return which changes are told wrongly: a motion's last position is the one before it (PROTOCOL.md 6, 6)."""
        wrong: dict[int, float] = {}
        last: dict[str, int] = {}
        for index, change in enumerate(changes):
            motor = change.mnemonic
            if change.kind != "motor":
                continue
            if change.name == "position":
                last[motor], self._at[motor] = index, change.value
            elif change.name == "move_done" and change.value:
                # One that `reconfig` has brought was not told of yet.
                self._before[motor] = self._at.setdefault(motor, self._instrument.motor(motor).position)
                last.pop(motor, None)
            elif change.name == "move_done" and motor in last:
                wrong[last[motor]] = self._before[motor]
        return wrong
