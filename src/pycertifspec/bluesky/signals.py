"""Signals of any property of a SPEC server, made from addresses."""

from __future__ import annotations

from ophyd_async.core import SignalDatatypeT, SignalR, SignalRW, SignalW

from .backend import SpecSignalBackend
from .setpoint import as_setpoint


def spec_signal_r(
    datatype: type[SignalDatatypeT] | None,
    read_address: str,
    *,
    units: str | None = None,
    precision: int | None = None,
    name: str = "",
) -> SignalR[SignalDatatypeT]:
    """Return a signal that reads a property.

    Args:
        datatype: ``float``, ``int``, ``bool``, ``str``, an enumeration of ophyd-async, ``numpy.ndarray``,
            ``Array1D[…]``; None for what the server says when the signal is connected.
        read_address: ``spec://host:port/motor/th/position``; ``spec:///…`` for the environment's SPEC_SERVER.
        units: of the value.
        precision: digits behind the point.
        name: of the signal.

    """
    return SignalR(SpecSignalBackend(datatype, read_address, "", units, precision), name=name)


def spec_signal_rw(
    datatype: type[SignalDatatypeT] | None,
    read_address: str,
    write_address: str = "",
    *,
    units: str | None = None,
    precision: int | None = None,
    name: str = "",
) -> SignalRW[SignalDatatypeT]:
    """Return a signal that reads a property and writes it, or another one.

    Args:
        datatype: as for `spec_signal_r`.
        read_address: as for `spec_signal_r`.
        write_address: of the property that is written; empty for the same. Writing ``motor/th/start_one`` moves the
            motor and waits for it, however long that takes, and a plan that is ended stops it;
            ``motor/th/position`` changes its offset and moves nothing.
        units: as for `spec_signal_r`.
        precision: as for `spec_signal_r`.
        name: as for `spec_signal_r`.

    """
    backend = SpecSignalBackend(datatype, read_address, write_address, units, precision)
    signal = SignalRW(backend, name=name)
    return as_setpoint(signal) if backend.moves else signal


def spec_signal_w(datatype: type[SignalDatatypeT], write_address: str, *, name: str = "") -> SignalW[SignalDatatypeT]:
    """Return a signal that writes a property.

    Args:
        datatype: as for `spec_signal_r`.
        write_address: as for `spec_signal_rw`.
        name: as for `spec_signal_r`.

    """
    backend = SpecSignalBackend(datatype, "", write_address)
    signal = SignalW(backend, name=name)
    return as_setpoint(signal) if backend.moves else signal
