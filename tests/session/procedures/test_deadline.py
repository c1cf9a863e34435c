"""What a caller has time for bounds each answer that is waited for."""

from typing import Any

import pytest

from pycertifspec.errors import CallTimeoutError
from pycertifspec.session.client import ClientSession
from pycertifspec.session.procedures.deadline import within
from pycertifspec.session.steps import Ask, AskAll, Now, Tell
from pycertifspec.wire.constants import EventTypes

READ = EventTypes.SV_CHAN_READ


class Clocked:
    """Does steps: tells the time that the test says, and takes down how long answers may take."""

    def __init__(self) -> None:
        self.now = 100.0
        self.limits: list[Any] = []
        self.late = False

    def run(self, procedure: Any) -> Any:
        answer: Any = None
        try:
            step = next(procedure)
            while True:
                if isinstance(step, Now):
                    step = procedure.send(self.now)
                    continue
                if isinstance(step, Tell):
                    self.limits.append("told")
                    answer = 1
                elif isinstance(step, (Ask, AskAll)):
                    asks = step.asks if isinstance(step, AskAll) else (step,)
                    self.limits += [ask.timeout for ask in asks]
                    if self.late:
                        self.now += 10
                        step = procedure.throw(CallTimeoutError("no answer"))
                        continue
                    answer = "answer"
                self.now += 1
                step = procedure.send(answer)
        except StopIteration as end:
            return end.value


@pytest.fixture
def session() -> ClientSession[Any]:
    return ClientSession(lambda: (1, 0), call_timeout=5.0)


@pytest.fixture
def clocked() -> Clocked:
    return Clocked()


def questions(cleaned: list[str] | None = None) -> Any:
    """Ask four times, with a usual time, a long one and a short one."""
    try:
        yield Ask(READ, "a")
        yield AskAll((Ask(READ, "b", timeout=60.0), Ask(READ, "c", timeout=0.5)))
        return (yield Ask(READ, "d"))
    except CallTimeoutError:
        yield Tell(EventTypes.SV_ABORT)
        if cleaned is not None:
            cleaned.append("cleaned up")
        raise


def test_answers_are_waited_for_no_longer_than_the_whole_may_take(session: Any, clocked: Clocked) -> None:
    assert clocked.run(within(session, questions(), 3.0)) == "answer"
    assert clocked.limits == [3.0, 2.0, 0.5, 1.0]


def test_without_an_end_every_answer_has_its_usual_time(session: Any, clocked: Clocked) -> None:
    clocked.run(within(session, questions(), None))
    clocked.run(within(session, questions(), 1000.0))
    assert clocked.limits == [None, 60.0, 0.5, None] * 2


def test_what_is_too_late_is_told_with_the_callers_time_after_the_procedure_has_cleaned_up(
    session: Any, clocked: Clocked
) -> None:
    clocked.late = True
    cleaned: list[str] = []

    with pytest.raises(CallTimeoutError, match=r"did not answer to read 'a' within 3.0 s"):
        clocked.run(within(session, questions(cleaned), 3.0))
    assert cleaned == ["cleaned up"]


def test_a_server_that_is_too_late_before_the_callers_time_is_over_is_told_with_its_own(
    session: Any, clocked: Clocked
) -> None:
    clocked.late = True

    with pytest.raises(CallTimeoutError, match=r"^no answer$"):
        clocked.run(within(session, questions(), 30.0))
