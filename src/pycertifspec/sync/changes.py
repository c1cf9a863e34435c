"""`Changes`: what comes of a stream, for a ``for`` loop; `Watch`: a callback, until it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycertifspec.session.steps import FOR_EVER, Next, Unfollow

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from pycertifspec.session.callbacks import Callback
    from pycertifspec.session.scan_watcher import ScanWatcher
    from pycertifspec.session.stream import Stream

    from .link import Link

T = TypeVar("T")


class Changes(Generic[T]):
    """Gives what comes, one after the other, and waits in between. It ends when it is closed."""

    def __init__(self, link: Link, stream: Stream, make: Callable[[Any], T]) -> None:
        self._link = link
        self._stream = stream
        self._make = make

    def next(self, timeout: float | None = None) -> T | None:
        """Return the next one, or None if none comes within `timeout` seconds; None waits for ever."""
        item = self._link.do(Next(self._stream, FOR_EVER if timeout is None else timeout))
        return None if item is None else self._make(item)

    def close(self) -> None:
        """Take in nothing more; whoever waits for the next goes on."""
        self._link.close_stream(self._stream)
        self._link.do(Unfollow(self._stream))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self._link.do(Next(self._stream, FOR_EVER))
        if item is None:
            raise StopIteration
        return self._make(item)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<changes of {', '.join(self._stream.names) or 'nothing'}>"


class Watch:
    """A callback that is told a property's changes until this is closed."""

    def __init__(self, link: Link, watcher: Callback | ScanWatcher, name: str) -> None:
        self._link = link
        self._watcher = watcher
        self.name = name

    @property
    def value(self) -> Any:
        """The newest value that the server has told, None if it has told none."""
        change = self._link.session.registry.last(self.name)
        return None if change is None else change.value

    def close(self) -> None:
        """Call the callback no more."""
        self._watcher.closed = True
        self._link.unwatch(self._watcher, (self.name,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<watch of {self.name}: {self.value!r}>"
