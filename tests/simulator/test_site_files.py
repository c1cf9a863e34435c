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


def test_an_error_in_a_macro_carries_its_line_of_the_macro(beamline: Beamline) -> None:
    beamline.run("def f(n) '{\n\treturn(1/n)\n}'\n")
    with pytest.raises(SpecLanguageError) as caught:
        beamline.interpreter.execute("y = f(0)\n", source="scan.mac")

    assert caught.value.near == "return(1/n)"
    assert "f()" in caught.value.calls or caught.value.macro == "f"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("x = 1\nif (x) {\n\tprint x, 1/0\n}\n", "print x, 1/0"),  # typed, but not in its first line
        ("x = 1/0\n", None),  # just typed: who did that sees it
        ("def m 'y = 1\n  z = 1/0\n'\nm\n", "m"),  # a macro that was typed is looked for where it is used
        ("def f() '{\n  return(1/0)\n}'\nf()\n", "return(1/0)"),
        ("x = 1\nx = = 2\n", "x = = 2"),
    ],
)
def test_the_screen_shows_the_text_around_an_error(text: str, near: str | None) -> None:  # 9
    shown: list[str] = []
    clock = SteppingClock()
    beamline = simulated(lambda _: World(clock, shown.append), "fourc", clock)
    with pytest.raises(SpecLanguageError):
        beamline.run(text)
    beamline.close()

    lines = "".join(shown).splitlines()
    assert len(lines) == (1 if near is None else 2)
    assert lines[1:] == ([] if near is None else [f"    near: {near}"])


def test_an_error_in_a_file_that_another_one_does_names_both(tmp_path: Path) -> None:  # 9
    clock = SteppingClock()
    beamline = simulated(lambda screen: World(clock, screen, directory=tmp_path), "fourc", clock)
    (tmp_path / "inner.mac").write_text("y = 1\ny = 1/0\n")
    (tmp_path / "outer.mac").write_text("x = 1\n\nqdo inner.mac\nx = 2\n")

    with pytest.raises(RemoteError) as caught:
        beamline.load([tmp_path / "outer.mac"])
    beamline.close()

    assert str(caught.value) == (f"{tmp_path}/outer.mac:3: Division by zero. (inner.mac:2)\n    near: y = 1/0")
