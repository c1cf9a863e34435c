"""What programs for the original pycertifspec have: messages in place of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.sync.client import Client
    from pycertifspec.sync.variable import ArrayVar, Var
    from pycertifspec.wire.message import SpecMessage


def run(
    self: Client,
    console_command: str,
    blocking: bool = True,
    callback: Callable[[SpecMessage, str], Any] | None = None,
) -> tuple[SpecMessage, str] | None:
    """Run a command; return the reply as it came, an error's as well, and what was printed.

    Args:
        console_command: SPEC text.
        blocking: False does not wait; None is returned.
        callback: is called with both when a command that is not waited for is over.

    """
    return self._original.run(console_command, blocking, callback)


def get(self: Client, prop: str, force_fetch: bool = False) -> SpecMessage | None:
    """Return a property as a message, None if there is none.

    Args:
        prop: its name.
        force_fetch: ask the server even where the property is watched (`watch`) and its value is known.

    """
    return self._original.get(prop, force_fetch)


def set(  # noqa: A001  the original's name
    self: Client, prop: str, value: Any, wait_for_error: float = 0.2
) -> bool:
    """Write a property; return True.

    Args:
        prop: its name.
        value: as in `write`.
        wait_for_error: of no effect: whether the server refuses is known without waiting.

    Raises:
        RemoteError: the server refused.

    """
    del wait_for_error
    self.write(prop, value)
    return True


def subscribe(
    self: Client,
    prop: str,
    callback: Callable[[SpecMessage], Any] | None,
    nowait: bool = False,
    timeout: float | None = 0.2,
) -> bool:
    """Call a function with each event of a property as a message, the present value first.

    Args:
        prop: its name.
        callback: the function.
        nowait: do not wait for the first event.
        timeout: seconds to wait for it.

    Returns:
        Whether the first event came in time; where it did not, the function is not called.

    Raises:
        RemoteError: there is no such property.

    """
    return self._original.subscribe(prop, callback, nowait, timeout)


def unsubscribe(self: Client, prop: str, callback: Callable[[SpecMessage], Any] | None) -> bool:
    """Call a function no more; return whether it was subscribed."""
    return self._original.unsubscribe(prop, callback)


def var(self: Client, name: str, dtype: Callable[[Any], Any] = str) -> Var | ArrayVar:
    """Return a variable, an `ArrayVar` for a data array, else a `Var`.

    Args:
        name: of the variable.
        dtype: makes a value of its text.

    Raises:
        ValueError: there is no such variable.

    """
    return self._original.var(self, name, dtype)
