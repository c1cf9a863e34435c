"""A motor: what SPEC believes of it, and the axis that really moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .axis import Axis
from .mechanics import Rail, Search, legs_of_move, way_of_search
from .motion import Ending, Homing, Path
from .reading import MotorFlags, MotorReading, MoveInfo, motor_reading, move_info, move_refusal
from .refusals import Refusal, RefusedError, finite
from .short_stop import ShortStop
from .standing import Standing
from .units import Units

if TYPE_CHECKING:
    from collections.abc import Callable

    from .bench import Bench
    from .changes import Key
    from .config import MotorConfig
    from .faults import MotorFault
    from .motion import Motion


class Motor:
    """One motor, as a function of model time.

    Whatever is public here may be called from any thread (see `Bench`).

    Args:
        config: what it is.
        bench: where it stands.
        on_short: told, with the bench held, of each motion that ends short of its target by itself.

    """

    kind = "motor"

    def __init__(
        self, config: MotorConfig, bench: Bench, *, on_short: Callable[[ShortStop], None] = lambda _: None
    ) -> None:
        self._config = config
        self._on_short = on_short
        self._bench = bench
        rail = Rail.of(config)
        self._axis = Axis(rail, rail.units.steps(config.dial))
        self._offset = config.offset
        self._limits = (config.low_limit, config.high_limit)
        self._commanded_dial = config.dial
        self._emergency = False
        self._known_units: Units | None = None
        bench.add(self)

    # What it is and where

    @property
    def config(self) -> MotorConfig:
        """What it is; its `dial`, `offset` and limits are those of the beginning."""
        return self._config

    @property
    def mnemonic(self) -> str:
        """What it is called in commands."""
        return self._config.mnemonic

    @property
    def units(self) -> Units:
        """How its steps, dial and user positions belong together now."""
        with self._bench.hold():
            return self._units()

    def read(self) -> MotorReading:
        """Return all that can be read, of one and the same time."""
        with self._bench.hold() as now:
            return self._reading(now)

    @property
    def position(self) -> float:
        """User position, as SPEC believes it to be."""
        with self._bench.hold() as now:
            return self.position_at(now)

    @property
    def dial_position(self) -> float:
        """Dial position, as SPEC believes it to be."""
        with self._bench.hold() as now:
            return self.position_at(now, dial=True)

    @property
    def moving(self) -> bool:
        """Whether it tells that it moves (`move_done` 1)."""
        with self._bench.hold():
            return self.active

    @property
    def busy(self) -> bool:
        """Whether it was started and has not ended: also before a slow start shows."""
        with self._bench.hold():
            return self._axis.motion is not None

    @property
    def commanded(self) -> float:
        """The last target as it was asked for, not rounded, in user units."""
        with self._bench.hold():
            return self._units().user_of_dial(self._commanded_dial)

    @property
    def true_position(self) -> float:
        """Where the axis really is, in the user units of the beginning: what detectors see."""
        with self._bench.hold() as now:
            return self.true_at(now)

    @property
    def discrepancy(self) -> tuple[int, int] | None:
        """SPEC's and the controller's position in steps if they differ while it stands still, else None."""
        with self._bench.hold():
            return self._axis.discrepancy

    @property
    def discrepancy_known(self) -> bool:
        """Whether there is a `discrepancy`, for whoever holds the bench."""
        return self._axis.discrepancy is not None

    def position_at(self, now: float, *, dial: bool = False) -> float:
        """Return the position as SPEC believes it to be, for whoever holds the bench since `now`."""
        steps, units = self._axis.spec_steps(now), self._units()
        return units.dial(steps) if dial else units.user(steps)

    # Moves

    def plan(self, target: float, *, start: float | None = None) -> MoveInfo:
        """Return what a move to a target in user units would do, now.

        Args:
            target: where to.
            start: from where, for a move that is only thought of: then nothing but the limits can forbid it.
                None for where it is.

        Raises:
            RefusedError: the target is no finite number.

        """
        with self._bench.hold() as now:
            units, target = self._units(), finite(self.mnemonic, target, "target")
            here = self._axis.spec_steps(now) if start is None else units.steps_of_user(start)
            immovable = self._immovable() if start is None else None
            return move_info(self._config, units, here, target, self._limits, immovable)

    def move(self, target: float) -> bool:
        """Start for a target in user units; return False if it is there already, within the rounding to a step.

        Raises:
            RefusedError: it cannot; nothing has changed.

        """
        with self._bench.change(self) as now:
            units, target = self._units(), finite(self.mnemonic, target, "target")
            here, there = self._axis.spec_steps(now), units.steps_of_user(target)
            if refusal := move_refusal(units, here, there, self._limits, self._immovable()):
                raise RefusedError(self.mnemonic, refusal, f"move to {target:g}")
            if there != here:
                legs = legs_of_move(here, there, self._config, units, self._limits)
                self._start(Path(self._axis.steps, legs), now, f"move to {target:g}")
            self._commanded_dial = units.dial_of_user(target)
            return there != here

    def search(self, how: Search, home_dial: float | None = None) -> None:
        """Start for the home or a limit switch.

        Args:
            how: what to look for, and in which direction of the dial.
            home_dial: what the dial shows when it is found; None to leave it.

        Raises:
            RefusedError: it cannot; nothing has changed.

        """
        with self._bench.change(self) as now:
            way = way_of_search(how, self._axis.steps, self._axis.rail, self._config)
            refusal = self._immovable()
            if refusal or way is None:
                raise RefusedError(self.mnemonic, refusal or Refusal.NO_SWITCH, f"search {how}")
            path, sought = way
            home = None
            if home_dial is not None:
                home = self._units().steps(finite(self.mnemonic, home_dial, "home"))
            self._start(path, now, f"search {how}", Homing(sought, home))

    def stop(self) -> None:
        """Stand still at once, on the last whole step."""
        with self._bench.change(self) as now:
            if self._axis.stop(now):
                self._commanded_dial = self._units().dial(self._axis.spec_steps(now))

    # Settings

    def set_offset(self, offset: float) -> None:
        """Change what the user position is where the dial shows 0; nothing moves."""
        with self._bench.change(self):
            self._offset = finite(self.mnemonic, offset, "offset")

    def set_position(self, user: float) -> None:
        """Call the present position `user`, by changing the offset (`chg_offset`)."""
        with self._bench.change(self) as now:
            dial = self._units().dial(self._axis.spec_steps(now))
            self._offset = finite(self.mnemonic, user, "position") - self._config.sign * dial

    def set_dial(self, dial: float) -> None:
        """Call the present dial position `dial`, in the controller too (`chg_dial`); the user position follows.

        Raises:
            RefusedError: it moves, or is protected.

        """
        with self._bench.change(self):
            refusal = self._immovable()
            if refusal:
                raise RefusedError(self.mnemonic, refusal, f"have its dial set to {dial:g}")
            self._commanded_dial = finite(self.mnemonic, dial, "dial")
            self._axis.set_steps(self._units().steps(dial))

    def set_limits(self, one: float, other: float) -> None:
        """Set the software limits, in dial units and any order (`set_lim`).

        Raises:
            RefusedError: it moves, or is protected.

        """
        with self._bench.change(self):
            if self._axis.motion or self._config.protected:
                refusal = Refusal.BUSY if self._axis.motion else Refusal.PROTECTED
                raise RefusedError(self.mnemonic, refusal, "have its limits set")
            one, other = finite(self.mnemonic, one, "limit"), finite(self.mnemonic, other, "limit")
            self._limits = (min(one, other), max(one, other))

    def configure(self, config: MotorConfig) -> None:
        """Change parameters (`motor_par`), as in `motor.configure(replace(motor.config, slew_rate=500))`.

        Position, offset, limits and switches stay as they are; a motion under way ends as it began.

        Raises:
            RefusedError: its steps or sign are to change while it moves.

        """
        with self._bench.change(self):
            old = self._config
            scale_changes = (old.steps_per_unit, old.sign) != (config.steps_per_unit, config.sign)
            if scale_changes and self._axis.motion is not None:
                raise RefusedError(self.mnemonic, Refusal.BUSY, "change its steps per unit or sign")
            self._config = replace(config, mnemonic=old.mnemonic)

    @property
    def standing(self) -> Standing:
        """Where it is and what was set of it: enough to stand there again in another program."""
        with self._bench.hold() as now:
            steps, controller, spec = self._axis.counts(now)
            units = self._units()
            return Standing(
                axis=self._axis.rail.units.dial(steps),
                controller=units.dial(controller),
                dial=units.dial(spec),
                commanded=self._commanded_dial,
                offset=self._offset,
                low_limit=self._limits[0],
                high_limit=self._limits[1],
            )

    def stand(self, standing: Standing) -> None:
        """Stand where another program has left it; nothing moves, and no motion is under way afterwards."""
        with self._bench.change(self):
            units = self._units()
            self._axis.put(
                self._axis.rail.units.steps(standing.axis),
                units.steps(standing.controller),
                units.steps(standing.dial),
            )
            self._commanded_dial, self._offset = standing.commanded, standing.offset
            self._limits = (standing.low_limit, standing.high_limit)

    # Trouble

    def inject(self, fault: MotorFault) -> None:
        """Put a fault into the next motion; several work together there. Refusals are used up one a start."""
        with self._bench.change(self):
            self._axis.faults.append(fault)

    def turn_by_hand(self, steps: int) -> None:
        """Move axis and controller without SPEC's knowledge, as with a handset while it stands still."""
        with self._bench.change(self):
            if self._axis.motion is not None:
                raise RefusedError(self.mnemonic, Refusal.BUSY, "be turned by hand")
            self._axis.turn(steps)

    def resolve(self, *, use_controller: bool) -> None:
        """End a discrepancy: SPEC takes the controller's position, or the controller is given SPEC's."""
        with self._bench.change(self):
            self._axis.resolve(use_controller=use_controller)

    def set_emergency_stop(self, pressed: bool) -> None:
        """Press the emergency stop, which stops it and lets nothing move, or release it."""
        with self._bench.change(self) as now:
            self._emergency = pressed
            if pressed and self._axis.motion is not None:
                self._axis.stop(now)
                self._fell_short(now, Refusal.EMERGENCY_STOP, searched=False)
                self._commanded_dial = self._units().dial(self._axis.spec_steps(now))

    # For the bench and the counters, which hold the lock

    @property
    def busy_key(self) -> Key:
        """The property that is 1 while it moves."""
        return self.mnemonic, "move_done"

    @property
    def active(self) -> bool:
        """Whether its position changes."""
        return self._axis.motion is not None and self._axis.begun

    @property
    def at_work(self) -> bool:
        """Whether it was started and has not ended."""
        return self._axis.motion is not None

    @property
    def motion(self) -> Motion | None:
        """The motion under way."""
        return self._axis.motion

    def true_at(self, now: float) -> float:
        """Return where the axis is, in the user units of the beginning; `now` is not before what is known."""
        return self._axis.rail.units.user(self._axis.place_at(now))

    def next_event_time(self) -> float:
        """Return when it begins to move or ends."""
        return self._axis.next_event_time()

    def settle(self, now: float) -> None:
        """Begin to move or end."""
        searched = self._axis.motion is not None and self._axis.motion.homing is not None
        ending = self._axis.settle()
        if ending is not None:
            self._fell_short(now, self._reason(ending), searched=searched)

    def _reason(self, ending: Ending) -> Refusal:
        """Return why a motion has ended; low and high are those of user positions, as in all that SPEC says."""
        if ending is Ending.STALLED:
            return Refusal.STALL
        high = self._axis.high_hit == (self._config.sign > 0)
        return Refusal.HIGH_SWITCH if high else Refusal.LOW_SWITCH

    def _fell_short(self, now: float, reason: Refusal, *, searched: bool) -> None:
        units = self._units()
        target = None if searched else units.user_of_dial(self._commanded_dial)
        self._on_short(ShortStop(self.mnemonic, reason, units.user(self._axis.spec_steps(now)), target))

    def visible(self, now: float) -> dict[Key, float]:
        """Return every property's value."""
        return {(self.mnemonic, name): value for name, value in self._reading(now)._asdict().items()}

    def _units(self) -> Units:
        """Return how steps and positions belong together now; made once for each setting, for it is asked for often."""
        known, config = self._known_units, self._config
        here = config.steps_per_unit, config.sign, self._offset
        if known is None or (known.steps_per_unit, known.sign, known.offset) != here:
            known = self._known_units = Units(*here)
        return known

    def _reading(self, now: float) -> MotorReading:
        flags = MotorFlags(
            high_lim_hit=self._axis.high_hit,
            low_lim_hit=self._axis.low_hit,
            emergency_stop=self._emergency,
            motor_fault=self._axis.stalled,
            move_done=self.active,
        )
        return motor_reading(self._config, self._units(), self._axis.spec_steps(now), self._limits, flags)

    def _immovable(self) -> Refusal | None:
        """Return why it cannot move or be set at all, or None."""
        if self._emergency:
            return Refusal.EMERGENCY_STOP
        return self._config.refusal or (Refusal.BUSY if self._axis.motion else None)

    def _start(self, path: Path, now: float, wanted: str, homing: Homing | None = None) -> None:
        refusal = self._axis.refused()
        if refusal:
            raise RefusedError(self.mnemonic, refusal, wanted)
        self._axis.start(path, now, homing)
