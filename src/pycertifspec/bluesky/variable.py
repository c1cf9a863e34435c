"""`SpecVariable`: one of SPEC's variables, to be read and set in plans."""

from typing import Any

import bluesky.protocols
from ophyd_async.core import SignalRW

from pycertifspec.errors import LocalTypeError
from pycertifspec.session.properties import variable_path

from .address import address
from .backend import SpecSignalBackend

# What a variable is to be taken for, as a configuration file may say it: SPEC itself does not tell numbers from text.
_KINDS = {"float": float, "int": int, "str": str, "bool": bool}


class SpecVariable(SignalRW[Any]):
    """A variable of SPEC's, or an element of one (``x[1]``), as a signal: readable, settable, monitored.

    Args:
        variable: its name in SPEC: ``"SCAN_N"``.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        datatype: ``"float"``, ``"int"``, ``"str"`` or ``"bool"``, or a datatype of ophyd-async, such as
            ``numpy.ndarray`` for a data array.
        units: of the value.
        name: of the signal; `init_devices` gives it that of its variable.

    Raises:
        LocalTypeError: there is no such datatype.

    """

    def __init__(
        self, variable: str, server: str = "", datatype: str | type[Any] = "float", units: str = "", name: str = ""
    ) -> None:
        if isinstance(datatype, str) and datatype not in _KINDS:
            raise LocalTypeError(
                f"variable {variable!r} cannot be of datatype {datatype!r}; expected {', '.join(_KINDS)}"
            )
        kind = _KINDS[datatype] if isinstance(datatype, str) else datatype
        place = address(server, variable_path(variable))
        super().__init__(SpecSignalBackend(kind, place, units=units or None), name=name)

    @property
    def hints(self) -> bluesky.protocols.Hints:
        """What displays show of it: itself."""
        return {"fields": [self.name]} if self.name else {}
