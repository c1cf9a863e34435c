"""`python -m pycertifspec demo`, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.cli import main as cli
from pycertifspec.server import Application, ServerThread
from pycertifspec.server.demonstration import demonstration
from pycertifspec.simulator.datafile import read_file
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.testing import SimulatedSpec
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT = 30.0


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pycertifspec", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "120", "TERM": "dumb", **environment},
    )


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    with start(*arguments, **environment) as process:
        out, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, out, err


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    assert line.startswith("pycertifspec demo: ")
    return line


def _mnemonic(name: str) -> Callable[[float], str]:
    def mnemonic(number: float) -> str:
        return f"m{number:.0f}"

    mnemonic.__name__ = name
    return mnemonic


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demonstration writes goes where pytest tidies up."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture
def instrument() -> Iterator[tuple[Application, str]]:
    """The demonstration as if it were somebody's real server, and its port."""
    application = demonstration("fourc")
    with ServerThread(application, port=0) as server:
        yield application, str(server.port)


def value(application: Application, name: str) -> Any:
    published = application.find(name)
    assert published is not None
    return published.read()


def watch(port: str, name: str) -> SpecSocket:
    spec = SpecSocket()
    spec.settimeout(TIMEOUT)
    spec.connect(("127.0.0.1", int(port)))
    spec.send_spec(0, EventTypes.SV_REGISTER, DataTypes.SV_STRING, name)
    assert spec.recv_spec().body == "0"
    return spec


def test_without_arguments_it_serves_moves_counts_and_scans_by_itself(tmp_path: Path) -> None:
    status, out, err = run("demo", TMPDIR=str(tmp_path))

    assert (status, err) == (0, "")
    assert "Started a simulated SPEC on 127.0.0.1:65" in out
    assert "Connected to demo on 127.0.0.1:65" in out
    for word in ("Motors", "tth", "th", "chi", "phi", "-20.0000", "160.0000", "low limit"):
        assert word in out
    assert "Moving th to 29.5 and samx to 0.5 together:" in out
    assert "Now at th 29.5000, samx 0.5000." in out
    assert "Counted for 1 s" in out
    assert "det" in out
    centre = re.search(r"Scan 1, 31 points: the peak's centre is at (.*), its width is (.*)\.\n", out)
    assert centre is not None
    assert float(centre[1]) == pytest.approx(30, abs=0.002)
    assert float(centre[2]) == pytest.approx(0.05, abs=0.01)
    assert "Detector" in out
    wrote = re.search("wrote its data file: (.*)\n", out)
    assert wrote is not None
    (scan,) = read_file(wrote[1]).scans
    assert (scan.number, scan.points, scan.aborted) == (1, 31, False)
    assert out.rstrip().endswith("Done.")


def test_it_uses_its_own_server_though_another_of_the_same_name_is_there() -> None:
    other = demonstration()
    with ServerThread(other) as server:
        status, out, _ = run("demo", "--move", "phi=0.5", "--count", "0.05", "--scan", "ascan samx 0 1 1 0.01")
        assert f"{server.port}" not in out.split("Connected")[1].split("\n")[0]
    assert status == 0
    assert value(other, "motor/phi/position") == 0


def test_a_real_server_is_only_looked_at(instrument: tuple[Application, str]) -> None:
    application, port = instrument
    application.find("motor/th/offset").write("2")  # type: ignore[union-attr]

    status, out, err = run("demo", "--host", "127.0.0.1", "--port", port)

    assert (status, err) == (0, "")
    assert f"Connected to fourc on 127.0.0.1:{port}." in out
    assert "2.0000" in out
    assert "Nothing was moved or counted" in out
    assert "Scanning" not in out
    assert "Moving" not in out
    assert [value(application, f"motor/{mne}/position") for mne in ("tth", "th", "chi", "phi")] == [0, 2, 0, 0]
    assert [value(application, f"scaler/{mne}/value") for mne in ("sec", "mon", "det")] == [0, 0, 0]


def test_it_moves_what_it_is_told_to_move(instrument: tuple[Application, str]) -> None:
    application, port = instrument
    status, out, err = run("demo", "--port", port, "--move", "chi=0.5", "--move", "phi=-1")
    assert (status, err) == (0, "")
    assert "Moving chi to 0.5 and phi to -1 together:" in out
    assert "Now at chi 0.5000, phi -1.0000." in out
    assert "Counted" not in out
    assert [value(application, f"motor/{mne}/position") for mne in ("tth", "th", "chi", "phi")] == [0, 0, 0.5, -1]
    assert value(application, "scaler/sec/value") == 0


def test_a_motion_to_where_the_motor_stands_ends_too(instrument: tuple[Application, str]) -> None:
    _, port = instrument
    status, out, _ = run("demo", "--port", port, "--move", "chi=0")
    assert status == 0
    assert "Now at chi 0.0000." in out


def test_it_counts_when_it_is_told_to_count(instrument: tuple[Application, str]) -> None:
    application, port = instrument
    status, out, err = run("demo", "--port", port, "--count", "0.2")
    assert (status, err) == (0, "")
    assert "Counted for 0.2 s" in out
    assert "per second" in out
    assert value(application, "scaler/sec/value") == pytest.approx(0.2, abs=0.15)
    assert value(application, "motor/th/position") == 0


def test_where_nothing_listens_it_says_so_in_one_line() -> None:
    with SpecSocket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        status, _, err = run("demo", "--host", "127.0.0.1", "--port", str(port))
    assert status == 3
    assert f"no SPEC server found on 127.0.0.1, port {port}" in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "ends", "reason"),
    [
        (("--move", "chi=1000"), 5, "1000 is beyond its high limit"),
        (("--move", "none=1"), 1, "motor/none/position"),
    ],
)
def test_what_the_server_refuses_is_said_in_one_line(
    instrument: tuple[Application, str], arguments: Any, ends: int, reason: Any
) -> None:
    application, port = instrument
    status, _, err = run("demo", "--port", port, *arguments)
    assert status == ends
    assert reason in one_line(err)
    assert value(application, "motor/chi/position") == 0


def test_counting_that_the_server_refuses_is_said_in_one_line() -> None:
    application = Application("bare")
    for name in ("MOTORS", "COUNTERS"):
        application.publish(f"var/{name}", 0)
    with ServerThread(application, port=0) as server:
        status, out, err = run("demo", "--port", str(server.port), "--count", "1")
    assert "Connected to bare" in out
    assert status == 1
    assert "scaler/.all./count" in one_line(err)


def test_a_server_that_is_busy_is_said_so_in_one_line() -> None:
    with SimulatedSpec(clock=1.0) as spec, SpecSocket() as other:
        other.connect((spec.host, spec.port))
        for command, name, body in (
            (EventTypes.SV_CMD, "", b"sleep(1000)\0"),
            (EventTypes.SV_REGISTER, "status/ready", b""),
        ):
            other.send_spec(0, command, DataTypes.SV_STRING, name, body)
        while other.recv_spec().body != "0":
            pass
        status, _, err = run("demo", "--port", str(spec.port))
    assert status == 1
    assert "is busy: it runs a command" in one_line(err)


def test_of_a_large_instrument_some_motors_are_shown_and_it_is_said_how_many_are_not() -> None:
    application = Application("large")
    application.publish("var/COUNTERS", 0)
    application.publish("var/MOTORS", 50)
    application.function(_mnemonic("motor_mne"))
    application.function(_mnemonic("motor_name"))
    with ServerThread(application, port=0) as server:
        status, out, err = run("demo", "--port", str(server.port))
    assert (status, err) == (0, "")
    assert "m39" in out
    assert "m40" not in out
    assert "... and 10 more" in out


def test_a_server_that_goes_away_is_said_in_one_line(instrument: tuple[Application, str]) -> None:
    application = demonstration("fourc")
    server = ServerThread(application, port=0).start()
    try:
        with (
            watch(str(server.port), "motor/th/move_done") as spec,
            start("demo", "--port", str(server.port), "--move", "th=50") as process,
        ):
            assert spec.recv_spec().body == "1"
            server.stop()
            _, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 3
        one_line(err)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--move", "th"),
        ("--move", "=1"),
        ("--move", "th=far"),
        ("--move", "th="),
        ("--count", "-5"),
        ("--count", "nan"),
        ("--count", "inf"),
        ("--port", "70000"),
        ("--count", "soon"),
        ("--none",),
    ],
)
def test_arguments_that_cannot_be_right_are_refused_before_anything_is_done(
    arguments: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = cli.main(["demo", *arguments])
    except SystemExit as end:
        status = end.code  # type: ignore[assignment]
    assert status == 2
    said = capsys.readouterr()
    assert arguments[0] in said.err or "70000" in said.err
    assert "Connected" not in said.out


def test_a_bad_move_ends_the_process_with_2() -> None:
    status, _, err = run("demo", "--move", "th")
    assert status == 2
    assert "--move 'th' is not MNE=POS" in one_line(err)


@pytest.mark.parametrize("embedded", [False, True])
def test_ctrl_c_stops_what_moves(instrument: tuple[Application, str], embedded: Any) -> None:
    application, port = instrument
    if embedded:
        with start("demo", "--move", "th=80") as process:
            assert process.stdout is not None
            line = next(line for line in process.stdout if "Connected to demo on" in line)
            port = line.rsplit(":", 1)[1].rstrip(".\n")
            with watch(port, "motor/th/move_done") as spec:
                assert spec.recv_spec().body == "1"
                process.send_signal(signal.SIGINT)
                assert spec.recv_spec().body == "0"
                _, err = process.communicate(timeout=TIMEOUT)
    else:
        with watch(port, "motor/th/move_done") as spec, start("demo", "--port", port, "--move", "th=80") as process:
            assert spec.recv_spec().body == "1"
            process.send_signal(signal.SIGINT)
            assert spec.recv_spec().body == "0"
            _, err = process.communicate(timeout=TIMEOUT)
        assert 0 < value(application, "motor/th/position") < 80
    assert process.returncode == 130
    assert one_line(err) == "pycertifspec demo: interrupted"


def test_ctrl_c_stops_what_counts(instrument: tuple[Application, str]) -> None:
    _, port = instrument
    with watch(port, "scaler/.all./count") as spec, start("demo", "--port", port, "--count", "100") as process:
        assert spec.recv_spec().body == "1"
        process.send_signal(signal.SIGINT)
        assert spec.recv_spec().body == "0"
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    one_line(err)


def test_ctrl_c_aborts_a_scan(tmp_path: Path) -> None:
    with (
        SimulatedSpec(clock=1.0, directory=tmp_path) as spec,
        watch(str(spec.port), "motor/samx/move_done") as watching,
        start("demo", "--port", str(spec.port), "--scan", "ascan samx 0 20 1000 0.1") as process,
    ):
        assert watching.recv_spec().body == "1"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 130
        one_line(err)
        assert not spec.beamline.instrument.moving


def test_a_motion_that_does_not_end_is_stopped(
    instrument: tuple[Application, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, port = instrument
    monkeypatch.setattr("pycertifspec.cli.demo.END_TIME", 0.2)
    with watch(port, "motor/th/move_done") as spec:
        status = cli.main(["demo", "--port", port, "--move", "th=80"])
        assert [spec.recv_spec().body for _ in range(2)] == ["1", "0"]
    assert status == 4
    assert "0.2 s" in capsys.readouterr().err


def test_in_the_same_process_it_does_the_same(
    instrument: tuple[Application, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, port = instrument
    assert cli.main(["demo", "--port", port, "--move", "phi=0.4", "--count", "0.1"]) == 0
    threads = threading.enumerate()
    assert cli.main(["demo", "--move", "phi=0.4", "--count", "0.1", "--scan", "ascan samx 0 1 1 0.01"]) == 0
    assert "Now at phi 0.4000" in capsys.readouterr().out
    assert not set(threading.enumerate()) - set(threads)


def test_the_help_is_that_of_argparse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["demo", "--help"])
    assert "usage: pycertifspec demo" in capsys.readouterr().out
    assert end.value.code == 0


def test_every_error_of_ours_has_a_status() -> None:
    from pycertifspec import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    status = {kind: next(number for known, number in cli.EXIT_STATUS if issubclass(kind, known)) for kind in kinds}
    assert status[errors.RemoteError] == 1
    assert status[errors.LocalTypeError] == 2
    assert status[errors.ConnectionLostError] == status[errors.ServerNotFoundError] == 3
    assert status[errors.CallTimeoutError] == 4
    assert 0 not in status.values()


@pytest.mark.parametrize("position", ["nan", "inf", "-inf"])
def test_a_position_that_is_no_number_is_not_sent(instrument: tuple[Application, str], position: str) -> None:
    status, _, err = run("demo", "--port", instrument[1], "--move", f"chi={position}")

    assert status == 2
    assert "is not MNE=POS" in one_line(err)


def test_an_error_told_before_is_not_taken_for_a_refusal(instrument: tuple[Application, str]) -> None:
    assert run("demo", "--port", instrument[1], "--move", "chi=1000")[0] == 5

    assert run("demo", "--port", instrument[1], "--move", "chi=0.2")[0] == 0
    assert value(instrument[0], "motor/chi/position") == pytest.approx(0.2)


def test_without_its_extra_a_command_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    missing = "import sys; sys.modules['rich'] = None; from pycertifspec.cli.main import main; sys.exit(main(['demo']))"

    found = subprocess.run([sys.executable, "-c", missing], capture_output=True, text=True, timeout=60, check=False)

    assert found.returncode == 2
    assert found.stderr == "pycertifspec demo: needs rich: pip install 'pycertifspec[cli]'\n"
