"""`Beamline`: a whole simulated SPEC, its language, instrument and standard macros, as a program to be served."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pkgutil
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import InvalidFileError, RemoteError
from pycertifspec.session import program, properties

from .answers import Answers
from .devices import Devices
from .functions import assertions, points
from .functions.arrivals import Arrivals
from .functions.counters import CounterFunctions
from .functions.datafile import DataFileFunctions
from .functions.links import Links
from .functions.motors import MotorFunctions
from .functions.remote import RemoteFunctions
from .hardware.default import default_instrument
from .language import (
    DELETED,
    Command,
    Function,
    Interpreter,
    MacroExitError,
    QuitError,
    SpecLanguageError,
    SpecRuntimeError,
)
from .loading import MacroText, read_macros, run_macros
from .prompting import Prompt
from .published import (
    CountProperty,
    MotorProperty,
    SentProperty,
    StatusProperty,
    VariableProperty,
    number_text,
    outside,
    outside_key,
)
from .questions import InputProperty, KeyboardQuestions, SyncQuestions
from .telling import Announcer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pycertifspec.session.program import Channel, Published

    from .clock import Clock, Work
    from .configuration.description import Description
    from .hardware.instrument import Instrument
    from .language import Limits, Value
    from .state import Keeper
    from .world import World

# The standard macros, in the order in which they are read.
STANDARD_MACROS = (
    "helpers.mac", "motors.mac", "counting.mac", "geometry.mac", "tweak.mac", "files.mac",
    "plots.mac", "scans.mac", "motor_scans.mac", "time_scans.mac", "hkl_scans.mac",
)  # fmt: skip

# Characters at the end of what a command has shown, where the line is that says why it ended.
LAST_SHOWN = 500
# Properties that prop_send() may make: more than a beamline has, and no macro fills the memory with them.
MAX_SENT = 1_000


class Beamline:
    """A simulated SPEC.

    Commands run one after the other in a thread of their own, as SPEC's do at its prompt; properties are
    read and set meanwhile.

    Args:
        name: the name it was started under: ``fourc``.
        clock: model time.
        world: screen, keyboard, files; its screen is to be `show` of this object, see `simulated`.
        instrument: motors and counters; the default four-circle if None.
        geometry: the name of its geometry, `name` if None; there is one if it is known and the motors for it are there.
        reread: gives the description that ``reconfig`` is to follow; without one, it changes nothing.
        seed: of the counters' noise.
        limits: what macros may use.

    Attributes:
        remarks: what could not be simulated as it is described, or put back as it was kept, a line each.

    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        world: World,
        *,
        instrument: Instrument | None = None,
        geometry: str | None = None,
        reread: Callable[[], Description] | None = None,
        seed: int = 0,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.world = world
        self.instrument = instrument or default_instrument(clock, seed=seed)
        self.interpreter = Interpreter(world, program_name=name, limits=limits)
        self.simulating = self._quit = False
        self.finished = asyncio.Event()
        self._keeper: Keeper | None = None
        self._announcer = Announcer(self.instrument)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-commands")
        self._running = self._aborted = False
        self._work: Work | None = None
        self._prompt = Prompt(name, self.show)
        self._sent = 0
        self._shown = self._said = ""  # by the command that runs: the end of it, and its last line before a reset
        answers = Answers(clock, world.interrupt)
        self._questions = SyncQuestions(answers, self._announcer)
        self._keyboard = KeyboardQuestions(answers, self._announcer, self.show, world.keyboard)
        world.keyboard = self._keyboard.ask
        self._remote = RemoteFunctions(clock, self._send, world.interrupt)
        self._arrivals = Arrivals(
            self.instrument,
            self.interpreter,
            world.interrupt,
            resets=self._limits_reset,
            running=lambda: self._running,
            show=world.write,
        )
        self._motors = MotorFunctions(
            self.instrument, self._questions.ask, self._announcer.null_move, self._announcer.simulated_move
        )
        self._properties: dict[str, Published] = {}
        self._reread = reread
        count = CountProperty(self.instrument, self._announcer.push, self._announcer.drop, self.abort)
        self._properties[properties.COUNT_ALL] = count
        self.remarks: tuple[str, ...] = ()
        self._devices = Devices(
            self.instrument,
            self.interpreter,
            self._motors,
            CounterFunctions(
                self.instrument, world.interrupt, self._simulate, self._announcer.simulated_count, self._arrivals.look
            ),
            self._properties,
            lambda motor, prop: MotorProperty(
                motor, prop, self._announcer.push, self._questions.answer, self._motors.simulated_position
            ),
            count,
        )
        self._install(geometry or name)

    def _install(self, geometry_name: str) -> None:
        interpreter = self.interpreter
        for part in (Links(), self._remote, DataFileFunctions()):
            part.install(interpreter)
        nothing = Function("_no_reason", self._no_reason, 0, 0, doc=self._no_reason.__doc__ or "")
        interpreter.functions.register(nothing)
        keep = Function("_keep_state", self._keep_state, 0, 0, doc=self._keep_state.__doc__ or "")
        interpreter.functions.register(keep)
        assertions.install(interpreter)
        points.install(interpreter)
        self._devices.install(geometry_name)
        interpreter.commands.register(Command("reconfig", self._reconfigure, doc=self._reconfigure.__doc__ or ""))
        interpreter.asks_before_undef = False
        interpreter.held_elsewhere.append(
            lambda: [known.value for known in self._properties.values() if isinstance(known, SentProperty)]
        )
        interpreter.symbols.set_builtin("SPEC_PID", float(os.getpid()))
        interpreter.on_reset = self._reset
        for path, get in (
            (properties.SHELL, lambda: 0),
            (properties.SIMULATE, lambda: int(self.simulating)),
            (properties.QUIT, lambda: 0),
        ):
            self._properties[path] = StatusProperty(path, get)
        self._properties[properties.INPUT] = InputProperty(self._keyboard)
        geometry = self._devices.geometry
        for macros in (*STANDARD_MACROS, *([] if geometry is None else [geometry.macros])):
            text = pkgutil.get_data("pycertifspec.simulator", f"macros/{macros}")  # importlib.resources costs 10 ms
            self.run((text or b"").decode(), source=macros)
        interpreter.symbols.on_change = self._variable_changed
        self.world.on_output = self._file_written

    def _reconfigure(self, interpreter: Interpreter, _: list[Value], __: list[str]) -> None:
        """Read the configuration again: motors that stay stand where they were; ``config_mac`` is run."""
        if self._reread is not None:
            if self.simulating:
                raise SpecRuntimeError("reconfig: not in simulate mode.")
            try:
                description = self._reread()
                self._devices.check(description)
                change = partial(self._devices.change, description)
                if self._keeper is None:
                    change()
                else:
                    self._keeper.redescribe(change)
            except InvalidFileError as error:
                raise SpecRuntimeError(f"reconfig: {error}") from error
            self._motors.fill()
            interpreter.outputs.write("".join(f"{remark}\n" for remark in description.remarks))
        interpreter.macros.refresh_chains()
        interpreter.run_macro("config_mac")

    # ---- running commands ----

    def run(self, text: str, *, source: str = "tty") -> Any:
        """Run text in this thread; return the value of its last statement.

        Raises:
            SpecLanguageError: it failed; the message was shown and the cleanup macros have run.

        """
        with self._active():
            return outside(self.interpreter.execute(text, source=source))

    def load(self, paths: Iterable[Path]) -> None:
        """Run macro files in this thread.

        Raises:
            RemoteError: one has an error; it names file and line.
            MacroInterruptError: one was interrupted.
            QuitError: one said ``quit``.
            OSError: one cannot be read.

        """
        with self._active():
            for path in paths:
                run_macros(self.interpreter, read_macros(path), reason=lambda: self.exit_reason)

    def run_macros(self, macros: MacroText) -> None:
        """Run the text of a macro file in this thread; raises what `load` does."""
        with self._active():
            run_macros(self.interpreter, macros, reason=lambda: self.exit_reason)

    @property
    def exit_reason(self) -> str:
        """What was shown last before what ran was reset: why it said ``exit``. Empty if nothing was."""
        return self._said

    def keep(self, keeper: Keeper) -> None:
        """Keep the state from one run to the next; call it before a site's files are loaded."""
        self._keeper = keeper
        self.interpreter.symbols.set_builtin("STATE_FILE", keeper.path)
        self.interpreter.symbols.set_builtin("FRESH", float(keeper.fresh))
        self.interpreter.on_save = keeper.save
        self.interpreter.symbols.on_declare = keeper.variable_changed
        self._motors.fill()

    def _keep_state(self, _: Interpreter) -> float:
        """Have what is kept from run to run on the disk now, in the middle of a command; nothing where nothing is."""
        if self._keeper is not None:
            self._keeper.save()
        return 0.0

    def _no_reason(self, _: Interpreter) -> float:
        """Say that what was shown until now is a result: no reason for an ``exit`` that follows."""
        self._shown = ""
        return 0.0

    def begin(self) -> None:
        """Take up the state that was kept, and run ``begin_mac`` if there is one (SPEC_LANGUAGE.md 2.7).

        Raises:
            InvalidFileError: the state is not as it was written.

        """
        if self._keeper is not None:
            self._keeper.begin(self.interpreter)
            self.interpreter.macros.remove(
                "cleanup_once"
            )  # it was for what is over: nothing moves now that it is killed
        with self._active():
            if self._keeper is not None:
                self.interpreter.run_macro("_take_up_scan")
            self.interpreter.run_macro("begin_mac")

    @contextlib.contextmanager
    def _active(self) -> Iterator[None]:
        self._begin()
        work = self.clock.work(f"what runs in {threading.current_thread().name}")
        try:
            with work.here():
                yield
        finally:
            work.end()
            self._running = False
            self._command_ended()

    def _limits_reset(self) -> bool:
        """Tell whether a motor that hits a limit resets: without a server it does (PROTOCOL.md 1.1)."""
        return not self._announcer.attached or self._announcer.options.limit_reset

    def _command_ended(self) -> None:
        self._arrivals.flush()
        if self._keeper is not None:
            self._keeper.command_ended()

    def _property_set(self) -> None:
        """Keep what a client has set; while a command runs, that waits for its end."""
        if not self._running:
            self._command_ended()

    def _begin(self) -> None:
        """Let interrupts be for the command that begins; one that came too late for the last is forgotten."""
        self._shown = self._said = ""
        self.interpreter.forget_interrupts()
        self._aborted = False
        self.world.interrupt.clear()
        self._running = True

    def interrupt(self) -> None:
        """Stop the command that runs, as ^C does. Any thread may."""
        if self._running:
            self.interpreter.interrupt()
            self.world.interrupt.set()

    def _reset(self) -> None:
        """Begin what follows an error or ^C: motors and counters stop, and waits wait again for the cleanup macros."""
        self._said = next((line.strip() for line in reversed(self._shown.split("\n")) if line.strip()), "")
        self.instrument.stop()
        self.world.interrupt.clear()

    def show(self, text: str) -> None:
        """Show text on the screen: to the clients that watch ``output/tty``."""
        self._shown = (self._shown + text)[-LAST_SHOWN:]
        self._announcer.tell(properties.TTY, text, mergeable=False)

    def _file_written(self, names: Callable[[], Iterable[str]], text: str) -> None:
        """Show what went to a file to those who watch it under one of its names (PROTOCOL.md 5.4)."""
        if self._announcer.attached:
            for name in set(names()):
                self._announcer.tell(f"output/{name}", text, mergeable=False)

    def _simulate(self, on: bool) -> None:
        self.simulating = on
        self._motors.simulate(on=on)
        self._announcer.tell(properties.SIMULATE, int(on))

    def _send(self, name: str, value: Any) -> None:
        """Tell clients what a macro sends; a name that is no property yet becomes one (`prop_send`)."""
        if self.find(name) is None:
            if self._sent >= MAX_SENT:
                raise SpecRuntimeError(f"prop_send() has made {MAX_SENT} properties already.")
            self._sent += 1
            self._properties[name] = SentProperty(name)
        known = self._properties.get(name)
        if isinstance(known, SentProperty):
            known.value = value
        self._announcer.tell(name, value, mergeable=False)

    # ---- what the server asks (session.program.Program) ----

    def attach(self, channel: Channel | None) -> None:
        """Say who tells changes and queues commands; None when the server goes away."""
        # What listens on a port says so; SPEC_LANGUAGE.md 3.3 has it in a variable.
        self.interpreter.symbols.set_builtin("IS_SERVER", 0.0 if channel is None else float(channel.port))
        if channel is None:
            self.close()
        else:
            self._announcer.attach(channel)
            channel.on_ready(self._ready_changed)

    def close(self) -> None:
        """Stop what runs and end the command thread."""
        self._announcer.detach()
        self._prompt.close()
        self.interrupt()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.instrument.stop()
        self._remote.close()
        self.interpreter.outputs.close_all()
        if self._keeper is not None:
            self._keeper.close()
        self._ready_changed(True)

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""
        known = self._properties.get(name)
        if known is None and name.startswith("var/"):
            variable = name.removeprefix("var/")
            if self.interpreter.symbols.is_global(variable):
                return VariableProperty(self.interpreter, variable, self._property_set)
        return known

    def create(self, name: str) -> Published:
        """Return the variable that a client's setting makes."""
        return VariableProperty(self.interpreter, name.removeprefix(properties.VARIABLES), self._property_set)

    def start_motors(self, targets: list[tuple[str, str]]) -> program.Command | None:
        """Return the command that SPEC pushes to start motors (PROTOCOL.md 5.6, 5.7)."""
        settings = "".join(f"A[{mne}]={number_text(value, f'motor {mne}')};" for mne, value in targets)
        return program.Command((f"{{get_angles;{settings}move_em;}}\n",))

    def abort(self) -> None:
        """Stop what moves, counts and runs, as ^C at the keyboard."""
        self._aborted = True
        self.interrupt()
        self.instrument.stop()

    def abort_motors(self) -> None:
        """Stop what moves."""
        self.instrument.stop_motors()

    def _ready_changed(self, ready: bool) -> None:
        """Let the clock know of the commands from the first that comes until none is left."""
        if self._work is not None:
            self._work.end()
        self._work = None if ready else self.clock.work(f"the commands of {self.name}")

    async def execute(self, command: program.Command) -> Any:
        """Run a command in the command thread.

        Raises:
            RemoteError: it failed, with what SPEC showed.

        """
        loop = asyncio.get_running_loop()
        self._prompt.leave()
        self._begin()
        work = loop.run_in_executor(self._thread, self._run_command, self._spelled(command))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if not self._aborted:
                self.abort()
            while not work.done():  # a second abort() interrupts the cleanup macros
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            raise
        finally:
            if self._quit:
                self._finish_after(asyncio.current_task(), loop)
            self._prompt.come_back()
            self._running = False
            self._arrivals.flush()
            if work.done() and not work.cancelled():
                work.exception()  # told above, or of no interest after an abort

    def _finish_after(self, task: asyncio.Task[Any] | None, loop: asyncio.AbstractEventLoop) -> None:
        """Say that SPEC has ended as soon as whoever waits for a task's result has it: ``quit`` is answered first."""
        if task is not None:
            task.add_done_callback(lambda _: loop.call_soon(self.finished.set))

    def _run_command(self, text: str) -> Any:
        with contextlib.nullcontext() if self._work is None else self._work.here():
            return self._value_of(text)

    def _value_of(self, text: str) -> Any:
        try:
            value = outside(self.interpreter.execute(text))
            if not self.interpreter.run_macro("prompt_mac"):
                self.interpreter.macros.remove("prompt_mac")  # it failed, and was shown
        except QuitError:
            self._quit = True
            return ""
        except MacroExitError as error:
            # Why is what the macro has shown last.
            where = f' in macro "{error.macro}"' if error.macro else ""
            raise RemoteError(self._said or f"{error.message}{where}") from error
        except SpecLanguageError as error:
            raise RemoteError(error.message) from error
        finally:
            self._command_ended()
        return value

    def _spelled(self, command: program.Command) -> str:
        """Return a command as SPEC text: a function gets parentheses, a macro its words (PROTOCOL.md 2.2)."""
        name, *arguments = command.items
        if not arguments:
            return name
        macro = self.interpreter.macros.get(name)
        is_function = name in self.interpreter.functions if macro is None else macro.parameters is not None
        return f"{name}({', '.join(arguments)})" if is_function else f"{name} {' '.join(arguments)}"

    # ---- telling changes ----

    def _variable_changed(self, name: str, key: str | None, value: Any) -> None:
        """Tell an assignment to those who watch; called by the interpreter for each, so it decides quickly."""
        if self._keeper is not None:
            self._keeper.variable_changed(name)
        path = properties.variable_path(name)
        if not self._announcer.watched(path):
            return
        gone = value is DELETED
        if key is not None:
            self._announcer.tell(path, {outside_key(key): "" if gone else outside(value)}, deleted=gone)
        else:
            self._announcer.tell(path, "" if gone else outside(value), deleted=gone)


def simulated(make_world: Callable[[Callable[[str], None]], World], name: str, clock: Clock, **how: Any) -> Beamline:
    """Return a beamline whose screen goes to its clients."""
    shown: list[Callable[[str], None]] = []
    world = make_world(lambda text: shown[0](text) if shown else None)
    beamline = Beamline(name, clock, world, **how)
    shown.append(beamline.show)
    return beamline
