"""A motor that does not arrive is told, resets where SPEC resets, and ends scans (PROTOCOL.md 1.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.typed import DATE, Typed

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.hardware.faults import HitLimit, Stall
from pycertifspec.simulator.language import Function, SpecLanguageError
from pycertifspec.wire.constants import EventTypes

from .conftest import Failed, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pycertifspec.simulator.clock import ManualClock
    from pycertifspec.simulator.hardware.faults import MotorFault

    from .conftest import Stand

HIT = "Theta has hit its high limit at 35 on the way to 40."


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Typed]:
    """A SPEC without a server."""
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


@pytest.fixture(params=[False, True], ids=["S1", "S2"])
def limit_reset(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def stand(limit_reset: bool, make_stand: Callable[..., Stand]) -> Stand:
    return make_stand(options=ServerOptions(limit_reset=limit_reset))


def fault(stand: Stand | Typed, mnemonic: str, what: MotorFault) -> None:
    stand.beamline.instrument.motor(mnemonic).inject(what)


@pytest.mark.parametrize(
    ("what", "move", "told"),
    [
        (HitLimit(0.5), "umv th 40", HIT),
        (HitLimit(0.5), "mv samx -4; waitmove", "Sample X has hit its low limit at -2.02 on the way to -4."),
        (Stall(0.25), "umv th 40", "Theta has stalled at 32.5 on the way to 40: motor fault."),
    ],
)
def test_without_a_server_it_is_told_and_resets(alone: Typed, what: MotorFault, move: str, told: str) -> None:
    fault(alone, move.split()[1], what)
    shown = alone(f'{move}; print "went on"')
    assert told in shown
    assert "went on" not in shown
    assert isinstance(alone.value, SpecLanguageError)


def test_limits_are_those_of_user_positions_as_in_all_that_is_said(alone: Typed) -> None:
    alone('motor_par(th, "sign", -1); set th 0')
    fault(alone, "th", HitLimit(0.5))
    assert "Theta has hit its high limit at 5.0125 on the way to 10." in alone("umv th 10")
    assert alone.beamline.instrument.motor("th").read().low_lim_hit == 1


def test_a_search_that_finds_its_switch_has_arrived(alone: Typed) -> None:
    assert alone('chg_dial(samx, "lim+"); wait(1); print "found"') == "found\n"


def test_a_search_for_home_that_ends_at_a_limit_has_not(alone: Typed) -> None:
    alone("umv samx 5")
    shown = alone('chg_dial(samx, "home+"); wait(1); print "found"')
    assert "Sample X has hit its high limit at 26." in shown
    assert "found" not in shown


def test_an_emergency_stop_on_the_way_is_told(alone: Typed) -> None:
    alone("mv th 40")
    alone.beamline.instrument.motor("th").set_emergency_stop(pressed=True)
    assert "".join(alone.shown) == "Theta was halted by its emergency stop at 30 on the way to 40.\n"


@pytest.mark.parametrize(("what", "code"), [(HitLimit(0.5), 11), (Stall(0.5), 12)])
def test_hdw_err_keeps_it_from_resetting_and_has_the_code(alone: Typed, what: MotorFault, code: int) -> None:
    fault(alone, "th", what)
    shown = alone("mv th 40; HDW_ERR = -1; wait(1); print HDW_ERR, A[th]; getangles; print A[th]")
    assert shown.startswith("Theta has ")
    assert shown.endswith(f"\n{code} 40\n35\n")


def test_hdw_err_is_0_after_a_wait_in_which_all_has_arrived(alone: Typed) -> None:
    assert alone("mv th 40; HDW_ERR = -1; wait(1); print HDW_ERR") == "0\n"


def test_with_a_server_it_is_told_and_the_mode_decides_what_follows(stand: Stand, limit_reset: bool) -> None:
    spec = stand.talker()
    spec.watch("output/tty", "error")
    fault(stand, "th", HitLimit(0.5))

    answer = spec.run("umv th 40; 7")

    assert HIT in spec.tty("35.0000" if not limit_reset else HIT)
    assert spec.get("motor/th/position") == "35"
    if limit_reset:
        assert isinstance(answer, Failed)
        assert HIT in answer
        assert HIT in text(spec.event("error"))
    else:
        assert answer == "7"


def test_other_motors_go_on_or_stop_as_the_mode_says(
    make_stand: Callable[..., Stand], clock: ManualClock, limit_reset: bool
) -> None:
    stand = make_stand(clock, options=ServerOptions(limit_reset=limit_reset))
    spec = stand.talker()
    spec.watch("output/tty")
    fault(stand, "th", HitLimit(0.5))
    spec.run("mv th 31 tth 90")

    clock.advance(3)

    assert "Theta has hit its high limit at 30.5" in spec.tty("on the way to 31.\n")  # though no command waits
    assert stand.beamline.instrument.motor("tth").busy != limit_reset


@pytest.mark.parametrize("what", ["sleep(1e6)", "ct 1e6"])
def test_a_command_that_waits_for_something_else_is_reset_at_once(
    make_stand: Callable[..., Stand], clock: ManualClock, what: str
) -> None:
    stand = make_stand(clock, options=ServerOptions(limit_reset=True))
    spec = stand.talker()
    fault(stand, "th", HitLimit(0.5))
    spec.watch("output/tty")
    running = spec.start(f'mv th 31; print "begun"; {what}')
    spec.tty("begun")

    clock.advance(10)

    assert "30.5 on the way to 31" in str(spec.reply(running).body)
    assert clock.now() < 1_700_000_100


def test_a_client_that_starts_a_motor_is_told_on_the_screen_too(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("output/tty", "motor/th/high_lim_hit")
    fault(stand, "th", HitLimit(0.5))

    spec.send(EventTypes.SV_CHAN_SEND, "motor/th/start_one", "40")

    spec.event("motor/th/high_lim_hit", "1")
    assert HIT in spec.tty(HIT)


# ---- scans ----


@pytest.mark.parametrize("what", [HitLimit(0.5), Stall(0.5)])
def test_a_scan_ends_as_aborted_and_the_file_says_why(stand: Stand, tmp_path: Path, what: MotorFault) -> None:
    spec = stand.talker()
    spec.watch("output/tty")
    spec.run("newfile missed")
    trouble = Function("trouble", lambda _: fault(stand, "samx", what), 0, 0)
    stand.beamline.interpreter.functions.register(trouble)
    spec.run('cdef("user_scan_loop", "if (NPTS == 1) trouble();")')

    answer = spec.run("dscan samx 0 4 4 0.1")

    assert isinstance(answer, Failed)
    assert float(spec.get("motor/samx/position")) == 0.0  # a relative scan brings its motor back
    rows = (tmp_path / "missed").read_text().split("\n#L ")[1].splitlines()[1:]
    assert [row.split()[0] for row in rows[:2]] == ["0", "1"]
    said = r"has hit its high limit at 1\.5" if isinstance(what, HitLimit) else r"has stalled at 1\.5"
    assert re.fullmatch(rf"#C {DATE}\.  Sample X {said} on the way to 2\b.*\.", rows[2])
    assert re.fullmatch(rf"#C {DATE}\.  Scan aborted after 2 points\.", rows[3])
    assert len(rows) == 4


def test_a_scan_whose_motor_somebody_else_has_stopped_ends_too(alone: Typed, tmp_path: Path) -> None:
    alone("newfile stopped")
    alone('cdef("user_postmove", "if (NPTS == 2) stop(1);")')
    shown = alone("ascan samx 0 4 4 0.1")
    assert "Sample X is at 1, not at 2: a motor of the scan has not arrived.\n" in shown
    assert "Scan aborted after 2 points." in shown
    assert re.search(r"#C .*\.  Sample X is at 1, not at 2\n#C .*Scan aborted", (tmp_path / "stopped").read_text())


@pytest.mark.parametrize(
    "scan", ["mesh samx 0 2 2 samy 0 1 1 0.1", "hscan 0.9 1.1 4 0.1", "a2scan samx 0 1 samy 0 1 2 1"]
)
def test_every_kind_of_scan_does_so(make_stand: Callable[..., Stand], scan: str) -> None:
    stand = make_stand()
    spec = stand.talker()
    spec.run("umv tth 60 th 30 chi 0 phi 0")
    for mnemonic in ("samy", "samx", "chi", "th"):
        fault(stand, mnemonic, Stall(0.5))
    spec.watch("output/tty")
    assert isinstance(spec.run(scan), Failed)
    assert "Scan aborted after" in spec.tty("points.\n")


def test_a_site_can_let_its_scans_go_on_and_the_file_still_tells(
    make_stand: Callable[..., Stand], tmp_path: Path
) -> None:
    stand = make_stand()
    spec = stand.talker()
    spec.run("newfile on; def scan_missed ''")
    fault(stand, "samx", HitLimit(0.5))
    spec.run("ascan samx 2 4 2 0.1")
    rows = (tmp_path / "on").read_text().split("\n#L ")[1].splitlines()[1:]
    assert "Sample X has hit its high limit at 1" in rows[0]
    assert [row.split()[0] for row in rows[1:]] == ["1", "3", "4"]


def test_an_aborted_scan_that_nothing_was_wrong_with_says_nothing_of_motors(alone: Typed, tmp_path: Path) -> None:
    fault(alone, "th", HitLimit(0.5))
    alone("umv th 40")  # before the scan
    alone("newfile quiet")
    alone('cdef("user_scan_loop", "if (NPTS == 1) exit;")')
    alone("ascan samx 0 4 4 0.1")
    assert "has hit" not in (tmp_path / "quiet").read_text()
