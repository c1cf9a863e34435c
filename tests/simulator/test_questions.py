"""Macros that ask: the client whose command runs is asked, and answers while everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.conftest import Failed, text

from pycertifspec.simulator import answers, questions
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    import pytest
    from tests.simulator.conftest import Stand, Talker

ASK = 'input("Name? ")'


def test_a_client_that_listens_is_asked_and_its_answer_is_what_was_typed(spec: Talker) -> None:
    spec.watch("input/tty", "output/tty")
    running = spec.start('getval("Lattice a", 5.4) * 2')

    assert spec.event("input/tty").body == "Lattice a (5.4)? "
    assert spec.get("input/tty") == "Lattice a (5.4)? "  # the server answers meanwhile
    spec.set("input/tty", "0x10")

    assert spec.reply(running).body == "32"
    assert spec.event("input/tty").body == ""
    assert spec.get("input/tty") == ""
    assert "Lattice a (5.4)? " in spec.screen()


def test_an_empty_answer_is_the_default_and_an_end_of_input_ends_a_macro_that_asks_on(spec: Talker) -> None:
    spec.watch("input/tty")
    running = spec.start("tw th 0.1")
    for question, answer in (
        ("th = 30, step 0.1 (+)? ", "p"),
        ("th = 30.1, step 0.1 (+)? ", "-"),
        ("th = 30, step 0.1 (-)? ", "\x04"),
    ):
        spec.event("input/tty", question)
        spec.set("input/tty", answer)

    assert not spec.reply(running).is_error
    assert spec.get("motor/th/position") == "30"

    running = spec.start('yesno("Sure", 1)')
    spec.event("input/tty", "Sure (YES)? ")
    spec.set("input/tty", "")
    assert spec.reply(running).body == "1"


def test_nobody_else_is_asked(stand: Stand) -> None:
    asker, other = stand.talker(), stand.talker()
    asker.watch("input/tty")
    other.watch("input/tty")

    assert stand.talker().run(ASK) == ""  # who does not listen is not asked: an end of input, as without a terminal
    running = asker.start(ASK)
    asker.event("input/tty", "Name? ")
    asker.set("input/tty", "one\nno second line")
    assert asker.reply(running).body == "one"

    other.sync()
    assert not other.seen("input/tty")


def test_an_abort_takes_the_question_back(spec: Talker) -> None:
    spec.watch("input/tty")
    running = spec.start(ASK)
    spec.event("input/tty", "Name? ")

    spec.abort()

    assert spec.reply(running).is_error
    assert spec.event("input/tty").body == ""
    assert spec.run("1+1") == "2"


def test_a_question_ends_when_who_was_asked_goes_away(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LOOK", 0.01)
    asker, other = stand.talker(), stand.talker()
    asker.watch("input/tty")
    asker.start(f'global ANSWER; ANSWER = {ASK} "nothing"')
    asker.event("input/tty", "Name? ")

    asker.close()

    assert other.run("ANSWER") == "nothing"


def test_a_question_that_nobody_answers_fails_in_words(spec: Talker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "INPUT_TIME", 0.05)
    spec.watch("input/tty")

    assert spec.run("setlat") == Failed('Nobody has answered "Lattice a (1.54)?" in 0.05 s.')
    assert spec.run("1+1") == "2"


def test_an_answer_to_nothing_and_one_that_is_none_are_refused(spec: Talker) -> None:
    def refusal(value: object) -> str:
        reply = spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, "input/tty", value))
        assert reply.is_error
        return text(reply)

    assert "nothing is asked" in refusal("mv th 90")
    spec.watch("input/tty")
    running = spec.start(ASK)
    spec.event("input/tty", "Name? ")
    assert "longer than 4096" in refusal("x" * 5000)
    assert "a dict is no answer" in refusal({"a": "b"})
    spec.set("input/tty", "me")
    assert spec.reply(running).body == "me"
