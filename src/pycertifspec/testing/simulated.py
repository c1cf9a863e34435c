"""`SimulatedSpec`: a simulated SPEC for tests, in a thread or in a process of its own."""

from __future__ import annotations

import math
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.clock import clock_at
from pycertifspec.simulator.recipe import Recipe

from .child import Child
from .relay import Relay
from .served import Served, Serving

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.simulator.clock import Clock
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.hardware.scaler import Counter

    from .relay import Plan


class SimulatedSpec:
    """A simulated SPEC, served on the loopback while a ``with`` block runs, to any client of SPEC.

    It is the default four-circle, or what a file describes. When the block ends, clients are told, and no thread and
    no port is left.

    Args:
        name: the name that it is started under, by which clients find it; what `config` says, or fourc, if None.
        config: the beamline: a TOML file, or SPEC's own config file (docs/reference/simulator-config.md). What of it
            cannot be simulated is logged.
        state: the directory where positions, settings, variables and macros are kept from one start to the next.
        fresh: begin each time with new variables and macros; motors stay where they are.
        load: a macro file to read at each start, or several in their order.
        port: the port to listen on; 0 for any that is free.
        clock: model seconds per real second, infinity for time that vanishes: waiting takes none; or a clock, such as
            a `ManualClock` that the test moves. It lives on when SPEC is started again.
        seed: of random numbers and the counters' noise; the same seed and commands give the same counts.
        directory: the only place where macros read and write files; without one there are no files.
        options: the ways in which servers differ.
        allow_unix: whether `unix()` runs shell commands.
        process: run it in a process of its own, which dies with the test's; its motors, counters and clock are
            reached through its server alone then.

    Raises:
        ValueError: the time scale is not a positive number, or a process is to go by a clock of this one.

    """

    def __init__(
        self,
        name: str | None = None,
        *,
        config: str | PathLike[str] | None = None,
        state: str | PathLike[str] | None = None,
        fresh: bool = False,
        load: str | PathLike[str] | Iterable[str | PathLike[str]] = (),
        port: int = 0,
        clock: Clock | float = math.inf,
        seed: int = 0,
        directory: str | PathLike[str] | None = None,
        options: ServerOptions | None = None,
        allow_unix: bool = False,
        process: bool = False,
    ) -> None:
        if process and not isinstance(clock, int | float):
            raise ValueError(f"a process of its own cannot go by {clock!r}: give it model seconds per real second")
        self.clock: Any = clock_at(clock) if isinstance(clock, int | float) else clock
        self._scale = clock if isinstance(clock, int | float) else math.nan
        self._process = process
        recipe = Recipe(
            name=name,
            config=_path(config),
            seed=seed,
            load=tuple(map(Path, [load] if isinstance(load, str | PathLike) else load)),
            state=_path(state),
            fresh=fresh,
            directory=_path(directory),
            allow_unix=allow_unix,
        )
        self._serving = Serving(recipe=recipe, port=port, options=options or ServerOptions())
        self._running: Served | Child | None = None

    # ---- starting and ending ----

    def start(self) -> Self:
        """Start it and return when it listens; without effect if it runs.

        Raises:
            InvalidFileError: configuration or state are not as they should be; it names file and place.
            RemoteError: a macro file has an error; it names file and line.
            ServerNotFoundError: the port is not free.
            OSError: a file cannot be read.

        """
        if self._running is None:
            self._running = Child(self._serving, self._scale) if self._process else Served(self._serving, self.clock)
        return self

    def stop(self) -> None:
        """End it as `quit` does: what runs is stopped, clients are told; without effect if it does not run."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def die(self) -> None:
        """End it as a crash does: connections end without a word; without effect if it does not run."""
        running, self._running = self._running, None
        if running is not None:
            running.die()

    def restart(self, *, port: int | None = None, name: str | None = None) -> None:
        """Stop it if it runs, and start it anew, as it was at first.

        Args:
            port: the port to listen on; that of before if None.
            name: the name to start it under; that of before if None.

        Raises:
            ServerNotFoundError: the port is not free.

        """
        if port is None:
            port = self._serving.port if self._running is None else self.port
        self.stop()
        recipe = self._serving.recipe if name is None else replace(self._serving.recipe, name=name)
        self._serving = replace(self._serving, port=port, recipe=recipe)
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- where it is ----

    @property
    def name(self) -> str:
        """The name that it is started under; InvalidFileError if only a file that is wrong would say it."""
        return self._serving.recipe.started_name()

    @property
    def host(self) -> str:
        """The host to connect to."""
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises:
            RuntimeError: it does not run.

        """
        return self._runs.port

    @property
    def address(self) -> str:
        """Where it listens, as ``host:port``; RuntimeError if it does not run."""
        return f"{self.host}:{self.port}"

    # ---- what is inside, and what can go wrong ----

    @property
    def _runs(self) -> Served | Child:
        if self._running is None:
            raise RuntimeError(f"the simulated SPEC {self.name} does not run; start it, or use it in a with block")
        return self._running

    @property
    def beamline(self) -> Beamline:
        """The program that is served: its interpreter and instrument.

        Raises:
            RuntimeError: it does not run, or in another process.

        """
        runs = self._runs
        if isinstance(runs, Child):
            raise RuntimeError(f"the simulated SPEC {self.name} runs in another process; talk to it as a client")  # noqa: TRY004
        return runs.beamline

    def motor(self, mnemonic: str) -> Motor:
        """Return a motor, to look at or to put faults into: ``spec.motor("th").inject(Stall(after=0.3))``.

        Raises:
            KeyError: there is none of this mnemonic.
            RuntimeError: it does not run, or in another process.

        """
        return self.beamline.instrument.motor(mnemonic)

    def counter(self, mnemonic: str) -> Counter:
        """Return a counter, to look at or to let fail: ``spec.counter("det").fail(CounterFault.STUCK)``.

        Raises:
            KeyError: there is none of this mnemonic.
            RuntimeError: it does not run, or in another process.

        """
        return self.beamline.instrument.counter(mnemonic)

    def drop_clients(self) -> None:
        """End each client's connection without a word; they may come again. RuntimeError if it does not run."""
        self._runs.drop_clients()

    def relay(self, plan: Plan | None = None) -> Relay:
        """Return a relay to it, for a network that delays, stalls or cuts; RuntimeError if it does not run.

        It leads to the port of this moment, whoever listens there later.
        """
        return Relay(self.host, self.port, plan)


def _path(path: str | PathLike[str] | None) -> Path | None:
    return None if path is None else Path(path)
