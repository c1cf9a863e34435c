"""`SimulatedSpec`: a simulated SPEC for tests, in a thread or in a process of its own."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.clock import clock_at

from .child import Child
from .recipe import Recipe, Served
from .relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Self

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.simulator.clock import Clock
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.hardware.scaler import Counter

    from .relay import Plan


class SimulatedSpec:
    """A simulated SPEC, served on the loopback while a ``with`` block runs, to any client of SPEC.

    It is the default four-circle. When the block ends, clients are told, and no thread and no port is left.

    Args:
        name: the name that it is started under, by which clients find it.
        port: the port to listen on; 0 for any that is free.
        clock: model seconds per real second, infinity for time that vanishes: waiting takes none; or a clock, such as
            a `ManualClock` that the test moves. It lives on when SPEC is started again.
        seed: of random numbers and the counters' noise; the same seed and commands give the same counts.
        macros: macro files to read at each start.
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
        name: str = "fourc",
        *,
        port: int = 0,
        clock: Clock | float = math.inf,
        seed: int = 0,
        macros: Iterable[str | PathLike[str]] = (),
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
        self._recipe = Recipe(
            name=name,
            port=port,
            seed=seed,
            macros=tuple(Path(path) for path in macros),
            directory=None if directory is None else Path(directory),
            options=options or ServerOptions(),
            allow_unix=allow_unix,
        )
        self._running: Served | Child | None = None

    # ---- starting and ending ----

    def start(self) -> Self:
        """Start it and return when it listens; without effect if it runs.

        Raises:
            RemoteError: a macro file has an error; it names file and line.
            ServerNotFoundError: the port is not free.
            OSError: a macro file cannot be read.

        """
        if self._running is None:
            self._running = Child(self._recipe, self._scale) if self._process else Served(self._recipe, self.clock)
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
            port = self._recipe.port if self._running is None else self.port
        self.stop()
        self._recipe = replace(self._recipe, port=port, name=self.name if name is None else name)
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- where it is ----

    @property
    def name(self) -> str:
        """The name that it is started under."""
        return self._recipe.name

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
