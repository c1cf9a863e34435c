"""What a server and the program that it serves need of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from .options import ServerOptions
    from .server import ServerSession


class Client(Protocol):
    """One connection, as the service needs it."""

    session: ServerSession

    def send(self, packet: bytes, key: str | None = None, *, event: bool = False) -> None:
        """Send a packet, or let it wait; of events with the same key, only the newest need wait."""

    def close(self) -> None:
        """Close the connection after what waits was sent."""


class Published(Protocol):
    """One property that a program publishes."""

    def read(self) -> Any:
        """Return the present value; raise `SpecError` if there is none."""

    def write(self, value: Any) -> None:
        """Set the value; raise `SpecError` if that cannot be."""


class Program(Protocol):
    """What is served: the decisions that are not the protocol's."""

    name: str

    def attach(self, channel: Channel | None) -> None:
        """Say who tells changes, from the server's start; None when it has stopped."""

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""

    def create(self, name: str) -> Published:
        """Return a new property of this name, which a client sets (`ServerOptions.create_variables`).

        Raises:
            RemoteError: there can be none of this name, or no more.

        """

    def start_motors(self, targets: list[tuple[str, str]]) -> Command | None:
        """Return the command that starts motors together, each a mnemonic and a user position."""

    def abort(self) -> None:
        """Stop what moves, counts and runs, as ^C at SPEC's keyboard."""

    def abort_motors(self) -> None:
        """Stop what moves."""

    async def execute(self, command: Command) -> Any:
        """Execute a command; return its value, or raise `SpecError`. It is cancelled to abort it."""


class Channel(Protocol):
    """What a server does for its program."""

    @property
    def port(self) -> int:
        """The port that it listens on."""

    @property
    def options(self) -> ServerOptions:
        """The ways in which it is to differ from other servers."""

    def tell(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Tell those who watch a property its new value (see `Registrations.changed`). Any thread may."""

    def watched(self, name: str) -> bool:
        """Return whether a client watches a property, or an element of it. Any thread may."""

    def asker_watches(self, name: str) -> bool:
        """Return whether the client whose command runs watches a property. Any thread may."""

    def tell_asker(self, name: str, value: Any) -> None:
        """Tell a property's value to the client whose command runs, if it watches it. Any thread may."""

    def push(self, command: Command) -> None:
        """Put a command into the queue: of the client whose request is acted on, or of the program itself.

        Raises:
            RemoteError: too much waits already.

        """

    def drop(self, meant: Callable[[Command], bool]) -> None:
        """Forget commands that wait: those that are meant, of the client whose request is acted on."""

    def on_ready(self, tell: Callable[[bool], None]) -> None:
        """Have the program told False when a command comes and none waits or runs, and True when all are done."""


class Command(NamedTuple):
    """What is to be executed: source text, or a function or command name and its arguments as source text."""

    items: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command as a person would write it."""
        return self.items[0] if len(self.items) == 1 else " ".join(self.items)
