"""Functions for hardware that is not there: they exist, and answer sensibly (SPEC_LANGUAGE.md 6.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.language import Function
from pycertifspec.simulator.language.tables import ANY
from pycertifspec.simulator.language.values import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.language import Interpreter, Value

# What each answers when nothing is connected: no device, nothing read, nothing written.
ANSWERS: dict[str, Value] = {
    **dict.fromkeys(("mca_sel", "mca_par", "mca_get", "mca_put", "mca_spar", "mca_sget", "mca_sput"), -1.0),
    **dict.fromkeys(("image_par", "image_get", "image_put"), -1.0),
    **dict.fromkeys(("sock_par", "sock_put", "ser_par", "ser_put"), -1.0),
    **dict.fromkeys(("sock_get", "ser_get", "gpib_get", "vxi11_get"), ""),
    **dict.fromkeys(("gpib_par", "gpib_put", "gpib_poll", "gpib_cntl", "vxi11_par", "vxi11_put"), 0.0),
    **dict.fromkeys(("tango_get", "tango_put", "tango_io", "taco_io", "esrf_io"), -1.0),
    **dict.fromkeys(("h5_attr", "h5_data", "h5_file"), -1.0),
}

# More process variables than a macro file uses.
MAX_VARIABLES = 10_000


class Links:
    """EPICS process variables as a table that keeps what is put, and silence for the rest."""

    def __init__(self) -> None:
        self._variables: dict[str, Value] = {}

    def install(self, interpreter: Interpreter) -> None:
        """Add the functions."""
        interpreter.held_elsewhere.append(self._variables.values)
        for name, answer in ANSWERS.items():
            interpreter.functions.register(
                Function(name, _answering(answer), 0, ANY, doc="Nothing is connected to this simulator.")
            )
        for name, implementation, minimum, maximum in (
            ("epics_get", self.get, 1, 3),
            ("epics_put", self.put, 2, 4),
            ("epics_par", self.parameter, 2, 3),
        ):
            doc = (implementation.__doc__ or "").partition("\n")[0]
            interpreter.functions.register(Function(name, implementation, minimum, maximum, doc=doc))

    def get(self, _: Interpreter, name: Value, *__: Value) -> Value:
        """What was put into a process variable, 0 at first."""
        return self._variables.get(to_text(name), 0.0)

    def put(self, _: Interpreter, name: Value, value: Value, *__: Value) -> Value:
        """Keep a value as a process variable's; 0, or -1 if there are too many."""
        if to_text(name) not in self._variables and len(self._variables) >= MAX_VARIABLES:
            return -1.0
        self._variables[to_text(name)] = value
        return 0.0

    def parameter(self, _: Interpreter, __: Value, what: Value, ___: Value = None) -> Value:
        """A parameter of a process variable: always connected."""
        return float(to_text(what) in ("connected", "wait_connect"))


def _answering(answer: Value) -> Callable[..., Value]:
    def function(_: Interpreter, *__: Value) -> Value:
        return answer

    return function
