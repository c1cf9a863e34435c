"""SPEC's motors as positioners of the classic ophyd."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import bluesky.plan_stubs as bps
import pytest
from bluesky.run_engine import RunEngine
from ophyd.utils import LimitError

from pycertifspec import Client, RemoteError, ServerNotFoundError
from pycertifspec.bluesky.classic.motor import SpecMotor
from pycertifspec.testing import HitLimit, SimulatedSpec


def test_it_moves_in_user_units_and_says_where_it_stands(client: Client) -> None:
    th = SpecMotor("th", name="th", client=client)
    th.move(1.25)
    assert th.position == 1.25
    assert th.read()["th"]["value"] == 1.25
    assert not th.moving
    assert th.hints == {"fields": ["th"]}


def test_an_address_names_server_and_motor(spec: SimulatedSpec) -> None:
    th = SpecMotor(f"spec://{spec.address}/motor/th", name="omega")
    described = th.describe()["omega"]
    assert described["source"] == f"spec://{spec.address}/motor/th/position"
    assert (described["units"], described["precision"]) == ("deg", 4)
    assert (described["lower_ctrl_limit"], described["upper_ctrl_limit"]) == th.limits
    assert th.connected


def test_motors_of_one_server_share_a_connection_that_ends_with_them(spec: SimulatedSpec) -> None:
    th, chi = (SpecMotor(mne, name=mne, server=spec.address) for mne in ("th", "chi"))
    assert th.client is chi.client
    client = weakref.ref(th.client)
    th.destroy()
    del th, chi
    for _ in range(200):  # the first event of a position may still be under way
        gc.collect()
        if client() is None:
            break
        threading.Event().wait(0.01)
    assert client() is None


def test_a_server_has_one_connection_however_it_is_spelt(spec: SimulatedSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEC_SERVER", spec.address)
    spellings = (f"spec://{spec.address}", spec.address, None)

    th, chi, phi = (SpecMotor("th", name="th", server=spelling) for spelling in spellings)

    assert th.client is chi.client is phi.client


def test_moves_of_others_are_seen(client: Client) -> None:
    th = SpecMotor("th", name="th", client=client)
    seen: list[float] = []
    arrived = threading.Event()

    def look(value: float, **_: Any) -> None:
        seen.append(value)
        if value == 2:
            arrived.set()

    th.subscribe(look)
    client.move(th=2)
    assert arrived.wait(5)
    assert th.position == 2


def test_a_target_beyond_a_limit_is_refused_before_anything_moves(client: Client) -> None:
    th = SpecMotor("th", name="th", client=client)
    client.motor("th").set_limits(-1, 1)
    with pytest.raises(LimitError, match="th: 2 is outside the limits -1 to 1"):
        th.move(2)
    with pytest.raises(ValueError, match="cannot move to nan"):
        th.move(float("nan"))
    assert th.position == 30


def test_a_motor_that_stops_short_fails_its_status_with_what_spec_says(spec: SimulatedSpec, client: Client) -> None:
    th = SpecMotor("th", name="th", client=client)
    spec.motor("th").inject(HitLimit(after=0.5))
    status = th.set(2)
    with pytest.raises(RemoteError, match="th"):
        status.wait(10)


def test_stopping_it_fails_its_status_and_the_motor_stands() -> None:
    with SimulatedSpec(clock=1.0) as spec, Client(spec.host, spec.port) as client:
        th = SpecMotor("th", name="th", client=client)
        status = th.move(100, wait=False)
        th.stop()
        with pytest.raises(Exception, match="stopped"):
            status.wait(10)
        assert not th.moving
        th.stop()  # again, as plans do


def test_plans_move_several_together(client: Client) -> None:
    th, tth = (SpecMotor(mne, name=mne, client=client) for mne in ("th", "tth"))
    RunEngine(context_managers=[])(bps.mv(th, 1, tth, 2))
    assert (th.position, tth.position) == (1, 2)


def test_an_unknown_motor_and_a_server_that_is_not_there_are_told(client: Client) -> None:
    with pytest.raises(RemoteError, match="nope"):
        SpecMotor("nope", name="nope", client=client)
    with pytest.raises(ServerNotFoundError):
        SpecMotor("th", name="th", server="localhost:1")
