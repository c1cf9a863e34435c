"""Variables, output and status through properties (PROTOCOL.md 5.2 to 5.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pycertifspec.session.options import ServerOptions
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

from .conftest import Failed, decoded

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stand, Talker

DELETED = ServerOptions().deleted_flag


def changes(spec: Talker, name: str) -> list[object]:
    return [decoded(m) for m in spec.log if m.cmd == EventTypes.SV_EVENT and m.name == name]


def test_a_variable_is_read_set_and_watched(spec: Talker) -> None:
    spec.run("global x")
    spec.watch("var/x")

    spec.set("var/x", "5")
    assert spec.get("var/x") == "5"
    assert spec.run("x + 1") == "6"
    spec.run('x = "text"')

    assert changes(spec, "var/x") == ["5", "text"]


def test_a_variable_that_is_not_there_is_an_error(spec: Talker) -> None:
    spec.watch("error")

    assert isinstance(spec.get("var/nosuch"), Failed)
    assert spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, "var/nosuch", "1")).is_error
    spec.send(EventTypes.SV_REGISTER, "var/nosuch")
    spec.event("error")


@pytest.mark.parametrize("name", ["MOTORS", "tth", "PI", "VERSION"])
def test_what_programs_cannot_assign_clients_cannot_set(spec: Talker, name: str) -> None:
    before = spec.get(f"var/{name}")

    assert spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, f"var/{name}", "1000")).is_error
    assert spec.get(f"var/{name}") == before


@pytest.mark.parametrize("name", ["VERSION", "SPEC", "MOTORS", "COUNTERS", "A", "S", "DATAFILE", "SCAN_N", "LDT",
    "NPTS", "tth", "sec", "mon", "det"])  # fmt: skip
def test_the_variables_that_clients_read_are_there(spec: Talker, name: str) -> None:
    assert not isinstance(spec.get(f"var/{name}"), Failed)


def test_an_array_comes_whole_first_and_then_by_what_changed(spec: Talker) -> None:
    spec.run('global x; x["a"] = 1; x["b"][2] = 3')
    spec.send(EventTypes.SV_REGISTER, "var/x")
    spec.event("var/x")

    spec.run('x["c"] = "new"; x["b"][2] = 4')
    spec.set("var/x", {"a": "9"})
    spec.sync()

    assert changes(spec, "var/x") == [
        {"a": "1", ("b", "2"): "3"},
        {"c": "new"},
        {("b", "2"): "4"},
        {"a": "9"},
    ]
    assert spec.get("var/x") == {"a": "9", ("b", "2"): "4", "c": "new"}


def test_elements_are_read_set_and_watched(spec: Talker) -> None:
    spec.run("global x; x[1] = 10; x[1][2] = 20; x[3] = 30")
    assert spec.get("var/x[1]") == {"1": "10"}
    spec.send(EventTypes.SV_REGISTER, "var/x[1][2]")
    spec.event("var/x[1][2]")

    spec.set("var/x[1][2]", "21")
    spec.run("x[1][2] = 22; x[3] = 31")
    spec.set("var/x[1][2]", {("1", "2"): "23"})
    spec.sync()

    key = ("1", "2")
    assert changes(spec, "var/x[1][2]") == [{key: "20"}, {key: "21"}, {key: "22"}, {key: "23"}]
    assert isinstance(spec.get("var/x[77]"), Failed)


def test_a_deleted_element_is_told_with_its_key_and_the_flag(spec: Talker) -> None:
    spec.run('global x; x["a"] = 1; x["b"] = 2')
    spec.watch("var/x", "var/x[a]")

    spec.run('delete x["a"]')

    for name in ("var/x", "var/x[a]"):
        gone = next(m for m in spec.log if m.name == name)
        assert gone.flags == DELETED
        assert decoded(gone) == {"a": ""}
    assert spec.get("var/x") == {"b": "2"}


def test_an_array_whose_elements_are_deleted_is_told_with_each_key(spec: Talker) -> None:
    spec.run('global x; x["a"] = 1; x["b"] = 2')
    spec.watch("var/x", "var/x[b]")

    spec.run("delete x")

    assert changes(spec, "var/x") == [{"a": ""}, {"b": ""}]
    assert {m.flags for m in spec.log if m.name.startswith("var/x")} == {DELETED}
    assert changes(spec, "var/x[b]") == [{"b": ""}]


@pytest.mark.parametrize("kind", ["x = 5", 'x["a"] = 1'])
def test_a_variable_that_ceases_to_exist_is_told_with_the_flag(spec: Talker, kind: str) -> None:
    spec.run(f"global x; {kind}")
    spec.watch("var/x")

    spec.run("unglobal x")

    assert [m.flags for m in spec.log if m.name == "var/x"] == [DELETED]


def test_a_watched_element_ceases_to_exist_with_its_array(spec: Talker) -> None:
    spec.run('global x; x["a"] = 1')
    spec.watch("var/x[a]")

    spec.run("unglobal x")

    assert [m.flags for m in spec.log if m.name == "var/x[a]"] == [DELETED]


def test_a_variable_that_is_made_again_is_watched_again(spec: Talker) -> None:
    spec.run("global x; x = 1")
    spec.watch("var/x")

    spec.run("unglobal x")
    spec.run("global x; x = 2")

    assert changes(spec, "var/x")[-1] == "2"


def test_data_arrays_are_read_and_set_and_not_told(spec: Talker) -> None:
    spec.run("double array d[3]; d[1] = 2.5; long array m[2][3]; m[1][2] = 7")
    spec.watch("var/d")
    spec.run("d[0] = 1")

    assert not changes(spec, "var/d")
    assert np.array_equal(np.ravel(spec.get("var/d")), [1, 2.5, 0])
    matrix = spec.get("var/m")
    assert matrix.dtype == np.int32
    assert matrix.tolist() == [[0, 0, 0], [0, 0, 7]]
    spec.set("var/m", np.arange(6, dtype=np.int32).reshape(2, 3))
    assert spec.run("m[1][0]") == "3"


def test_a_string_array_travels_in_rows_of_fixed_width(spec: Talker) -> None:
    spec.run('string array s[2][10]; s[0] = "alpha"; s[1] = "be"')

    answer = spec.reply(spec.ask(EventTypes.SV_CHAN_READ, "var/s"))

    assert (answer.type, answer.rows, answer.cols) == (DataTypes.SV_ARR_STRING, 2, 10)
    assert values.decode(answer) == ["alpha", "be"]


def test_a_string_array_is_set_row_by_row(spec: Talker) -> None:
    spec.run("string array s[2][10]; string array one[10]; global number; number = 5")

    spec.set("var/s", ["one", "two"])
    spec.set("var/one", ["three"])

    assert spec.run('s[0] "," s[1] "," one') == "one,two,three"
    for name, rows in (("s", ["a", "b", "c"]), ("number", ["a", "b"])):
        assert spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, f"var/{name}", rows)).is_error


def test_nobody_is_at_the_keyboard(spec: Talker) -> None:
    assert spec.run('yesno("Sure", 1)') == "1"
    assert spec.run('getval("Number", 5)') == "5"
    assert spec.run('input("Text")') == ""


def test_positions_and_counts_are_told_only_when_they_are_assigned(spec: Talker) -> None:
    spec.watch("var/A", "var/S")

    spec.run("mv tth 61; waitmove; getangles; count 1")
    assert len(changes(spec, "var/A")) == 1  # mv assigns A[tth]
    assert not changes(spec, "var/S")
    spec.run("A[th] = 31")

    assert changes(spec, "var/A") == [{"0": "61"}, {"1": "31"}]


def test_reading_an_array_while_a_command_changes_it_never_fails(spec: Talker) -> None:
    spec.run("global x")
    running = spec.start("x[0] = 0; for (i = 0; i < 20000; i++) { x[i] = i; delete x[i-50] }; 5")

    for _ in range(60):
        assert isinstance(spec.get("var/x"), (dict, str))
    assert spec.reply(running).body == "5"


def test_clients_and_macros_may_set_the_same_array_at_once(stand: Stand) -> None:
    spec, other = stand.talker(), stand.talker()
    spec.run('global x; x["a"] = 0')
    running = spec.start("for (i = 0; i < 1000; i++) { x[i] = i; for (k in x) break }; 5")

    for number in range(200):
        other.set("var/x", {f"k{number}": "1"})
    other.sync()

    assert spec.reply(running).body == "5"
    assert len(spec.get("var/x")) == 1201


# ---- output ----


def test_what_is_printed_comes_before_the_reply_and_the_prompt_after_it(spec: Talker) -> None:
    spec.watch("output/tty")

    sn = spec.start('print "one"; printf("two")')
    reply = spec.reply(sn)
    spec.event("output/tty", "\n2.FOURC> ")

    assert spec.seen("output/tty") == [("output/tty", t) for t in ("one\n", "two", "\n2.FOURC> ")]
    assert [m is reply for m in spec.log] == [False, False, True, False]


def test_the_message_of_an_error_is_shown(spec: Talker) -> None:
    spec.watch("output/tty")

    answer = spec.run("nosuchthing")

    assert spec.screen() == f"{answer}\n"


def test_what_goes_to_a_file_is_told_by_each_of_its_names(stand: Stand, tmp_path: Path) -> None:
    spec = stand.talker()
    spec.run('global there; there = "made"')
    (tmp_path / "sub").mkdir()
    spec.watch("output/sub/data", f"output/{tmp_path}/sub/data"[:79], "output/data", "output/tty")

    spec.run('fprintf("sub/data", "one\\n"); close("sub/data"); fprintf("sub/data", "two\\n")')
    assert spec.seen("output/sub/data") == [("output/sub/data", "one\n"), ("output/sub/data", "two\n")]
    assert not spec.seen("output/data")
    spec.run('chdir("sub"); fprintf("data", "three\\n")')

    assert spec.seen("output/data") == [("output/data", "three\n")]
    assert (tmp_path / "sub" / "data").read_text() == "one\ntwo\nthree\n"


def test_nobody_reads_or_writes_outside_the_directory(spec: Talker, tmp_path: Path) -> None:
    assert spec.run('open("../outside")') == "-1"
    assert spec.run('open("/etc/passwd")') == "-1"
    assert spec.run('getline("/etc/passwd")') == "-1"
    assert isinstance(spec.run('unix("id")'), Failed)
    assert not (tmp_path.parent / "outside").exists()


def test_printing_without_end_fills_no_memory_and_can_be_stopped(spec: Talker) -> None:
    spec.watch("output/tty")
    running = spec.start("while (1) print 1")
    for _ in range(2000):
        spec.event("output/tty")

    spec.abort()

    assert spec.reply(running).is_error


# ---- status ----


def test_ready_is_told_when_a_command_begins_and_when_all_are_done(spec: Talker) -> None:
    spec.watch("status/ready")

    spec.run("1")
    spec.event("status/ready", "1")

    assert spec.seen("status/ready") == [("status/ready", "0"), ("status/ready", "1")]


def test_simulation_is_told(spec: Talker) -> None:
    spec.watch("status/simulate")

    spec.run("onsim")
    spec.run("offsim")

    assert spec.seen("status/simulate") == [("status/simulate", "1"), ("status/simulate", "0")]


def test_the_end_of_the_server_is_told(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("status/quit")

    stand.stop()

    spec.event("status/quit", "1")


def test_what_a_macro_sends_becomes_a_property(spec: Talker) -> None:
    spec.run('prop_send("beam/current", 200)')
    spec.watch("beam/current")

    spec.run('prop_send("beam/current", 199.5)')

    assert changes(spec, "beam/current") == ["199.5"]
    assert spec.get("beam/current") == "199.5"
    assert spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, "beam/current", "1")).is_error


# ---- commands ----


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("1+1", "2"),
        ('"a" "b"', "ab"),
        ("motor_mne(0)", "tth"),
        ("x = 3", "3"),
        ("print 1", "1"),
        ("", "1"),
        ("p 1;\n", "1"),
    ],
)
def test_a_command_is_answered_with_the_value_of_its_last_statement(spec: Talker, command: str, value: str) -> None:
    assert spec.run(command) == value


def test_a_command_may_return_an_array(spec: Talker) -> None:
    assert spec.run('local md[]; md["a"] = 1; md["b"]["c"] = "x"; return md') == {"a": "1", ("b", "c"): "x"}


def test_functions_and_macros_are_called_with_their_arguments(spec: Talker) -> None:
    spec.run("def twice(x) '{ return(2*x) }'; def say 'print \"$1\", $#'")
    spec.watch("output/tty")

    assert spec.call("motor_mne", "1") == "th"
    assert spec.call("twice", "21") == "42"
    spec.call("say", "word", "2")
    assert "word 2\n" in spec.screen()


def test_commands_of_all_clients_run_one_after_the_other(stand: Stand) -> None:
    clients = [stand.talker() for _ in range(30)]
    clients[0].run("global n; n = 0")

    numbers = [client.start("for (i = 0; i < 50; i++) n++; n") for client in clients]
    results = sorted(int(client.reply(sn).body) for client, sn in zip(clients, numbers, strict=True))

    assert results == [50 * (i + 1) for i in range(30)]


def test_what_is_not_implemented_says_so_by_name(spec: Talker) -> None:
    assert "gethelp" in spec.run('gethelp("x")')


def test_a_macro_makes_only_so_many_properties(spec: Talker) -> None:
    answer = spec.run('for (i = 0; i < 2000; i++) prop_send(sprintf("p/%d", i), i)')

    assert isinstance(answer, Failed)
    assert spec.get("p/999") == "999"
    assert isinstance(spec.get("p/1000"), Failed)


@pytest.mark.parametrize("name", ["motor/tth/limits", "motor/tth/search", "motor/tth/start_one", "motor/../start_all"])
def test_what_can_only_be_set_is_not_read(spec: Talker, name: str) -> None:
    assert isinstance(spec.get(name), Failed)


def test_the_port_is_a_variable_while_it_is_served(stand: Stand) -> None:  # SPEC_LANGUAGE.md 3.3
    spec, beamline = stand.talker(), stand.beamline

    assert spec.run("IS_SERVER") == str(stand.port)

    stand.stop()
    assert beamline.interpreter.get("IS_SERVER") == 0
