"""A simulated SPEC, and a client of it on either face: behaviour tests are written once."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec import AsyncClient, Client
from pycertifspec.asyncio.collections import Parts
from pycertifspec.server import ServerThread
from pycertifspec.simulator.beamline import Beamline, simulated
from pycertifspec.simulator.clock import ManualClock, SteppingClock
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

# Real seconds that anything may take on a slow machine; nothing waits for it to pass.
PATIENCE = 20.0


class Loop:
    """An event loop in a thread, for tests that wait."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def run(self, awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(PATIENCE)

    def close(self) -> None:
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Awaited:
    """The asyncio face with its verbs waited for: looks like the blocking one."""

    def __init__(self, loop: Loop, thing: Any) -> None:
        self.__dict__.update(_loop=loop, thing=thing)

    def __getattr__(self, name: str) -> Any:
        return self._wrapped(getattr(self.thing, name))

    def _wrapped(self, value: Any) -> Any:
        if inspect.isawaitable(value) and not isinstance(value, Parts):
            return self._wrapped(self._loop.run(value))
        if inspect.ismethod(value):
            return lambda *a, **k: self._wrapped(self._call(value, *a, **k))
        if inspect.isasyncgen(value):
            return Awaited(self._loop, value)
        module = type(value).__module__
        return Awaited(self._loop, value) if module.startswith("pycertifspec.asyncio") else value

    def _call(self, method: Any, *arguments: Any, **options: Any) -> Any:
        if inspect.iscoroutinefunction(method):
            return self._loop.run(method(*arguments, **options))
        return method(*arguments, **options)

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self.thing, "__aiter__"):
            iterator = self.thing.__aiter__()
            while True:
                try:
                    yield self._wrapped(self._loop.run(iterator.__anext__()))
                except StopAsyncIteration:
                    return
        yield from self._loop.run(self.thing)

    def __next__(self) -> Any:
        return self._wrapped(self._loop.run(self.thing.__anext__()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self.thing.__aexit__(None, None, None))

    def __repr__(self) -> str:
        return repr(self.thing)


class Stand:
    """A beamline that is served, and the clock it goes by."""

    def __init__(self, clock: ManualClock | SteppingClock, tmp_path: Path, port: int = 0, **how: Any) -> None:
        self.clock = clock
        self.beamline: Beamline = simulated(
            lambda screen: World(clock, screen, directory=tmp_path, allow_shell=False), how.pop("name", "fourc"), clock
        )
        self._server = ServerThread(self.beamline, port=port, **how)

    @property
    def port(self) -> int:
        return self._server.port

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def die(self) -> None:
        """End without a word."""
        self._server.die()

    def __exit__(self, *_: object) -> None:
        self.stop()


@pytest.fixture
def make_stand(tmp_path: Path, nothing_left_behind: None) -> Iterator[Callable[..., Stand]]:
    """Make a stand with options; time jumps unless a clock is given."""
    with contextlib.ExitStack() as stack:

        def make(clock: ManualClock | SteppingClock | None = None, **how: Any) -> Stand:
            return stack.enter_context(Stand(clock or SteppingClock(start=1_700_000_000.0), tmp_path, **how))

        yield make


@pytest.fixture
def stand(make_stand: Callable[..., Stand]) -> Stand:
    """Time jumps to what is waited for."""
    return make_stand()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=1_700_000_000.0)


@pytest.fixture
def manual(make_stand: Callable[..., Stand], clock: ManualClock) -> Stand:
    """The test moves the time."""
    return make_stand(clock)


@pytest.fixture(params=["sync", "asyncio"])
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connect(face: str, nothing_left_behind: None) -> Iterator[Callable[..., Any]]:
    """Connect a client of either face."""
    with contextlib.ExitStack() as stack:
        loops: list[Loop] = []

        def make(*where: Any, **how: Any) -> Any:
            if face == "sync":
                return stack.enter_context(Client(*where, **how))
            if not loops:
                loops.append(Loop())
                stack.callback(loops[0].close)
            client = loops[0].run(AsyncClient.connect(*where, **how))
            return stack.enter_context(Awaited(loops[0], client))

        yield make


@pytest.fixture
def client(stand: Stand, connect: Callable[..., Any]) -> Any:
    """A client of the simulated SPEC."""
    return connect("127.0.0.1", stand.port)


@pytest.fixture
def spec(manual: Stand, connect: Callable[..., Any]) -> Any:
    """A client of the SPEC whose time the test moves."""
    return connect("127.0.0.1", manual.port)
