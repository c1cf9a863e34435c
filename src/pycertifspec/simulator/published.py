"""The properties of a simulated SPEC: motors, counters, variables, status (PROTOCOL.md 5)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.session import properties
from pycertifspec.session.program import Command
from pycertifspec.simulator.language.associative import SEPARATOR, AssociativeArray
from pycertifspec.simulator.language.exchange import to_python
from pycertifspec.simulator.language.values import ArrayValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.hardware.scaler import Counter
    from pycertifspec.simulator.language import Interpreter

# What setting a property pushes on the command queue (PROTOCOL.md 5.6): {mne} the motor, {data} what was written.
PUSHED = {
    "position": "set {mne} {data}",
    "dial_position": "set_dial {mne} {data}",
    "offset": "set {mne} {user}",
    "high_limit": "set_lm {mne} {data} user({mne},get_lim({mne},-1))",
    "low_limit": "set_lm {mne} {data} user({mne},get_lim({mne},+1))",
    "limits": "set_lm {mne} {data}",
    "search": "chg_dial({mne}, {data})",
}
# What setting a preset pushes (5.9).
COUNTS = "count_em"
# Properties that are set at once, under the same names in the configuration.
CONFIGURED = {"base_rate", "slew_rate", "acceleration", "backlash"}


def number_text(value: Any, what: str) -> str:
    """Return what a client sent as a number's text, which is safe to paste into a command.

    Raises:
        RemoteError: it is no finite number.

    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RemoteError(f"{what}: {value!r} is no number") from None
    if not math.isfinite(number):
        raise RemoteError(f"{what}: {value!r} is no finite number")
    return f"{number:.15g}"


class MotorProperty:
    """``motor/MNE/…``."""

    def __init__(
        self,
        motor: Motor,
        prop: Any,
        push: Callable[[Command], None],
        answer: Callable[[str, bool], None],
        simulated_position: Callable[[Motor], float | None],
    ) -> None:
        self._motor = motor
        self._prop = prop
        self._push = push
        self._answer = answer
        self._simulated_position = simulated_position

    @property
    def _path(self) -> str:
        return properties.motor_path(self._motor.mnemonic, self._prop.name)

    def read(self) -> Any:
        """Return the present value."""
        if self._prop is properties.SYNC_CHECK:
            return ""
        if not self._prop.readable:
            raise RemoteError(f"{self._path} can only be set")
        if self._prop in (properties.POSITION, properties.DIAL_POSITION):
            position = self._simulated_position(self._motor)
            if position is not None:
                return position if self._prop is properties.POSITION else self._motor.units.dial_of_user(position)
        return getattr(self._motor.read(), self._prop.name)

    def write(self, value: Any) -> None:
        """Do what SPEC does: most values push a command, which the standard macros carry out."""
        name, mne = self._prop.name, self._motor.mnemonic
        if not self._prop.writable:
            raise RemoteError(f"{self._path} cannot be set")
        if name == "sync_check":
            self._answer(mne, number_text(value, self._path) != "0")
        elif name in CONFIGURED:
            self._configure(name, float(number_text(value, self._path)))
        else:
            text = self._data(name, value)
            if text is not None:
                self._push(Command((PUSHED[name].format(mne=mne, data=text, user=text),)))

    def _configure(self, field: str, number: float) -> None:
        try:
            self._motor.configure(replace(self._motor.config, **{field: number}))  # type: ignore[arg-type]  # a float
        except ValueError as error:
            raise RemoteError(f"{self._path}: {error}") from error

    def _data(self, name: str, value: Any) -> str | None:
        """Return what is pasted into the command, None if nothing is to be done."""
        reading = self._motor.read()
        if name == "limits":
            words = str(value).split()
            if len(words) != 2:
                raise RemoteError(f"{self._path}: {value!r} is not two limits, low and high")
            return " ".join(number_text(word, self._path) for word in words)
        if name == "search":
            how, *home = str(value).split() or [""]
            if how not in ("home", "home+", "home-", "lim+", "lim-") or len(home) > 1:
                raise RemoteError(
                    f"{self._path}: {value!r} is no search: home, home+, home-, lim+ or lim-, and a position"
                )
            return ", ".join([f'"{how}"', *(number_text(word, self._path) for word in home)])
        text = number_text(value, self._path)
        if name == "offset":
            user = float(text) + reading.sign * reading.dial_position
            return None if float(text) == reading.offset else f"{user:.15g}"
        return None if name == "dial_position" and float(text) == reading.dial_position else text


class CounterValue:
    """``scaler/MNE/value``."""

    def __init__(self, counter: Counter, simulating: Callable[[], bool]) -> None:
        self._counter = counter
        self._simulating = simulating

    def read(self) -> float:
        """Return what was counted: nothing while SPEC simulates."""
        return 0.0 if self._simulating() else self._counter.value

    def write(self, value: Any) -> None:  # noqa: ARG002  refused whatever it is
        """Refuse."""
        raise RemoteError(f"{properties.scaler_path(self._counter.mnemonic, 'value')} cannot be set")


class CountProperty:
    """``scaler/.all./count``; A writes the preset to a single counter's, which means the same (PROTOCOL.md 5.9)."""

    def __init__(
        self,
        instrument: Instrument,
        push: Callable[[Command], None],
        drop: Callable[[Callable[[Command], bool]], None],
        abort: Callable[[], None],
    ) -> None:
        self._instrument = instrument
        self._push = push
        self._drop = drop
        self._abort = abort

    def read(self) -> int:
        """Return 1 while counting."""
        return int(self._instrument.scaler.counting)

    def write(self, value: Any) -> None:
        """Start counting, or stop it as ^C would; a count of the same client that waits does not begin then."""
        text = number_text(value, properties.COUNT_ALL)
        if float(text):
            self._push(Command((f"{COUNTS} {text}",)))
        else:
            self._drop(lambda command: command.text.split(" ", 1)[0] == COUNTS)
            self._abort()


class StatusProperty:
    """``status/…``: a function gives it, nobody sets it."""

    def __init__(self, name: str, get: Callable[[], Any]) -> None:
        self._name = name
        self._get = get

    def read(self) -> Any:
        """Return the present value."""
        return self._get()

    def write(self, value: Any) -> None:  # noqa: ARG002  refused whatever it is
        """Refuse."""
        raise RemoteError(f"{self._name} cannot be set")


class SentProperty:
    """What a macro has made with ``prop_send()``: the last value that it sent."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.value: Any = ""

    def read(self) -> Any:
        """Return the last value."""
        return outside(self.value)

    def write(self, value: Any) -> None:  # noqa: ARG002  refused whatever it is
        """Refuse."""
        raise RemoteError(f"{self._name} cannot be set")


class VariableProperty:
    """``var/NAME``, whole; elements are the service's affair."""

    def __init__(self, interpreter: Interpreter, name: str, on_set: Callable[[], None]) -> None:
        self._interpreter = interpreter
        self._name = name
        self._on_set = on_set

    def read(self) -> Any:
        """Return the variable: text or number, an associative array as a dict, a data array."""
        cell = self._interpreter.symbols.find(self._name)
        return "" if cell is None else outside(cell.value)

    def write(self, value: Any) -> None:
        """Set it; elements of an associative array are merged (PROTOCOL.md 5.5)."""
        try:
            if isinstance(value, dict):
                for key, element in value.items():
                    self._interpreter.set(self._name, element, *(key if isinstance(key, tuple) else (key,)))
            elif isinstance(value, list):
                self._write_rows(value)
            else:
                self._interpreter.set(self._name, value)
        except SpecError as error:
            raise RemoteError(str(error)) from error
        finally:
            self._on_set()

    def _write_rows(self, rows: list[str]) -> None:
        """Set the rows of a string array, from the first one."""
        cell = self._interpreter.symbols.find(self._name)
        array: Any = None if cell is None else cell.value
        if getattr(array, "element", "") != "string":
            raise RemoteError(f"{properties.variable_path(self._name)} is no string array")
        if array.data.ndim == 1:
            self._interpreter.set(self._name, rows[0] if rows else "")
            return
        for number, row in enumerate(rows):
            self._interpreter.set(self._name, row, str(number))


class Rows(list[str]):
    """A string array, which travels in rows of its own width (PROTOCOL.md 3.6)."""

    def __init__(self, array: ArrayValue) -> None:
        matrix: Any = to_python(array)
        self.width = matrix.shape[-1]
        super().__init__(bytes(row).split(b"\0")[0].decode(errors="replace") for row in matrix.reshape(-1, self.width))


def outside(value: Any) -> Any:
    """Return a value of the language as it travels: unset is empty, two indices are a pair."""
    if value is None:
        return ""
    if isinstance(value, ArrayValue) and getattr(value, "element", "") == "string":
        return Rows(value)
    if isinstance(value, (ArrayValue, AssociativeArray)):
        return outside(to_python(value))
    if isinstance(value, dict):
        return {outside_key(key): outside(element) for key, element in value.items()}
    return value


def outside_key(key: str) -> str | tuple[str, ...]:
    """Return an element's key: two indices as a pair."""
    return tuple(key.split(SEPARATOR)) if SEPARATOR in key else key
