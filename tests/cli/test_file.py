"""`pycertifspec file`, as a process of its own and in a terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.support.command import Terminal, lines_of, one_line, run, start

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "#F run7\n#E 1700000000\n#D Tue Nov 14 22:13:20 2023\n#C fourc  User = anna\n#O0 Theta\n"
FIRST = "\n#S 1  ascan  th 0 1 2 0.1\n#D Tue Nov 14 22:14:20 2023\n#P0 30\n#N 3\n#L Theta  Epoch  Detector\n"
ROWS = ["0 60.5 10\n", "0.5 61 40\n", "1 61.5 20\n"]
AGAIN = "\n#S 1  ascan  th 0 1 2 0.1\n#N 1\n#L Theta\n7\n"
MCA = "\n#S 3  mca\n#@CHANN 4 100 103 1\n#N 1\n#L Theta\n@A 1 2 3 4\n0\n"

SUMMARY = {
    "type": "object",
    "required": ["scan", "number", "order", "command", "date", "points", "labels", "spectra_count", "aborted", "line"],
    "properties": {
        "scan": {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
        "number": {"type": "integer"},
        "order": {"type": "integer"},
        "command": {"type": "string"},
        "points": {"type": "integer"},
        "labels": {"type": "array", "items": {"type": "string"}},
        "aborted": {"type": "boolean"},
        "line": {"type": "integer"},
    },
}
LISTING = {
    "type": "object",
    "required": ["scans", "problems", "more_problems"],
    "additionalProperties": False,
    "properties": {
        "scans": {"type": "array", "items": SUMMARY},
        "problems": {
            "type": "array",
            "items": {"type": "object", "required": ["line", "text", "reason"]},
        },
        "more_problems": {"type": "integer"},
    },
}
RECORD = {
    "type": "object",
    "required": ["name", "value", "type", "units", "timestamp"],
    "properties": {"name": {"type": "string"}, "units": {"type": "string"}, "timestamp": {"type": ["string", "null"]}},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run7.spec"
    path.write_text(HEAD + FIRST + "".join(ROWS) + AGAIN + MCA)
    return path


def test_without_a_scan_it_lists_them(path: Path) -> None:
    done = run("file", path)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "scan\tcommand\tpoints\tdate\taborted",
        "1\tascan  th 0 1 2 0.1\t3\tTue Nov 14 22:14:20 2023\t",
        "1.2\tascan  th 0 1 2 0.1\t1\t\t",
        "3\tmca\t1\t\t",
    ]
    assert run("file", path, "-t").out == "1\n1.2\n3\n"


def test_json_is_what_it_says_it_is(path: Path) -> None:
    path.write_text(path.read_text() + "what is this\n")
    listing = json.loads(run("file", path, "--json").out)
    jsonschema.validate(listing, LISTING)
    assert [problem["line"] for problem in listing["problems"]] == [27]
    shown = json.loads(run("file", path, "1", "--json").out)
    jsonschema.validate(shown, LISTING)
    assert shown["scans"][0]["data"] == [[0.0, 60.5, 10.0], [0.5, 61.0, 40.0], [1.0, 61.5, 20.0]]
    for line in run("file", path, "--jsonl").out.splitlines() + run("file", path, "all", "--jsonl").out.splitlines():
        jsonschema.validate(json.loads(line), SUMMARY)


def test_a_scan_is_shown_as_a_table_for_programs(path: Path) -> None:
    done = run("file", path, "1.1")
    assert (done.status, done.err) == (0, "")
    assert done.out == "Theta\tEpoch\tDetector\n0\t60.5\t10\n0.5\t61\t40\n1\t61.5\t20\n"
    assert run("file", path, "1.1", "-t").out == done.out.split("\n", 1)[1]


def test_of_scans_with_one_number_it_says_which_is_shown(path: Path) -> None:
    done = run("file", path, "1")
    assert done.err == "scan 1 is there 2 times: this is 1.1\n"
    assert run("file", path, "1", "-q").err == ""
    assert run("file", path, "1.2").out == "Theta\n7\n"


def test_ranges_the_last_and_all(path: Path) -> None:
    assert run("file", path, "last").out == "Theta\n0\n"
    assert run("file", path, "1-2").out.count("Theta") == 2
    assert run("file", path, "all").out.count("Theta") == 3


def test_what_was_not_understood_is_said_with_the_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x1b[31mwhat is this\n")
    done = run("file", path)
    assert done.status == 0
    assert one_line(done.err).startswith(f"{path}: line 27: not understood: ")
    assert "\x1b" not in done.err
    path.write_text("#S 1 x\n" + "nonsense\n" * 1200)
    assert run("file", path).err.splitlines()[-1].endswith(": 1190 more lines were not understood; -v shows them")
    assert run("file", path, "-v").err.splitlines()[-1] == f"{path}: 200 more lines were not understood"


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["9"], 1, "there is no scan 9 among 3 scans"),
        (["1.3"], 1, "there is no scan 1.3"),
        (["7-9"], 1, "there is no scan from 7 to 9"),
        (["first"], 2, "'first' is no scan: 12, 12.2, 3-7, last or all"),
        (["1-x"], 2, "'1-x' is no scan"),
        (["1", "--plot", "-y", "none"], 1, "has no column 'none'; it has Theta, Epoch, Detector"),
        (["1", "--spectrum", "0"], 1, "scan 1 has no spectrum of point 0"),
        (["--save", "a.xlsx"], 2, "what kind of file is a.xlsx?"),
        (["--save", "run7.spec"], 2, "is there already"),
        (["--save", "/nonexistent/a.json"], 2, "/nonexistent: there is no such directory"),
        (["--save", "a.csv"], 1, "choose one scan instead of 3"),
        (["--follow", "1"], 2, "--follow shows the last scan"),
        (["--follow", "--save", "a.csv"], 2, "do not go together"),
        (["--follow", "--json"], 2, "use --jsonl"),
        (["--follow", "--duration", "0"], 2, "is no time to follow"),
        (["--plot", "--save", "a.csv"], 2, "do not go together"),
        (["--duration", "1"], 2, "--duration is for --follow"),
        (["--replace"], 2, "are for --save"),
        (["1", "-y", "Theta"], 2, "are for --plot"),
        (["--spectrum", "1", "--follow"], 2, "is for one scan"),
        (["--spectrum", "x"], 2, "argument --spectrum: invalid int value"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(path: Path, words: list[str], status: int, reason: str) -> None:
    done = run("file", path, *words, "-q", cwd=path.parent)
    assert done.status == status
    assert reason in one_line(done.err)
    assert done.out == ""


def test_files_that_are_not_there_or_something_else_are_told(tmp_path: Path) -> None:
    done = run("file", tmp_path / "none")
    assert (done.status, done.err) == (2, f"pycertifspec file: {tmp_path / 'none'}: No such file or directory\n")
    (tmp_path / "empty").write_text("")
    assert run("file", tmp_path / "empty").out == "scan\tcommand\tpoints\tdate\taborted\n"
    assert "there is no scan in the file" in one_line(run("file", tmp_path / "empty", "last").err)


def test_a_scan_is_plotted_without_colour_in_a_pipe(path: Path) -> None:
    done = run("file", path, "1.1", "--plot", env={"COLUMNS": "60", "LINES": "20"})
    assert done.status == 0
    lines = done.out.splitlines()
    assert "scan 1  ascan  th 0 1 2 0.1" in lines[0]
    assert done.out.count("•") == 3
    assert "Theta" in done.out
    assert "Detector" in done.out
    assert "\x1b" not in done.out
    assert max(map(len, lines)) <= 60
    assert run("file", path, "1.1", "--plot", "-x", "Epoch", "-y", "Theta").out.count("•") == 3


def test_spectra_are_shown_and_plotted(path: Path) -> None:
    assert run("file", path, "3", "--spectrum", "0").out == "100\t1\n101\t2\n102\t3\n103\t4\n"
    assert run("file", path, "--spectrum", "0", "-t").out == "1\n2\n3\n4\n"
    plot = run("file", path, "--plot", "--spectrum", "0").out
    assert "channel" in plot
    assert plot.count("•") == 4


def test_scans_without_points_or_columns_cannot_be_plotted(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("#S 1 x\n#N 1\n#L a\nnan\n\n#S 2 y\n")
    assert run("file", tmp_path / "a", "1", "--plot").out == "scan 1  x: no points\n"
    assert "has no columns to plot" in run("file", tmp_path / "a", "2", "--plot").err
    assert run("file", tmp_path / "a", "2").out == ""


@pytest.mark.parametrize("suffix", ["json", "h5", "nxs", "spec"])
def test_a_file_is_converted(path: Path, suffix: str) -> None:
    done = run("file", path, "--save", f"out.{suffix}", cwd=path.parent)
    assert (done.status, done.out, done.err) == (0, "", f"3 scans saved in out.{suffix}\n")
    assert (path.parent / f"out.{suffix}").stat().st_size > 100
    assert run("file", path, "1.1", "--save", "one", "--form", "csv", "-q", cwd=path.parent).err == ""
    assert (path.parent / "one").read_text().endswith("1.0,61.5,20.0\n")


def test_without_its_extra_a_conversion_says_what_to_install(path: Path) -> None:
    program = "import sys; sys.modules['h5py'] = None; from pycertifspec.cli.main import main; sys.exit(main())"
    import subprocess

    words = [sys.executable, "-c", program, "file", str(path), "--save", str(path.with_suffix(".h5"))]
    found = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert found.returncode == 2
    assert found.stderr == "pycertifspec file: needs h5py: pip install 'pycertifspec[files]'\n"
    assert list(path.parent.iterdir()) == [path]


# ---- a file that grows ----


def test_rows_are_shown_as_they_are_written(path: Path) -> None:
    path.write_text(HEAD + FIRST + ROWS[0])
    with start("file", path, "--follow", "--jsonl") as process, path.open("a") as file:
        found: list[Any] = []
        lines = map(json.loads, lines_of(process))
        found += [next(lines), next(lines)]
        file.write(ROWS[1] + ROWS[2][:3])
        file.flush()
        found.append(next(lines))
        file.write(ROWS[2][3:] + "#C x.  Scan aborted after 3 points.\n" + AGAIN)
        file.flush()
        found += [next(lines), next(lines), next(lines)]
        process.send_signal(2)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert process.stderr.read() == "scan 1 was aborted after 3 points\npycertifspec file: interrupted\n"
    for item in found:
        jsonschema.validate(item, RECORD)
    assert [item["type"] for item in found] == ["scan", "row", "row", "row", "scan", "row"]
    assert [item.get("point") for item in found] == [None, 0, 1, 2, None, 0]
    assert found[2]["value"] == {"Theta": 0.5, "Epoch": 61.0, "Detector": 40.0}
    assert found[2]["timestamp"] == "2023-11-14T22:14:21.000000+00:00"
    assert found[4]["name"] == "1.2"


def test_a_file_that_is_replaced_is_read_again(path: Path, tmp_path: Path) -> None:
    with start("file", path, "--follow") as process:
        lines = lines_of(process)
        assert [next(lines), next(lines), next(lines)] == ["scan 3  mca\n", "Theta\n", "0\n"]
        (tmp_path / "new").write_text(HEAD + FIRST + ROWS[0])
        (tmp_path / "new").replace(path)
        assert next(lines) == "scan 1  ascan  th 0 1 2 0.1\n"
        process.send_signal(2)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert "was replaced" in process.stderr.read()


def test_following_ends_after_its_time(path: Path) -> None:
    done = run("file", path, "--follow", "--duration", "0.01", "-t")
    assert (done.status, done.out, done.err) == (0, "0\n", "")
    empty = path.with_name("empty")
    empty.write_text("")
    assert run("file", empty, "--follow", "--duration", "0.01", "--plot").out == ""


# ---- in a terminal ----


def test_in_a_terminal_the_list_is_a_table(path: Path) -> None:
    with Terminal("file", path) as terminal:
        assert terminal.end() == 0
        assert terminal.lines[0].split() == ["scan", "command", "points", "date", "aborted"]
        assert terminal.lines[2].split()[:2] == ["1.2", "ascan"]


def test_a_table_that_is_too_wide_is_continued_below_with_its_first_column(tmp_path: Path) -> None:
    labels = "  ".join(f"Counter {number}" for number in range(12))
    (tmp_path / "wide").write_text(f"#S 1 x\n#N 12\n#L {labels}\n" + " ".join(map(str, range(100, 112))) + "\n")
    with Terminal("file", tmp_path / "wide", "1") as terminal:
        assert terminal.end() == 0
    shown = [line for line in terminal.lines if line]
    assert shown[0] == "scan 1  x"
    assert [line.split()[0] for line in shown if "100" in line] == ["100", "100"]
    assert "Counter 11" in shown[-2]
    assert shown[-1].split()[-1] == "111"


@pytest.mark.parametrize(("env", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_plot_fits_into_the_terminal_in_its_colours(path: Path, env: dict[str, str], colored: Any) -> None:
    with Terminal("file", path, "1.1", "--plot", env=env) as terminal:
        assert terminal.end() == 0
    assert "scan 1  ascan" in "".join(terminal.lines)
    assert (b"\x1b[38" in terminal.raw) == colored


def test_a_plot_grows_with_the_file(path: Path) -> None:
    path.write_text(HEAD + FIRST + ROWS[0])
    with Terminal("file", path, "--follow", "--plot") as terminal, path.open("a") as file:
        terminal.wait_for("Detector")
        file.write("".join(ROWS[1:]))
        file.flush()
        terminal.wait_until(lambda lines: sum(line.count("•") for line in lines) == 3)
        terminal.type("\x03")
        assert terminal.end() == 130


def test_rows_that_come_stand_in_columns(path: Path) -> None:
    with Terminal("file", path, "--follow", "--duration", "0.01") as terminal:
        assert terminal.end() == 0
        assert terminal.lines[1:3] == ["       Theta", "           0"]


def test_what_is_no_data_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "peak.csv").write_text("a,b\n1,2\n3,4\n")
    done = run("file", "peak.csv", cwd=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert "peak.csv: no scan was found, and 3 lines were not understood: this is no SPEC" in one_line(done.err)


def test_a_file_without_a_scan_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "new.spec").write_text("#F new\n#E 1700000000\n")
    done = run("file", "new.spec", cwd=tmp_path)
    assert (done.status, done.out) == (0, "scan\tcommand\tpoints\tdate\taborted\n")
    assert one_line(done.err) == "new.spec: there is no scan in it"


def test_of_many_lines_that_were_not_understood_a_few_are_said_unless_all_are_wanted(tmp_path: Path) -> None:
    lines = [f"{number} oh {'x' * 300}" for number in range(30)]
    (tmp_path / "odd.spec").write_text("#S 1 x\n#N 1\n#L a\n1\n" + "\n".join(f"x{line}" for line in lines) + "\n")
    *said, last = run("file", "odd.spec", cwd=tmp_path).err.splitlines()
    assert len(said) == 10
    assert max(map(len, said)) < 140
    assert last == "odd.spec: 20 more lines were not understood; -v shows them"
    assert len(run("file", "odd.spec", "-v", cwd=tmp_path).err.splitlines()) == 30
