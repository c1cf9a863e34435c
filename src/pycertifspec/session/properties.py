"""The properties that SPEC has, in one table: what each is called, holds and allows (PROTOCOL.md 5)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Units(StrEnum):
    """What a motor property's number counts."""

    NONE = ""
    USER = "user"
    DIAL = "dial"
    STEPS = "steps"
    STEPS_PER_UNIT = "steps/unit"
    HERTZ = "Hz"
    MILLISECONDS = "ms"


class Property(NamedTuple, Generic[T]):
    """One property of a motor, a counter or the server.

    Attributes:
        name: the last part of its path.
        convert: makes a Python value of its text.
        doc: what it is.
        units: what its number counts.
        readable: whether it can be read and watched.
        writable: whether it can be written.

    """

    name: str
    convert: Callable[[str], T]
    doc: str
    units: Units = Units.NONE
    readable: bool = True
    writable: bool = False


def flag(text: str) -> bool:
    """Return whether a property that is 0 or 1 is set; some servers send other numbers than 1."""
    return bool(text) and float(text) != 0


POSITION = Property(
    "position", float, "Where the motor is; writing changes the offset and moves nothing.", Units.USER, writable=True
)
DIAL_POSITION = Property(
    "dial_position", float, "Where the motor is, as its scale shows it.", Units.DIAL, writable=True
)
OFFSET = Property("offset", float, "User position minus sign times dial position.", Units.USER, writable=True)
STEP_SIZE = Property("step_size", float, "Steps for each unit of position.", Units.STEPS_PER_UNIT)
SIGN = Property("sign", float, "1 or -1: the sense of user to dial positions.")
MOVE_DONE = Property("move_done", flag, "True WHILE the motor moves: the name says the contrary of what it holds.")
HIGH_LIM_HIT = Property("high_lim_hit", flag, "True at the switch at the high end.")
LOW_LIM_HIT = Property("low_lim_hit", flag, "True at the switch at the low end.")
EMERGENCY_STOP = Property("emergency_stop", flag, "True when the controller was stopped by its emergency switch.")
MOTOR_FAULT = Property("motor_fault", flag, "True when the controller reports a fault.")
HIGH_LIMIT = Property(
    "high_limit", float, "Upper limit; read in dial units, written in user units.", Units.DIAL, writable=True
)
LOW_LIMIT = Property(
    "low_limit", float, "Lower limit; read in dial units, written in user units.", Units.DIAL, writable=True
)
LIMITS = Property("limits", str, "Both limits, low and high.", Units.USER, readable=False, writable=True)
SEARCH = Property(
    "search",
    str,
    "Starts a search: home, home+, home-, lim+ or lim-, and a home position.",
    Units.DIAL,
    readable=False,
    writable=True,
)
UNUSABLE = Property("unusable", flag, "True when the motor is disabled.")
SYNC_CHECK = Property(
    "sync_check", str, "Asks whether the controller's position is to be taken; written 1 or 0.", writable=True
)
START_ONE = Property(
    "start_one",
    str,
    "Starts a motion to a position, or adds it to those of start_all.",
    Units.USER,
    readable=False,
    writable=True,
)
BASE_RATE = Property("base_rate", float, "Speed at which a motion starts.", Units.HERTZ, writable=True)
SLEW_RATE = Property("slew_rate", float, "Speed of a long motion.", Units.HERTZ, writable=True)
ACCELERATION = Property("acceleration", float, "Time from base rate to slew rate.", Units.MILLISECONDS, writable=True)
BACKLASH = Property(
    "backlash", float, "How far beyond the target a motion goes from one side.", Units.STEPS, writable=True
)

# In the order of PROTOCOL.md 5.6.
MOTOR: tuple[Property[float] | Property[bool] | Property[str], ...] = (
    POSITION,
    DIAL_POSITION,
    OFFSET,
    STEP_SIZE,
    SIGN,
    MOVE_DONE,
    HIGH_LIM_HIT,
    LOW_LIM_HIT,
    EMERGENCY_STOP,
    MOTOR_FAULT,
    HIGH_LIMIT,
    LOW_LIMIT,
    LIMITS,
    SEARCH,
    UNUSABLE,
    SYNC_CHECK,
    START_ONE,
    BASE_RATE,
    SLEW_RATE,
    ACCELERATION,
    BACKLASH,
)

# Writing these is a command in SPEC's queue: it has its effect when those before it are done (5.6).
_QUEUED_NAMES = {prop.name for prop in (POSITION, DIAL_POSITION, OFFSET, HIGH_LIMIT, LOW_LIMIT, LIMITS)}

VALUE = Property("value", float, "What the counter has counted; counts, or seconds for the timer.")
COUNT = Property(
    "count",
    flag,
    "True while counting; writing starts for seconds, or monitor counts if negative; 0 stops.",
    writable=True,
)

# The paths of what is about all motors or all counters (5.7, 5.9).
PRESTART_ALL = "motor/../prestart_all"
START_ALL = "motor/../start_all"
ABORT_ALL = "motor/../abort_all"
COUNT_ALL = "scaler/.all./count"

COUNTER: tuple[Property[float] | Property[bool], ...] = (VALUE, COUNT)

VARIABLES = "var/"  # what every variable's path begins with (5.5)

ERROR = "error"
NO_ERROR = "No error"
READY = "status/ready"
SHELL = "status/shell"
SIMULATE = "status/simulate"
QUIT = "status/quit"
OUTPUT = "output/"  # what every stream of text begins with (5.4)
TTY = "output/tty"
# What a macro asks its client, and where the answer is written: our simulator's alone, for SPEC asks at its keyboard.
INPUT = "input/tty"
# The answer that is none, as ^D at a keyboard.
END_OF_INPUT = "\x04"


def is_queued(path: str) -> bool:
    """Return whether writing a property is a command in SPEC's queue."""
    return path.startswith("motor/") and path.rpartition("/")[2] in _QUEUED_NAMES


def motor_path(mne: str, prop: str) -> str:
    """Return the path of a motor's property."""
    return f"motor/{mne}/{prop}"


def scaler_path(mne: str, prop: str) -> str:
    """Return the path of a counter's property."""
    return f"scaler/{mne}/{prop}"


def variable_path(name: str) -> str:
    """Return the path of a variable, or of an element of it (``x[1][2]``)."""
    return VARIABLES + name
