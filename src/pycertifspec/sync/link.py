"""`Link`: the blocking face of a conversation: does the steps of procedures."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import ConnectionLostError, SpecError
from pycertifspec.session.steps import Ask, AskAll, Begin, Follow, Forget, Next, Now, Tell, Unfollow, Within
from pycertifspec.wire.constants import EventTypes

from .conversation import Conversation
from .reader import Reader
from .waiter import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream
    from pycertifspec.session.target import Target
    from pycertifspec.wire.message import SpecMessage

T = TypeVar("T")

_READ = EventTypes.SV_CHAN_READ


class Link:
    """A conversation's steps, done in the thread that wants them.

    Any thread may use it, from callbacks as well.

    Args:
        target: where to connect.
        connect_timeout: seconds for each port to answer.
        call_timeout: seconds for each answer.
        reconnect: whether to connect again when the connection is lost.
        log_messages: whether to log every message that comes.

    """

    def __init__(
        self,
        target: Target,
        *,
        connect_timeout: float | None,
        call_timeout: float,
        reconnect: bool,
        log_messages: bool = False,
    ) -> None:
        self.target = target
        self.call_timeout = call_timeout
        self._conversation = Conversation(
            target,
            connect_timeout=connect_timeout,
            call_timeout=call_timeout,
            reconnect=reconnect,
            log_messages=log_messages,
        )
        self.session = self._conversation.session
        self.dispatcher = self._conversation.dispatcher
        self.on_connection = self._conversation.on_connection
        self._lock = self._conversation.lock
        self._reader = Reader(self._conversation)

    @property
    def server_name(self) -> str:
        """The name of the server that this is connected to, or was last."""
        return self._conversation.server_name

    @property
    def port(self) -> int:
        """The port that this is connected to, or was last."""
        return self._conversation.port

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        conversation = self._conversation
        return conversation.connected and not self.session.ended and not conversation.is_inherited

    def close(self) -> None:
        """End the connection, its threads and all that waits."""
        conversation = self._conversation
        if conversation.is_inherited:
            return  # the connection belongs to the process that made it
        conversation.end()
        self._reader.end()
        conversation.release()

    def abandon(self) -> None:
        """End the connection: nobody has this client any more, or the program ends."""
        if not self._conversation.is_inherited:
            self._conversation.abandon()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"what belongs to a connection cannot be pickled: this is the one to {self.session.label}")

    # ---- steps ----

    def run(self, procedure: Procedure[T], do: Callable[[Any], Any] | None = None) -> T:
        """Do a procedure's steps, and return what it returns."""
        ask = do or self._ask
        do = do or self.do
        try:
            step = next(procedure)
            while True:
                try:
                    answer = ask(step) if type(step) is Ask else do(step)
                except BaseException as error:  # noqa: BLE001  the procedure cleans up, and raises it or another
                    step = procedure.throw(error)
                else:
                    step = procedure.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        except ConnectionLostError:
            _end_with_the_program()
            raise

    def do(self, step: Any) -> Any:
        """Do one step; return its answer."""
        try:
            return self._ask(step) if type(step) is Ask else _STEPS[type(step)](self, step)
        except ConnectionLostError:
            _end_with_the_program()
            raise

    def _ask(self, ask: Ask) -> SpecMessage:
        waiter = Waiter()
        timeout = self.call_timeout if ask.timeout is None else ask.timeout
        self._reader.ask(ask, waiter, timeout)
        if not waiter.is_done:
            self._forget(waiter)
            raise self.session.too_late(ask, timeout)
        return waiter.answer()  # type: ignore[no-any-return]

    def _begin(self, ask: Ask) -> Waiter:
        waiter = Waiter()
        self._conversation.ask(ask, waiter)
        return waiter

    def _ask_all(self, step: AskAll) -> list[Any]:
        waiters = [(Waiter(), ask) for ask in step.asks]
        try:
            for waiter, ask in waiters:
                (self._conversation.post if ask.cmd == _READ else self._conversation.ask)(ask, waiter)
        finally:
            self._conversation.flush()
        answers: list[Any] = []
        for waiter, ask in waiters:
            timeout = self.call_timeout if ask.timeout is None else ask.timeout
            self._reader.wait(waiter, timeout, quick=True)
            if not waiter.is_done:
                for other, _ in waiters:
                    self._forget(other)
                raise self.session.too_late(ask, timeout)
            try:
                answers.append(waiter.answer())
            except ConnectionLostError:
                raise
            except SpecError as error:
                answers.append(error)
        return answers

    def _within(self, step: Within) -> Any:
        waiter: Any = step.promise
        self._reader.wait(waiter, step.seconds)
        return waiter.answer() if waiter.is_done else None

    def _forget(self, waiter: Any) -> None:
        with self._lock:
            self.session.forget(waiter)

    def _tell(self, step: Tell) -> int:
        return self._conversation.tell(step)

    def _follow(self, step: Follow) -> None:
        self.watch(step.stream, step.names)
        step.stream.names = step.names

    def watch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Let a watcher be told of properties."""
        self._conversation.watch(watcher, names)
        self.dispatcher.flush()

    def unwatch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Tell a watcher no more."""
        self._conversation.unwatch(watcher, names)

    def _unfollow(self, step: Unfollow) -> None:
        step.stream.closed = True
        self.unwatch(step.stream, step.stream.names)

    def _next(self, step: Next) -> Any:
        if self._conversation.is_inherited:
            self._conversation.check()
        stream = step.stream
        with self._lock:
            if stream.ready:
                return stream.take()
            waiter = Waiter()
            stream.wait(waiter)
        try:
            self._reader.wait(waiter, step.seconds)
        finally:
            with self._lock:
                stream.wait(None)
        with self._lock:
            return stream.take()

    def put(self, stream: Stream, item: Any) -> None:
        """Let a stream take in an item that is not of the server's."""
        with self._lock:
            stream.put(item)

    def close_stream(self, stream: Stream) -> None:
        """End a stream for who reads it."""
        if not self._conversation.is_inherited:  # the lock of a process that was forked may never be free
            with self._lock:
                stream.close()

    def fail_stream(self, stream: Stream, error: BaseException) -> None:
        """Let who reads a stream get an error."""
        with self._lock:
            stream.fail(error)

    def _now(self, _: Now) -> float:
        return time.monotonic()


# A table of this class's own.
def _end_with_the_program() -> None:
    """Wait for the program's end where it is ending, in a thread that ends with it: nobody reads why it failed."""
    if not threading.main_thread().is_alive() and threading.current_thread().daemon:
        threading.Event().wait()


_STEPS: dict[type, Callable[[Link, Any], Any]] = {
    Ask: Link._ask,  # noqa: SLF001
    AskAll: Link._ask_all,  # noqa: SLF001
    Begin: lambda link, step: link._begin(step.ask),  # noqa: SLF001
    Within: Link._within,  # noqa: SLF001
    Forget: lambda link, step: link._forget(step.promise),  # noqa: SLF001
    Tell: Link._tell,  # noqa: SLF001
    Follow: Link._follow,  # noqa: SLF001
    Unfollow: Link._unfollow,  # noqa: SLF001
    Next: Link._next,  # noqa: SLF001
    Now: Link._now,  # noqa: SLF001
}
