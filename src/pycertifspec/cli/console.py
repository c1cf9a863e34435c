"""`pycertifspec console`: SPEC's prompt in this terminal."""

from __future__ import annotations

import re
import sys
import threading
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RemoteError, SpecError
from pycertifspec.session import properties
from pycertifspec.session.own_output import OwnOutput
from pycertifspec.wire.values import text_of

from .answering import Answering
from .arguments import add_server_argument
from .connecting import connected
from .run import statements
from .stopping import stopping

if TYPE_CHECKING:
    import argparse

    from pycertifspec.session.change import Change
    from pycertifspec.sync.client import Client

    from .output import Output
    from .terminal import Prompt

# What a terminal would obey; carriage returns and tabs are what macros lay their output out with.
_CONTROL = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Characters of the screen in which an error's text is looked for.
TAIL = 4096
# What ends SPEC itself, for everybody.
_QUIT = re.compile(r"\s*quit\s*;?\s*")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Type SPEC commands as at its own prompt. Tab completes motors, counters, macros and variables; what others "
        "do appears above the line; Enter runs what is complete; Ctrl-C aborts what runs; Ctrl-D or quit leaves, and "
        "SPEC goes on."
    )
    command.epilog = "example: pycertifspec console --server beamline:fourc"
    command.add_argument("--no-names", action="store_true", help="do not ask the server for macros and variables")
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing but results and errors")
    command.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice: log each step")
    command.add_argument("--color", choices=("auto", "always", "never"), help="default: on, unless NO_COLOR is set")
    add_server_argument(command)
    command.set_defaults(run=run, form="text")


def run(options: argparse.Namespace) -> None:
    """Ask, run, show, until it is enough.

    Raises:
        LocalProtocolError: this is no terminal.

    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LocalProtocolError("the console needs a terminal; `pycertifspec run -f -` runs what is piped into it")
    from .completeness import pending  # noqa: PLC0415  the help needs none of it
    from .terminal import Prompt  # noqa: PLC0415
    from .vocabulary import Vocabulary  # noqa: PLC0415

    news: list[Prompt] = []
    with connected(options, doing="type commands", reconnect=True, tell=lambda text: _tell(news, text)) as connection:
        client, server, output = connection
        words = Vocabulary()
        if not options.no_names and client.ready:
            words.ask(client, server.timeout)
        prompt = Prompt(client.server_name.upper(), pending, words.items, colored=output.colored)
        news.append(prompt)
        if not output.quiet:
            prompt.write(f"{client.server_name} on {server.target.host}:{client.port}; Ctrl-D leaves\n")
        screen = _Screen(prompt)
        with client.watch(properties.TTY, screen):
            answering = Answering(client)
            while (text := _typed(prompt)) is not None:
                words.typed(text)
                with answering.active():
                    _run(client, output, prompt, screen, text)


def _tell(news: list[Prompt], text: str) -> None:
    for prompt in news:
        prompt.write(text + "\n")


def _typed(prompt: Prompt) -> str | None:
    """Return what was typed; None to leave."""
    while True:
        try:
            text = prompt.ask()
        except KeyboardInterrupt:
            continue  # at the prompt it throws the line away
        except EOFError:
            return None
        if _QUIT.fullmatch(text):
            return None
        if text.strip():
            return text


def _run(client: Client, output: Output, prompt: Prompt, screen: _Screen, text: str) -> None:
    """Run what was typed, statement by statement; an interruption or an error ends it."""
    try:
        with stopping(output, "the command", client.wait_until_ready):
            for _, statement in statements(text):
                client.execute(statement)
    except KeyboardInterrupt:
        pass  # said already
    except SpecError as error:
        _arrive(client)
        screen.end_line()
        reply = error.reply if isinstance(error, RemoteError) else None
        if reply is None or not screen.has_shown(text_of(reply)):
            prompt.write(f"{' '.join(str(error).split())}\n")
    else:
        _arrive(client)
    screen.end_line()


def _arrive(client: Client) -> None:
    """Wait until what SPEC has shown so far is on the screen: callbacks are called in the order of what came."""
    arrived = threading.Event()
    try:
        with client.watch(properties.READY, lambda _: arrived.set()):
            arrived.wait(1.0)
    except SpecError:
        return  # the connection is lost; there is nothing to wait for


class _Screen:
    """Shows what SPEC shows, without its prompts: there is one of ours."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._own = OwnOutput()
        self._tail = ""

    def __call__(self, change: Change) -> None:
        shown = self._own.feed(str(change.value))
        if shown and not change.first:
            self._tail = (self._tail + shown)[-TAIL:]
            self._prompt.write(_CONTROL.sub("", shown))

    def end_line(self) -> None:
        """End a line that SPEC left open: the prompt would be drawn over it."""
        if self._tail and not self._tail.endswith("\n"):
            self._tail += "\n"
            self._prompt.write("\n")

    def has_shown(self, text: str) -> bool:
        """Return whether a text is among what came last: SPEC says most errors on its screen, too."""
        return bool(text.strip()) and text.strip() in self._tail
