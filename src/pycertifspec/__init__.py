"""The open bridge between SPEC (certif.com) and Python: the public names."""

# The module `SpecSocket` is imported before its name is bound to the class, and eagerly: imported later,
# it would take the name back.
from .errors import (
    CallTimeoutError,
    ConnectionLostError,
    DataFileError,
    LocalProtocolError,
    LocalTypeError,
    RefusedError,
    RemoteError,
    RemoteProtocolError,
    ServerNotFoundError,
    SpecError,
)
from .SpecSocket import SpecMessage, SpecSocket
from .wire.constants import DataTypes, EventTypes, Flags

__all__ = [
    "CallTimeoutError",
    "ConnectionLostError",
    "DataFileError",
    "DataTypes",
    "EventTypes",
    "Flags",
    "LocalProtocolError",
    "LocalTypeError",
    "RefusedError",
    "RemoteError",
    "RemoteProtocolError",
    "ServerNotFoundError",
    "SpecError",
    "SpecMessage",
    "SpecSocket",
]
