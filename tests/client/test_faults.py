"""What goes wrong with a server or the way to it, at each step of each operation: the same on both faces.

Whatever happens, the operation ends with one error that says what, at once where the connection ends and within the
caller's time where nothing is said any more; nothing is sent twice; and when the server is back, the client works and
watchers are told the present values.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest
from tests.support.tap import PATIENCE, Tap, passed_on, text

from pycertifspec import CallTimeoutError, Client, ConnectionLostError, EventTypes, RemoteError
from pycertifspec.session.procedures import arriving, commands, counting, hearing, waiting
from pycertifspec.session.procedures.counting import Names
from pycertifspec.testing import Plan, Relay, SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.traffic.passing import Direction, Passing

# Seconds that an operation may take where nothing is said any more.
SILENCE = 0.3

# Seconds that a client gives a server for an answer: an error that comes before has not waited for them.
NEVER = 600.0

REGISTER, READ, SEND, EVENT, REPLY = (
    EventTypes.SV_REGISTER,
    EventTypes.SV_CHAN_READ,
    EventTypes.SV_CHAN_SEND,
    EventTypes.SV_EVENT,
    EventTypes.SV_REPLY,
)
COMMAND, ABORT = EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_ABORT
SCAN = "ascan th 0 1 2 0.1"
NAMES = Names({}, {"sec": "Seconds", "det": "Detector"})


class Step(NamedTuple):
    """A message of an operation: the fault comes just before it is passed on."""

    label: str
    direction: Direction
    cmd: int
    name: str = ""
    text: str | None = None
    nth: int = 1

    def fits(self, passing: Passing) -> bool:
        message = passing.message
        return (
            message is not None
            and (passing.direction, message.cmd, passing.name) == (self.direction, self.cmd, self.name)
            and (self.text is None or self.text in text(passing))
        )


class Operation(NamedTuple):
    """What a client does.

    Attributes:
        run: does it, within so many seconds.
        works: whether that gave what it should.
        steps: where it can go wrong.
        effect: the message that lets SPEC do something, if there is one.
        stop: the message that makes SPEC stop that.
        over: the steps at which that may be over already.
        prepare: what is done before.

    """

    run: Callable[[Any, float | None], Any]
    works: Callable[[Any], bool]
    steps: tuple[Step, ...]
    effect: Step | None = None
    stop: Step = Step("abort", "up", ABORT)
    over: tuple[str, ...] = ()
    prepare: Callable[[Any], Any] = lambda _: None


def watched(client: Any, timeout: float | None) -> Any:
    """Watch, and wait for the value that is there."""
    return client.wait_for("motor/th/sign", 1.0, timeout)


def goal_of(client: Any) -> float:
    """Return where th is to go: elsewhere than where it is."""
    return 1.0 if client.motor("th").position > 15 else 30.0


TH, ALL, TTY = "motor/th", "scaler/.all./count", "output/tty"
OPERATIONS = {
    "move": Operation(
        lambda client, timeout: client.move(th=goal_of(client), timeout=timeout),
        lambda result: result in ({"th": 1.0}, {"th": 30.0}),
        (
            Step("registers", "up", REGISTER, f"{TH}/move_done"),
            Step("is told", "down", REPLY, f"{TH}/step_size"),
            Step("starts", "up", SEND, f"{TH}/start_one"),
            Step("begins", "down", EVENT, f"{TH}/move_done", "1"),
            Step("is on its way", "down", EVENT, f"{TH}/position", nth=2),
            Step("stands", "down", EVENT, f"{TH}/move_done", "0", nth=2),
            Step("looks", "up", READ, f"{TH}/position", nth=3),
            Step("sees", "down", REPLY, f"{TH}/move_done", nth=2),
        ),
        Step("starts", "up", SEND, f"{TH}/start_one"),
        over=("looks", "sees"),
    ),
    "count": Operation(
        lambda client, timeout: client.count(1, timeout=timeout),
        lambda result: result["sec"] == 1.0,
        (
            Step("registers", "up", REGISTER, ALL),
            Step("starts", "up", SEND, ALL),
            Step("begins", "down", EVENT, ALL, "1"),
            Step("ends", "down", EVENT, ALL, "0", nth=2),
            Step("has read", "down", REPLY, "scaler/det/value"),
        ),
        Step("starts", "up", SEND, ALL, "1"),
        stop=Step("stops", "up", SEND, ALL, "0"),
        over=("has read",),
        prepare=lambda client: setattr(getattr(client, "thing", client), "known_names", NAMES),
    ),
    "scan": Operation(
        lambda client, timeout: client.scan(SCAN, timeout=timeout).wait(),
        lambda record: len(record.points) == 3,
        (
            Step("registers", "up", REGISTER, TTY),
            Step("starts", "up", COMMAND, "", "ascan"),
            Step("takes a point", "down", EVENT, TTY, "  1 "),
            Step("ends", "down", REPLY, ""),
            Step("sees", "down", REPLY, "var/NPTS"),
        ),
        Step("starts", "up", COMMAND, "", "ascan"),
        over=("sees",),
    ),
    "command": Operation(
        lambda client, timeout: client.execute('print "here"; 6 * 7', timeout=timeout),
        lambda result: (result.value, result.output) == ("42", "here\n"),
        (
            Step("starts", "up", COMMAND, "", "print"),
            Step("prints", "down", EVENT, TTY, "here"),
            Step("ends", "down", REPLY, ""),
        ),
        Step("starts", "up", COMMAND, "", "print"),
    ),
    "get": Operation(
        lambda client, timeout: client.read("motor/th/step_size", timeout=timeout),
        lambda value: value == 4000.0,
        (
            Step("asks", "up", READ, "motor/th/step_size"),
            Step("is told", "down", REPLY, "motor/th/step_size"),
        ),
    ),
    "watch": Operation(
        watched,
        lambda value: value == 1.0,
        (
            Step("registers", "up", REGISTER, "motor/th/sign"),
            Step("is told", "down", EVENT, "motor/th/sign"),
            Step("is confirmed", "down", REPLY, "motor/th/sign"),
        ),
    ),
}


class Cell:
    """One operation that meets one fault at one step, with a SPEC of its own."""

    def __init__(
        self, operation: Operation, step: Step, fault: Fault, spec: SimulatedSpec, connect: Callable[..., Any]
    ) -> None:
        self.operation, self.step, self.fault, self.spec = operation, step, fault, spec
        self._connect = connect
        self._ways = contextlib.ExitStack()
        self.client: Any = None
        self.states: queue.Queue[bool] = queue.Queue()
        self.seen: queue.Queue[Any] = queue.Queue()
        self.reached = threading.Event()
        self._count = 0
        self._struck: int = 0  # the connection that met the fault
        self._held: list[Passing] = []
        self.armed = False

    def __enter__(self) -> Self:
        with self._ways as ways:
            if self.fault.kills:
                ways.enter_context(self.spec)
            self.spec_port = self.spec.port
            self.relay = ways.enter_context(Relay(self.spec.host, self.spec.port, Plan(reset=self.fault.reset)))
            self.tap = ways.enter_context(Tap(self.relay.port, self._change))
            self.other = ways.enter_context(Tap(self.relay.port)) if self.fault.mend is elsewhere else self.tap
            ports = [self.tap.port, self.other.port]
            self.client = self._connect("127.0.0.1", ports=ports, port_range=None, timeout=PATIENCE, call_timeout=NEVER)
            self.operation.prepare(self.client)
            self.client.on_connection(self.states.put)
            self.client.watch("motor/tth/position", self.seen.put)
            change = self.seen.get(timeout=PATIENCE)
            assert change.first
            self.before = 60.0 if self.fault.kills else change.value
            self._ways = ways.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._ways.close()
        if not self.fault.kills:
            self.spec.drop_clients()
            self.spec.drop_clients()  # by now the first is over

    def _change(self, passing: Passing) -> Any:
        if self.armed and self.step.fits(passing):
            self._count += 1
            if self._count == self.step.nth:
                self.fault.strike(self)
                self.reached.set()
                self._struck = 0 if self.fault.polite else passing.connection
        if passing.direction == "down" and passing.connection == self._struck:
            self._held.append(passing)  # what has come out of the relay in one piece with what came before
            return []
        held, self._held = self._held, []
        return [on for each in (*held, passing) for on in passed_on(each)]

    def release(self) -> None:
        """Let what was held come with what comes next."""
        self._struck = 0

    def sent(self, step: Step) -> int:
        return sum(map(step.fits, [*self.tap.heard, *(self.other.heard if self.other is not self.tap else ())]))

    def run(self) -> None:
        """Meet the fault, and see what is left of everything."""
        self.armed = True
        error = self._error()
        self.armed = False
        assert isinstance(error, self.fault.errors), f"ended with {error!r}"
        assert error is None or "'fourc'" in str(error), f"does not say which server: {error}"
        # On a slow machine the time may be over before the step.
        assert self.reached.wait(0 if isinstance(error, CallTimeoutError) else PATIENCE) or self.fault.silent
        self.fault.mend(self)
        if self.fault.ends:
            assert self.states.get(timeout=PATIENCE) is False
            assert self.states.get(timeout=PATIENCE) is True
            change = self.seen.get(timeout=PATIENCE)
            assert (change.first, change.value) == (True, self.before), f"the watcher was told {change}"
        assert self.client.read("motor/tth/position") == self.before
        assert self.client.connected
        started = 0 if self.operation.effect is None else self.sent(self.operation.effect)
        stopped = self.sent(self.operation.stop)
        assert started <= 1, "sent again"
        assert self._may_have_stopped(error, started, stopped), f"{started} started, {stopped} stopped: {error}"
        assert self.operation.works(self.operation.run(self.client, None)), "works no more"
        self.client.write("motor/tth/position", self.before + 1)
        while self.seen.get(timeout=PATIENCE).value != self.before + 1:
            pass
        assert self.states.empty()

    def _error(self) -> Exception | None:
        try:
            self.operation.run(self.client, SILENCE if self.fault.silent else None)
        except Exception as error:  # noqa: BLE001  looked at
            return error
        return None

    def _may_have_stopped(self, error: Exception | None, started: int, stopped: int) -> bool:
        """Return whether what was started was stopped, once, where that makes sense."""
        if not isinstance(error, CallTimeoutError):
            return stopped == 0  # there is nobody to be told
        sure = self.reached.is_set() and self.step.label not in self.operation.over
        return stopped == started if sure else stopped <= started


class Fault(NamedTuple):
    """What goes wrong.

    Attributes:
        strike: lets it happen; called just before a message is passed on.
        mend: brings everything back.
        errors: what the operation may end with.
        kills: whether SPEC ends.
        ends: whether the connection ends.
        silent: whether nobody is told.
        reset: whether the connection ends with a reset.
        polite: whether what the server still says comes to the client.

    """

    strike: Callable[[Cell], Any]
    mend: Callable[[Cell], Any] = lambda _: None
    errors: Any = ConnectionLostError
    kills: bool = True
    ends: bool = True
    silent: bool = False
    reset: bool = False
    polite: bool = False


def again(cell: Cell) -> None:
    """Start SPEC once more where it was."""
    cell.spec.restart(port=cell.spec_port)


def quits(cell: Cell) -> None:
    """Let SPEC take leave; that needs the way to the client, so it is not waited for."""
    cell.quitting = threading.Thread(target=cell.spec.stop)  # type: ignore[attr-defined]
    cell.quitting.start()  # type: ignore[attr-defined]


def elsewhere(cell: Cell) -> None:
    """Start SPEC once more, where clients that come to the port of before do not find it."""
    cell.quitting.join(PATIENCE)  # type: ignore[attr-defined]
    cell.tap.close()
    again(cell)


def goes_on(cell: Cell) -> None:
    cell.release()
    cell.relay.resume()


def comes_to_life(cell: Cell) -> None:
    again(cell)
    cell.relay.resume()


def dies_unheard(cell: Cell) -> None:
    cell.relay.stall()
    cell.spec.die()


FAULTS = {
    "the server dies": Fault(lambda cell: cell.spec.die(), again),
    "the server quits and comes back on another port": Fault(
        quits, elsewhere, (ConnectionLostError, RemoteError, type(None)), polite=True
    ),
    "the connection is closed": Fault(lambda cell: cell.relay.cut(), kills=False),
    "the connection is reset": Fault(lambda cell: cell.relay.cut(), kills=False, reset=True),
    "nothing passes for a while": Fault(
        lambda cell: cell.relay.stall(), goes_on, CallTimeoutError, kills=False, ends=False, silent=True
    ),
    "the server dies unheard": Fault(dies_unheard, comes_to_life, CallTimeoutError, silent=True),
}


@pytest.fixture(scope="module")
def standing() -> Iterator[list[SimulatedSpec]]:
    """SPECs that live on: to start one takes as long as all else that a cell does."""
    with contextlib.ExitStack() as stack:
        most = max(len(operation.steps) for operation in OPERATIONS.values())
        specs = [stack.enter_context(SimulatedSpec()) for _ in range(most)]
        for spec in specs:
            with Client(spec.host, spec.port) as client:
                client.execute("1")  # begins the thread that commands run in
        yield specs


@pytest.fixture(autouse=True)
def little_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for a command to end of which nothing is heard any more."""
    monkeypatch.setattr(commands, "GRACE", 0.1)


@pytest.fixture
def cells(
    standing: list[SimulatedSpec], connect: Callable[..., Any]
) -> Iterator[Callable[[Operation, Fault], list[Cell]]]:
    """Make a cell for each step of an operation."""
    with contextlib.ExitStack() as stack:
        yield lambda operation, fault: [
            stack.enter_context(Cell(operation, step, fault, SimulatedSpec() if fault.kills else spec, connect))
            for step, spec in zip(operation.steps, standing, strict=False)
        ]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_step_is_one_error_and_nothing_is_sent_twice(cells: Any, operation: str, fault: str) -> None:
    with ThreadPoolExecutor() as pool:
        runs = [(cell.step, pool.submit(cell.run)) for cell in cells(OPERATIONS[operation], FAULTS[fault])]
    failed = [
        f"{step.label}: {str(error) or repr(error)}" for step, run in runs if (error := run.exception()) is not None
    ]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_bytes_that_come_one_by_one_change_nothing(connect: Any, operation: str) -> None:
    with SimulatedSpec() as spec, spec.relay(Plan(piece=1)) as relay:
        client = connect("127.0.0.1", relay.port)
        OPERATIONS[operation].prepare(client)

        assert OPERATIONS[operation].works(OPERATIONS[operation].run(client, None))
        client.close()


@pytest.mark.parametrize("operation", [name for name, each in OPERATIONS.items() if each.effect is not None])
def test_who_has_all_the_time_waits_for_an_answer_no_longer_than_the_client_does(
    connect: Any, standing: list[SimulatedSpec], operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (arriving, "LOOK"),
        (counting, "LOOK"),
        (waiting, "LOOK"),
        (commands, "HEARTBEAT"),
        (hearing, "HEARTBEAT"),
    ):
        monkeypatch.setattr(module, name, 0.05)  # it would look after a second or two without news
    what, spec = OPERATIONS[operation], standing[0]

    def change(passing: Passing) -> Any:
        if what.effect is not None and what.effect.fits(passing):
            relay.stall()
        return passed_on(passing)

    with spec.relay() as relay, Tap(relay.port, change) as tap:
        client = connect("127.0.0.1", tap.port, timeout=PATIENCE, call_timeout=SILENCE)
        what.prepare(client)

        with pytest.raises(CallTimeoutError, match=r"'fourc'"):
            what.run(client, None)
        relay.resume()
        client.close()
    spec.drop_clients()
    spec.drop_clients()
