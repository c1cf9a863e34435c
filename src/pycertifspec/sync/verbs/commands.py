"""Commands and functions: what SPEC does at its prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.procedures import commands, hearing
from pycertifspec.session.procedures import properties as reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.procedures.commands import Result
    from pycertifspec.sync.client import Client


def call(
    self: Client,
    function: str,
    *arguments: Any,
    returns: Callable[[Any], Any] | None = None,
    timeout: float | None = None,
) -> Any:
    """Call one of SPEC's functions, or a macro function, and return its value.

    Args:
        function: its name.
        arguments: numbers, texts, dicts.
        returns: makes what is wanted of the value, which is text: ``float``.
        timeout: seconds that it may take; None for as long as it takes.

    Raises:
        RemoteError: it failed, or what it returned is not what is wanted.
        CallTimeoutError: it took too long, and was aborted.
        ConnectionLostError: the server is gone; whether it ran nobody knows, and it is not called again.

    """
    return self._link.run(commands.call(self._link.session, function, *arguments, returns=returns, timeout=timeout))


def execute(
    self: Client,
    command: str,
    *,
    timeout: float | None = None,
    leave: bool = False,
    progress: Callable[[str], object] | None = None,
) -> Result:
    """Run a command as at SPEC's prompt, and wait until it is over.

    Ctrl-C, cancellation and the timeout abort it, unless `leave` is true.

    Args:
        command: SPEC text.
        timeout: seconds that it may take; None for as long as it takes.
        leave: let it go on when the waiting ends early.
        progress: is called with each piece of what it prints, as it prints it.

    Returns:
        Its value, and what it printed.

    Raises:
        RemoteError: it failed.
        CallTimeoutError: it took too long.
        ConnectionLostError: the server is gone; the command is not run again.

    """
    return self._link.run(
        commands.execute(self._link.session, command, timeout, leave=leave)
        if progress is None
        else hearing.stream(self._link.session, command, progress, timeout, leave=leave)
    )


def abort(self: Client) -> None:
    """Stop everything, as ^C at SPEC's keyboard: motors, counting, macros, whoever started them."""
    return self._link.run(commands.abort())


def wait_until_ready(self: Client, timeout: float | None = None) -> None:
    """Wait until SPEC waits for a command.

    Raises:
        CallTimeoutError: the timeout passed.

    """
    return self._link.run(reading.until_ready(self._link.session, timeout))
