"""Ctrl-C in the thread that waits: the motion stops, and the client works on."""

import os
import signal
import threading
from typing import Any

import pytest

from pycertifspec import Client
from pycertifspec.server import ServerThread
from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.world import World
from pycertifspec.sync.scan import Scan

PATIENCE = 20.0


@pytest.fixture
def client(nothing_left_behind: None, tmp_path: Any) -> Any:
    clock = ManualClock(start=1_700_000_000.0)
    beamline = simulated(lambda screen: World(clock, screen, directory=tmp_path), "fourc", clock)
    with ServerThread(beamline, port=0) as server, Client("127.0.0.1", server.port) as client:
        yield client


def interrupt_when(client: Client, prop: str, value: Any) -> threading.Thread:
    """Press Ctrl-C when a property has a value."""

    def press() -> None:
        client.wait_for(prop, value, PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_while_a_motor_moves_stops_it(client: Client) -> None:
    thread = interrupt_when(client, "motor/th/move_done", True)

    with pytest.raises(KeyboardInterrupt):
        client.move(th=0)

    thread.join()
    client.wait_for("motor/th/move_done", False, PATIENCE)
    assert client.connected


def test_ctrl_c_while_a_motion_is_waited_for_stops_it(client: Client) -> None:
    motion = client.start_move(th=0)
    thread = interrupt_when(client, "motor/th/move_done", True)

    with pytest.raises(KeyboardInterrupt):
        motion.wait()

    thread.join()
    assert motion.done
    client.wait_for("motor/th/move_done", False, PATIENCE)


def test_ctrl_c_that_the_system_gives_to_another_thread_is_heard(client: Client) -> None:
    def press() -> None:
        client.wait_for("motor/th/move_done", True, PATIENCE)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()

    with pytest.raises(KeyboardInterrupt):
        client.start_move(th=0).wait()
    with pytest.raises(KeyboardInterrupt):
        thread = threading.Thread(target=press)
        thread.start()
        through(client.start_move(th=0))

    thread.join()
    client.wait_for("motor/th/move_done", False, PATIENCE)


def test_ctrl_c_while_a_command_runs_aborts_it(client: Client) -> None:
    thread = interrupt_when(client, "status/ready", False)

    with pytest.raises(KeyboardInterrupt):
        client.execute("sleep(1000)")

    thread.join()
    client.wait_until_ready(PATIENCE)


def test_ctrl_c_while_it_counts_stops_the_counting(client: Client) -> None:
    client.load_names()
    thread = interrupt_when(client, "scaler/.all./count", True)

    with pytest.raises(KeyboardInterrupt):
        client.count(1000)

    thread.join()
    client.wait_for("scaler/.all./count", False, PATIENCE)


def through(loop: Any) -> None:
    for _ in loop:
        pass


def test_ctrl_c_while_a_loop_waits_for_a_motion_stops_it(client: Client) -> None:
    thread = interrupt_when(client, "motor/th/move_done", True)

    with pytest.raises(KeyboardInterrupt):
        through(client.start_move(th=0))

    thread.join()
    client.wait_for("motor/th/move_done", False, PATIENCE)


@pytest.mark.parametrize("wait", [through, Scan.heading, Scan.wait])
def test_ctrl_c_while_a_scan_is_waited_for_aborts_it(client: Client, wait: Any) -> None:
    thread = interrupt_when(client, "status/ready", False)

    with pytest.raises(KeyboardInterrupt):
        wait(client.scan("sleep(1000)"))

    thread.join()
    client.wait_until_ready(PATIENCE)
