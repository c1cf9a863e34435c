"""`Recipe`: what a simulated SPEC is made of each time that it starts, and `Served`, what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pycertifspec.server import ServerThread
from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.simulator.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make a simulated SPEC (see `SimulatedSpec`)."""

    name: str = "fourc"
    port: int = 0
    seed: int = 0
    macros: tuple[Path, ...] = ()
    directory: Path | None = None
    options: ServerOptions = field(default_factory=ServerOptions)
    allow_unix: bool = False

    def beamline(self, clock: Clock) -> Beamline:
        """Return a beamline that has read its macro files.

        Raises:
            RemoteError: one has an error; it names file and line.
            OSError: one cannot be read.

        """
        make = partial(World, clock, directory=self.directory, seed=self.seed, allow_shell=self.allow_unix)
        beamline = simulated(make, self.name, clock, seed=self.seed)
        try:
            beamline.load(self.macros)
            beamline.begin()
        except BaseException:
            beamline.close()
            raise
        return beamline


class Served:
    """A beamline and the thread that serves it on the loopback.

    Raises:
        RemoteError: a macro file has an error.
        OSError: a macro file cannot be read.
        ServerNotFoundError: the port is not free.

    """

    def __init__(self, recipe: Recipe, clock: Clock) -> None:
        self.beamline = recipe.beamline(clock)
        self._server = ServerThread(self.beamline, port=recipe.port, options=recipe.options)
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
