"""`Functions`: what an author lets clients call; arguments become what their annotations say."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.wire.scalars import format_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger("pycertifspec.server")

# How long the server's end waits for a function that still runs, in seconds: it waits in the author's loop.
GRACE = 1.0


class Functions:
    """Calls published functions: plain ones in a thread of their own, one at a time; coroutine functions in the loop.

    Args:
        owner: names the thread.

    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._functions: dict[str, Callable[..., Any]] = {}
        self._executor: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._last = ""  # the function that was called last in the thread

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def add(self, function: Callable[..., Any]) -> None:
        """Publish a function under its own name."""
        self._functions[function.__name__] = function

    async def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """Call a function and return its value.

        Raises:
            RemoteError: the arguments do not fit, by their number or by what they are.

        """
        function = self._functions[name]
        fitted = _fit(function, name, arguments)
        if inspect.iscoroutinefunction(function):
            return await function(*fitted.args, **fitted.kwargs)
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, f"{self._owner}-functions", self._begin)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, name, function, fitted)

    def _begin(self) -> None:
        self._thread = threading.current_thread()

    def _run(self, name: str, function: Callable[..., Any], fitted: inspect.BoundArguments) -> Any:
        """Call a published function in its thread."""
        self._last = name
        try:
            return function(*fitted.args, **fitted.kwargs)
        except (StopIteration, SystemExit, KeyboardInterrupt) as error:
            # No future can hold the first, and the others would end the server's loop.
            raise RuntimeError(f"{name}() raised {error!r}") from error

    def close(self) -> None:
        """End the thread; a function that still runs is given `GRACE` seconds, and is then left to itself."""
        if self._executor is None:
            return
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._thread is not None:
            self._thread.join(GRACE)
            if self._thread.is_alive():
                logger.warning("the function %s() still runs; its thread ends when it returns", self._last)
        self._executor = self._thread = None


def _fit(function: Callable[..., Any], name: str, arguments: Sequence[Any]) -> inspect.BoundArguments:
    """Return the arguments as a function wants them."""
    signature = inspect.signature(function)
    try:
        fitted = signature.bind(*arguments)
    except TypeError as error:
        raise RemoteError(f"{name}(): {error}") from error
    for parameter, value in fitted.arguments.items():
        # The annotation is text in a module that says `from __future__ import annotations`.
        annotation = signature.parameters[parameter].annotation
        convert = _CONVERSIONS.get(getattr(annotation, "__name__", annotation))
        if convert is None:
            continue
        several = signature.parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL
        try:
            fitted.arguments[parameter] = tuple(map(convert, value)) if several else convert(value)
        except (TypeError, ValueError, OverflowError):
            word = getattr(annotation, "__name__", annotation)
            raise RemoteError(f"{name}(): the argument {parameter} is to be {word}, not {value!r:.80}") from None
    return fitted


def _number(value: Any) -> float:
    return float(format_scalar(value))


def _integer(value: Any) -> int:
    try:
        return int(format_scalar(value))  # of any length, as text
    except ValueError:
        number = _number(value)
        if not number.is_integer():
            raise
        return int(number)


def _truth(value: Any) -> bool:
    number = _number(value)
    if math.isnan(number):
        raise ValueError(value)
    return number != 0


# A client has numbers and texts, and often one for the other: SPEC does not tell them apart (PROTOCOL.md 3.1).
_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    "int": _integer,
    "float": _number,
    "str": format_scalar,
    "bool": _truth,
}
