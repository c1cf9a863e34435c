"""`Devices`: an instrument's motors, counters and geometry in the language and among the properties, now and anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.session import properties

from .functions.geometry import GeometryFunctions
from .geometry import check_geometry, find_geometry
from .hardware.refusals import RefusedError
from .language import SpecRuntimeError
from .published import CounterValue, CountProperty, MotorProperty

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.program import Published

    from .configuration.description import Description
    from .functions.counters import CounterFunctions
    from .functions.motors import MotorFunctions
    from .geometry import Geometry
    from .hardware.instrument import Instrument
    from .hardware.motor import Motor
    from .language import Interpreter


class Devices:
    """What an instrument has, under its mnemonics.

    Args:
        instrument: the hardware.
        interpreter: whose macros see it.
        motors: the functions for motors.
        counters: the functions for counters.
        published: the properties of all kinds, by path.
        motor_property: makes a property of a motor.
        count: the property that all counters share.

    """

    def __init__(
        self,
        instrument: Instrument,
        interpreter: Interpreter,
        motors: MotorFunctions,
        counters: CounterFunctions,
        published: dict[str, Published],
        motor_property: Callable[
            [Motor, properties.Property[float] | properties.Property[bool] | properties.Property[str]], MotorProperty
        ],
        count: CountProperty,
    ) -> None:
        self._instrument = instrument
        self._interpreter = interpreter
        self._functions = (motors, counters)
        self._counters = counters
        self._published = published
        self._motor_property = motor_property
        self._count = count
        self._names: set[str] = set()
        self._paths: set[str] = set()
        self.geometry: Geometry | None = None
        self._reciprocal_space: GeometryFunctions | None = None

    def install(self, geometry_name: str) -> None:
        """Make everything known for the first time; a geometry that is not there is left out."""
        self._make_known()
        mnemonics = [motor.mnemonic for motor in self._instrument.motors]
        self.geometry = find_geometry(geometry_name, mnemonics)
        if self.geometry is not None:
            self._reciprocal_space = GeometryFunctions(self.geometry, mnemonics)
            self._reciprocal_space.install(self._interpreter)

    def check(self, description: Description) -> None:
        """Check that the geometry can go on with what is described.

        Raises:
            SpecRuntimeError: it cannot.

        """
        if self.geometry is None:
            return
        problem = check_geometry(self.geometry.name, [motor.mnemonic for motor in description.motors])
        if problem:
            raise SpecRuntimeError(f"reconfig: {problem}.")

    def change(self, description: Description) -> None:
        """Have the instrument become what is described, and make that known.

        Raises:
            SpecRuntimeError: something moves or counts; nothing has changed.

        """
        try:
            self._instrument.reconfigure(description.motors, description.counters)
        except RefusedError as error:
            raise SpecRuntimeError(f"reconfig: {error}.") from error
        self._make_known()
        if self._reciprocal_space is not None:
            self._reciprocal_space.renumber(self._interpreter, [motor.mnemonic for motor in self._instrument.motors])

    def _make_known(self) -> None:
        motors = {motor.mnemonic: motor for motor in self._instrument.motors}
        counters = {counter.mnemonic: counter for counter in self._instrument.counters}
        for name in self._names - motors.keys() - counters.keys():
            self._interpreter.symbols.remove_builtin(name)
        self._names = {*motors, *counters}
        for functions in self._functions:
            functions.install(self._interpreter)
        # What is disabled is not there for chained macros (SPEC_LANGUAGE.md 2.6).
        self._interpreter.macros.is_motor = lambda key: key in motors and not motors[key].config.disabled
        self._interpreter.macros.is_counter = lambda key: key in counters and not counters[key].config.disabled
        made: dict[str, Published] = {}
        for mnemonic, motor in motors.items():
            for prop in properties.MOTOR:
                if prop is not properties.START_ONE:
                    made[properties.motor_path(mnemonic, prop.name)] = self._motor_property(motor, prop)
        for mnemonic, counter in counters.items():
            made[properties.scaler_path(mnemonic, "value")] = CounterValue(counter, self._counters.is_simulated)
            made[properties.scaler_path(mnemonic, "count")] = self._count
        for path in self._paths - made.keys():
            del self._published[path]
        self._published.update(made)
        self._paths = set(made)
