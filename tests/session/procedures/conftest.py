"""A driver of procedures without a network: the test is the server."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import RemoteError
from pycertifspec.session.client import ClientSession
from pycertifspec.session.steps import Ask, AskAll, Begin, Follow, Forget, Next, Now, Tell, Unfollow, Within
from pycertifspec.wire import header, message, values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable


class Kept:
    """A promise."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self.is_done = False

    def done(self) -> bool:
        return self.is_done

    def set_result(self, result: Any, /) -> None:
        self.value, self.is_done = result, True

    def set_exception(self, error: BaseException, /) -> None:
        self.error, self.is_done = error, True


def made(cmd: int, name: str, value: Any, *, sn: int = 0, kind: int | None = None, err: int = 0, flags: int = 0) -> Any:
    body = values.encode(value) if kind is None else values.Body(kind, 0, 0, message.encode_text(str(value)))
    start = header.build(
        sys.byteorder, 4, sn, 1, 0, cmd, body.type, body.rows, body.cols, len(body.data), err, flags, name
    )
    return message.make(sys.byteorder, header.unpack(start, 0, sys.byteorder), bytes(body.data))


class Driver:
    """Does a procedure's steps.

    Attributes:
        properties: what is read, by name; a missing one is refused.
        sent: names and texts of what was told, ABORT among it.
        script: what happens, one entry at each wait: events as (name, value), an exception to be thrown in, a function
            to be called, or None for silence.
        now: the time; each silence takes as long as was waited for.

    """

    def __init__(self) -> None:
        self.session: ClientSession[Kept] = ClientSession(lambda: (1, 0))
        self.properties: dict[str, Any] = {}
        self.sent: list[tuple[str, str]] = []
        self.script: deque[Any] = deque()
        self.now = 0.0

    def event(self, name: str, value: Any, **more: Any) -> None:
        self.session.receive(deque([made(EventTypes.SV_EVENT, name, value, **more)]))

    def read(self, ask: Ask) -> Any:
        if ask.name not in self.properties:
            error = RemoteError(f"no property {ask.name!r}")
            error.reply = made(EventTypes.SV_REPLY, ask.name, "no", kind=DataTypes.SV_ERROR)
            return error
        return made(EventTypes.SV_REPLY, ask.name, self.properties[ask.name])

    def wait(self, seconds: float) -> None:
        self.now += 0.001
        if not self.script:
            pytest.fail(f"waits for more than the script has; sent {self.sent}")
        entry = self.script.popleft()
        while callable(entry) and self.script:  # it takes no time
            entry()
            entry = self.script.popleft()
        if entry is None:
            self.now += seconds
        elif isinstance(entry, BaseException):
            raise entry
        elif callable(entry):
            entry()
        else:
            self.event(*entry)

    def do(self, step: Any) -> Any:
        match step:
            case Ask():
                answer = self.read(step)
                if isinstance(answer, Exception):
                    raise answer
                return answer
            case AskAll():
                return [self.read(ask) for ask in step.asks]
            case Tell():
                serial, _ = self.session.tell(step)
                text = bytes(step.body.data).rstrip(b"\0").decode()
                self.sent.append((step.name or EventTypes(step.cmd).name, text))
                return serial
            case Follow():
                self.session.watch(step.stream, step.names)
                step.stream.names = step.names
            case Unfollow():
                self.session.unwatch(step.stream, step.stream.names)
            case Next():
                if not step.stream.ready:
                    self.wait(step.seconds)
                return step.stream.take()
            case Begin():
                promise = Kept()
                self.session.ask(step.ask, promise)
                return promise
            case Within():
                promise = step.promise  # type: ignore[assignment]
                if not promise.is_done:
                    self.wait(step.seconds)
                if promise.error is not None:
                    raise promise.error
                return promise.value
            case Forget():
                self.session.forget(step.promise)  # type: ignore[arg-type]
            case Now():
                return self.now
        return None

    def run(self, procedure: Any) -> Any:
        try:
            step = next(procedure)
            while True:
                try:
                    answer = self.do(step)
                except BaseException as error:  # noqa: BLE001  the procedure's affair
                    step = procedure.throw(error)
                else:
                    step = procedure.send(answer)
        except StopIteration as end:
            return end.value


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def motor(driver: Driver) -> Callable[..., None]:
    """Give the server a motor."""

    def make(mne: str = "th", **changes: Any) -> None:
        facts = {
            "position": "0",
            "move_done": "0",
            "unusable": "0",
            "low_limit": "-100",
            "high_limit": "100",
            "offset": "0",
            "sign": "1",
            "step_size": "1000",
            "high_lim_hit": "0",
            "low_lim_hit": "0",
            "motor_fault": "0",
            "emergency_stop": "0",
            **changes,
        }
        driver.properties.update({f"motor/{mne}/{name}": value for name, value in facts.items()})
        driver.properties.setdefault("status/ready", "1")

    return make
