"""`sniff`, `replay` and `discover` as processes, against a simulated SPEC."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.support.captures import CLIENT, SERVER, SYN, framed, pcap, pcapng, tcp
from tests.support.command import PATIENCE, Done, Terminal, one_line, run, start
from tests.support.packets import VECTORS

from pycertifspec.errors import DataFileError, RemoteError
from pycertifspec.server import ServerThread
from pycertifspec.server.demonstration import demonstration
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.traffic import recording, replaying
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.server import Application

MESSAGE = {
    "type": "object",
    "required": ["name", "value", "type", "units", "timestamp", "connection", "direction", "kind", "sn", "error"],
    "properties": {
        "name": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
        "direction": {"enum": ["up", "down"]},
        "connection": {"type": "integer"},
        "error": {"type": "boolean"},
        "elapsed": {"type": ["number", "null"]},
        "note": {"type": "string"},
    },
}
SERVERS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["host", "port", "name", "version", "ready", "seconds", "address"],
        "properties": {
            "host": {"type": "string"},
            "port": {"type": "integer"},
            "name": {"type": "string"},
            "version": {"type": ["string", "null"]},
            "ready": {"type": ["boolean", "null"]},
            "seconds": {"type": "number"},
            "address": {"type": "string"},
        },
    },
}


@pytest.fixture
def instrument() -> Iterator[tuple[Application, str]]:
    application = demonstration("fourc")
    with ServerThread(application, port=0) as server:
        yield application, f"127.0.0.1:{server.port}"


def ask(port: int, name: str, command: EventTypes = EventTypes.SV_CHAN_READ, body: bytes = b"") -> Any:
    with SpecSocket() as spec:
        spec.settimeout(PATIENCE)
        spec.connect(("127.0.0.1", port))
        spec.send_spec(7, command, DataTypes.SV_STRING, name, body)
        reply = spec.recv_spec()
        if reply.is_error:
            raise RemoteError(values.text_of(reply))
        return values.decode(reply)


class Running:
    """A command that serves until it is told to stop."""

    def __init__(self, *words: str | Path, cwd: Path | None = None) -> None:
        self.process: subprocess.Popen[str] = start(*words, cwd=cwd)

    def port(self) -> int:
        """Read the line that says where it listens."""
        stream = self.process.stderr if "sniff" in self.process.args else self.process.stdout  # type: ignore[operator]
        assert stream is not None
        return int(stream.readline().split("127.0.0.1:")[1].split()[0])

    def stop(self, number: int = signal.SIGINT) -> Done:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return Done(self.process.returncode, out, err)

    def __enter__(self) -> Running:  # noqa: PYI034
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_messages_are_shown_in_both_directions(instrument: tuple[Application, str], number: int) -> None:
    with Running("sniff", "--server", instrument[1], "--port", "0") as sniff:
        assert ask(sniff.port(), "motor/th/position") == "0"
        done = sniff.stop(number)
    assert (done.status, done.err) == (0, "")
    lines = [line.split(" ", 1)[1] for line in done.out.splitlines()]
    assert lines[0].startswith("  1 > -- 127.0.0.1:")
    assert lines[1] == "  1 > chan_read        motor/th/position #7"
    assert lines[2].startswith("  1 < reply            motor/th/position #7 '0' (")


def test_as_json_filtered_and_ended_by_a_count(instrument: tuple[Application, str]) -> None:
    words = ("--property", "motor/*/position", "--kind", "reply", "--count", "2", "--jsonl", "-q")
    with Running("sniff", "--server", instrument[1], "--port", "0", *words[:-1]) as sniff:
        port = sniff.port()
        for name in ("motor/th/position", "scaler/det/value", "motor/tth/position"):
            ask(port, name)
        out, err = sniff.process.communicate(timeout=PATIENCE)
    assert (sniff.process.returncode, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    for item in found:
        jsonschema.validate(item, MESSAGE)
    assert [item["name"] for item in found if item["type"] != "note"] == ["motor/th/position", "motor/tth/position"]


def test_a_recording_is_served_again(instrument: tuple[Application, str], tmp_path: Path) -> None:
    with Running("sniff", "--server", instrument[1], "--port", "0", "--record", "r.jsonl", "-t", cwd=tmp_path) as sniff:
        port = sniff.port()
        assert ask(port, "motor/th/position") == "0"
        done = sniff.stop()
        assert "1 > chan_read " in done.out
    again = run("sniff", "--server", instrument[1], "--port", "0", "--record", "r.jsonl", cwd=tmp_path)
    assert again.status == 2
    assert "r.jsonl: is there already" in one_line(again.err)

    with Running("replay", tmp_path / "r.jsonl", "--port", "0", "--speed", "inf") as replay:
        port = replay.port()
        assert ask(port, "motor/th/position") == "0"
        with pytest.raises(RemoteError, match="not in the recording"):
            ask(port, "motor/none/position")
        done = replay.stop()
    assert done.status == 0
    assert done.err == "not in the recording: chan_read motor/none/position\n"


@pytest.mark.parametrize(
    ("form", "expected"), [("-t", r"\d+\n"), ("--jsonl", r'\{"name": "replay", .*"port": \d+\}\n')]
)
def test_where_it_is_served_is_told_in_each_form(
    instrument: tuple[Application, str], tmp_path: Path, form: str, expected: str
) -> None:
    import re

    path = tmp_path / "r.jsonl"
    with Running("sniff", "--server", instrument[1], "--port", "0", "--record", path) as sniff:
        ask(sniff.port(), "motor/th/position")
        sniff.stop()
    with Running("replay", path, "--port", "0", form) as replay:
        assert replay.process.stdout is not None
        assert re.fullmatch(expected, replay.process.stdout.readline())
        replay.stop()


def test_of_a_read_only_session_nothing_is_passed_on_that_moves(
    instrument: tuple[Application, str], tmp_path: Path
) -> None:
    host, port = instrument[1].split(":")
    (tmp_path / "pycertifspec.toml").write_text(f'[sessions.fourc]\nhost = "{host}"\nport = {port}\nread_only = true\n')
    with Running("sniff", "--server", "fourc", "--port", "0", cwd=tmp_path) as sniff:
        assert sniff.process.stderr is not None
        told = sniff.process.stderr.readline()
        relay = int(told.split("127.0.0.1:")[1].split()[0])
        assert told.endswith(f"for {instrument[1]}, read-only\n")
        with pytest.raises(RemoteError, match="read-only"):
            ask(relay, "motor/th/start_one", EventTypes.SV_CHAN_SEND, b"5\0")
        assert ask(relay, "motor/th/position") == "0"
        sniff.stop()


def test_the_server_that_goes_away_is_noted(tmp_path: Path) -> None:
    server = ServerThread(demonstration("fourc"), port=0).start()
    try:
        with Running("sniff", "--server", f"127.0.0.1:{server.port}", "--port", "0") as sniff, SpecSocket() as spec:
            spec.settimeout(PATIENCE)
            spec.connect(("127.0.0.1", sniff.port()))
            spec.send_spec(1, EventTypes.SV_CHAN_READ, 0, "motor/th/position")
            spec.recv_spec()
            server.stop()
            with pytest.raises(ConnectionError):
                spec.recv_spec()
            assert "< -- closes" in sniff.stop().out
    finally:
        server.stop()


CAPTURED = pcap([
    framed(1, tcp(CLIENT, SERVER, 100, flags=SYN)),
    framed(1, tcp(CLIENT, SERVER, 101, VECTORS["hello_v4_le"])),
    framed(1, tcp(SERVER, CLIENT, 1, VECTORS["hello_reply_v4_le"])),
])  # fmt: skip


def test_a_capture_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "c.pcap").write_bytes(CAPTURED)
    done = run("sniff", "--read", tmp_path / "c.pcap", "--jsonl", "--record", tmp_path / "r.jsonl")
    assert (done.status, done.err) == (0, "")
    found = [json.loads(line) for line in done.out.splitlines()]
    for item in found:
        jsonschema.validate(item, MESSAGE)
    assert [item["kind"] for item in found] == ["note", "hello", "hello_reply"]
    assert found[2]["value"] == "fourc"
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 4
    assert len(run("sniff", "--read", tmp_path / "c.pcap", "--count", "1", "-q").out.splitlines()) == 1


def test_what_a_capture_lacks_is_said(tmp_path: Path) -> None:
    late = framed(1, tcp(SERVER, CLIENT, 1000, VECTORS["hello_reply_v4_le"]))
    (tmp_path / "c.pcap").write_bytes(CAPTURED + pcap([late])[24:])
    out = run("sniff", "--read", tmp_path / "c.pcap").out.splitlines()
    assert out[-2].endswith(" < -- 861 bytes were not captured")
    assert "hello_reply" in out[-1]
    (tmp_path / "c.pcap").write_bytes(pcap([b"1234", b"5678"], 147))
    done = run("sniff", "--read", tmp_path / "c.pcap")
    assert (done.status, done.out) == (0, "")
    assert one_line(done.err).endswith("c.pcap: 2 frames of link type 147 were not understood")


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_capture_that_was_cut_is_shown_as_far_as_it_goes_and_that_is_said(tmp_path: Path, make: Any) -> None:
    frames = [framed(1, tcp(CLIENT, SERVER, 101, VECTORS["hello_v4_le"])) for _ in range(2)]
    (tmp_path / "c.pcap").write_bytes(make(frames)[:-10])
    done = run("sniff", "--read", tmp_path / "c.pcap", "-t")
    assert (done.status, done.out.count("hello")) == (0, 1)
    assert done.out.startswith("1 > hello ")
    assert one_line(done.err).endswith("c.pcap: ends within a frame: it was cut")


@pytest.mark.parametrize("limit", ["MAX_MESSAGES", "MAX_BYTES"])
def test_a_recording_that_does_not_fit_into_memory_is_not_served(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.pcap").write_bytes(CAPTURED)
    run("sniff", "--read", tmp_path / "c.pcap", "--record", tmp_path / "r.jsonl")
    with (tmp_path / "r.jsonl").open() as lines:
        passings = list(recording.read(lines))
    assert len(replaying.conversations(passings)) == 1
    monkeypatch.setattr(replaying, limit, 1)
    with pytest.raises(DataFileError, match="is kept in memory, and has more than"):
        replaying.conversations(passings)


def test_who_stops_reading_the_messages_ends_it_quietly(instrument: tuple[Application, str]) -> None:
    with Running("sniff", "--server", instrument[1], "--port", "0") as sniff:
        assert sniff.process.stdout is not None
        port = sniff.port()
        sniff.process.stdout.close()
        with contextlib.suppress(ConnectionError):  # it may have ended before the answer
            ask(port, "motor/th/position")
        assert sniff.process.wait(PATIENCE) == 141


def test_it_ends_after_its_time(instrument: tuple[Application, str]) -> None:
    done = run("sniff", "--server", instrument[1], "--port", "0", "--duration", "0.01", "-q")
    assert done == (0, "", "")


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["sniff", "--read", "none"], 2, "none: No such file"),
        (["sniff", "--read", "text"], 1, "text: this is no capture"),
        (["sniff", "--read", "text", "--server", "a"], 2, "do not go together"),
        (["sniff", "--count", "0"], 2, "--count 0 is no number of messages"),
        (["sniff", "--duration", "nan"], 2, "--duration nan is no time"),
        (["sniff", "--kind", "noise"], 2, "argument --kind: invalid choice: 'noise'"),
        (["sniff", "--server", "127.0.0.1:1"], 3, "no SPEC server found on 127.0.0.1, port 1"),
        (["sniff", "--server", "127.0.0.1:1", "--port", "x"], 2, "--port 'x' is neither a port nor a range"),
        (["replay", "none"], 2, "none: No such file"),
        (["replay", "text"], 1, "text: this is no recording of ours"),
        (["replay", "damaged"], 1, "damaged: line 2 of the recording: not understood: 'oh'"),
        (["sniff", "--read", "c.pcap", "--record", "text"], 2, "text: is there already: a recording is a new file"),
        (["replay", "empty"], 1, "has no requests that could be answered"),
        (["discover", "127.0.0.1:1"], 3, "no SPEC server found on 127.0.0.1, port 1"),
        (["discover", "127.0.0.1:1", "127.0.0.2:1"], 3, "no SPEC server found on 127.0.0.1:1, 127.0.0.2:1"),
        (["discover", "--port", "9-8"], 2, "--port '9-8' is neither"),
        (["discover", "-w", "0"], 2, "--timeout: timeout is 0.0, expected seconds above 0"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, words: list[str], status: int, reason: str) -> None:
    (tmp_path / "text").write_text("hello, hello\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "damaged").write_text(recording.heading("x") + "oh")
    (tmp_path / "c.pcap").write_bytes(CAPTURED)
    done = run(*words, cwd=tmp_path)
    assert (done.status, done.out) == (status, "")
    assert reason in one_line(done.err)


def test_a_replay_whose_port_is_taken_or_speed_is_none_is_told(
    instrument: tuple[Application, str], tmp_path: Path
) -> None:
    (tmp_path / "c.pcap").write_bytes(CAPTURED)
    run("sniff", "--read", tmp_path / "c.pcap", "--record", tmp_path / "r.jsonl")
    taken = run("replay", tmp_path / "r.jsonl", "--port", instrument[1].split(":")[1])
    assert taken.status == 3
    assert "cannot listen on" in one_line(taken.err)
    assert run("replay", tmp_path / "r.jsonl", "--speed", "0").status == 2


# ---- discover ----


def test_every_server_is_found(instrument: tuple[Application, str]) -> None:
    with ServerThread(demonstration("psic"), port=0) as other:
        address = f"127.0.0.1:{other.port}"
        done = run("discover", instrument[1], address, "127.0.0.1:1", "--json")
        terse = run("discover", instrument[1], address, "-t").out
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    jsonschema.validate(found, SERVERS)
    assert {(item["name"], item["address"]) for item in found} == {("fourc", instrument[1]), ("psic", address)}
    assert set(terse.split()) == {instrument[1], address}


def test_ports_that_speak_something_else_or_nothing_hold_nobody_up(instrument: tuple[Application, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            client, _ = other.accept()
            with client:
                client.sendall(b"220 welcome to something else\r\n" * 20)

        thread = threading.Thread(target=greet)
        thread.start()
        addresses = [f"127.0.0.1:{sock.getsockname()[1]}" for sock in (silent, other)]
        done = run("discover", *addresses, instrument[1], "-w", "0.5")
        thread.join()
    assert done.status == 0
    assert [line.split("\t")[2] for line in done.out.splitlines()] == ["name", "fourc"]


def test_a_server_that_says_nothing_but_its_name_is_shown_with_what_is_not_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(1000)
                client.sendall(VECTORS["hello_reply_v4_le"])
                client.recv(1000)

        thread = threading.Thread(target=answer)
        thread.start()
        done = run("discover", f"127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert done.status == 0
    assert done.out.splitlines()[1].split("\t")[2:5] == ["fourc", "?", "?"]


def test_a_host_that_nobody_knows_is_said_and_the_others_are_shown(instrument: tuple[Application, str]) -> None:
    done = run("discover", "no-such-host.invalid", instrument[1])
    assert done.status == 0
    assert "the host 'no-such-host.invalid' is not known" in one_line(done.err)
    assert "fourc" in done.out
    assert run("discover", "no-such-host.invalid", "-q").status == 3


def test_by_name_others_are_not_told(instrument: tuple[Application, str]) -> None:
    port = instrument[1].split(":")[1]
    assert "fourc" in run("discover", "127.0.0.1:fourc", "--port", port).out
    assert run("discover", "127.0.0.1:psic", "--port", port).status == 3


def test_in_a_terminal_servers_are_a_table(instrument: tuple[Application, str]) -> None:
    with Terminal("discover", instrument[1]) as terminal:
        assert terminal.end() == 0
        assert terminal.lines[0].split() == ["host", "port", "name", "version", "ready", "seconds"]
        assert "fourc" in terminal.lines[1]


def test_messages_come_to_a_terminal_as_they_pass(instrument: tuple[Application, str]) -> None:
    with Terminal("sniff", "--server", instrument[1], "--port", "0") as terminal:
        line = next(line for line in terminal.wait_for("listening on") if "listening" in line)
        ask(int(line.split("127.0.0.1:")[1].split()[0]), "motor/th/position")
        terminal.wait_for("motor/th/position #7 '0'")
        terminal.type("\x03")
        assert terminal.end() == 0


def test_a_screen_that_stands_still_does_not_hold_up_the_beamline(
    instrument: tuple[Application, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from argparse import Namespace
    from io import StringIO

    from pycertifspec.cli import telling
    from pycertifspec.cli.output import Output
    from pycertifspec.traffic.passing import Listener

    class Stuck(StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.go_on = threading.Event()

        def write(self, text: str) -> int:
            assert self.go_on.wait(PATIENCE)
            return super().write(text)

    monkeypatch.setattr(telling, "MAX_WAITING", 3)
    out, ended = Stuck(), threading.Event()
    options = Namespace(count=None, record=None, property=[], kind=[], form="text")
    with telling.Teller(options, Output(out=out), "x", ended.set) as teller:
        for number in range(9):
            teller.hear(Listener(1).note("up", f"note {number}", 0.0))
        out.go_on.set()
        # Once the screen goes on, there is room again.
        while teller._waiting:
            threading.Event().wait(0.001)
        teller.hear(Listener(1).note("up", "last", 0.0))
    lines = [line.split(" -- ")[1] for line in out.getvalue().splitlines()]
    assert ended.is_set()
    assert lines[0] == "note 0"
    assert "messages were left out here" in lines[-2]
    assert lines[-1] == "last"
