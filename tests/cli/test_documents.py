"""`pycertifspec documents`: a publisher that is started, stopped and killed."""

from __future__ import annotations

import json
import logging
import signal
import time
from typing import TYPE_CHECKING, Any

import event_model
import pytest
from tests.support.command import PATIENCE, run, start

from pycertifspec import Client
from pycertifspec.cli.documents import _default_spool
from pycertifspec.cli.main import main
from pycertifspec.simulator.datafile import read_file
from pycertifspec.testing import ManualClock, SimulatedSpec

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[SimulatedSpec]:
    with SimulatedSpec(directory=tmp_path, clock=ManualClock(start=float(int(time.time())))) as spec:
        with Client(spec.address) as client:
            client.execute("newfile run7.spec")
        yield spec


def words(spec: SimulatedSpec, path: Path, *more: str) -> list[str]:
    return [
        *("documents", "--server", spec.address, "--spool", str(path / "spool"), "--directory", str(path)),
        *("--to", f"jsonl:{path}/scans.jsonl", *more),
    ]


def documents(path: Path) -> list[tuple[str, dict[str, Any]]]:
    file = path / "scans.jsonl"
    text = file.read_text() if file.exists() else ""
    return [tuple(json.loads(line)) for line in text.splitlines() if line.endswith("}]")]


def wait_for_points(path: Path, count: int) -> None:
    """Look at the file until so many events are there; the test's own limit ends it."""
    while sum(name == "event" for name, _ in documents(path)) < count + 1:  # and the baseline
        time.sleep(0.01)


def noted(process: subprocess.Popen[str], text: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if text in line)


def test_a_scan_is_followed_into_files(spec: SimulatedSpec, tmp_path: Path) -> None:
    with start(
        *words(spec, tmp_path, "--to", f"spec:{tmp_path}/copy.spec", "-n", "1", "--units", "samx=mm")
    ) as process:
        noted(process, "publishing the scans of 127.0.0.1:fourc to jsonl:")
        with Client(spec.address) as client:
            scan = client.scan("ascan samx 0 1 2 1")
            client.wait_for("status/ready", wanted=False, timeout=PATIENCE)
            spec.clock.advance(1000)
            scan.wait(PATIENCE)
        noted(process, "scan 1 of run7.spec: success, 3 points")
        assert process.wait(PATIENCE) == 0
    found = documents(tmp_path)
    for name, document in found:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
    assert [name for name, _ in found] == ["start", "descriptor", "event", "descriptor", *3 * ["event"], "stop"]
    assert found[3][1]["data_keys"]["samx"]["units"] == "mm"
    (copy,) = read_file(tmp_path / "copy.spec").scans
    assert copy.raw == read_file(tmp_path / "run7.spec").scans[0].raw


def test_a_publisher_that_is_killed_amid_a_scan_completes_the_run_once(spec: SimulatedSpec, tmp_path: Path) -> None:
    with Client(spec.address) as client:
        with start(*words(spec, tmp_path)) as process:
            noted(process, "publishing")
            scan = client.scan("loopscan 6 1")
            client.wait_for("status/ready", wanted=False, timeout=PATIENCE)
            spec.clock.advance(2.5)
            wait_for_points(tmp_path, 2)
            process.send_signal(signal.SIGKILL)
        spec.clock.advance(2)  # points while it is away
        with start(*words(spec, tmp_path)) as process:
            wait_for_points(tmp_path, 4)
            process.send_signal(signal.SIGKILL)
        spec.clock.advance(1000)
        scan.wait(PATIENCE)
    done = run(*words(spec, tmp_path, "-n", "1"))
    assert done.status == 0
    found = documents(tmp_path)
    assert [name for name, _ in found] == ["start", "descriptor", "event", "descriptor", *6 * ["event"], "stop"]
    assert [document["seq_num"] for name, document in found if name == "event"][1:] == [1, 2, 3, 4, 5, 6]
    assert len({document["uid"] for _, document in found}) == len(found)
    assert found[-1][1]["exit_status"] == "success"


def test_ctrl_c_and_sigterm_end_it_in_order(spec: SimulatedSpec, tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with start(*words(spec, tmp_path)) as process:
            noted(process, "publishing")
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0


def test_a_second_one_with_the_same_spool_is_wrong_usage(spec: SimulatedSpec, tmp_path: Path) -> None:
    with start(*words(spec, tmp_path)) as process:
        noted(process, "publishing")
        second = run(*words(spec, tmp_path))
        process.terminate()
    assert second.status == 2
    assert "another publisher may have it open" in second.err


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ([], "where to? Such as --to jsonl:scans.jsonl"),
        (["--to", "ftp:x"], "is no place for documents; there are jsonl:FILE"),
        (["--to", "jsonl:x", "-n", "0"], "--count 0 is no number of runs"),
        (["--to", "jsonl:x", "--spool-size", "0"], "--spool-size 0 is no number of megabytes"),
    ],
)
def test_wrong_usage_is_said(capsys: Any, more: list[str], text: str) -> None:
    assert main(["documents", *more]) == 2
    assert text in capsys.readouterr().err


def test_units_are_pairs(spec: SimulatedSpec, tmp_path: Path, capsys: Any) -> None:
    assert main([*words(spec, tmp_path), "--units", "samx"]) == 2
    assert "--units 'samx' is not MNEMONIC=UNIT" in capsys.readouterr().err


def test_no_server_is_an_error_unless_it_is_waited_for(tmp_path: Path) -> None:
    spec = SimulatedSpec(directory=tmp_path)
    with spec:
        port = spec.port
    address = f"127.0.0.1:{port}"
    common = ["--spool", str(tmp_path / "spool"), "--to", f"jsonl:{tmp_path}/scans.jsonl"]
    assert run("documents", "--server", address, *common).status == 3
    with start("documents", "--server", address, *common, "--wait-for-server") as process:
        noted(process, "it is looked for again in")
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_the_spool_is_in_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/home/spec/state")
    assert str(_default_spool("beamline:fourc")) == "/home/spec/state/pycertifspec/documents-beamline_fourc.spool"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/documents:/var/lib/other")
    assert str(_default_spool("x")) == "/var/lib/documents/pycertifspec/documents-x.spool"


def test_what_fails_in_bluesky_s_own_code_is_said_in_a_line_without_a_traceback(capsys: Any) -> None:
    from pycertifspec.cli.documents import _telling
    from pycertifspec.cli.output import Output

    with _telling(Output()):
        logging.getLogger("bluesky").error("NATS publish failed", exc_info=ConnectionError("gone"))

    assert capsys.readouterr().err == "NATS publish failed\n"


def test_what_the_publisher_logs_is_said_on_standard_error_while_it_runs(capsys: Any) -> None:
    from pycertifspec.cli.documents import _telling
    from pycertifspec.cli.output import Output

    logger = logging.getLogger("pycertifspec.documents")
    with _telling(Output()):
        logger.info("scan 1")
    logger.info("scan 2")
    assert capsys.readouterr().err == "scan 1\n"
