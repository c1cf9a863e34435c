"""`SimulatedSpec`, in a thread and in a process."""

from __future__ import annotations

import math
import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import PATIENCE
from tests.simulator.conftest import decoded

from pycertifspec import ConnectionLostError, EventTypes, InvalidFileError, RemoteError, ServerNotFoundError, SpecSocket
from pycertifspec.testing import (
    CounterFault,
    HitLimit,
    LoseSteps,
    ManualClock,
    Plan,
    ScaledClock,
    ServerOptions,
    SimulatedSpec,
    Stall,
    SteppingClock,
    child,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.simulator.conftest import Talker

    Connect = Callable[[Any], Talker]

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_it_is_a_spec_that_clients_find_and_time_vanishes(connect: Connect, *, process: bool) -> None:
    with SimulatedSpec("sixc", process=process) as spec:
        assert spec.address == f"{spec.host}:{spec.port}"
        with SpecSocket() as by_name:
            by_name.connect_spec(spec.host, name="sixc", ports=[spec.port], port_range=None)
        client = connect(spec)
        assert client.run("umv th 12; ct 1000; A[th]") == "12"


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_it_starts_again_on_the_same_or_another_port_and_under_another_name(connect: Connect, *, process: bool) -> None:
    with SimulatedSpec(process=process) as spec:
        before = spec.port
        connect(spec).run("kept = 5")
        spec.restart()
        assert spec.port == before
        assert connect(spec).run("kept + 0") == "0"
        spec.restart(port=0, name="psic")
        assert spec.name == "psic"
        assert connect(spec).run("SPEC") == "psic"
        spec.stop()
        spec.stop()
        spec.restart()
        assert connect(spec).run("1") == "1"


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
@pytest.mark.parametrize(("end", "told"), [("stop", ["status/quit"]), ("die", []), ("drop_clients", [])])
def test_clients_are_told_when_it_stops_and_not_when_it_dies_or_drops_them(
    connect: Connect, end: str, told: list[str], *, process: bool
) -> None:
    with SimulatedSpec(process=process) as spec:
        client = connect(spec)
        client.watch("status/quit")
        getattr(spec, end)()

        heard = []
        with pytest.raises(ConnectionLostError):
            while True:
                heard.append(client.socket.recv_spec().name)
        assert heard == told
        if end == "drop_clients":
            assert connect(spec).run("1") == "1"


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_what_keeps_it_from_starting_is_raised_and_leaves_nothing(tmp_path: Path, *, process: bool) -> None:
    wrong = tmp_path / "wrong.mac"
    wrong.write_text("x = 1\ny = 1 +* 2\nz = 1\n")
    with pytest.raises(RemoteError, match=r"wrong\.mac:2"):
        SimulatedSpec(load=[wrong], process=process).start()
    wrong.write_text("p 1\numv nosuch 3\n")
    with pytest.raises(RemoteError, match=r":2: the file said exit: Invalid motor name: nosuch \(motors.mac:"):
        SimulatedSpec(load=str(wrong), process=process).start()  # a single one needs no list
    with pytest.raises(FileNotFoundError):
        SimulatedSpec(load=[tmp_path / "none.mac"], process=process).start()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ServerNotFoundError, match="cannot listen"):
        SimulatedSpec(port=taken.getsockname()[1], process=process).start()


def test_a_process_that_ends_before_it_listens_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "START_TIME", 0.0)
    with pytest.raises(ServerNotFoundError, match=r"the process of fourc ended before it listened"):
        SimulatedSpec(process=True).start()


def test_a_process_that_was_killed_can_be_stopped_and_started_again(connect: Connect) -> None:
    with SimulatedSpec(process=True, allow_unix=True) as spec:
        client = connect(spec)
        client.start('unix("kill -9 $PPID")')
        with pytest.raises(ConnectionLostError):
            client.event("status/quit")
        spec.restart(port=0)
        assert connect(spec).run("2") == "2"


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_macros_files_seed_options_and_shell_are_as_asked_for(
    connect: Connect, tmp_path: Path, *, process: bool
) -> None:
    macros = tmp_path / "site.mac"
    macros.write_text("def hutch 'p 7'\nglobal SITE\nSITE = \"id99\"\n")
    told = []
    for _ in range(2):
        with SimulatedSpec(
            load=[macros],
            directory=tmp_path,
            seed=3,
            options=ServerOptions(reply_to_failed_send=False),
            allow_unix=True,
            process=process,
        ) as spec:
            client = connect(spec)
            assert client.run("SITE") == "id99"
            assert client.run('on("out.txt"); print "kept"; off("out.txt"); unix("true")') == "0"
            told.append(client.run("ct 1; S[det]"))
    assert told[0] == told[1]
    assert (tmp_path / "out.txt").read_text() == "kept\n" * 2


BEAM = """
name = "powder"
[[motor]]
mnemonic = "gon"
name = "Goniometer"
[[counter]]
mnemonic = "sec"
name = "Seconds"
use = "timebase"
"""


@pytest.mark.parametrize("process", [False, True], ids=["thread", "process"])
def test_the_beamline_of_a_file_goes_on_from_the_state_that_was_kept(
    connect: Connect, tmp_path: Path, *, process: bool
) -> None:
    (tmp_path / "beam.toml").write_text(BEAM)
    (tmp_path / "site.mac").write_text("def home 'umv gon 0'\n")
    how: Any = {"config": tmp_path / "beam.toml", "load": [tmp_path / "site.mac"], "process": process}
    with SimulatedSpec(**how, state=tmp_path / "state") as spec:
        assert spec.name == "powder"
        assert connect(spec).run('x = "kept"; umv gon 5; MOTORS SPEC') == "1powder"
        spec.stop()
        spec.restart()
        assert connect(spec).run("x A[gon]") == "kept5"
        spec.die()
        spec.restart()  # a crash leaves the state to the next
        assert connect(spec).run("x A[gon]; home; x A[gon]") == "kept0"
    with SimulatedSpec("other", **how, state=tmp_path / "state") as spec:  # a state is a name's
        assert connect(spec).run("SPEC A[gon]") == "other0"
    with SimulatedSpec(**how, state=tmp_path / "state", fresh=True) as spec:
        assert connect(spec).run('unset("x")') == "1"


def test_a_file_that_is_wrong_and_what_cannot_be_simulated_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "config"
    path.write_text("[[motor]]\n")
    for process in (False, True):
        with pytest.raises(InvalidFileError, match=r"motor\[0\] has no mnemonic"):
            SimulatedSpec(config=path, process=process).start()
    path.write_text("SDEV_0 = /dev/ttyS0 9600 raw\nMOT000 = NONE:0/1 2000 1 2000 200 50 125 0 0x003 mx Mirror X\n")
    with SimulatedSpec(config=path) as spec:
        assert spec.name == "fourc"
    assert "SDEV_0 = /dev/ttyS0 9600 raw: no hardware is spoken to" in caplog.text
    assert "fourc has no reciprocal space" in caplog.text


def test_a_name_changes_nothing_else_about_the_default_beamline(connect: Connect) -> None:
    with SimulatedSpec("sixc") as spec:
        assert connect(spec).run('SPEC " " whatis("UB") != 0') == "sixc 1"


@pytest.mark.parametrize("scale", [0, -1.0, math.nan])
def test_time_that_does_not_go_forward_is_refused(scale: float) -> None:
    for process in (False, True):
        with pytest.raises(ValueError, match="clock cannot run"):
            SimulatedSpec(clock=scale, process=process)


def test_a_process_cannot_go_by_a_clock_of_this_one() -> None:
    with pytest.raises(ValueError, match=r"cannot go by .*ManualClock"):
        SimulatedSpec(clock=ManualClock(), process=True)
    assert isinstance(SimulatedSpec(clock=50).clock, ScaledClock)
    assert isinstance(SimulatedSpec().clock, SteppingClock)


def test_what_does_not_run_and_what_is_elsewhere_says_so() -> None:
    spec = SimulatedSpec("sixc")
    spec.stop()
    spec.die()
    with pytest.raises(RuntimeError, match="sixc does not run; start it"):
        _ = spec.port
    with SimulatedSpec(process=True) as far, pytest.raises(RuntimeError, match="in another process"):
        far.motor("th")


def test_the_test_moves_the_clock(connect: Connect) -> None:
    clock = ManualClock()
    with SimulatedSpec(clock=clock) as spec:
        client = connect(spec)
        running = client.start("for (i = 0; i < 20; i++) { umv th i; ct 1 }; 77")
        assert client.get("status/ready") == "0"

        clock.advance(1000)

        assert decoded(client.reply(running)) == "77"
        assert spec.motor("th").position == 19.0


def test_motors_and_counters_fail_on_demand(connect: Connect) -> None:
    with SimulatedSpec() as spec:
        client, th = connect(spec), spec.motor("th")

        th.inject(HitLimit(after=0.25))
        client.run("umv th 10")
        assert client.get("motor/th/low_lim_hit") == "1"
        assert float(client.get("motor/th/position")) > 10.0

        spec.motor("chi").inject(Stall(after=0.5))
        client.run("umv chi 4")
        assert client.get("motor/chi/motor_fault") == "1"

        spec.motor("phi").inject(LoseSteps(100))
        client.run("umv phi 1")
        assert client.get("motor/phi/position") == "1"
        assert spec.motor("phi").true_position < 1

        spec.counter("det").fail(CounterFault.DEAD)
        assert client.run("ct 1; S[det]") == "0"
        spec.counter("det").repair()
        assert float(client.run("ct 1; S[det]")) > 0
        with pytest.raises(KeyError):
            spec.motor("nosuch")


def test_a_relay_to_it_stalls_and_goes_on(connect: Connect) -> None:
    with SimulatedSpec() as spec, spec.relay(Plan(piece=3, stall=("down", 400))) as relay:
        client = connect(relay)
        asked = [client.ask(EventTypes.SV_CHAN_READ, "status/quit") for _ in range(5)]
        assert relay.wait_until_stalled(PATIENCE)
        relay.resume()
        assert [decoded(client.reply(number)) for number in asked] == ["0"] * 5
        assert relay.address == f"127.0.0.1:{relay.port}"


def test_a_relay_cuts_what_is_connected_and_takes_in_others(connect: Connect) -> None:
    with SimulatedSpec() as spec, spec.relay() as relay:
        client = connect(relay)
        assert client.run("1") == "1"
        relay.cut()
        with pytest.raises(ConnectionLostError):
            client.socket.recv_spec()
        assert connect(relay).run("1") == "1"
