"""`Arrivals`: what becomes of motors that do not arrive: told on the screen, and a reset where SPEC makes one."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from pycertifspec.simulator.hardware.refusals import Refusal
from pycertifspec.simulator.language import Function
from pycertifspec.simulator.language.values import to_number

from .hardware_errors import CODES, SUPPRESS, VARIABLE, HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import Interrupt
    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.hardware.short_stop import ShortStop
    from pycertifspec.simulator.language import Interpreter, Value

# What is said of each reason; the texts of real servers are unknown (SPEC_LANGUAGE.md 9). Limits are those of user
# positions, as in the messages about targets beyond them.
TEXTS: Final[dict[Refusal, str]] = {
    Refusal.LOW_SWITCH: "{name} has hit its low limit at {at:g}{way}.",
    Refusal.HIGH_SWITCH: "{name} has hit its high limit at {at:g}{way}.",
    Refusal.STALL: "{name} has stalled at {at:g}{way}: motor fault.",
    Refusal.EMERGENCY_STOP: "{name} was halted by its emergency stop at {at:g}{way}.",
}


# What `_short_stops()` remembers: a scan's motors, all at once.
LAST_SAID: Final = 10


class _Told(NamedTuple):
    """What is to be said, in the thread of commands if one runs."""

    text: str
    reason: Refusal
    resets: bool


class Arrivals:
    """Watches for motions that end short of their targets.

    Each is told on the screen, in order with what the command that runs shows. Where SPEC resets (PROTOCOL.md 1.1),
    the other motors stop at once, and the command that runs fails before its next statement, unless ``HDW_ERR`` is -1.

    Args:
        instrument: the motors.
        interpreter: runs the commands.
        interrupt: ends the waits of the command that runs.
        resets: tells whether SPEC resets now: without a server it does, with one it is an option of the server's.
        running: tells whether a command runs.
        show: shows text where none runs; any thread calls it.

    """

    def __init__(
        self,
        instrument: Instrument,
        interpreter: Interpreter,
        interrupt: Interrupt,
        *,
        resets: Callable[[], bool],
        running: Callable[[], bool],
        show: Callable[[str], None],
    ) -> None:
        self._instrument = instrument
        self._interpreter = interpreter
        self._interrupt = interrupt
        self._resets = resets
        self._running = running
        self._show = show
        self._told: list[_Told] = []
        self._said: deque[str] = deque(maxlen=LAST_SAID)
        self._lock = threading.Lock()
        interpreter.functions.register(Function("_short_stops", self.said, 0, 0, doc=self.said.__doc__ or ""))
        interpreter.on_attention = self.look
        instrument.witness(self._noticed)

    def look(self) -> None:
        """Tell what there is to tell; called in the thread of commands, in waits and between statements.

        Raises:
            HardwareError: a motor has not arrived, and that resets.

        """
        told = self._taken()
        if not told:
            return
        text, reason = "\n".join(one.text for one in told), told[-1].reason
        symbols = self._interpreter.symbols
        symbols.assign(symbols.cell(VARIABLE), CODES[reason])
        if any(one.resets for one in told):
            self._instrument.stop_motors()
            raise HardwareError(text, reason)
        self._interpreter.outputs.write(f"{text}\n")

    def said(self, _: Interpreter) -> Value:
        """What was told of motors that have not arrived since this was asked, in words; "" if nothing."""
        text = " ".join(self._said)
        self._said.clear()
        return text

    def flush(self) -> None:
        """Tell what no command is there to tell any more; any thread may."""
        for one in self._taken():
            self._show(f"{one.text}\n")

    def _taken(self) -> list[_Told]:
        """Return what is to be told, which nobody else tells then."""
        self._take()
        with self._lock:  # who noticed it has ended the waits by then
            told = list(self._told)
            self._told.clear()
            self._said.extend(one.text for one in told)
        return told

    def _noticed(self) -> None:
        """Have it told: called by whoever notices, at once after it has happened."""
        resets = self._take()
        if not self._told:
            return
        if resets:
            self._instrument.stop_motors()
        if not self._running():
            self.flush()
            return
        self._interpreter.want_attention()
        with self._lock:  # the waits that follow a reset are not meant
            if any(one.resets for one in self._told):
                self._interrupt.set()

    def _take(self) -> bool:
        """Put what the motors have recorded where it will be told; return whether any of it resets."""
        if not self._instrument.fell_short:
            return False
        with self._instrument.hold():  # in their order, whoever comes first
            stops = self._instrument.take_short_stops()
            suppressed = to_number(self._interpreter.symbols.cell(VARIABLE).value) == SUPPRESS
            resets = bool(stops) and self._resets() and not suppressed
            self._told.extend(_Told(self._text(stop), stop.reason, resets) for stop in stops)
            return resets

    def _text(self, stop: ShortStop) -> str:
        name = self._instrument.motor(stop.mnemonic).config.name
        way = "" if stop.target is None else f" on the way to {stop.target:g}"
        return TEXTS[stop.reason].format(name=name, at=stop.position, way=way)
