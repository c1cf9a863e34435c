"""Any Python program as a SPEC server."""

from pycertifspec.session.options import ServerOptions

from .application import Application, Counter, Motor
from .blocking import ServerThread
from .host import Server

__all__ = ["Application", "Counter", "Motor", "Server", "ServerOptions", "ServerThread"]
