"""A simulated SPEC behind a real socket, and a client that waits for what it expects."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.simulator.clock import ManualClock, SteppingClock
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.testing import SimulatedSpec
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.SpecSocket import SpecMessage

# Real seconds that anything may take on a slow machine; nothing waits for it to pass.
PATIENCE = 20.0


class Talker:
    """A client: sends requests, and finds answers and events in what comes, which it keeps in order."""

    def __init__(self, port: int) -> None:
        self.socket = SpecSocket()
        self.socket.connect_spec("127.0.0.1", port, port_range=None, timeout=PATIENCE)
        self.socket.settimeout(PATIENCE)
        self.log: list[SpecMessage] = []
        self._next = 100
        self._read = 0  # how much of the log `event` has been through

    def send(self, command: EventTypes, name: str = "", value: Any = None, *, sn: int = 0) -> None:
        body = values.Body(DataTypes.SV_STRING, 0, 0, b"") if value is None else values.encode(value)
        data: Any = body.data
        self.socket.send_spec(sn, command, body.type, name, data, rows=body.rows, cols=body.cols)

    def ask(self, command: EventTypes, name: str = "", value: Any = None) -> int:
        """Send a request that is answered; return its number."""
        self._next += 1
        self.send(command, name, value, sn=self._next)
        return self._next

    def wait_for(self, wanted: Callable[[SpecMessage], bool], what: str) -> SpecMessage:
        """Take in messages until one fits; those before it are in `log`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                message = self.socket.recv_spec()
            except TimeoutError:
                pytest.fail(f"{what} did not come; what came: {self.summary()}")
            self.log.append(message)
            if wanted(message):
                return message

    def reply(self, sn: int) -> SpecMessage:

        def fits(m: SpecMessage) -> bool:
            return m.cmd == EventTypes.SV_REPLY and m.sn == sn

        earlier = next(filter(fits, self.log), None)
        return earlier or self.wait_for(fits, f"the reply {sn}")

    def event(self, name: str, value: str | None = None) -> SpecMessage:
        """Take in messages until there is an event of a property, with this text if one is given."""

        def fits(m: SpecMessage) -> bool:
            return m.cmd == EventTypes.SV_EVENT and m.name == name and (value is None or text(m) == value)

        while self._read < len(self.log):  # those that came while something else was waited for
            self._read += 1
            if fits(self.log[self._read - 1]):
                return self.log[self._read - 1]
        found = self.wait_for(fits, f"an event of {name} {value or ''}")
        self._read = len(self.log)
        return found

    def clear(self) -> None:
        """Forget what has come."""
        self.log.clear()
        self._read = 0

    def tty(self, part: str) -> str:
        """Take in messages until the screen has shown `part`; return all that it showed."""
        self.wait_for(lambda _: part in self.screen(), f"{part!r} on the screen")
        return self.screen()

    def screen(self) -> str:
        return "".join(text(m) for m in self.log if m.name == "output/tty")

    def start(self, command: str) -> int:
        return self.ask(EventTypes.SV_CMD_WITH_RETURN, value=command)

    def run(self, command: str) -> Any:
        """Run a command; return its value. Errors are returned as errors."""
        return decoded(self.reply(self.start(command)))

    def call(self, *items: str) -> Any:
        self._next += 1
        self.socket.send_spec(
            self._next, EventTypes.SV_FUNC_WITH_RETURN, DataTypes.SV_STRING, "", "\0".join([*items, ""]).encode()
        )
        return decoded(self.reply(self._next))

    def get(self, name: str) -> Any:
        return decoded(self.reply(self.ask(EventTypes.SV_CHAN_READ, name)))

    def set(self, name: str, value: Any = None) -> None:
        self.send(EventTypes.SV_CHAN_SEND, name, value)

    def watch(self, *names: str) -> None:
        """Register, and take in the first events."""
        for name in names:
            self.send(EventTypes.SV_REGISTER, name)
        self.sync()
        self.clear()

    def sync(self) -> None:
        """Take in all that the server had to say until now."""
        self.get("status/quit")

    def idle(self) -> None:
        """Wait until the server has executed what was sent."""
        self.send(EventTypes.SV_REGISTER, "status/ready")
        self.event("status/ready", "1")
        self.send(EventTypes.SV_UNREGISTER, "status/ready")

    def abort(self) -> None:
        self.send(EventTypes.SV_ABORT)

    def seen(self, *names: str) -> list[tuple[str, str]]:
        """The events of these properties that came, in order."""
        return [(m.name, text(m)) for m in self.log if m.cmd == EventTypes.SV_EVENT and (m.name in names or not names)]

    def summary(self) -> list[tuple[str, int, str, str]]:
        return [(EventTypes(m.cmd).name, m.sn, m.name, text(m)) for m in self.log[-30:]]

    def close(self) -> None:
        self.socket.close()


class Failed(str):
    """What an error reply says."""

    __slots__ = ()


def text(message: SpecMessage) -> str:
    return message.body if isinstance(message.body, str) else message.body.decode().rstrip("\0")


def decoded(message: SpecMessage) -> Any:
    return Failed(text(message)) if message.is_error else values.decode(message)


class Stand:
    """A simulated SPEC and clients of it."""

    def __init__(self, **how: Any) -> None:
        self.simulated = SimulatedSpec(**how)
        self._talkers: list[Talker] = []

    @property
    def beamline(self) -> Beamline:
        return self.simulated.beamline

    @property
    def clock(self) -> Any:
        return self.simulated.clock

    @property
    def port(self) -> int:
        return self.simulated.port

    def talker(self) -> Talker:
        talker = Talker(self.port)
        self._talkers.append(talker)
        return talker

    def __enter__(self) -> Self:
        self.simulated.start()
        return self

    def stop(self) -> None:
        self.simulated.stop()

    def __exit__(self, *_: object) -> None:
        for talker in self._talkers:
            talker.close()
        self.stop()


@pytest.fixture
def make_stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    """Make a stand with options; time jumps unless a clock is given."""
    with contextlib.ExitStack() as stack:

        def make(clock: ManualClock | SteppingClock | None = None, **how: Any) -> Stand:
            chosen = SteppingClock(start=1_700_000_000.0) if clock is None else clock
            return stack.enter_context(Stand(clock=chosen, directory=tmp_path, **how))

        yield make


@pytest.fixture
def stand(make_stand: Callable[..., Stand]) -> Stand:
    """Time jumps to what is waited for."""
    return make_stand()


@pytest.fixture
def spec(stand: Stand) -> Talker:
    """A client of it."""
    return stand.talker()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=1_700_000_000.0)


@pytest.fixture
def manual(make_stand: Callable[..., Stand], clock: ManualClock) -> Stand:
    """The test moves the time."""
    return make_stand(clock)
