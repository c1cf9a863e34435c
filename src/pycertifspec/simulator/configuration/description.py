"""`Description`: a beamline as a file describes it, whichever kind of file that was; immutable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.geometry import OF_SPEC, check_geometry
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.language.expressions import RESERVED

if TYPE_CHECKING:
    from pycertifspec.simulator.clock import Clock
    from pycertifspec.simulator.hardware.config import CounterConfig, MotorConfig

# What SPEC shows in its prompt and its clients write after the host; a state's file is called so, too.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
NAME_IN_WORDS = "a name: a letter, then up to 31 letters, digits, _ or -"
# Of each kind. SPEC's largest beamlines have some hundreds of motors; a file with more is no beamline.
MAX_DEVICES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A beamline.

    Attributes:
        motors: in the order of their numbers.
        counters: in the order of their numbers.
        name: the name that clients find it by; None if the file does not say.
        geometry: the name of its geometry; None if the file does not say.
        file: the file's name; empty if there is none.
        remarks: what could not be simulated as the file says, a line each, with the file's name.

    """

    motors: tuple[MotorConfig, ...]
    counters: tuple[CounterConfig, ...]
    name: str | None = None
    geometry: str | None = None
    file: str = ""
    remarks: tuple[str, ...] = ()

    def remarks_as(self, name: str) -> tuple[str, ...]:
        """Return what could not be simulated, under the name that SPEC takes the geometry from where none is given."""
        if self.geometry is not None or name not in OF_SPEC:
            return self.remarks
        problem = check_geometry(name, [motor.mnemonic for motor in self.motors])
        return (*self.remarks, f"{self.file}: {name} has no reciprocal space: {problem}") if problem else self.remarks

    def instrument(self, clock: Clock, *, seed: int = 0) -> Instrument:
        """Return the beamline's hardware, on a clock."""
        return Instrument(self.motors, self.counters, clock, seed=seed)


# A motor of such a name could not be moved: the name means something else in each command.
_OF_THE_LANGUAGE = RESERVED | {"A", "S", "PI"}


class Mnemonics:
    """The mnemonics that a file has used, and where."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._places: dict[str, str] = {}

    def add(self, mnemonic: str, place: str) -> None:
        """Take a mnemonic.

        Raises:
            InvalidFileError: it is taken already, by another one or by the language.

        """
        if mnemonic in _OF_THE_LANGUAGE:
            refuse(self._file, place, repr(mnemonic), "a mnemonic that is no word of SPEC's language")
        if mnemonic in self._places:
            expected = f"a mnemonic that no other motor or counter has: {self._places[mnemonic]} is called so"
            refuse(self._file, place, repr(mnemonic), expected)
        self._places[mnemonic] = place


def refuse(file: str, place: str, found: str, expected: str) -> NoReturn:
    """Say what is wrong with a file.

    Raises:
        InvalidFileError: always.

    """
    raise InvalidFileError(f"{file}: {place} is {found}, expected {expected}")
