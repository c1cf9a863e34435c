"""A procedure's questions within the time that its caller has for the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pycertifspec.errors import CallTimeoutError
from pycertifspec.session.steps import Ask, AskAll, Now

if TYPE_CHECKING:
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure

T = TypeVar("T")


def within(session: ClientSession[Any], procedure: Procedure[T], seconds: float | None) -> Procedure[T]:
    """Do a procedure's steps; no answer is waited for beyond `seconds` from now, None for no such end.

    A server that says nothing any more is given its usual time for each answer, which may be more than the caller has.

    Raises:
        CallTimeoutError: an answer did not come by then; the procedure has cleaned up.

    """
    if seconds is None:
        return (yield from procedure)
    end = (yield Now()) + seconds
    try:
        step = next(procedure)
        while True:
            asked = isinstance(step, (Ask, AskAll))
            try:
                answer = yield _limited(session, step, end - (yield Now())) if asked else step
            except BaseException as error:  # noqa: BLE001  the procedure's affair
                late = asked and isinstance(error, CallTimeoutError) and (yield Now()) >= end
                step = procedure.throw(_too_late(session, step, seconds) if late else error)
            else:
                step = procedure.send(answer)
    except StopIteration as last:
        return last.value  # type: ignore[no-any-return]


def _limited(session: ClientSession[Any], step: Any, left: float) -> Ask | AskAll:
    if isinstance(step, AskAll):
        return AskAll(tuple(_limited(session, ask, left) for ask in step.asks))  # type: ignore[misc]
    usual = session.call_timeout if step.timeout is None else step.timeout
    return step._replace(timeout=max(0.0, left)) if left < usual else step  # type: ignore[no-any-return]


def _too_late(session: ClientSession[Any], step: Any, seconds: float) -> CallTimeoutError:
    return session.too_late(step.asks[0] if isinstance(step, AskAll) else step, seconds)
