"""The open bridge between SPEC (certif.com) and Python: the public names."""

# The module `SpecSocket` is imported before its name is bound to the class, and eagerly: imported later,
# it would take the name back.
from .errors import (
    CallTimeoutError,
    ClockStuckError,
    ConnectionLostError,
    DataFileError,
    InvalidFileError,
    LocalProtocolError,
    LocalTypeError,
    RefusedError,
    RemoteError,
    RemoteProtocolError,
    ServerNotFoundError,
    SpecError,
    StoppedError,
)
from .SpecSocket import SpecMessage, SpecSocket
from .wire.constants import DataTypes, EventTypes, Flags

# What costs time to import comes when it is first named (asyncio: 40 ms).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .asyncio.client import AsyncClient
    from .session.scan_record import ScanPoint, ScanRecord
    from .session.scan_text import PointTaken, ScanBegun, ScanOver, ScanResumed
    from .sync.client import Client
    from .sync.motor import Motor
    from .sync.variable import ArrayVar, Var

_LATER = {
    "ArrayVar": "sync.variable",
    "AsyncClient": "asyncio.client",
    "Client": "sync.client",
    "Motor": "sync.motor",
    "PointTaken": "session.scan_text",
    "ScanBegun": "session.scan_text",
    "ScanOver": "session.scan_text",
    "ScanPoint": "session.scan_record",
    "ScanRecord": "session.scan_record",
    "ScanResumed": "session.scan_text",
    "Var": "sync.variable",
}

__all__ = [
    "ArrayVar",
    "AsyncClient",
    "CallTimeoutError",
    "Client",
    "ClockStuckError",
    "ConnectionLostError",
    "DataFileError",
    "DataTypes",
    "EventTypes",
    "Flags",
    "InvalidFileError",
    "LocalProtocolError",
    "LocalTypeError",
    "Motor",
    "PointTaken",
    "RefusedError",
    "RemoteError",
    "RemoteProtocolError",
    "ScanBegun",
    "ScanOver",
    "ScanPoint",
    "ScanRecord",
    "ScanResumed",
    "ServerNotFoundError",
    "SpecError",
    "SpecMessage",
    "SpecSocket",
    "StoppedError",
    "Var",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  as above

    return getattr(import_module(f".{_LATER[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
