"""Motors and counters of SPEC's config file as simulated devices: what the fields of a line mean."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.hardware.config import MAX_NAME, CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.rates import Constant

from .description import Mnemonics, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .spec_remarks import Remarks

MOTOR_FIELDS = "controller[:unit/channel] steps sign slew base backlash acceleration 0 flags mnemonic [name]"
COUNTER_FIELDS = "controller unit channel scale flags mnemonic [name]"

Made = TypeVar("Made")

# Public config files have no other flags on motors; what the bits mean is not known.
USUAL_MOTOR_FLAGS = 0x003
# What SPEC's config editor calls "use as" (seen with counters called seconds and monitor in every public file).
TIMEBASE_FLAG, MONITOR_FLAG = 0x001, 0x002

# SPEC keeps limits in its settings file, which is not text: wide enough for an energy in eV.
NO_LIMIT = 100_000.0
# Counts per second wherever the motors are, for lack of a description.
PLAIN_RATE, PLAIN_MONITOR_RATE = 1_000.0, 50_000.0

# Controllers that are no hardware: SPEC itself, or nothing.
NO_HARDWARE = {"NONE", "SFTWARE"}

_CONTROLLER = re.compile(r"(\w+)(?::(\d{1,9})(?:/(\d{1,9}))?(?:/\d{1,9})*)?")


class Devices:
    """What all devices of one file share.

    Args:
        file: its name.
        remarks: what cannot be simulated goes there.

    """

    def __init__(self, file: str, remarks: Remarks) -> None:
        self.file = file
        self.remarks = remarks
        self.mnemonics = Mnemonics(file)

    def refuse(self, place: str, words: str, expected: str) -> NoReturn:
        """Say that a line is not as SPEC writes it.

        Raises:
            InvalidFileError: always.

        """
        refuse(self.file, place, repr(words), f"as SPEC writes it: {expected}")

    def number(self, word: str, place: str, what: str) -> float:
        """Return a finite number.

        Raises:
            InvalidFileError: it is none.

        """
        try:
            found = float(word)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            refuse(self.file, f"{place}: {what}", repr(word), "a number")
        return found

    def whole(self, word: str, place: str, what: str, *, base: int = 10) -> int:
        """Return a whole number.

        Raises:
            InvalidFileError: it is none.

        """
        try:
            return int(word, base)
        except ValueError:
            refuse(self.file, f"{place}: {what}", repr(word), "a whole number")

    def name(self, words: str, mnemonic: str) -> str:
        """Return the name on the screen: the mnemonic if there is none, cut if it is too long."""
        name = " ".join(words.split()) or mnemonic
        if len(name) > MAX_NAME:
            self.remarks.add_of(f"a name is longer than {MAX_NAME} characters and was cut", mnemonic)
        return name[:MAX_NAME].rstrip()

    def plain(self, field: str, value: float, good: bool, default: float, mnemonic: str) -> float:
        """Return a value that can be simulated: a default if the file has none that can."""
        if good:
            return value
        self.remarks.add_of(f"{field} {value:g} cannot be simulated; it is {default:g}", mnemonic)
        return default

    def conclude(self, motors: Sequence[MotorConfig], counters: Sequence[CounterConfig]) -> None:
        """Remark upon the devices as a whole."""
        devices: list[tuple[str, Sequence[MotorConfig] | Sequence[CounterConfig]]] = [("motor", motors)]
        devices.append(("counter", counters))
        for kind, configs in devices:
            for config in configs:
                if config.controller not in NO_HARDWARE:
                    self.remarks.add_of(f"{config.controller}: a plain simulated {kind} each", config.mnemonic)
        if motors:
            self.remarks.add(
                f"limits: SPEC keeps them in its settings file, which is not read: every motor's are ±{NO_LIMIT:g}"
            )
        if counters:
            self.remarks.add(
                f"rates: a monitor counts {PLAIN_MONITOR_RATE:g}/s, another counter {PLAIN_RATE:g}/s, one of "
                "controller NONE nothing; a TOML file describes beams"
            )
        if not any(counter.use is CounterUse.TIMER for counter in counters):
            self.remarks.add("no counter is the timebase (flags 0x001): nothing can count to a time")


def motor_of(words: str, parameters: Iterable[str], place: str, devices: Devices) -> MotorConfig:
    """Return the motor of a line and the parameter lines behind it.

    Raises:
        InvalidFileError: the line is not as SPEC writes it.

    """
    found = words.split(None, 10)
    controller = _CONTROLLER.fullmatch(found[0]) if found else None
    if len(found) < 10 or controller is None:
        devices.refuse(place, words, MOTOR_FIELDS)
    mnemonic = found[9]
    devices.mnemonics.add(mnemonic, place)
    names = ("steps", "sign", "slew", "base", "backlash", "acceleration")
    steps, sign, slew, base, backlash, acceleration = (
        devices.number(word, place, what) for word, what in zip(found[1:7], names, strict=True)
    )
    flags = devices.whole(found[8], place, "flags", base=0)
    if flags != USUAL_MOTOR_FLAGS:
        devices.remarks.add_of(f"flags {found[8]}: their meaning is not known; the motor can be moved", mnemonic)
    for name in parameters:
        devices.remarks.add_of(f"MOTPAR:{name}: not simulated", mnemonic)
    return _made(
        MotorConfig,
        place,
        devices,
        mnemonic=mnemonic,
        name=devices.name(found[10] if len(found) > 10 else "", mnemonic),
        steps_per_unit=devices.plain("steps per unit", steps, steps != 0, 2000.0, mnemonic),
        sign=int(devices.plain("sign", sign, abs(sign) == 1, 1, mnemonic)),
        slew_rate=devices.plain("slew rate", slew, slew > 0, 2000.0, mnemonic),
        base_rate=devices.plain("base rate", base, base >= 0, 0.0, mnemonic),
        acceleration=devices.plain("acceleration", acceleration, acceleration >= 0, 0.0, mnemonic),
        backlash=devices.plain("backlash", backlash, backlash == int(backlash), float(int(backlash)), mnemonic),
        low_limit=-NO_LIMIT,
        high_limit=NO_LIMIT,
        controller=controller[1],
        unit=int(controller[2] or 0),
        channel=int(controller[3] or 0),
    )


def counter_of(words: str, parameters: Iterable[str], place: str, devices: Devices) -> CounterConfig:
    """Return the counter of a line and the parameter lines behind it.

    Raises:
        InvalidFileError: the line is not as SPEC writes it.

    """
    found = words.split(None, 6)
    if len(found) < 6 or not _CONTROLLER.fullmatch(found[0]):
        devices.refuse(place, words, COUNTER_FIELDS)
    mnemonic = found[5]
    devices.mnemonics.add(mnemonic, place)
    flags = devices.whole(found[4], place, "flags", base=0)
    scale = devices.number(found[3], place, "scale")
    use = CounterUse.COUNTER
    if flags & (TIMEBASE_FLAG | MONITOR_FLAG):
        use = CounterUse.TIMER if flags & TIMEBASE_FLAG else CounterUse.MONITOR
    for name in parameters:
        devices.remarks.add_of(f"CNTPAR:{name}: not simulated", mnemonic)
    rate = PLAIN_MONITOR_RATE if use is CounterUse.MONITOR else PLAIN_RATE
    if use is CounterUse.COUNTER and found[0].startswith("NONE"):
        rate = 0.0
    return _made(
        CounterConfig,
        place,
        devices,
        mnemonic=mnemonic,
        name=devices.name(found[6] if len(found) > 6 else "", mnemonic),
        use=use,
        rate=Constant(rate),
        scale=devices.plain("scale", scale, scale > 0, 1.0, mnemonic),
        controller=found[0].partition(":")[0],
        unit=devices.whole(found[1], place, "unit"),
        channel=devices.whole(found[2], place, "channel"),
    )


def _made(cls: Callable[..., Made], place: str, devices: Devices, **values: Any) -> Made:
    try:
        return cls(**values)
    except ValueError as error:
        raise InvalidFileError(f"{devices.file}: {place}: {error}") from error
