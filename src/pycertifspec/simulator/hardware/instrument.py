"""A beamline's hardware as one thing: its motors in order, its counters, and what happens next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.clock import Interrupt

from .bench import LIVE_INTERVAL, Bench
from .motor import Motor
from .refusals import Refusal, RefusedError
from .scaler import Scaler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from pycertifspec.simulator.clock import Clock

    from .changes import ChangeFeed
    from .config import CounterConfig, MotorConfig
    from .scaler import Counter
    from .short_stop import ShortStop


class Instrument:
    """Motors and counters on one bench.

    Everything here, and on its motors and counters, may be called from any thread: one re-entrant lock, the bench's,
    is held meanwhile. `with instrument.hold():` makes several calls one, at one and the same time.

    Args:
        motors: in the order of their numbers.
        counters: in the order of their numbers.
        clock: model time.
        seed: of the counters' noise.
        live_interval: model seconds between values that are told while something moves or counts.

    Raises:
        ValueError: two have the same mnemonic, or a rate needs a motor that is not there.

    """

    def __init__(
        self,
        motors: Iterable[MotorConfig],
        counters: Iterable[CounterConfig],
        clock: Clock,
        *,
        seed: int = 0,
        live_interval: float = LIVE_INTERVAL,
    ) -> None:
        motor_configs, counter_configs = tuple(motors), tuple(counters)
        _check(motor_configs, counter_configs)
        self.clock = clock
        self._bench = Bench(clock, live_interval=live_interval)
        self._short_stops: list[ShortStop] = []
        self.motors = tuple(Motor(config, self._bench, on_short=self._short_stops.append) for config in motor_configs)
        self._motors = {motor.mnemonic: motor for motor in self.motors}
        self.scaler = Scaler(counter_configs, self._motors, self._bench, seed=seed)
        self.counters = self.scaler.counters
        self._counters = {counter.mnemonic: counter for counter in self.counters}

    def motor(self, mnemonic: str) -> Motor:
        """Return a motor.

        Raises:
            KeyError: there is none of this mnemonic.

        """
        return self._motors[mnemonic]

    def counter(self, mnemonic: str) -> Counter:
        """Return a counter.

        Raises:
            KeyError: there is none of this mnemonic.

        """
        return self._counters[mnemonic]

    def reconfigure(self, motors: Iterable[MotorConfig], counters: Iterable[CounterConfig]) -> None:
        """Become what a new description says, while nothing moves or counts.

        Motors that were there already stay where they are, with their offsets and limits; others come and go.

        Raises:
            RefusedError: something moves or counts; nothing has changed.
            ValueError: as for a new instrument; nothing has changed.

        """
        motor_configs, counter_configs = tuple(motors), tuple(counters)
        _check(motor_configs, counter_configs)
        with self.hold():
            busy = [motor.mnemonic for motor in self.moving] + [self.scaler.kind] * self.scaler.counting
            if busy:
                raise RefusedError(busy[0], Refusal.BUSY, "be configured anew")
            before = dict(self._motors)
            for config in motor_configs:
                if config.mnemonic in before:
                    before[config.mnemonic].configure(config)
                else:
                    self._motors[config.mnemonic] = Motor(config, self._bench)
            self.motors = tuple(self._motors[config.mnemonic] for config in motor_configs)
            for mnemonic in before.keys() - {config.mnemonic for config in motor_configs}:
                self._bench.remove(self._motors.pop(mnemonic))
            self.scaler.reconfigure(counter_configs)
            self.counters = self.scaler.counters
            self._counters = {counter.mnemonic: counter for counter in self.counters}

    def hold(self) -> AbstractContextManager[float]:
        """Let no other thread in, and model time stand still, while the block runs; gives the time."""
        return self._bench.hold()

    def start(self, targets: Mapping[str, float]) -> list[Motor]:
        """Start motors together for targets in user units, in the order of their numbers.

        Returns:
            those that move: not those that are there already.

        Raises:
            RefusedError: one of them cannot move; then none does.
            KeyError: there is no such motor.

        """
        wanted = {self.motor(mnemonic): target for mnemonic, target in targets.items()}
        with self.hold():
            for motor, target in wanted.items() if len(wanted) > 1 else ():  # one motor refuses by itself
                if error := motor.plan(target).error:
                    raise RefusedError(motor.mnemonic, error, f"move to {target:g}")
            started: list[Motor] = []
            try:
                started.extend(motor for motor in sorted(wanted, key=self.motors.index) if motor.move(wanted[motor]))
            except RefusedError:  # only now, as a fault on demand
                for motor in started:
                    motor.stop()
                raise
            return started

    def stop_motors(self) -> None:
        """Let all motors stand still at once."""
        with self.hold():
            for motor in self.moving:
                motor.stop()

    def stop(self) -> None:
        """Stop motors and counters."""
        with self.hold():
            self.stop_motors()
            self.scaler.stop()

    @property
    def moving(self) -> tuple[Motor, ...]:
        """The motors that were started and have not ended."""
        with self.hold():
            return tuple(motor for motor in self.motors if motor.motion)

    def positions(self, *, dial: bool = False) -> list[float]:
        """Return where SPEC believes the motors to be, in the order of their numbers, all of one and the same time."""
        with self.hold() as now:
            return [motor.position_at(now, dial=dial) for motor in self.motors]

    def doubtful(self) -> list[Motor]:
        """Return the motors that stand still and of which SPEC and the controller disagree where they are."""
        with self.hold():
            return [motor for motor in self.motors if motor.discrepancy_known]

    def is_busy(self, *, motors: bool = True, counters: bool = True) -> bool:
        """Tell whether a motor moves or a count is under way."""
        with self.hold():
            busy = self._bench.busy()
            return any(counters if device is self.scaler else motors for device in busy)

    @property
    def fell_short(self) -> bool:
        """Whether `take_short_stops` has any."""
        return bool(self._short_stops)

    def take_short_stops(self) -> list[ShortStop]:
        """Return the motions that have ended before their targets since this was called last, in order."""
        with self.hold():
            stops = self._short_stops[:]
            self._short_stops.clear()
            return stops

    def wait(
        self,
        interrupt: Interrupt,
        *,
        motors: bool = True,
        counters: bool = True,
        look: Callable[[], None] = lambda: None,
    ) -> bool:
        """Block this thread until nothing moves and nothing counts, or until interrupted.

        Args:
            interrupt: ends the waiting.
            motors: wait for motors.
            counters: wait for counters.
            look: called whenever something has begun or ended; what it raises ends the waiting.

        Returns:
            False if it was interrupted.

        """
        wake = Interrupt()
        with interrupt.passed_to(wake.set), self._bench.listening(wake.set):
            while not interrupt.is_set():
                wake.clear()  # before looking: what happens after the look ends the wait
                with self.hold():  # one look: another thread that notices the end meanwhile tells nobody
                    busy, until = self.is_busy(motors=motors, counters=counters), self._bench.next_end_time()
                look()
                if interrupt.is_set() or not busy:
                    break
                self.clock.wait(until, wake)
        return not interrupt.is_set()

    def next_event_time(self) -> float:
        """Return the model time at which something visible changes next if nothing is started until then.

        Infinity if nothing will. It can become another whenever something is started, stopped or set; feeds are woken.
        """
        return self._bench.next_event_time()

    def watch(self, wake: Callable[[], None]) -> ChangeFeed:
        """Record changes from now on, for one reader (see `Bench.watch`).

        The reader takes them when it is woken and when `next_event_time` has come. Nothing is lost when it comes
        late: each change has its own time.
        """
        return self._bench.watch(wake)

    def witness(self, witness: Callable[[], None]) -> None:
        """Call `witness` from now on after each beginning, end and setting (see `Bench.witness`)."""
        self._bench.witness(witness)

    def unwatch(self, feed: ChangeFeed) -> None:
        """Record changes for this reader no longer."""
        self._bench.unwatch(feed)


def _check(motors: Iterable[MotorConfig], counters: Iterable[CounterConfig]) -> None:
    seen: set[str] = set()
    for mnemonic in [*(config.mnemonic for config in motors), *(config.mnemonic for config in counters)]:
        if mnemonic in seen:
            raise ValueError(f"two motors or counters have the mnemonic {mnemonic!r}")
        seen.add(mnemonic)
    names = {config.mnemonic for config in motors}
    for counter in counters:
        for motor, _ in counter.rate.widths():
            if motor not in names:
                raise ValueError(f"the rate of counter {counter.mnemonic} depends on {motor}, which is no motor")
