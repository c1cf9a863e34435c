"""`spec_command`: SPEC's macros as commands of ophyd-async."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from ophyd_async.core import NO_ARG_VOID_SIGNATURE, Command, CommandBackend, NotConnectedError, TriggerableCommand

from pycertifspec.errors import SpecError

from .address import address, split
from .connection import Connection, shared
from .conversion import converted, plain

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class SpecCommandBackend(CommandBackend[P, T]):
    """A command's way to a SPEC server.

    What takes no arguments and returns nothing is run as at SPEC's prompt; anything else is called as a macro function
    (``fit(1.5, 3)``), and what it returns is converted. Cancelling the wait aborts it, once.

    Args:
        signature: the types of arguments and of what is returned.
        place: ``spec://host:port/`` and the command, or the function's name.

    """

    def __init__(self, signature: inspect.Signature | None, place: str = "") -> None:
        super().__init__(signature or NO_ARG_VOID_SIGNATURE)
        self.place = place
        self._connection: Connection | None = None

    def source(self, name: str) -> str:  # noqa: ARG002  ophyd-async's signature
        """Return where the command is run."""
        return self.place

    async def connect(self, timeout: float) -> None:  # noqa: ARG002  each port is given its own
        """Connect.

        Raises:
            NotConnectedError: no server answers.

        """
        try:
            self._connection = await shared(split(self.place)[0])
        except SpecError as error:
            raise NotConnectedError(f"{self.place}: {error}") from error

    async def execute(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the command, and return what it returns.

        Raises:
            SpecError: it failed, or what it returned is not what was promised.
            TypeError: the arguments do not fit.

        """
        if self._connection is None or self.signature is None:
            raise NotConnectedError(f"{self.place}: connect its device first")
        client, (_, command) = self._connection.client, split(self.place)
        arguments = self.signature.bind(*args, **kwargs).args
        wanted = self.signature.return_annotation
        if not self.signature.parameters and wanted is None:
            await client.execute(command)
            return None  # type: ignore[return-value]  # T is None then
        value = await client.call(command, *map(plain, arguments))
        return None if wanted is None else converted(value, wanted, self.place)  # type: ignore[return-value]


@overload
def spec_command(
    command: str, server: str = "", like: None = None, *, timeout: float | None = None, name: str = ""
) -> TriggerableCommand: ...
@overload
def spec_command(
    command: str, server: str = "", like: Callable[P, T] = ..., *, timeout: float | None = None, name: str = ""
) -> Command[P, T]: ...
def spec_command(
    command: str,
    server: str = "",
    like: Callable[..., Any] | None = None,
    *,
    timeout: float | None = None,
    name: str = "",
) -> Command[..., Any]:
    """Return a command that runs in SPEC.

    A plan runs one without arguments with ``bps.trigger(beep, wait=True)``. One with arguments is awaited:
    ``bps.wait_for([lambda: fit.execute(1.5)])``, or ``await fit.execute(1.5)`` for what it returns.

    Args:
        command: SPEC text; of a macro function the name.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        like: a function that has the arguments and the return value of the macro function, with their types; it is not
            called. None for a command without arguments that returns nothing.
        timeout: seconds after which it is aborted; None for as long as it takes.
        name: of the command.

    """
    place = address(server, command)
    if like is None:
        return TriggerableCommand(SpecCommandBackend(None, place), timeout, name)
    signature = inspect.signature(like, eval_str=True)
    backend: SpecCommandBackend[..., Any] = SpecCommandBackend(signature, place)
    return Command(backend, timeout, name)
