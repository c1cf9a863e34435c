"""Functions and commands for counting and waiting (SPEC_LANGUAGE.md 6.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pycertifspec.simulator.hardware.config import CounterUse
from pycertifspec.simulator.hardware.refusals import RefusedError
from pycertifspec.simulator.language import Command, Function, SpecRuntimeError
from pycertifspec.simulator.language.values import to_integer, to_number, to_text

from .hardware_errors import HardwareError, hardware_call, went_well

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import Interrupt
    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.hardware.scaler import Counter
    from pycertifspec.simulator.language import Interpreter, Value
    from pycertifspec.simulator.language.associative import BuiltinArray

# Bits of wait()'s and stop()'s argument.
MOTORS, COUNTERS, ACQUISITION, BUSY_FLAG = 1, 2, 4, 32
STOP_MOTORS, STOP_COUNTERS = 1, 2


class CounterFunctions:
    """The counters as macros see them: numbers, the array ``S``, functions.

    Args:
        instrument: the counters, and the motors that are waited for.
        interrupt: ends waits.
        simulate: called with 0 or 1 when simulation is switched.
        on_simulated_count: told of a count in simulate mode.
        look: called while something is waited for, and raises what ends the waiting (see `Arrivals.look`).

    """

    def __init__(
        self,
        instrument: Instrument,
        interrupt: Interrupt,
        simulate: Callable[[bool], None],
        on_simulated_count: Callable[[], None],
        look: Callable[[], None],
    ) -> None:
        self._instrument = instrument
        self._look = look
        self._interrupt = interrupt
        self._simulate = simulate
        self._on_simulated_count = on_simulated_count
        self._simulated = False
        self.values: BuiltinArray | None = None

    def is_simulated(self) -> bool:
        """Return whether SPEC simulates: nothing is counted then."""
        return self._simulated

    def install(self, interpreter: Interpreter) -> None:
        """Add the functions, the array ``S``, ``COUNTERS`` and the mnemonics."""
        count = len(self._instrument.counters)
        self.values = interpreter.define_array("S", {str(number): 0.0 for number in range(count)})
        interpreter.symbols.set_builtin("COUNTERS", float(count))
        for number, counter in enumerate(self._instrument.counters):
            interpreter.symbols.set_builtin(counter.mnemonic, float(number))
        for name, implementation, minimum, maximum in (
            ("tcount", self.count_time, 1, 1),
            ("mcount", self.count_monitor, 1, 1),
            ("cnt_mne", self.mnemonic, 1, 1),
            ("cnt_name", self.name, 1, 1),
            ("cnt_num", self.number, 1, 1),
            ("counter_par", self.parameter, 2, 3),
            ("wait", self.wait, 0, 1),
            ("stop", self.stop, 0, 1),
            ("set_sim", self.set_simulate, 1, 1),
        ):
            doc = (implementation.__doc__ or "").partition("\n")[0]
            interpreter.functions.register(Function(name, implementation, minimum, maximum, doc=doc))
        doc = (self.read.__doc__ or "").partition("\n")[0]
        interpreter.commands.register(Command("getcounts", self.read, doc=doc))

    def _find_number(self, value: Value) -> int:
        text = to_text(value)
        for number, counter in enumerate(self._instrument.counters):
            if counter.mnemonic == text:
                return number
        try:
            number = int(float(text))
        except ValueError:
            return -1
        return number if 0 <= number < len(self._instrument.counters) else -1

    def _counter(self, value: Value) -> Counter:
        number = self._find_number(value)
        if number < 0:
            raise SpecRuntimeError(f"Counter {to_text(value)} is not configured.")
        return self._instrument.counters[number]

    def mnemonic(self, _: Interpreter, number: Value) -> Value:
        """A counter's mnemonic."""
        return self._counter(number).mnemonic

    def name(self, _: Interpreter, number: Value) -> Value:
        """A counter's name; "?" if there is none."""
        return self._counter(number).config.name if self._find_number(number) >= 0 else "?"

    def number(self, _: Interpreter, mnemonic: Value) -> Value:
        """The number of a counter, -1 if there is none."""
        return float(self._find_number(mnemonic))

    @hardware_call
    def count_time(self, _: Interpreter, seconds: Value) -> Value:
        """Start to count for a time in seconds, and return at once."""
        return self._start(self._instrument.scaler.count_time, to_number(seconds))

    @hardware_call
    def count_monitor(self, _: Interpreter, counts: Value) -> Value:
        """Start to count to a number of monitor counts, and return at once."""
        return self._start(self._instrument.scaler.count_monitor, to_number(counts))

    def _start(self, start: Callable[[float], None], preset: float) -> Value:
        if self._simulated:
            self._on_simulated_count()
            return 0.0
        try:
            start(preset)
        except RefusedError as error:
            raise HardwareError(f"Cannot count: {error}.", error.refusal) from error
        return 0.0

    @hardware_call
    def read(self, _: Interpreter, __: list[Value], ___: list[str]) -> None:
        """Fill S with what was counted; the timer in seconds. Zeros while SPEC simulates."""
        self._instrument.clock.look()
        values = self._instrument.scaler.values()
        if self._simulated:
            values = dict.fromkeys(values, 0.0)
        if self.values is not None:
            for number, counter in enumerate(self._instrument.counters):
                self.values.elements[str(number)] = values[counter.mnemonic]

    @hardware_call
    def parameter(self, interpreter: Interpreter, number: Value, name: Value, value: Value = None) -> Value:
        """A parameter of a counter; with a third argument it is set. -1 if unknown."""
        counter, word = self._counter(number), to_text(name)
        config = counter.config
        known: dict[str, Value] = {
            "unit": float(config.unit),
            "channel": float(config.channel),
            "scale": config.scale,
            "controller": config.controller,
            "responsive": 1.0,
            "disable": float(config.disabled),
            "timer": float(config.use is CounterUse.TIMER),
            "monitor": float(config.use is CounterUse.MONITOR),
            "monitor?": float(config.use is CounterUse.MONITOR),
        }
        if value is not None and word in ("scale", "disable"):
            change = {"disabled": bool(to_number(value))} if word == "disable" else {"scale": to_number(value)}
            try:
                counter.configure(replace(config, **change))
            except ValueError as error:
                raise SpecRuntimeError(f"counter_par(): {error}") from error
            if word == "disable":
                interpreter.macros.refresh_chains()  # pieces for a counter that is there (SPEC_LANGUAGE.md 2.6)
            return to_number(value)
        return known.get(word, -1.0)

    def wait(self, interpreter: Interpreter, mode: Value = None) -> Value:
        """Wait until motors (bit 1) and counters (bit 2) are done; with bit 32, tell whether they are busy.

        A negative number waits with a message.
        """
        bits = abs(to_integer(mode)) if mode is not None else 0
        which = bits & (MOTORS | COUNTERS | ACQUISITION)
        motors, counters = bool(not which or which & MOTORS), bool(not which or which & (COUNTERS | ACQUISITION))
        if bits & BUSY_FLAG:
            interpreter.check_interrupt()
            self._instrument.clock.look()
            busy = self._instrument.is_busy(motors=motors, counters=counters)
            self._look()
            return float(busy)
        if mode is not None and to_number(mode) < 0 and self._instrument.is_busy(motors=motors, counters=counters):
            what = [name for name, wanted in (("motors", motors), ("counters", counters)) if wanted]
            interpreter.outputs.write(f"Waiting for {' and '.join(what)}.\n")  # the text is a choice
        self._instrument.wait(self._interrupt, motors=motors, counters=counters, look=self._look)
        interpreter.check_interrupt()
        went_well(interpreter)
        return 0.0

    def stop(self, _: Interpreter, mode: Value = None) -> Value:
        """Stop motors (bit 1) and counters (bit 2), or all."""
        bits = to_integer(mode) if mode is not None else 0
        if not bits or bits & STOP_MOTORS:
            self._instrument.stop_motors()
        if not bits or bits & STOP_COUNTERS:
            self._instrument.scaler.stop()
        return 0.0

    def set_simulate(self, _: Interpreter, how: Value) -> Value:
        """Switch simulation on (1) or off (0); what it is with -1. Simulated motors stand and counters give 0."""
        wanted = to_integer(how)
        if wanted >= 0:
            self._simulated = bool(wanted)
            self._simulate(self._simulated)
        return float(self._simulated)
