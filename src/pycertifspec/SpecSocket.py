"""The founding import path: `from pycertifspec.SpecSocket import SpecSocket, SpecMessage`."""

from pycertifspec.sync.spec_socket import SpecSocket
from pycertifspec.wire.message import SpecMessage

__all__ = ["SpecMessage", "SpecSocket"]
