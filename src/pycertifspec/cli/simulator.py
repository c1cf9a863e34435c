"""`pycertifspec simulator`: a simulated SPEC, served or running a macro file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RemoteError

from .arguments import ports
from .keyboard import Keyboard, in_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.simulator.loading import MacroText
    from pycertifspec.simulator.world import World


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "A SPEC without a licence and without a beamline: its language, motors and counters, "
        "served to every client of SPEC, or running a macro file (--run)."
    )
    command.epilog = "example: pycertifspec simulator --name fourc --time-scale 50"
    add = command.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: the loopback)")
    add("--port", default="6510-6530", metavar="N|A-B", help="port, or range to take a free one of")
    add("--config", type=Path, metavar="FILE", help="the beamline: a TOML file, or SPEC's own config file")
    add("--name", help="the name that clients find it by (default: what the configuration says, or fourc)")
    add("--time-scale", type=float, default=1.0, metavar="X", help="model seconds a second; inf: no waiting")
    add("--seed", type=int, default=0, metavar="N", help="of the counters' noise")
    add("--load", type=Path, nargs="+", default=[], metavar="FILE", help="macro files to read at the start")
    add("--state", type=Path, metavar="DIR", help="keep positions, settings, variables and macros there")
    add("-f", "--fresh", action="store_true", help="begin with new variables and macros; motors stay where they are")
    add("--run", dest="macro", metavar="FILE", help="run a macro file without a server and exit; - is standard input")
    add("--test", action="store_true", help="then run the file's macros whose names begin with test_, one by one")
    add("--coverage", action="store_true", help="then show which lines of the macro files were not run")
    add("--coverage-json", type=Path, metavar="FILE", help="write the same as JSON")
    add("--directory", type=Path, metavar="DIR", help="the only place where its macros read and write files")
    add("--allow-unix", action="store_true", help="let unix() run shell commands")
    add(
        "--limit-reset", action="store_true", help="a motor that hits a limit resets to the prompt, as after SPEC's -S2"
    )
    add("--log-messages", action="store_true", help="show each message on standard error")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Run the simulator."""
    if options.log_messages:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    if not options.time_scale > 0:
        raise LocalProtocolError(f"--time-scale {options.time_scale!r} is not a positive number")
    if options.directory is not None and not options.directory.is_dir():
        raise LocalProtocolError(f"--directory {options.directory} is no directory")
    _check_name(options.name)
    ports(options.port)
    for path in [*options.load, *([Path(options.macro)] if options.macro not in (None, "-") else [])]:
        if not path.is_file():
            raise LocalProtocolError(f"{path} is no file")
    if options.macro is None and (options.test or options.coverage or options.coverage_json):
        raise LocalProtocolError("--test and --coverage need a macro file to run: --run FILE")
    if options.macro is not None:
        _run_macro(options)
    else:
        asyncio.run(_serve(options))


def _check_name(name: str | None) -> None:
    from pycertifspec.simulator.configuration.description import NAME, NAME_IN_WORDS  # noqa: PLC0415  as below

    if name is not None and not NAME.fullmatch(name):
        raise LocalProtocolError(f"--name {name!r} is not {NAME_IN_WORDS}")


def _beamline(options: argparse.Namespace, *, on_terminal: bool, lines: set[tuple[str, int]] | None = None) -> Beamline:
    from pycertifspec.simulator.clock import clock_at  # noqa: PLC0415  other commands need no simulator
    from pycertifspec.simulator.recipe import Recipe  # noqa: PLC0415

    def prepare(world: World) -> None:
        if on_terminal:
            world.screen = _each(world.screen, _print)  # the beamline's own knows why a file said exit
            world.keyboard = _typed(world, _print)
        elif in_terminal():
            world.keyboard = _typed(world, _each(world.screen, _print))

    recipe = Recipe(
        name=options.name,
        config=options.config,
        seed=options.seed,
        load=tuple(options.load),
        state=options.state,
        fresh=options.fresh,
        directory=options.directory,
        allow_unix=options.allow_unix,
    )
    beamline = recipe.beamline(clock_at(options.time_scale), prepare=prepare, lines=lines)
    for remark in beamline.remarks:
        sys.stderr.write(f"{remark}\n")
    return beamline


def _each(*screens: Callable[[str], None]) -> Callable[[str], None]:
    def show(text: str) -> None:
        for screen in screens:
            screen(text)

    return show


def _typed(world: World, screen: Callable[[str], None]) -> Callable[[str], str | None]:
    """Return a function that shows a prompt and returns the next line of standard input."""
    keyboard = Keyboard()

    def ask(prompt: str) -> str | None:
        screen(prompt)
        line = keyboard.line(world.interrupt.is_set)
        if line is None or not keyboard.shows_what_is_typed:
            _print(f"{line or ''}\n")
        return line

    return ask


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


SIGNAL_LOOK = 0.1  # seconds within which Ctrl-C is noticed while a macro file runs


def _leave_signals_to_the_main_thread() -> None:
    """Take no signal in this thread: one that the system gave it would not wake the main thread, which waits."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))


def _run_macro(options: argparse.Namespace) -> None:
    """Run a macro file; SIGINT and SIGTERM do what ^C does in SPEC, a second time to the cleanup macros.

    Raises:
        KeyboardInterrupt: it was interrupted.

    """
    from pycertifspec.simulator.language import MacroInterruptError, QuitError  # noqa: PLC0415  as above

    macros = _macros(options.macro)
    lines: set[tuple[str, int]] | None = set() if options.coverage or options.coverage_json else None
    beamline = _beamline(options, on_terminal=True, lines=lines)
    news: SimpleQueue[bool] = SimpleQueue()  # what a signal's handler may use
    before = {number: signal.signal(number, lambda *_: news.put(True)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ThreadPoolExecutor(max_workers=1, initializer=_leave_signals_to_the_main_thread) as thread:
            work = thread.submit(_load_and_test, beamline, macros, test=options.test)
            work.add_done_callback(lambda _: news.put(False))
            while not work.done():
                # A wait without an end is not woken by a signal that the system hands to another thread.
                with contextlib.suppress(Empty):
                    if news.get(timeout=SIGNAL_LOOK):
                        beamline.interrupt()
        work.result()
    except QuitError:
        pass  # `quit` in the file: a success
    except MacroInterruptError as error:
        raise KeyboardInterrupt(f"interrupted {error.where()}".rstrip()) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        beamline.close()
        if lines is not None:
            _report(options, macros, lines)


def _macros(name: str) -> MacroText:
    """Return the macro file to run; ``-`` is standard input."""
    from pycertifspec.simulator.loading import read_macros, received_macros  # noqa: PLC0415  as above

    return received_macros(sys.stdin.buffer) if name == "-" else read_macros(Path(name))


def _load_and_test(beamline: Beamline, macros: MacroText, *, test: bool) -> None:
    """Run the macro file, and the tests in it if that is wanted.

    Raises:
        RemoteError: the file or a test failed.

    """
    from pycertifspec.simulator.trials import trials  # noqa: PLC0415  as above

    beamline.run_macros(macros)
    if not test:
        return
    problems: list[bool] = []
    for trial in trials(beamline, macros.source):
        _print(f"{trial}\n")
        problems.append(bool(trial.problem))
    if not problems:
        raise RemoteError(f"{macros.source} defines no macro whose name begins with test_")
    if any(problems):
        raise RemoteError(f"{sum(problems)} of {len(problems)} tests failed")
    _print(f"all {len(problems)} tests passed\n")


def _report(options: argparse.Namespace, macros: MacroText, lines: set[tuple[str, int]]) -> None:
    """Tell which lines of the macro files were run."""
    from pycertifspec.simulator.linting import coverage, table  # noqa: PLC0415  as above
    from pycertifspec.simulator.loading import read_macros  # noqa: PLC0415

    found = coverage([*map(read_macros, options.load), macros], lines)
    if options.coverage:
        _print(table(found))
    if options.coverage_json:
        options.coverage_json.write_text(json.dumps([one.as_json() for one in found], indent=2) + "\n")


async def _serve(options: argparse.Namespace) -> None:
    from pycertifspec.server import Server, ServerOptions  # noqa: PLC0415  as above

    beamline = _beamline(options, on_terminal=False)
    how = ServerOptions(limit_reset=options.limit_reset)
    server = Server(beamline, host=options.host, port=ports(options.port), options=how)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run() instead
            loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(beamline.close)  # also where no port is free
        await stack.enter_async_context(server)
        _print(f"{beamline.name}: SPEC server listening on {options.host}:{server.port}\n")
        ends = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(beamline.finished.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
