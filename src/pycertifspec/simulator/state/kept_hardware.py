"""What is kept of motors and counters: where they stand, and what was changed of their description."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from pycertifspec.simulator.functions.motors import PARAMETERS
from pycertifspec.simulator.hardware.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycertifspec.simulator.hardware.config import CounterConfig, MotorConfig
    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.hardware.scaler import Counter

# What a program may change of a configuration; the rest is the description's, whose rates are no JSON either.
_MOTOR_SETTINGS = tuple(dict.fromkeys(PARAMETERS.values()))
_KINDS: dict[str, type] = {"float": float, "int": int, "str": str, "bool": bool}  # by the type as the class declares it
_COUNTER_SETTINGS = ("scale", "disabled")
_STANDING = tuple(field.name for field in fields(Standing))


class KeptHardware:
    """The motors and counters of an instrument as records by mnemonic, and back.

    Args:
        instrument: as it was described: make this before anything was changed of it.

    """

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._described_motors = {motor.mnemonic: motor.config for motor in instrument.motors}
        self._described_counters = {counter.mnemonic: counter.config for counter in instrument.counters}
        # Of devices that this description does not have: another one may have them again.
        self._strange: dict[str, dict[str, Any]] = {"motors": {}, "counters": {}}

    def sections(self) -> dict[str, dict[str, Any]]:
        """Return the records, of one and the same time."""
        with self._instrument.hold():
            motors = {motor.mnemonic: self._motor_record(motor) for motor in self._instrument.motors}
            counters = {counter.mnemonic: self._counter_record(counter) for counter in self._instrument.counters}
        changed = {mnemonic: record for mnemonic, record in counters.items() if record}
        return {"motors": {**self._strange["motors"], **motors}, "counters": {**self._strange["counters"], **changed}}

    def redescribe(self, change: Callable[[], None]) -> None:
        """Have the instrument described anew by `change`; what comes back stands where it was, what goes is kept.

        Raises:
            ValueError: as `restore`.

        """
        with self._instrument.hold():
            before = self.sections()
            change()
            self._described_motors = {motor.mnemonic: motor.config for motor in self._instrument.motors}
            self._described_counters = {counter.mnemonic: counter.config for counter in self._instrument.counters}
            back = {kind: dict(records) for kind, records in self._strange.items()}
            self._strange = {
                "motors": {name: one for name, one in before["motors"].items() if name not in self._described_motors},
                "counters": {
                    name: one for name, one in before["counters"].items() if name not in self._described_counters
                },
            }
            self.restore(back)

    def _motor_record(self, motor: Motor) -> dict[str, Any]:
        changes = _changes(self._described_motors[motor.mnemonic], motor.config, _MOTOR_SETTINGS)
        return {**asdict(motor.standing), **changes}

    def _counter_record(self, counter: Counter) -> dict[str, Any]:
        return _changes(self._described_counters[counter.mnemonic], counter.config, _COUNTER_SETTINGS)

    def restore(self, sections: dict[str, dict[str, Any]]) -> None:
        """Put the instrument back to what was kept.

        Raises:
            ValueError: a record is not as it was written; what it is about stands in the message.

        """
        motors = {motor.mnemonic: motor for motor in self._instrument.motors}
        counters = {counter.mnemonic: counter for counter in self._instrument.counters}
        for mnemonic, record in sections["motors"].items():
            if mnemonic in motors:
                _told(f"motor {mnemonic}", self._restore_motor, motors[mnemonic], record)
            else:
                self._strange["motors"][mnemonic] = record
        for mnemonic, record in sections["counters"].items():
            if mnemonic in counters:
                _told(f"counter {mnemonic}", self._restore_counter, counters[mnemonic], record)
            else:
                self._strange["counters"][mnemonic] = record

    @property
    def strange(self) -> list[str]:
        """What is kept of devices that are not described: ``motor th``."""
        return [f"{kind[:-1]} {mnemonic}" for kind, records in self._strange.items() for mnemonic in records]

    @staticmethod
    def _restore_motor(motor: Motor, record: Any) -> None:
        settings = _settings(record, _MOTOR_SETTINGS, motor.config, but=_STANDING)
        missing = [name for name in _STANDING if name not in record]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        motor.configure(replace(motor.config, **settings))
        motor.stand(Standing(**{name: record[name] for name in _STANDING}))

    @staticmethod
    def _restore_counter(counter: Counter, record: Any) -> None:
        counter.configure(replace(counter.config, **_settings(record, _COUNTER_SETTINGS, counter.config)))


def _changes(
    described: MotorConfig | CounterConfig, present: MotorConfig | CounterConfig, names: Iterable[str]
) -> dict[str, Any]:
    return {name: getattr(present, name) for name in names if getattr(present, name) != getattr(described, name)}


def _settings(
    record: Any, names: Iterable[str], config: MotorConfig | CounterConfig, *, but: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the settings in a record, each of the kind that the configuration has."""
    if not isinstance(record, dict):
        raise ValueError(f"{record!r} is no record")  # noqa: TRY004  what the file says, not what a caller gave
    types = {field.name: str(field.type) for field in fields(config)}
    settings: dict[str, Any] = {}
    for name, value in record.items():
        if name in but:
            continue
        if name not in names:
            raise ValueError(f"{name} is nothing that is kept")
        kind: Any = _KINDS[types[name]]
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise ValueError(f"{name} is {value!r}, expected {kind.__name__}")
        settings[name] = kind(value)
    return settings


def _told(what: str, restore: Any, device: Any, record: Any) -> None:
    try:
        restore(device, record)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{what}: {error}") from error
