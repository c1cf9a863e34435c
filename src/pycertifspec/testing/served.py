"""`Served`: a simulated SPEC that runs in a thread of this process."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycertifspec.server import ServerThread
from pycertifspec.session.options import ServerOptions

if TYPE_CHECKING:
    from pycertifspec.simulator.clock import Clock
    from pycertifspec.simulator.recipe import Recipe

logger = logging.getLogger("pycertifspec.testing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is served, and how (see `SimulatedSpec`)."""

    recipe: Recipe
    port: int = 0
    options: ServerOptions = field(default_factory=ServerOptions)


class Served:
    """A beamline and the thread that serves it on the loopback.

    Raises:
        InvalidFileError: configuration or state are not as they should be.
        RemoteError: a macro file has an error.
        OSError: a file cannot be read.
        ServerNotFoundError: the port is not free.

    """

    def __init__(self, serving: Serving, clock: Clock) -> None:
        self.beamline = serving.recipe.beamline(clock)
        for remark in self.beamline.remarks:
            logger.warning(remark)
        self._server = ServerThread(self.beamline, port=serving.port, options=serving.options)
        try:
            self._server.start()
        except BaseException:
            self.beamline.close()
            raise
        self.port = self._server.port

    def drop_clients(self) -> None:
        """End each connection without a word."""
        self._server.drop_clients()

    def stop(self) -> None:
        """Take leave of the clients and end."""
        self._server.stop()

    def die(self) -> None:
        """End without a word to the clients."""
        self._server.die()
