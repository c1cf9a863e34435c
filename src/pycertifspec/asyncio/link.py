"""`Link`: the asyncio face of a conversation: does the steps of procedures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, SpecError
from pycertifspec.session.steps import (
    FOR_EVER,
    Ask,
    AskAll,
    Begin,
    Follow,
    Forget,
    Next,
    Now,
    Tell,
    Unfollow,
    Within,
)

from .conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream
    from pycertifspec.session.target import Target

T = TypeVar("T")


class Link:
    """A conversation's steps, for one event loop.

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
        self.connect = self._conversation.connect
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

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

    def start(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Let something go on by itself until it ends or the client is closed."""
        task = self._loop.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End the connection, its tasks and all that waits."""
        conversation = self._conversation
        if conversation.is_inherited:
            return  # the connection belongs to the process that made it
        if self._timer is not None:
            self._timer.cancel()
        await conversation.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await conversation.release()

    def abandon(self) -> None:
        """End the connection without waiting for anything: nobody has this client any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._conversation.abandon()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"what belongs to a connection cannot be pickled: this is the one to {self.session.label}")

    # ---- steps ----

    async def run(self, procedure: Procedure[T]) -> T:
        """Do a procedure's steps, and return what it returns."""
        cancelled: asyncio.CancelledError | None = None
        try:
            step = next(procedure)
            while True:
                try:
                    if type(step) is not Ask:
                        answer = await self.do(step)
                    elif step.timeout is None:
                        answer = await self._begin(step, self._next_deadline())
                    else:
                        answer = await self._ask(step)
                except BaseException as error:  # noqa: BLE001  the procedure cleans up, and raises it or another
                    cancelled = error if isinstance(error, asyncio.CancelledError) else cancelled
                    step = procedure.throw(error)
                else:
                    step = procedure.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        except ConnectionLostError as lost:
            if cancelled is not None:  # a cancellation is not to be swallowed because nothing could be cleaned up
                raise cancelled from lost
            raise

    async def do(self, step: Any) -> Any:
        """Do one step; return its answer."""
        return await _STEPS[type(step)](self, step)

    async def _ask(self, ask: Ask) -> Any:
        timeout = ask.timeout
        if timeout is None:
            return await self._begin(ask, self._next_deadline())
        promise = self._begin(ask)
        if timeout == FOR_EVER:
            return await promise
        # A timer costs less than asyncio.timeout(), and far less than wait_for().
        timer = self._loop.call_later(timeout, self._too_late, promise, ask, timeout)
        try:
            return await promise
        finally:
            timer.cancel()

    def _too_late(self, promise: asyncio.Future[Any], ask: Ask, timeout: float) -> None:
        if not promise.done():
            self.session.forget(promise)
            promise.set_exception(self.session.too_late(ask, timeout))

    def _next_deadline(self) -> float:
        """Return until when what is asked now is to be answered; one timer sees to all that have the usual time."""
        deadline = self._loop.time() + self.call_timeout
        if (
            self._timer is None
            and self._conversation.error is None
            and deadline < FOR_EVER
            and not self._loop.is_closed()
        ):
            self._timer = self._loop.call_at(deadline, self._expire)
        return deadline

    def _expire(self) -> None:
        self._timer = None
        deadline = self.session.expire(self._loop.time(), self.call_timeout)
        if deadline < FOR_EVER:
            self._timer = self._loop.call_at(deadline, self._expire)

    def _begin(self, ask: Ask, deadline: float = FOR_EVER) -> asyncio.Future[Any]:
        self._conversation.check()
        promise: asyncio.Future[Any] = self._loop.create_future()
        self._conversation.send(self.session.ask(ask, promise, deadline))
        return promise

    async def _ask_all(self, step: AskAll) -> list[Any]:
        answers = await asyncio.gather(*map(self._ask, step.asks), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and (
                not isinstance(answer, SpecError) or isinstance(answer, (ConnectionLostError, CallTimeoutError))
            ):
                raise answer
        return answers

    async def _start(self, step: Begin) -> asyncio.Future[Any]:
        return self._begin(step.ask)

    async def _within(self, step: Within) -> Any:
        promise: Any = step.promise
        if not promise.done():
            await asyncio.wait((promise,), timeout=None if step.seconds == FOR_EVER else step.seconds)
        return promise.result() if promise.done() else None

    async def _forget(self, step: Forget) -> None:
        promise: Any = step.promise
        self.session.forget(promise)
        if not promise.cancel():
            promise.exception()  # it was told, or is of no interest any more

    async def _tell(self, step: Tell) -> int:
        self._conversation.check()
        serial, packet = self.session.tell(step)
        self._conversation.send(packet)
        return serial

    async def _follow(self, step: Follow) -> None:
        self.watch(step.stream, step.names)
        step.stream.names = step.names

    def watch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Let a watcher be told of properties."""
        self._conversation.check()
        self._conversation.send(self.session.watch(watcher, names))
        self.dispatcher.flush()

    def unwatch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Tell a watcher no more."""
        packet = self.session.unwatch(watcher, names)
        if self._conversation.connected:
            self._conversation.send(packet)

    async def _unfollow(self, step: Unfollow) -> None:
        step.stream.closed = True
        self.unwatch(step.stream, step.stream.names)

    async def _next(self, step: Next) -> Any:
        stream = step.stream
        if not stream.ready:
            promise: asyncio.Future[Any] = self._loop.create_future()
            stream.wait(promise)
            try:
                if step.seconds == FOR_EVER:
                    await promise
                else:
                    await asyncio.wait((promise,), timeout=step.seconds)
            finally:
                stream.wait(None)
        return stream.take()

    async def _now(self, _: Now) -> float:
        return self._loop.time()

    def put(self, stream: Stream, item: Any) -> None:
        """Let a stream take in an item that is not of the server's."""
        stream.put(item)

    def close_stream(self, stream: Stream) -> None:
        """End a stream for who reads it."""
        stream.close()


_STEPS: dict[type, Callable[[Link, Any], Coroutine[Any, Any, Any]]] = {
    Ask: Link._ask,  # noqa: SLF001  a table of this class's own
    AskAll: Link._ask_all,  # noqa: SLF001
    Begin: Link._start,  # noqa: SLF001
    Within: Link._within,  # noqa: SLF001
    Forget: Link._forget,  # noqa: SLF001
    Tell: Link._tell,  # noqa: SLF001
    Follow: Link._follow,  # noqa: SLF001
    Unfollow: Link._unfollow,  # noqa: SLF001
    Next: Link._next,  # noqa: SLF001
    Now: Link._now,  # noqa: SLF001
}
