"""What the devices of one instrument share: the lock, the time and the record of what has changed."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .changes import Change, ChangeFeed, Key, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.simulator.clock import Clock

LIVE_INTERVAL = 0.5
"""Model seconds between the values that are told while something moves or counts; SPEC tells one or two a move."""


class Device(Protocol):
    """Something on the bench. The bench calls it with the lock held."""

    @property
    def kind(self) -> str:
        """`motor` or `scaler`."""
        ...

    @property
    def busy_key(self) -> Key:
        """The property that is 1 while the device is at work."""
        ...

    @property
    def at_work(self) -> bool:
        """Whether it was started and has not ended; else nothing happens to it until it is changed."""
        ...

    def next_event_time(self) -> float:
        """Return the model time at which something will happen by itself; infinity if nothing will."""
        ...

    def settle(self, now: float) -> None:
        """Let happen what is due: `now` is `next_event_time()`."""
        ...

    @property
    def active(self) -> bool:
        """Whether values change gradually, so that they are worth telling before the next event."""
        ...

    def visible(self, now: float) -> dict[Key, float]:
        """Return every property's value."""
        ...


class Hold:
    """Holds a bench while a block runs. A class, because a generator costs three times as much; one for all blocks."""

    __slots__ = ("_bench",)

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __enter__(self) -> float:
        return self._bench.enter()

    def __exit__(self, *_: object) -> None:
        self._bench.leave()


class Changing:
    """Holds a bench while a block changes a device, and records what it has changed."""

    __slots__ = ("_bench", "_device")

    def __init__(self, bench: Bench, device: Device) -> None:
        self._bench, self._device = bench, device

    def __enter__(self) -> float:
        return self._bench.begin_change()

    def __exit__(self, *_: object) -> None:
        self._bench.end_change(self._device)


class Bench:
    """One lock for all devices: whoever reads or changes one holds it, and all that was due has happened by then.

    The lock is re-entrant. `hold` gives several reads or changes one and the same time. Nobody outside is called
    while the lock is held.

    Args:
        clock: the model time.
        live_interval: model seconds between values told while something moves or counts; infinity for none.

    """

    def __init__(self, clock: Clock, *, live_interval: float = LIVE_INTERVAL) -> None:
        if not live_interval > 0:
            raise ValueError(f"live_interval is {live_interval} seconds, expected more than 0")
        self.clock = clock
        self._lock = threading.RLock()
        self._live_interval = live_interval
        self._soonest: float | None = None  # when a device does something next; None: to be asked again
        self._devices: list[Device] = []
        self._at_work: list[Device] = []  # those that are, or were just changed, in the order of adding
        self._told: list[dict[Key, float]] = []
        self._before_change: list[Callable[[float], None]] = []
        self._feeds: list[ChangeFeed] = []
        self._listeners: list[Callable[[], None]] = []
        self._hold = Hold(self)
        self._depth = 0
        self._now = -math.inf  # while somebody holds
        self._witnesses: list[Callable[[], None]] = []
        self._next_live = math.inf
        self._touched = self._settled = False

    def add(self, device: Device, *, before_change: Callable[[float], None] | None = None) -> None:
        """Put a device on the bench.

        Args:
            device: it is looked at from now on, in the order of adding.
            before_change: called with the time before any device starts, stops or is set; what is a function of
                the others' ways takes stock here.

        """
        with self._lock:
            self._devices.append(device)
            self._may_work(device)
            if self._feeds:
                self._told.append(device.visible(self.clock.now()))
            if before_change:
                self._before_change.append(before_change)

    def remove(self, device: Device) -> None:
        """Take a device off the bench; it is at rest, and nothing was told to look at it before a change."""
        with self._lock:
            index = self._devices.index(device)
            del self._devices[index]
            if self._feeds:
                del self._told[index]
            self._soonest = None

    def hold(self) -> Hold:
        """Hold the lock and let model time stand still; gives the time, up to which all that was due has happened."""
        return self._hold

    def change(self, device: Device) -> Changing:
        """Hold the lock, then record what the block changed of `device`; gives the time."""
        return Changing(self, device)

    def enter(self) -> float:
        """Begin to hold; return the time."""
        self._lock.acquire()
        try:
            if not self._depth:
                self._now = self.clock.now()
                self._catch_up(self._now)
        except BaseException:
            self._lock.release()
            raise
        self._depth += 1
        return self._now

    def leave(self) -> None:
        """End holding; who is outermost tells those who wait that something was changed."""
        self._depth -= 1
        wake: tuple[Callable[[], None], ...] = ()
        if not self._depth and (self._touched or self._settled):
            if self._touched:
                wake = (*(feed.wake for feed in self._feeds), *self._listeners)
            wake += tuple(self._witnesses)
            self._touched = self._settled = False
        self._lock.release()
        for listener in wake:
            listener()

    def begin_change(self) -> float:
        """Hold, and take stock of what depends on the device that will be changed."""
        now = self.enter()
        try:
            self._prepare(now)
        except BaseException:
            self.leave()
            raise
        return now

    def end_change(self, device: Device) -> None:
        """Record what was changed of a device and end holding."""
        try:
            self._may_work(device)
            self._note(device, self._now)
            self._arm(self._now)
            self._touched = True
        finally:
            self.leave()

    def watch(self, wake: Callable[[], None]) -> ChangeFeed:
        """Record changes from now on.

        Args:
            wake: called, in the thread that caused it, when something was started, stopped or set: there are
                changes to take, and `next_event_time` is another. It should only pass the word on.

        """
        feed = ChangeFeed(wake, self._take)
        with self.hold() as now:
            if not self._feeds:
                self._told = [device.visible(now) for device in self._devices]
            self._feeds.append(feed)
            self._arm(now)
        return feed

    def unwatch(self, feed: ChangeFeed) -> None:
        """Record changes no longer."""
        with self._lock:
            self._feeds.remove(feed)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` after whatever is started, stopped or set while the block runs."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def witness(self, witness: Callable[[], None]) -> None:
        """Call `witness` from now on after whatever is started, stopped or set, and after what has ended by itself.

        It is called in the thread that did or noticed it, and should only pass the word on.
        """
        with self._lock:
            self._witnesses.append(witness)

    def next_event_time(self) -> float:
        """Return when to look at the changes again if nothing is started until then; infinity for never."""
        with self.hold():
            return min(self._next_event(), self._live_time())

    def next_end_time(self) -> float:
        """Return when something begins or ends next, whoever reads meanwhile; infinity for never."""
        with self.hold():
            return self._next_event()

    def _take(self, feed: ChangeFeed) -> list[Change]:
        with self.hold():
            return feed.drain()

    def _next_event(self) -> float:
        if self._soonest is None:
            self._at_work = [device for device in self._at_work if device.at_work]
            self._soonest = min([device.next_event_time() for device in self._at_work], default=math.inf)
        return self._soonest

    def busy(self) -> list[Device]:
        """Return the devices that were started and have not ended; for whoever holds."""
        return [device for device in self._at_work if device.at_work]

    def _may_work(self, device: Device) -> None:
        """Ask a device that was changed when something will happen to it; most stand still, and need not be asked."""
        self._soonest = None
        if device not in self._at_work:
            self._at_work.append(device)
            self._at_work.sort(key=self._devices.index)

    def _live_time(self) -> float:
        """Return when values are told next although nothing happens; never if nobody reads them."""
        return self._next_live if self._feeds else math.inf

    def _prepare(self, now: float) -> None:
        self._soonest = None
        for take_stock in self._before_change:
            take_stock(now)

    def _catch_up(self, now: float) -> None:
        """Let everything happen that is due by `now`, at its own time and in order."""
        while True:
            event, live = self._next_event(), self._live_time()
            if min(event, live) > now:
                return
            if live < event:
                self._tell_live(live)
            else:
                self._settle(event)

    def _settle(self, event: float) -> None:
        # Taking stock makes a count look again for its end, and that could come out a hair later.
        due = [device for device in self._at_work if device.next_event_time() <= event]
        self._prepare(event)
        for device in due:
            device.settle(event)
            self._note(device, event)
        self._soonest = None
        self._settled = True
        self._arm(event)

    def _tell_live(self, now: float) -> None:
        for device in self._devices:
            if device.active:
                self._note(device, now)
        self._next_live = now + self._live_interval

    def _arm(self, now: float) -> None:
        """Decide when values are told next: every interval, counted from when the first device became active."""
        if not any(device.active for device in self._at_work):
            self._next_live = math.inf
        elif not now < self._next_live < math.inf:
            self._next_live = now + self._live_interval

    def _note(self, device: Device, now: float) -> None:
        """Compare what is visible with what was told, and tell the difference, if anybody reads it."""
        if not self._feeds:
            return
        index = self._devices.index(device)
        before, after = self._told[index], device.visible(now)
        self._told[index] = after
        for (mnemonic, name), value in changed(before, after, device.busy_key):
            for feed in self._feeds:
                feed.add(Change(now, device.kind, mnemonic, name, value))
