"""Functions and commands for motors (SPEC_LANGUAGE.md 6.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pycertifspec.simulator.hardware.mechanics import Search
from pycertifspec.simulator.hardware.refusals import RefusedError
from pycertifspec.simulator.language import Command, Function, SpecRuntimeError
from pycertifspec.simulator.language.associative import AssociativeArray
from pycertifspec.simulator.language.values import to_integer, to_number, to_text

from .hardware_errors import HardwareError, hardware_call
from .motor_refusals import checked_position, refusal_text, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.language import Interpreter, Value
    from pycertifspec.simulator.language.associative import BuiltinArray

# What motor_par() calls the fields of a motor's configuration.
PARAMETERS = {
    "step_size": "steps_per_unit",
    "sign": "sign",
    "base_rate": "base_rate",
    "velocity": "slew_rate",
    "slew_rate": "slew_rate",
    "acceleration": "acceleration",
    "backlash": "backlash",
    "controller": "controller",
    "unit": "unit",
    "channel": "channel",
    "disable": "disabled",
    "unusable": "unusable",
    "read_only": "read_only",
    "protected": "protected",
}
FLAGS = {"disabled", "unusable", "read_only", "protected"}
TEXTS = {"controller"}

READ_DIAL, READ_SILENTLY = 0x01, 0x04  # bits of read_motors()'s argument


class MotorFunctions:
    """The motors as macros see them: numbers, the array ``A``, functions.

    Args:
        instrument: the motors.
        ask: decides what to do when the controller's position is not SPEC's; True takes the controller's.
        on_null_move: told the mnemonic of a motor that was to move to where it stands.
        on_simulated_move: told the mnemonic of a motor that is elsewhere now in simulate mode, and where it was.

    """

    def __init__(
        self,
        instrument: Instrument,
        ask: Callable[[Motor], bool],
        on_null_move: Callable[[str], None],
        on_simulated_move: Callable[[str, float], None],
    ) -> None:
        self._instrument = instrument
        self._ask = ask
        self._on_null_move = on_null_move
        self._on_simulated_move = on_simulated_move
        self._assigned: set[str] = set()  # the keys of A that were set since it was read
        self._read: dict[str, float] = {}  # what read_motors() has put into A
        # Where the motors would be, in user units, while SPEC simulates: nothing moves then (SPEC_LANGUAGE.md 6.7).
        self._simulated: dict[int, float] | None = None
        self._sent: dict[Motor, int] = {}  # steps of the dial at which motors must stand when they have arrived
        self.positions: BuiltinArray | None = None

    def install(self, interpreter: Interpreter) -> None:
        """Add the functions, the array ``A``, ``MOTORS`` and the mnemonics."""
        count = len(self._instrument.motors)
        zeros: dict[str, Value] = {str(number): 0.0 for number in range(count)}
        self.positions = interpreter.define_array("A", zeros, on_set=lambda key, _: self._assigned.add(key))
        interpreter.symbols.set_builtin("MOTORS", float(count))
        for number, motor in enumerate(self._instrument.motors):
            interpreter.symbols.set_builtin(motor.mnemonic, float(number))
        for name, implementation, minimum, maximum in (
            ("motor_mne", self.mnemonic, 1, 1),
            ("motor_name", self.name, 1, 1),
            ("motor_num", self.number, 1, 1),
            ("motor_par", self.parameter, 2, 3),
            ("read_motors", self.read, 1, 1),
            ("dial", self.dial, 2, 2),
            ("user", self.user, 2, 2),
            ("get_lim", self.limit, 2, 2),
            ("set_lim", self.set_limits, 3, 3),
            ("chg_dial", self.change_dial, 2, 3),
            ("chg_offset", self.change_offset, 2, 2),
            ("move_info", self.move_info, 0, 2),
            ("_missed", self.missed, 0, 0),
        ):
            doc = (implementation.__doc__ or "").partition("\n")[0]
            interpreter.functions.register(Function(name, implementation, minimum, maximum, doc=doc))
        for name, command in (("move_all", self.move_all), ("move_cnt", self.move_all), ("sync", self.sync)):
            doc = (command.__doc__ or "").partition("\n")[0]
            interpreter.commands.register(Command(name, command, doc=doc))
        self.read(interpreter, 0.0)

    def find(self, value: Value) -> Motor | None:
        """Return the motor of a number or mnemonic, None if there is none."""
        number = self._find_number(value)
        return None if number < 0 else self._instrument.motors[number]

    def motor(self, value: Value) -> Motor:
        """Return the motor of a number or mnemonic.

        Raises:
            SpecRuntimeError: there is none.

        """
        motor = self.find(value)
        if motor is None:
            raise SpecRuntimeError(f"Motor {to_text(value)} is not configured.")
        return motor

    def _find_number(self, value: Value) -> int:
        text = to_text(value)
        for number, motor in enumerate(self._instrument.motors):
            if motor.mnemonic == text:
                return number
        try:
            number = int(float(text))
        except ValueError:
            return -1
        return number if 0 <= number < len(self._instrument.motors) else -1

    def mnemonic(self, _: Interpreter, number: Value) -> Value:
        """A motor's mnemonic."""
        return self.motor(number).mnemonic

    def name(self, _: Interpreter, number: Value) -> Value:
        """A motor's name; "?" if there is none."""
        motor = self.find(number)
        return "?" if motor is None else motor.config.name

    def number(self, _: Interpreter, mnemonic: Value) -> Value:
        """The number of a motor, -1 if there is none."""
        return float(self._find_number(mnemonic))

    @hardware_call
    def parameter(self, interpreter: Interpreter, number: Value, name: Value, value: Value = None) -> Value:
        """A parameter of a motor; with a third argument it is set. -1 if unknown."""
        motor, word = self.motor(number), to_text(name)
        if word in ("responsive", "active"):
            return float(motor.busy if word == "active" else not motor.config.unusable)
        field = PARAMETERS.get(word)
        if field is None:
            return -1.0
        if value is not None:
            self._set_parameter(interpreter, motor, field, value)
        held = getattr(motor.config, field)
        return held if isinstance(held, str) else float(held)

    @staticmethod
    def _set_parameter(interpreter: Interpreter, motor: Motor, field: str, value: Value) -> None:
        new: object = to_text(value) if field in TEXTS else to_number(value)
        if field in FLAGS:
            new = bool(new)
        elif isinstance(getattr(motor.config, field), int):
            new = to_integer(value)
        try:
            motor.configure(replace(motor.config, **{field: new}))  # type: ignore[arg-type]  # checked by the class
        except (ValueError, RefusedError) as error:
            raise SpecRuntimeError(f"motor_par(): {error}") from error
        if field in FLAGS:
            interpreter.macros.refresh_chains()  # pieces for a motor that is there (SPEC_LANGUAGE.md 2.6)

    @hardware_call
    def read(self, interpreter: Interpreter, how: Value) -> Value:
        """Fill A with all positions: bit 1 for dial, bit 4 to take a controller's position without asking."""
        bits = to_integer(how)
        self._instrument.clock.look()
        for motor in self._instrument.doubtful() if self._simulated is None else ():
            self._check_sync(interpreter, motor, silently=bool(bits & READ_SILENTLY))
        self.fill(dial=bool(bits & READ_DIAL))
        return 0.0

    def fill(self, *, dial: bool = False) -> None:
        """Fill A with all positions as SPEC believes them to be."""
        at = self._simulated
        if at is None:
            positions = self._instrument.positions(dial=dial)
        else:
            motors = self._instrument.motors
            positions = [m.units.dial_of_user(at[n]) if dial else at[n] for n, m in enumerate(motors)]
        self._read = {str(number): position for number, position in enumerate(positions)}
        self._assigned.clear()
        if self.positions is not None:
            self.positions.elements.update(self._read)

    def simulate(self, *, on: bool) -> None:
        """Let moves change positions in ``A`` alone, from where the motors are now; or use the motors again."""
        if on != (self._simulated is not None):
            positions = {n: motor.position for n, motor in enumerate(self._instrument.motors)}
            self._simulated = positions if on else None
            self.fill()

    def simulated_position(self, motor: Motor) -> float | None:
        """Return where a motor would be, in user units; None if SPEC does not simulate."""
        return None if self._simulated is None else self._simulated[self._instrument.motors.index(motor)]

    def _refuse_simulated(self, name: str) -> None:
        if self._simulated is not None:
            raise SpecRuntimeError(f"{name}() sets what a motor really is: not in simulate mode.")

    def _check_sync(self, interpreter: Interpreter, motor: Motor, *, silently: bool) -> None:
        """Settle where a motor is. A question may take long: never ask while the instrument is held."""
        if motor.discrepancy is None:
            return
        use_controller = silently or self._ask(motor)
        interpreter.check_interrupt()
        motor.resolve(use_controller=use_controller)

    def dial(self, _: Interpreter, number: Value, user: Value) -> Value:
        """The dial position of a user position, rounded to a step."""
        motor = self.motor(number)
        return motor.units.rounded_dial(motor.units.dial_of_user(checked_position(motor, user)))

    def user(self, _: Interpreter, number: Value, dial: Value) -> Value:
        """The user position of a dial position, rounded to a step."""
        motor = self.motor(number)
        return motor.units.rounded_user(motor.units.user_of_dial(checked_position(motor, dial)))

    def limit(self, _: Interpreter, number: Value, which: Value) -> Value:
        """A limit in dial units: the high one if the second argument is positive, else the low one."""
        reading = self.motor(number).read()
        return reading.high_limit if to_number(which) > 0 else reading.low_limit

    def set_limits(self, _: Interpreter, number: Value, one: Value, other: Value) -> Value:
        """Set both limits, in dial units and any order; 0, or -1 if that is refused."""
        motor = self.motor(number)
        if motor.busy:
            raise SpecRuntimeError(f"{motor.config.name} moves: its limits cannot be set.")
        try:
            motor.set_limits(to_number(one), to_number(other))
        except RefusedError:
            return -1.0
        return 0.0

    @hardware_call
    def change_dial(self, _: Interpreter, number: Value, position: Value, home: Value = None) -> Value:
        """Set the dial, or search: "home", "home+", "home-", "lim+", "lim-"; 0, or -1 if that is refused."""
        self._refuse_simulated("chg_dial")
        motor = self.motor(number)
        words = [search for search in Search if search == to_text(position)]
        try:
            if words:
                motor.search(words[0], None if home is None else to_number(home))
            else:
                motor.set_dial(to_number(position))
            self._sent.pop(motor, None)
        except RefusedError as error:
            raise HardwareError(refusal_text(motor, error.refusal), error.refusal) from error
        return 0.0

    def change_offset(self, _: Interpreter, number: Value, user: Value) -> Value:
        """Make the present position `user`; 0, or -1 if there is no such motor."""
        self._refuse_simulated("chg_offset")
        motor = self.find(number)
        if motor is None:
            return -1.0
        motor.set_position(checked_position(motor, user))
        return 0.0

    def move_info(self, _: Interpreter, number: Value = None, key: Value = None) -> Value:
        """What move_all would do: of a motor, or for all as an array."""
        if number is None:
            rows: dict[str, Value] = {}
            for index in range(len(self._instrument.motors)):
                for name, value in self._plan(index).items():
                    rows[f"{index}\034{name}"] = value
            return AssociativeArray(rows)
        plan = self._plan(self._instrument.motors.index(self.motor(number)))
        return AssociativeArray(plan) if key is None else plan.get(to_text(key), "")

    def _plan(self, index: int) -> dict[str, Value]:
        motor = self._instrument.motors[index]
        start = None if self._simulated is None else self._simulated[index]
        plan = motor.plan(checked_position(motor, self._target(index)), start=start)
        return {
            "to_move": float(plan.to_move),
            "error": str(plan.error or ""),
            "commanded": plan.commanded,
            "magnitude": plan.magnitude,
            "current": plan.current,
            "current_dial": plan.current_dial,
            "target": plan.target,
            "target_dial": plan.target_dial,
            "backlash": plan.backlash,
            "leftover": plan.leftover,
        }

    def _target(self, index: int) -> float:
        elements = {} if self.positions is None else self.positions.elements
        return to_number(elements.get(str(index), 0.0))

    @hardware_call
    def move_all(self, interpreter: Interpreter, __: list[Value], ___: list[str]) -> None:
        """Start every motor whose A[] was set to another position; if one may not move, none does."""
        motors = self._instrument.motors
        set_to = {int(number): self._target(int(number)) for number in self._assigned}
        if self._simulated is not None:
            self._move_simulated(self._simulated, set_to)
            return
        wanted = {motors[index]: to for index, to in sorted(set_to.items()) if to != self._read.get(str(index))}
        for motor in wanted:
            self._check_sync(interpreter, motor, silently=False)
        try:
            with self._instrument.hold():
                started = self._instrument.start({motor.mnemonic: target for motor, target in wanted.items()})
                self._sent |= {motor: motor.units.steps_of_user(target) for motor, target in wanted.items()}
        except RefusedError as error:
            motor = self._instrument.motor(error.mnemonic)
            refuse(motor, wanted[motor])
            raise HardwareError(refusal_text(motor, error.refusal), error.refusal) from error
        for number in sorted(self._assigned, key=int):
            if self._instrument.motors[int(number)] not in started:
                self._on_null_move(self._instrument.motors[int(number)].mnemonic)
        self._assigned.clear()

    def missed(self, _: Interpreter) -> Value:
        """Which of the motors that move_all has started since this was asked stand elsewhere, in words; "" if none."""
        sent, self._sent = self._sent, {}
        with self._instrument.hold():
            astray = [m for m, steps in sent.items() if not m.busy and m.units.steps(m.dial_position) != steps]
            return ", ".join(f"{m.config.name} is at {m.position:g}, not at {m.units.user(sent[m]):g}" for m in astray)

    def _move_simulated(self, positions: dict[int, float], set_to: dict[int, float]) -> None:
        motors = self._instrument.motors
        for index, target in set_to.items():
            refuse(motors[index], target, start=positions[index])
        before = dict(positions)
        for index, target in set_to.items():
            positions[index] = motors[index].units.rounded_user(target)
        self._assigned.clear()
        for index in sorted(set_to):
            if positions[index] != before[index]:
                self._on_simulated_move(motors[index].mnemonic, before[index])

    @hardware_call
    def sync(self, interpreter: Interpreter, _: list[Value], __: list[str]) -> None:
        """Stop all motors and read them."""
        self._instrument.stop_motors()
        self.read(interpreter, float(READ_SILENTLY))
