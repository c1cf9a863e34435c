"""Watching properties: callbacks, changes for a loop, waiting for a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.callbacks import Callback
from pycertifspec.session.names import check_name
from pycertifspec.session.procedures import properties as reading
from pycertifspec.session.steps import Follow
from pycertifspec.session.stream import Stream
from pycertifspec.sync.changes import Changes, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.sync.client import Client


def watch(self: Client, prop: str, callback: Callable[[Change], Any] | None = None) -> Watch:
    """Watch a property until the watch is closed.

    Callbacks run one after the other, in the order of what happened, apart from what reads the connection.

    Args:
        prop: its name; data arrays, and `A` and `S`, tell nobody when they change (PROTOCOL.md 5.5).
        callback: is called with each change, the present value first. Without one, `Client.get` answers from
            what the server has told last, until `unwatch`.

    Raises:
        RemoteError: there is no such property.

    """
    self._link.dispatcher.start()
    watcher = Callback(self._link.dispatcher, callback or _nothing)
    self._link.watch(watcher, (check_name(prop),))
    watch = Watch(self._link, watcher, prop)
    try:
        self._link.run(reading.confirm(prop))
    except BaseException:
        watch.close()
        raise
    if callback is None:
        self._original.keep(watch)
    return watch


def unwatch(self: Client, prop: str) -> None:
    """Watch a property no more that was watched without a callback."""
    self._original.drop(prop)


def changes(self: Client, *props: str) -> Changes[Change]:
    """Return what properties become, one change after the other, for a loop; the present values are the first.

    Args:
        props: their names.

    Raises:
        RemoteError: there is no such property.
        LocalProtocolError: there is no name at all: nothing would ever come.

    """
    if not props:
        raise LocalProtocolError("cannot watch nothing: give the names of properties, such as 'motor/th/position'")
    stream = Stream(lasting=True)
    self._link.do(Follow(stream, tuple(map(check_name, props))))
    changes: Changes[Change] = Changes(self._link, stream, _same)
    try:
        for prop in props:
            self._link.run(reading.confirm(prop))
    except BaseException:
        changes.close()
        raise
    return changes


def wait_for(self: Client, prop: str, wanted: Any, timeout: float | None = None) -> Any:
    """Wait until a property has a value, or one for which a function is true; return that value.

    Args:
        prop: its name.
        wanted: a value, or a function of a value.
        timeout: seconds; None waits for ever.

    Raises:
        RemoteError: there is no such property.
        CallTimeoutError: the timeout passed.
        ConnectionLostError: the server is gone.

    """
    return self._link.run(reading.wait_for(prop, wanted, timeout, self._link.session))


def output(self: Client, file: str = "tty") -> Changes[str]:
    """Return what SPEC writes from now on to the screen, or to a file, piece by piece, for a loop.

    Args:
        file: its name, relative to SPEC's directory (PROTOCOL.md 5.4).

    """
    stream = Stream(lasting=True)
    self._link.do(Follow(stream, (f"output/{file}",)))
    return Changes(self._link, stream, _value)


def _nothing(change: Change) -> None:
    """Take no notice: the value is kept by the session."""


def _same(change: Change) -> Change:
    return change


def _value(change: Change) -> str:
    return str(change.value)
