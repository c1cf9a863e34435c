"""`Promise`: what a face waits for; its futures fit, whichever they are."""

from __future__ import annotations

from typing import Any, Protocol


class Promise(Protocol):
    """An answer that will come; `asyncio.Future` is one."""

    def done(self) -> bool:
        """Return whether the answer is there, or an error in its place."""
        ...

    def set_result(self, result: Any, /) -> None:
        """Give the answer."""
        ...

    def set_exception(self, error: BaseException, /) -> None:
        """Say why there is none."""
        ...


def fulfil(promise: Promise, result: Any) -> None:
    """Give the answer, unless nobody waits for it any more."""
    if not promise.done():
        promise.set_result(result)


def fail(promise: Promise, error: BaseException) -> None:
    """Say why there is no answer, unless nobody waits for it any more."""
    if not promise.done():
        promise.set_exception(error)
