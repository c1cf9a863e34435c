"""The plugin, as a test suite of somebody else's uses it: pytest runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest
from pycertifspec import SpecSocket
from tests.simulator.conftest import Talker


def test_time_vanishes_unless_the_test_wants_to_move_it(spec_simulator, spec_address, tmp_path):
    assert spec_address == f"127.0.0.1:{spec_simulator.port}"
    client = Talker(spec_simulator.port)
    assert client.run("ct 1000; 5") == "5"
    client.run('on("out.txt"); print "kept"; off("out.txt")')
    client.close()
    assert (tmp_path / "out.txt").exists()


def test_the_clock_is_the_simulators(spec_simulator, spec_clock):
    client = Talker(spec_simulator.port)
    running = client.start("ct 3; 5")
    client.sync()
    spec_clock.advance(4)
    assert client.reply(running).body == "5"
    client.close()


class TestDescribed:
    @pytest.fixture
    def spec_options(self, tmp_path):
        (tmp_path / "beam.toml").write_text('name = "powder"\\n[[motor]]\\nmnemonic = "gon"\\nname = "Goniometer"\\n')
        (tmp_path / "site.mac").write_text("def centre 'umv gon 5'\\n")
        return {"config": tmp_path / "beam.toml", "load": [tmp_path / "site.mac"], "state": tmp_path / "state"}

    def test_a_fixture_says_how_it_is_made(self, spec_simulator, tmp_path):
        client = Talker(spec_simulator.port)
        assert client.run("centre; A[gon] SPEC") == "5powder"
        client.close()
        spec_simulator.stop()
        assert (tmp_path / "state" / "powder.json").exists()


@pytest.mark.spec_simulator(name="sixc", seed=1)
class TestMarked:
    @pytest.mark.spec_simulator(seed=2)
    def test_a_marker_says_how_it_is_made(self, spec_simulator):
        assert spec_simulator.name == "sixc"
"""

LIGHT = """
import sys


def test_nothing_of_the_package_is_imported_before_it_is_asked_for():
    assert not [name for name in sys.modules if name.startswith("pycertifspec")]
"""


def pytest_in(folder: Path, suite: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of tests in a folder, with warnings as errors."""
    (folder / "test_suite.py").write_text(suite)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "--strict-markers",
            "--rootdir",
            folder,
            *options,
            folder,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_a_suite_that_uses_the_fixtures_passes(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, SUITE)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("options", [(), ("-p", "no:pycertifspec"), ("-p", "no:cacheprovider")])
def test_a_suite_that_does_not_use_them_pays_nothing(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = pytest_in(tmp_path, LIGHT, *options)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_pytest_tells_what_there_is(tmp_path: Path) -> None:
    told = pytest_in(tmp_path, LIGHT, "--fixtures").stdout + pytest_in(tmp_path, LIGHT, "--markers").stdout
    for name in (
        "spec_simulator",
        "spec_options",
        "spec_address",
        "spec_clock",
        "@pytest.mark.spec_simulator(**options)",
    ):
        assert name in told
