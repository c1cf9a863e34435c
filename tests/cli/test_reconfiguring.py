"""`reconfig` reads the file of `--config` again, while the simulator runs; what it cannot follow is refused whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_simulator_setup import run, served

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")


def describe(
    path: Path, motors: str, counters: str = "sec mon det", head: str = 'name = "powder"\n', **more: str
) -> str:
    text = head
    for mne in motors.split():
        text += f'[[motor]]\nmnemonic = "{mne}"\nname = "Motor {mne}"\n{more.get(mne, "")}\n'
    for mne in counters.split():
        use = {"sec": "timebase", "mon": "monitor"}.get(mne, "counter")
        text += f'[[counter]]\nmnemonic = "{mne}"\nname = "Counter {mne}"\nuse = "{use}"\n{more.get(mne, "")}\n'
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("state", [False, True])
def test_motors_and_counters_come_go_and_change_and_those_that_stay_stand_where_they_were(
    tmp_path: Path, state: bool
) -> None:
    path = tmp_path / "beam.toml"
    describe(path, "th gap tab")
    kept = ("--state", str(tmp_path / "state")) if state else ()
    with served("--config", str(path), "--time-scale", "1000", *kept) as spec:
        spec.run("umv th 3 gap 5; set_lm gap -7 7")
        spec.run("def config_mac 'CONFIGURED++'; global CONFIGURED; CONFIGURED = 0")
        spec.run('cdef("mine", "p 1;", "new", 1); cdef("mine", "p 2;", "tab", 1)')

        describe(path, "new gap th", "sec mon det fluo", gap="slew_rate = 1234", fluo="rate = 100", det="noise = false")
        spec.run("reconfig")

        assert spec.run('MOTORS " " COUNTERS " " new " " gap " " th " " fluo') == "3 4 0 1 2 3"
        assert spec.run('A[gap] " " A[th] " " A[new] " " motor_par(gap, "slew_rate")') == "5 3 0 1234"
        assert spec.run('user(gap, get_lim(gap, 1)) " " unset("tab") " " CONFIGURED') == "7 1 1"
        assert spec.run("umv new 2 th 4; A[new] + A[th]") == "6"
        assert float(spec.run("ct 1; S[fluo]")) > 0
        describe(path, "tab th gap")
        spec.run("reconfig")
        assert spec.run('A[th] " " unset("new") " " A[tab]') == "4 1 0"
        assert spec.end() == ""
    if state:
        with served("--config", str(path), *kept) as spec:
            assert spec.run("A[th] + A[gap]") == "9"
            assert "motor new is not described" in spec.end()


def test_what_a_client_watches_follows(tmp_path: Path) -> None:
    path = tmp_path / "beam.toml"
    describe(path, "th")
    with served("--config", str(path), "--time-scale", "1000") as spec:
        describe(path, "th new")
        spec.run("reconfig; umv new 2")
        assert spec.get("motor/new/position") == "2"
        describe(path, "th")
        spec.run("reconfig")
        assert "no property 'motor/new/position'" in spec.get("motor/new/position")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path.write_text("[[motor]]\n"), "beam.toml: motor[0] has no mnemonic"),
        (lambda path: path.unlink(), "beam.toml cannot be read"),
        (lambda path: describe(path, "tth th phi", head='geometry = "fourc"\n'), "missing: chi"),
        (lambda path: describe(path, "tth th phi"), "missing: chi"),
    ],
)
def test_what_it_cannot_follow_is_refused_and_nothing_changes(tmp_path: Path, write: object, said: str) -> None:
    path = tmp_path / "beam.toml"
    describe(path, "tth th chi phi", head='geometry = "fourc"\n')
    with served("--config", str(path), "--time-scale", "1000") as spec:
        write(path)  # type: ignore[operator]
        assert said in spec.run("reconfig")
        assert spec.run("MOTORS") == "4"
        describe(path, "x phi chi th tth", head='geometry = "fourc"\n')
        spec.run("reconfig; ubr 1 0 0")  # the angles are where they are now
        assert spec.run("wh; H") == "1"
        assert spec.run("A[tth] == 2 * A[th]") == "1"


def test_it_waits_for_no_motion_and_no_simulation(tmp_path: Path) -> None:
    path = tmp_path / "beam.toml"
    describe(path, "th")
    with served("--config", str(path), "--time-scale", "1") as spec:
        assert "th cannot be configured anew: busy" in spec.run("mv th 100; reconfig")
        assert "not in simulate mode" in spec.run("onsim; reconfig")


@pytest.mark.parametrize(
    ("motors", "geometry", "said"),
    [
        ("tth th chi phi", "psic", "geometry: the geometry 'psic' cannot be simulated, only fourc;"),
        ("tth th gap", "fourc", "geometry: the geometry fourc needs the motors tth th chi phi; missing: chi phi;"),
    ],
)
def test_a_geometry_that_cannot_be_is_told_and_nothing_starts(
    tmp_path: Path, motors: str, geometry: str, said: str
) -> None:
    path = describe(tmp_path / "beam.toml", motors, head=f'geometry = "{geometry}"\n')

    done = run("--port", "0", "--config", path)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"beam.toml: {said} leave the key out for a beamline without one" in done.stderr


def test_a_name_that_stands_for_a_geometry_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("MOT000 = EPICS_M2:0/1   2000  1  2000  200   50  125    0 0x003       tth  Two Theta\n")
    with served("--config", str(path)) as spec:
        assert spec.run('whatis("UB")') == "0"
        assert (
            "fourc has no reciprocal space: the geometry fourc needs the motors tth th chi phi; missing: th chi phi"
            in spec.end()
        )
    with served("--config", str(path), "--name", "psic") as spec:
        assert "psic has no reciprocal space: the geometry 'psic' cannot be simulated, only fourc" in spec.end()
    with served("--config", str(path), "--name", "powder") as spec:
        assert "reciprocal" not in spec.end()
