"""Reciprocal space as macros see it: the arrays ``Q G U UB`` and ``calc()`` (SPEC_LANGUAGE.md 10.1, 10.2)."""

from __future__ import annotations

import math
from dataclasses import astuple
from enum import IntEnum
from typing import TYPE_CHECKING

from pycertifspec.simulator.geometry import GeometryError, Lattice, Request, miller_indices, orientation_matrix, vectors
from pycertifspec.simulator.language import Macro, SpecRuntimeError
from pycertifspec.simulator.language.associative import SEPARATOR
from pycertifspec.simulator.language.functions.system import parameter
from pycertifspec.simulator.language.messages import IMMUTABLE
from pycertifspec.simulator.language.values import parse_number, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycertifspec.simulator.geometry import Geometry
    from pycertifspec.simulator.geometry.vectors import Matrix, Vector
    from pycertifspec.simulator.language import Interpreter, Value
    from pycertifspec.simulator.language.associative import AssociativeArray


class Calculation(IntEnum):
    """The codes of ``calc()``. The first two are SPEC's (SPEC_LANGUAGE.md 7.1); the others are a choice."""

    ANGLES = 1
    HKL = 2
    FREEZE = 3
    ORIENTATION = 5
    FROM_DIRECT_LATTICE = 7
    FROM_RECIPROCAL_LATTICE = 8


# Where things are in the arrays (SPEC_LANGUAGE.md 10.1). The rest of Q is the geometry's.
HKL, WAVELENGTH = 0, 3
MODE, SECTOR, FROZEN, REFERENCE = 0, 1, 2, 3
DIRECT, RECIPROCAL, INDICES, ANGLES, WAVELENGTHS = 0, 6, (12, 15), (18, 24), 30

# At the start: a cubic crystal, (1 0 0) and (0 1 0), copper's wavelength; azimuths refer to (0 0 1).
START = 1.54
G_DEFAULTS = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, *[0.0] * 6)
U_DEFAULTS = (*[START] * 3, *[90.0] * 3, *[0.0] * 6, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, *[0.0] * 12, START, START)

_LATTICE_NAMES = ("aa", "bb", "cc", "al", "be", "ga")
ALIASES = {
    **{name: f"Q[{slot}]" for slot, name in enumerate(("H", "K", "L", "LAMBDA"))},
    **{name: f"G[{slot}]" for slot, name in enumerate(("g_mode", "g_sect", "g_frz", "g_haz", "g_kaz", "g_laz"))},
    **{f"g_{name}": f"U[{DIRECT + n}]" for n, name in enumerate(_LATTICE_NAMES)},
    **{f"g_{name}_s": f"U[{RECIPROCAL + n}]" for n, name in enumerate(_LATTICE_NAMES)},
    **{f"g_{name}{number}": f"U[{INDICES[number] + n}]" for number in (0, 1) for n, name in enumerate("hkl")},
    **{f"g_u{number}{n}": f"U[{ANGLES[number] + n}]" for number in (0, 1) for n in range(6)},
    **{f"g_lambda{number}": f"U[{WAVELENGTHS + number}]" for number in (0, 1)},
}
"""The macros that stand for elements, beside those that `Quantity` names (SPEC_LANGUAGE.md 10.1)."""

# Keys of the elements; U is the longest array.
_KEYS = [str(number) for number in range(len(U_DEFAULTS))]


class GeometryFunctions:
    """A geometry in the interpreter; without one, ``calc()`` does nothing and the arrays do not exist.

    Besides SPEC's arrays there is ``_geo``, which tells the standard macros what to show; they cannot change it.

    Args:
        geometry: the mathematics.
        motors: all mnemonics, in the order of the motors' numbers.

    """

    def __init__(self, geometry: Geometry, motors: Sequence[str]) -> None:
        self._geometry = geometry
        self._motors: list[str] = []
        self._arrays: dict[str, AssociativeArray] = {}
        self._rounding = 0.0
        self._mnemonics = motors

    def install(self, interpreter: Interpreter) -> None:
        """Add the arrays, the macros that stand for elements of them, and ``calc()``; after the motors' ``A``."""
        geometry = self._geometry
        angles = [at for angles in geometry.reflections for at in (*angles, *[0.0] * (6 - len(angles)))]
        u_defaults = (*U_DEFAULTS[: ANGLES[0]], *angles, *U_DEFAULTS[WAVELENGTHS:])
        self.renumber(interpreter, self._mnemonics)
        for name, values in (
            ("Q", geometry.q_defaults),
            ("G", G_DEFAULTS),
            ("U", u_defaults),
            ("UB", [0.0] * 9),
        ):
            self._arrays[name] = interpreter.define_array(name, dict(zip(_KEYS, values, strict=False)))
        quantities = {*geometry.shown, *(quantity for mode in geometry.modes for quantity in mode.kept)}
        for name, text in (ALIASES | {known.alias: f"Q[{known.slot}]" for known in quantities}).items():
            interpreter.macros.define(Macro(name, text))
        description = self._description()

        def refuse(*_: Value) -> None:
            told.elements.update(description)
            raise SpecRuntimeError(IMMUTABLE.format(name="_geo"))

        told = interpreter.define_array("_geo", description, on_set=refuse)

        def calculate(code: int, argument: Value) -> Value:
            self._rounding = to_number(parameter(interpreter, "HKL_rounding"))
            return self.calculate(code, argument)

        interpreter.on_calc = calculate
        self.calculate(Calculation.FROM_DIRECT_LATTICE)
        self.calculate(Calculation.ORIENTATION)

    def renumber(self, interpreter: Interpreter, motors: Sequence[str]) -> None:
        """Take the angles from where they are now in ``A``; the motors of the geometry are among `motors`."""
        self._motors = [str(motors.index(mnemonic)) for mnemonic in self._geometry.motors]
        self._arrays["A"] = interpreter.symbols.cell("A").value

    def _description(self) -> dict[str, Value]:
        """Return what the macros show: names of modes and sectors; which elements of Q a mode keeps."""
        geometry = self._geometry
        words: dict[str, Value] = {
            "title": geometry.title,
            "motors": " ".join(geometry.motors),
            "circles": float(len(geometry.motors)),
            "modes": float(len(geometry.modes)),
            "cut": float(geometry.first_cut),
        }
        for number, mode in enumerate(geometry.modes):
            words[f"mode{SEPARATOR}{number}"] = mode.name
            words[f"kept{SEPARATOR}{number}"] = " ".join(quantity.label for quantity in mode.kept)
            words[f"slots{SEPARATOR}{number}"] = " ".join(str(quantity.slot) for quantity in mode.kept)
        for number, text in geometry.sectors.items():
            words[f"sector{SEPARATOR}{number}"] = text
        for alias, element in ALIASES.items():
            if element.startswith("U["):
                words[f"U{SEPARATOR}{element[2:-1]}"] = alias
        return words

    # ---- calc() ----

    def calculate(self, code: int, argument: Value = None) -> Value:
        """Do what ``calc(code, argument)`` does; 0. When it fails, no array has changed.

        Args:
            code: of a `Calculation`.
            argument: six numbers in a text to take instead of the present lattice, for the lattices.

        Raises:
            SpecRuntimeError: it has no answer, or there is no such calculation.

        """
        try:
            if code == Calculation.ANGLES:
                self._angles_from_hkl()
            elif code == Calculation.HKL:
                self._hkl_from_angles()
            elif code == Calculation.FREEZE:
                self._freeze()
            elif code == Calculation.ORIENTATION:
                self._find_orientation()
            elif code == Calculation.FROM_DIRECT_LATTICE:
                direct = self._lattice(DIRECT, argument)
                self._put("U", DIRECT, (*astuple(direct), *astuple(direct.reciprocal())))
            elif code == Calculation.FROM_RECIPROCAL_LATTICE:
                reciprocal = self._lattice(RECIPROCAL, argument)
                self._put("U", DIRECT, (*astuple(reciprocal.reciprocal()), *astuple(reciprocal)))
            else:
                raise SpecRuntimeError(f"calc(): there is no calculation {code}.")
        except GeometryError as error:
            raise SpecRuntimeError(str(error)) from error
        return 0.0

    def _angles_from_hkl(self) -> None:
        geometry = self._geometry
        ub, normal = self._orientation()
        mode, sector = self._choice("G", MODE, "mode"), self._choice("G", SECTOR, "sector")
        request = Request(
            hkl=self._vector("Q", HKL),
            ub=ub,
            wavelength=self._number("Q", WAVELENGTH),
            normal=normal,
            mode=mode,
            sector=sector,
            kept=self._kept(mode, normal),
            cuts=self._some("Q", geometry.first_cut, len(geometry.motors)),
        )
        angles = geometry.angles(request)
        positions = self._arrays["A"]
        for key, angle in zip(self._motors, angles, strict=True):
            positions.set(key, angle)  # as an assignment: what is set will be moved

    def _choice(self, array: str, at: int, what: str) -> int:
        """Return the mode or sector that is chosen, if it is one."""
        number = to_integer(self._arrays[array].elements[_KEYS[at]])
        known = range(len(self._geometry.modes)) if what == "mode" else self._geometry.sectors
        if number not in known:
            raise GeometryError(f"There is no {self._geometry.title.lower()} {what} {number}.")
        return number

    def _kept(self, mode: int, normal: Vector | None) -> tuple[float, ...]:
        """Return what the mode keeps: frozen values, or what is where the motors are."""
        kept = self._geometry.modes[mode].kept
        if not kept:
            return ()
        if self._number("G", FROZEN):
            return self._numbers("Q", [_KEYS[quantity.slot] for quantity in kept])
        present = self._geometry.quantities(self._numbers("A", self._motors), normal)
        return tuple(present[quantity.label] for quantity in kept)

    def _freeze(self) -> None:
        """Make the frozen values of the mode what they are where the motors are."""
        mode = self._choice("G", MODE, "mode")
        present = self._geometry.quantities(self._numbers("A", self._motors), self._orientation()[1])
        for quantity in self._geometry.modes[mode].kept:
            self._put("Q", quantity.slot, (present[quantity.label],))

    def _hkl_from_angles(self) -> None:
        angles = self._numbers("A", self._motors)
        ub, normal = self._orientation()
        q = self._geometry.scattering_vector(angles, self._number("Q", WAVELENGTH))
        hkl = miller_indices(ub, q)
        present = self._geometry.quantities(angles, normal)
        values = {HKL + n: x if abs(x) > self._rounding else 0.0 for n, x in enumerate(hkl)}
        for quantity in self._geometry.shown:
            value = present[quantity.label]
            values[quantity.slot] = value if abs(value) >= quantity.least else 0.0
        self._put_each("Q", values)

    def _find_orientation(self) -> None:
        lattice = self._lattice(DIRECT)
        count = len(self._geometry.motors)
        first, second = (self._geometry.scattering_vector(self._some("U", at, count), START) for at in ANGLES)
        indices = (self._vector("U", INDICES[0]), self._vector("U", INDICES[1]))
        ub = orientation_matrix(lattice.b_matrix(), indices, (first, second))
        self._put("UB", 0, [element for row in ub for element in row])

    def _orientation(self) -> tuple[Matrix, Vector | None]:
        """Return UB and the direction of the azimuthal reference."""
        ub = (self._vector("UB", 0), self._vector("UB", 3), self._vector("UB", 6))
        return ub, vectors.unit(vectors.transformed(ub, self._vector("G", REFERENCE)))

    def _lattice(self, at: int, argument: Value = None) -> Lattice:
        if argument is None:
            return Lattice(*self._some("U", at, 6))
        words = to_text(argument).split()
        numbers = [number for number in map(parse_number, words) if number is not None]
        if len(words) != 6 or len(numbers) != 6:
            raise GeometryError(f"calc(): six lattice parameters are needed, not {to_text(argument)!r}.")
        return Lattice(*numbers)

    # ---- the arrays ----

    def _number(self, array: str, at: int) -> float:
        return self._some(array, at, 1)[0]

    def _vector(self, array: str, at: int) -> Vector:
        x, y, z = self._some(array, at, 3)
        return (x, y, z)

    def _some(self, array: str, at: int, count: int) -> tuple[float, ...]:
        return self._numbers(array, _KEYS[at : at + count])

    def _numbers(self, array: str, keys: Iterable[str]) -> tuple[float, ...]:
        """Return elements as numbers.

        Raises:
            GeometryError: one is infinite or no number.

        """
        elements = self._arrays[array].elements
        values = tuple([to_number(elements[key]) for key in keys])
        if not all(map(math.isfinite, values)):
            raise GeometryError(f"{array}[] has an element that is no finite number.")
        return values

    def _put(self, array: str, at: int, values: Sequence[float]) -> None:
        """Fill elements, from one on."""
        self._put_each(array, dict(enumerate(values, at)))

    def _put_each(self, array: str, values: dict[int, float]) -> None:
        """Fill elements; those who watch a variable are not told, as on real servers (PROTOCOL.md 5.5)."""
        if not all(map(math.isfinite, values.values())):
            raise GeometryError("The result of calc() is no finite number.")
        # No -0: it is shown.
        self._arrays[array].elements.update({_KEYS[at]: value + 0.0 for at, value in values.items()})
