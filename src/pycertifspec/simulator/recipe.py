"""`Recipe`: what a simulated SPEC is made of, wherever it is started: on the command line or in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .beamline import simulated
from .configuration.description import Description
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .beamline import Beamline
    from .clock import Clock
    from .state import Keeper

# Its name where nothing gives it another.
NAME = "fourc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make a simulated SPEC.

    Attributes:
        name: the name it is started under; what the configuration says, or fourc, if None.
        config: the beamline: a TOML file, or SPEC's own config file; the default four-circle if None.
        seed: of random numbers and the counters' noise.
        load: macro files to read at the start.
        state: the directory where positions, settings, variables and macros are kept; nothing is kept if None.
        fresh: begin with new variables and macros; motors stay where they are.
        directory: the only place where macros read and write files.
        allow_unix: whether `unix()` runs shell commands.

    """

    name: str | None = None
    config: Path | None = None
    seed: int = 0
    load: tuple[Path, ...] = ()
    state: Path | None = None
    fresh: bool = False
    directory: Path | None = None
    allow_unix: bool = False

    def description(self) -> Description:
        """Return what the file says of the beamline, or the one that is there without a file.

        Raises:
            InvalidFileError: the file cannot be read, or what it says cannot be simulated.

        """
        if self.config is None:
            from .hardware.default import COUNTERS, MOTORS  # noqa: PLC0415  only where there is no file

            return Description(motors=MOTORS, counters=COUNTERS, name=NAME, geometry=NAME)
        from .configuration.reading import read_description  # noqa: PLC0415  only where there is one

        return read_description(self.config)

    def started_name(self) -> str:
        """Return the name that it will have; raises what `description` does."""
        return self.name or self.description().name or NAME

    def beamline(
        self,
        clock: Clock,
        *,
        prepare: Callable[[World], None] = lambda _: None,
        lines: set[tuple[str, int]] | None = None,
    ) -> Beamline:
        """Return a beamline that has taken up its state and read its macro files.

        What could not be simulated or put back is in its `remarks`.

        Args:
            clock: model time.
            prepare: given the world, whose screen is that of the clients; it may put another and a keyboard there.
            lines: collects file and line of each statement of the macro files that is run.

        Raises:
            InvalidFileError: configuration or state are not as they should be.
            RemoteError: a macro file has an error; it names file and line.
            OSError: a file cannot be read.

        """
        description = self.description()
        name = self.name or description.name or NAME

        def make(screen: Callable[[str], None]) -> World:
            world = World(clock, screen, directory=self.directory, seed=self.seed, allow_shell=self.allow_unix)
            prepare(world)
            return world

        beamline = simulated(
            make,
            name,
            clock,
            instrument=description.instrument(clock, seed=self.seed),
            geometry=description.geometry,
            reread=None if self.config is None else self.description,
        )
        if lines is not None:
            beamline.interpreter.watch_lines(lines)
        try:
            keeper = self._keeper(beamline)
            beamline.load(self.load)
            beamline.begin()
        except BaseException:
            beamline.close()
            raise
        beamline.remarks = (*description.remarks_as(name), *(keeper.remarks if keeper else ()))
        return beamline

    def _keeper(self, beamline: Beamline) -> Keeper | None:
        if self.state is None:
            return None
        from .state import Keeper, StateFile  # noqa: PLC0415  only where it is kept

        keeper = Keeper(StateFile(self.state, beamline.name), beamline.instrument, fresh=self.fresh)
        beamline.keep(keeper)
        return keeper
