"""`get`, `put`, `watch`, `wait`: values at the prompt, as processes against a simulated SPEC."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.beamline import is_value
from tests.support.command import lines_of, one_line

from pycertifspec.cli import values
from pycertifspec.cli.wait import condition
from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    from tests.support.beamline import Beamline


def test_get_knows_motors_counters_variables_and_properties_by_name(beamline: Beamline) -> None:
    done = beamline.run("get", "th", "det", "@SCAN_N", "motor/tth/offset", "error")
    assert (done.status, done.err) == (0, "")
    assert done.out == "th\t30\ndet\t0\n@SCAN_N\t0\nmotor/tth/offset\t0\nerror\tNo error\n"


def test_get_json_is_an_object_for_one_and_a_list_for_several(beamline: Beamline) -> None:
    one = beamline.json("get", "th")
    assert is_value(one, name="motor/th/position", value=30.0, type="double", units="user")
    two = beamline.json("get", "@SCAN_N", "status/ready")
    assert is_value(two[0], name="var/SCAN_N", type="string")
    assert is_value(two[1], value=True, type="flag")


def test_get_json_of_several_names_is_a_list_whatever_is_missing(beamline: Beamline) -> None:
    done = beamline.run("get", "th", "nosuch", "--json")
    assert (done.status, [item["value"] for item in json.loads(done.out)]) == (1, [30.0])


def test_get_writes_flags_as_numbers_where_that_is_asked_for(beamline: Beamline) -> None:
    assert beamline.json("get", "status/ready", "-n")["value"] == 1
    assert beamline.json("get", "th", "-n")["value"] == 30.0
    assert beamline.run("get", "status/ready", "-n").out == "status/ready\t1\n"


@pytest.mark.parametrize("name", ["", "@"])
def test_an_empty_name_is_wrong_usage(beamline: Beamline, name: str) -> None:
    done = beamline.run("get", name)
    assert (done.status, one_line(done.err)) == (2, "pycertifspec get: a NAME is empty")


def test_get_shows_what_is_there_and_says_what_is_not(beamline: Beamline) -> None:
    done = beamline.run("get", "th", "nosuch", "-t")
    assert (done.status, done.out) == (1, "30\n")
    assert "'nosuch' is no motor, counter or property of fourc" in one_line(done.err)
    assert "'@nosuch'" in done.err


def test_get_says_of_each_name_that_it_is_not_there(beamline: Beamline) -> None:
    done = beamline.run("get", "no", "nor", "th", "--jsonl")
    assert (done.status, [json.loads(line)["value"] for line in done.out.splitlines()]) == (1, [30.0])
    assert [line.split("'")[1] for line in done.err.splitlines()] == ["no", "nor"]


def test_get_shows_an_associative_array_element_by_element(beamline: Beamline) -> None:
    beamline.spec.beamline.run('global x; x["a"] = 1; x["b"] = "two words"')
    assert beamline.run("get", "@x").out == "@x[a]\t1\n@x[b]\ttwo words\n"
    assert beamline.run("get", "@x", "-#", "1").out == "@x[a]\t1\n"
    assert is_value(beamline.json("get", "@x"), type="assoc", value={"a": "1", "b": "two words"})


def test_get_shows_an_array_in_one_line_and_a_table_in_rows(beamline: Beamline) -> None:
    beamline.spec.beamline.run("array row[3]; row[1] = 2.5; array table[2][2]; table[1][0] = 7")
    assert beamline.run("get", "@row", "@table").out == "@row\t0 2.5 0\n@table[0]\t0 0\n@table[1]\t7 0\n"
    assert beamline.run("get", "@row", "-#", "2", "-F", ",", "-f", "2", "-t").out == "0.00,2.50\n"
    assert is_value(beamline.json("get", "@table"), type="array", value=[[0, 0], [7, 0]])


@pytest.mark.parametrize(
    ("words", "shown"),
    [(["-e", "2"], "3.00e+01"), (["-d", "int"], "30"), (["-a"], "\t30\tuser"), (["-g", "1"], "3e+01")],
)
def test_get_writes_numbers_as_asked_for(beamline: Beamline, words: list[str], shown: str) -> None:
    assert beamline.run("get", "th", *words).out.rstrip("\n").endswith(shown)


@pytest.mark.parametrize("words", [["-f", "-1"], ["-f", "41"], ["-#", "-1"]])
def test_get_refuses_digits_and_elements_that_are_none(beamline: Beamline, words: list[str]) -> None:
    assert beamline.run("get", "th", *words).status == 2


def test_get_says_where_a_text_is_no_number(beamline: Beamline) -> None:
    done = beamline.run("get", "@SPEC", "-d", "double")
    assert done.status == 1
    assert "@SPEC is 'fourc', which is no double" in done.err


def test_get_of_a_server_that_is_not_there_is_status_3(beamline: Beamline) -> None:
    assert beamline.run("get", "th", "--server", "127.0.0.1:1").status == 3


def test_put_writes_a_variable_and_shows_old_and_new(beamline: Beamline) -> None:
    beamline.spec.beamline.run("global sample; sample = 5")
    assert beamline.run("put", "@sample", "6").out == "@sample\t6\n"
    assert beamline.run("put", "@sample", "LaB6", "600C", "-l").out == "Old : @sample\t6\nNew : @sample\tLaB6 600C\n"
    told = beamline.json("put", "@sample", "7", "-l", "--type", "double")
    assert is_value(told, value="7", old="LaB6 600C")


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [("assoc", ["a=1", "b=2"], {"a": "1", "b": "2"}), ("json", ['{"a": 1.5}'], {"a": "1.5"}), ("int", ["0x10"], "16")],
)
def test_put_sends_what_the_type_says(beamline: Beamline, kind: str, words: list[str], value: Any) -> None:
    beamline.spec.beamline.run('global x; x["a"] = 0' if kind in {"assoc", "json"} else "global x; x = 0")
    told = beamline.json("put", "@x", *words, "--type", kind)
    assert told["value"] == value


def test_put_fills_an_array(beamline: Beamline) -> None:
    beamline.spec.beamline.run("array row[3]")
    assert beamline.json("put", "@row", "1", "2", "3.5", "--type", "array")["value"] == [1, 2, 3.5]
    assert beamline.json("put", "@row", "[4, 5, 6]", "--type", "json")["value"] == [4, 5, 6]


@pytest.mark.parametrize("value", ["-19", "-18.5", "-17"])
def test_put_shows_what_is_so_when_spec_has_taken_it(beamline: Beamline, value: str) -> None:
    assert beamline.run("put", "motor/th/low_limit", value).out == f"motor/th/low_limit\t{value}\n"


def test_put_says_when_spec_will_take_it_later(slow_beamline: Beamline) -> None:
    with slow_beamline.client() as client, client.output() as output:
        client.run("print 1; sleep(1000)", blocking=False)
        next(iter(output))
        done = slow_beamline.run("put", "motor/th/low_limit", "-5", "-w", "0.3")
        waiting = slow_beamline.run("put", "motor/th/low_limit", "-5", "-w", "0.3", "-c")
        client.abort()
    assert (done.status, done.out) == (0, "motor/th/low_limit\t-20\n")
    assert one_line(done.err) == "motor/th/low_limit will be written when fourc is at its prompt: it is busy"
    assert waiting.status == 4


def test_put_says_how_a_variable_that_is_not_there_is_made(beamline: Beamline) -> None:
    done = beamline.run("put", "@new", "5")
    assert done.status == 1
    assert one_line(done.err).endswith("; `pycertifspec run 'global new'` makes it")
    assert "makes it" not in beamline.run("put", "@PI", "5").err


def test_put_waits_until_spec_is_at_its_prompt(beamline: Beamline) -> None:
    done = beamline.run("put", "motor/th/offset", "1", "-c")
    assert (done.status, done.out) == (0, "motor/th/offset\t1\n")


def test_put_does_not_take_a_motors_name_for_a_position_to_move_to(beamline: Beamline) -> None:
    done = beamline.run("put", "th", "5")
    assert done.status == 2
    assert "pycertifspec mv th" in one_line(done.err)
    assert beamline.position("th") == 30


def test_what_is_no_text_is_wrong_usage(beamline: Beamline) -> None:
    beamline.spec.beamline.run("global x")
    done = beamline.run("put", "@x", "\udcff")
    assert (done.status, one_line(done.err)) == (2, "pycertifspec put: cannot send: '\\udcff' is no text in UTF-8")


def test_put_tells_that_the_server_said_no(beamline: Beamline) -> None:
    done = beamline.run("put", "@VERSION", "7")
    assert (done.status, done.out) == (1, "")
    assert "refused to write 'var/VERSION'" in one_line(done.err)


def test_what_cannot_be_read_is_written_all_the_same(beamline: Beamline) -> None:
    done = beamline.run("put", "motor/th/limits", "-5 60")
    assert (done.status, done.out) == (0, "")
    assert "it cannot be read" in done.err


@pytest.mark.parametrize(
    ("words", "kind"), [(["x"], "double"), (["a"], "assoc"), (["1", "x"], "array"), (["{"], "json"), (["true"], "json")]
)
def test_words_that_are_no_value_are_said(words: list[str], kind: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"no value of type {kind}"):
        values.parse(words, kind)


@pytest.mark.parametrize(
    "words", [["put", "@x", "1"], ["mv", "th", "1"], ["mvr", "th", "1"], ["ct"], ["run", "p 1"], ["scan", "ct"]]
)
def test_a_read_only_session_refuses(beamline: Beamline, words: list[str]) -> None:
    (beamline.directory / "pycertifspec.toml").write_text(
        f'[sessions.fourc]\nhost = "127.0.0.1"\nport = {beamline.spec.port}\nread_only = true\n'
    )
    done = beamline.run(*words)
    assert (done.status, done.out) == (5, "")
    assert "read-only" in one_line(done.err)
    assert beamline.position("th") == 30
    assert beamline.run("get", "th", "-t").out == "30\n"


def test_watch_shows_present_values_and_then_each_change(beamline: Beamline) -> None:
    beamline.spec.beamline.run("global x; x = 1")
    with beamline.start("watch", "@x", "th", "-n", "4", "--stamp", "none") as process, beamline.client() as client:
        lines = lines_of(process)
        first = {next(lines), next(lines)}
        client.write("var/x", 2)
        client.write("var/x", 3)
        rest = list(lines)
        assert process.wait() == 0
    assert first == {"@x\t1\n", "th\t30\n"}
    assert rest == ["@x\t2\n", "@x\t3\n"]


def test_watch_shows_a_data_array_and_says_that_nobody_tells_of_it(beamline: Beamline) -> None:
    beamline.spec.beamline.run("array row[3]; row[1] = 2.5")
    done = beamline.run("watch", "@row", "-n", "1", "--stamp", "none")
    assert (done.status, done.out) == (0, "@row\t0 2.5 0\n")
    assert one_line(done.err) == "@row is a data array: nobody is told when it changes; `get` asks"


def test_watch_jsonl_is_an_object_a_line(beamline: Beamline) -> None:
    beamline.spec.beamline.run('global x; x["a"] = 1')
    with beamline.start("watch", "@x", "-n", "2", "--jsonl") as process, beamline.client() as client:
        lines = lines_of(process)
        first = json.loads(next(lines))
        client.write("var/x", {"b": "2"})
        second = json.loads(next(lines))
        assert process.wait() == 0
    assert is_value(first, name="var/x", value={"a": "1"}, first=True, alias="@x")
    assert is_value(second, value={"a": "1", "b": "2"}, part={"b": "2"}, first=False)


def test_watch_leaves_out_what_is_no_change(beamline: Beamline) -> None:
    beamline.spec.beamline.run("global x; x = 1")
    with beamline.start("watch", "@x", "-n", "1", "--changes", "-t") as process, beamline.client() as client:
        assert process.stdout is not None
        while process.poll() is None:
            client.write("var/x", 1)
            client.write("var/x", 2)
        assert process.stdout.read() in {"1\n", "2\n"}


def test_watch_ends_when_its_time_is_over(beamline: Beamline) -> None:
    done = beamline.run("watch", "th", "--duration", "0.2", "-t")
    assert (done.status, done.out) == (0, "30\n")
    assert beamline.run("watch", "th", "-n", "0").status == 2


@pytest.mark.parametrize("stamp", ["server", "client", "relative", "incremental", "incremental-each"])
def test_watch_shows_whose_time_is_wanted(beamline: Beamline, stamp: str) -> None:
    time, name, value = beamline.run("watch", "th", "-n", "1", "--stamp", stamp).out.split("\t")
    assert (name, value) == ("th", "30\n")
    assert time == "+0.000000" if stamp.startswith(("rel", "inc")) else len(time) == 23


def test_watch_goes_on_over_a_lost_connection_and_says_so(beamline: Beamline) -> None:
    with beamline.start("watch", "@SPEC", "--stamp", "none") as process:
        assert next(lines_of(process)) == "@SPEC\tfourc\n"
        beamline.spec.restart()
        assert process.stderr is not None
        assert "is lost; looking for it again" in process.stderr.readline()
        assert process.stderr.readline().startswith("connected to fourc on 127.0.0.1")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130


def test_watch_ends_with_3_when_it_is_not_to_connect_again(beamline: Beamline) -> None:
    with beamline.start("watch", "th", "--no-reconnect", "-t") as process:
        assert next(lines_of(process)) == "30\n"
        beamline.spec.die()
        assert process.wait() == 3


def test_wait_waits_until_a_value_is_what_is_wanted(beamline: Beamline) -> None:
    beamline.spec.beamline.run("global x; x = 1")
    with beamline.start("wait", "@x", "> 5") as process, beamline.client() as client:
        while process.poll() is None:
            client.write("var/x", 7)
        assert process.stdout is not None
        assert (process.returncode, process.stdout.read()) == (0, "7\n")


def test_a_condition_may_be_several_words(beamline: Beamline) -> None:
    assert beamline.run("wait", "th", ">", "20").out == "30\n"
    told = beamline.json("wait", "th", "==", "30")
    assert is_value(told, value=30.0)
    assert told["timestamp"] is not None


@pytest.mark.parametrize(("name", "wanted"), [("th", "moving"), ("status/ready", "!= ready")])
def test_what_a_number_will_never_be_is_not_waited_for(beamline: Beamline, name: str, wanted: str) -> None:
    done = beamline.run("wait", name, wanted)
    assert done.status == 2
    assert f"{name} is a number, and would never be" in one_line(done.err)


def test_wait_gives_up_with_4(beamline: Beamline) -> None:
    done = beamline.run("wait", "th", "> 99", "--within", "0.2")
    assert (done.status, done.out) == (4, "")
    assert beamline.run("wait", "th", "1", "--within", "0").status == 2
    assert is_value(beamline.json("wait", "status/ready", "1"), value=True)


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("5", 5.0, True), ("5", "5.0", True), ("idle", "idle", True), ("!= idle", "idle", False), ("== 1", True, True),
        ("> 5", 5.0, False), (">= 5", 5.0, True), ("< 5", "4", True), ("<=5", 6.0, False), ("> 5", "none", False),
        ("!= 5", "none", True),
    ],
)  # fmt: skip
def test_a_condition_compares_numbers_as_numbers_and_texts_as_texts(text: str, value: Any, fits: bool) -> None:
    assert condition(text)(value) is fits


def test_changed_is_another_value_than_the_first() -> None:
    changed = condition("changed")
    assert [changed(value) for value in (1, 1, 2)] == [False, False, True]


@pytest.mark.parametrize("text", ["", ">", "> x", " "])
def test_what_is_no_condition_is_said(text: str) -> None:
    with pytest.raises(LocalProtocolError, match="no condition"):
        condition(text)
