"""What a site's own files rely on (SPEC_LANGUAGE.md 2.6, 2.7, 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycertifspec.errors import RemoteError
from pycertifspec.simulator.beamline import Beamline, simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.language import SpecLanguageError
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def beamline() -> Iterator[Beamline]:
    clock = SteppingClock()
    made = simulated(lambda screen: World(clock, screen), "fourc", clock)
    yield made
    made.close()


def test_a_file_gives_a_variable_its_value_unless_it_has_one(beamline: Beamline, tmp_path: Path) -> None:  # 11
    site = tmp_path / "site.mac"
    site.write_text('if (unset("GAIN")) { global GAIN; GAIN = 5 }\nif (unset("TITLE")) TITLE = "ours"\n')

    beamline.load([site])

    assert beamline.run("GAIN") == 5
    assert beamline.run("TITLE") == "fourc"
    assert beamline.run('unset("GAIN")') == 0
    assert beamline.run('unset("never_named")') == 1


def test_pieces_for_motors_and_counters_count_if_there_are_such(beamline: Beamline) -> None:  # 2.6
    beamline.run('cdef("m", "n = n + 1;", "th", 0x01); cdef("m", "n = n + 10;", "nosuch", 0x01)')
    beamline.run('cdef("m", "n = n + 100;", "det", "0x02"); cdef("m", "n = n + 1000;", "chi", 0x02)')
    beamline.run("n = 0\nm\n")

    assert beamline.run("n") == 101


def test_a_macro_file_in_latin_1_keeps_its_characters(beamline: Beamline, tmp_path: Path) -> None:
    site = tmp_path / "site.mac"
    site.write_bytes('TITLE = "µm, Ångström"\n'.encode("latin-1"))

    beamline.load([site])

    assert beamline.run("TITLE") == "µm, Ångström"


@pytest.mark.parametrize(("function", "key", "flag"), [("motor_par", "th", 1), ("counter_par", "det", 2)])
def test_pieces_for_what_is_disabled_do_not_count_until_it_is_enabled(  # 2.6
    beamline: Beamline, function: str, key: str, flag: int
) -> None:
    beamline.run(f'cdef("m", "n = n + 1;", "{key}", {flag})')
    counts = []
    for disable in (0, 1, 0):
        beamline.run(f'{function}({key}, "disable", {disable})')
        beamline.run("n = 0\nm\n")
        counts.append(beamline.run("n"))

    assert counts == [1, 0, 1]


def test_reconfig_looks_again_which_pieces_count(beamline: Beamline) -> None:  # 2.6
    from dataclasses import replace

    beamline.run('cdef("m", "n = n + 1;", "th", 1)')
    motor = beamline.instrument.motor("th")
    motor.configure(replace(motor.config, disabled=True))

    beamline.run("reconfig")
    beamline.run("n = 0\nm\n")

    assert beamline.run("n") == 0


def test_begin_mac_is_run_once_after_the_files(beamline: Beamline, tmp_path: Path) -> None:  # 2.7
    site = tmp_path / "site.mac"
    site.write_text("begun = 0\ndef begin_mac 'begun++'\n")

    beamline.load([site])
    beamline.begin()

    assert beamline.run("begun") == 1


def test_an_error_in_a_macro_of_one_line_is_told_where_it_is_used(beamline: Beamline, tmp_path: Path) -> None:  # 9
    site = tmp_path / "site.mac"
    site.write_text("p 1\n{\n\tp 2\n\tp 1/0\n}\n")

    with pytest.raises(RemoteError, match=r"site\.mac:4: Division by zero"):
        beamline.load([site])


def test_the_macros_for_reciprocal_space_are_there_without_a_geometry(beamline: Beamline) -> None:  # 7.1
    assert beamline.run("calcHKL; calcA; 1") == 1


def test_an_error_at_run_time_carries_the_text_around(beamline: Beamline) -> None:
    with pytest.raises(SpecLanguageError) as caught:
        beamline.interpreter.execute("x = 1\nif (x) {\n\tprint x, 1/0\n}\n")

    assert (caught.value.source, caught.value.line, caught.value.near) == ("tty", 3, "print x, 1/0")


def test_an_error_in_a_macro_carries_the_text_that_called_it(beamline: Beamline) -> None:
    beamline.run("def f(n) '{\n\treturn(1/n)\n}'\n")
    with pytest.raises(SpecLanguageError) as caught:
        beamline.interpreter.execute("y = f(0)\n", source="scan.mac")

    assert caught.value.near == "y = f(0)"
    assert "f()" in caught.value.calls or caught.value.macro == "f"
