"""`Original`: what programs for the original pycertifspec do with messages in place of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties
from pycertifspec.session.callbacks import Callback
from pycertifspec.session.names import check_name
from pycertifspec.session.procedures import commands
from pycertifspec.session.procedures import properties as reading
from pycertifspec.session.steps import Follow, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import DataTypes

from .background import Background
from .variable import ArrayVar, Var

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.wire.message import SpecMessage

    from .changes import Watch
    from .client import Client
    from .link import Link


class Original:
    """Messages, subscriptions and watched values of one client."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._watches: dict[str, Watch] = {}
        self._subscribers: dict[tuple[str, Any], Callback] = {}

    # ---- watched values ----

    def keep(self, watch: Watch) -> None:
        """Answer from what the server has told, from now on."""
        before = self._watches.pop(watch.name, None)
        self._watches[watch.name] = watch
        if before is not None:
            before.close()

    def drop(self, prop: str) -> None:
        """Ask the server again, from now on."""
        watch = self._watches.pop(prop, None)
        if watch is not None:
            watch.close()

    def get(self, prop: str, force_fetch: bool) -> SpecMessage | None:
        """See `Client.get`."""
        if not force_fetch and prop in self._watches:
            change = self._link.session.registry.last(prop)
            # The event of an associative array has only what has changed: that is no value.
            if change is not None and self._link.connected and (change.part is None or change.first):
                return change.message
        try:
            return self._link.run(reading.read_message(prop))
        except RemoteError:
            return None

    # ---- subscriptions ----

    def subscribe(self, prop: str, callback: Any, nowait: bool, timeout: float | None) -> bool:
        """See `Client.subscribe`."""
        key = check_name(prop), callback
        if key in self._subscribers:
            return True
        dispatcher = self._link.dispatcher
        dispatcher.start()
        watcher = Callback(dispatcher, _messages(callback))
        first = Stream(lasting=True)
        if not nowait:
            self._link.do(Follow(first, (prop,)))
        self._link.watch(watcher, (prop,))
        self._subscribers[key] = watcher
        try:
            came = nowait or self._link.run(reading.subscribe(first, prop, timeout))
        except BaseException:
            self.unsubscribe(prop, callback)
            raise
        finally:
            if not nowait:
                self._link.do(Unfollow(first))
        if not came:
            self.unsubscribe(prop, callback)
        return came

    def unsubscribe(self, prop: str, callback: Any) -> bool:
        """See `Client.unsubscribe`."""
        watcher = self._subscribers.pop((prop, callback), None)
        if watcher is None:
            return False
        watcher.closed = True
        self._link.unwatch(watcher, (prop,))
        return True

    # ---- commands ----

    def run(self, command: str, blocking: bool, callback: Any) -> tuple[SpecMessage, str] | None:
        """See `Client.run`."""
        if blocking:
            answer = self._link.run(commands.reply_and_output(self._link.session, command))
            if callback is not None:
                self._link.dispatcher.call(lambda both: callback(*both), answer)
            return answer
        if callback is None:
            return self._link.run(commands.start(command))
        Background(self._link, self._told(command, callback), f"the command {command[:40]!r}")
        return None

    def _told(self, command: str, callback: Any) -> Any:
        answer = yield from commands.reply_and_output(self._link.session, command)
        self._link.dispatcher.call(lambda both: callback(*both), answer)

    # ---- variables ----

    def var(self, client: Client, name: str, dtype: Callable[[Any], Any]) -> Var | ArrayVar:
        """See `Client.var`."""
        message = self.get(properties.variable_path(name), force_fetch=True)
        if message is None:
            raise ValueError(f"there is no variable {name!r} on {self._link.session.label}")
        if message.type in DataTypes.ARRAYS:
            return ArrayVar(name, client)
        return Var(name, client, dtype)


def _messages(callback: Any) -> Callable[[Change], Any]:
    """Return what tells a callback of messages, not of values."""

    def told(change: Change) -> None:
        if callback is not None:
            callback(change.message)

    return told
