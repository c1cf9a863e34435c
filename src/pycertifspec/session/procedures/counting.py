"""Counting, and what instrument a server has: its motors and counters by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, LocalProtocolError, RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.properties import scaler_path
from pycertifspec.session.steps import Ask, AskAll, Follow, Next, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

from .deadline import within
from .waiting import LOOK, until_free

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure

# How often in a row, without news, nothing may be found to count.
LOOKS = 2

# Motors or counters of one instrument; SPEC's own limits are some hundred.
MAX_NAMES = 1_000


class Names(NamedTuple):
    """What an instrument has: names as people read them, by mnemonic, in SPEC's order."""

    motors: dict[str, str]
    counters: dict[str, str]


def instrument(timeout: float | None) -> Procedure[Names]:
    """Ask which motors and counters there are. SPEC answers when it is at its prompt."""
    motors = yield from _names("MOTORS", "motor_mne", "motor_name", timeout)
    counters = yield from _names("COUNTERS", "cnt_mne", "cnt_name", timeout)
    return Names(motors, counters)


def _names(count: str, mnemonic: str, name: str, timeout: float | None) -> Procedure[dict[str, str]]:
    path = properties.variable_path(count)
    (answer,) = yield AskAll((Ask(EventTypes.SV_CHAN_READ, path),))
    if isinstance(answer, Exception):
        return {}  # a server that is no SPEC
    number = int(float(names.value_of(answer, path)))
    if not 0 <= number <= MAX_NAMES:
        raise RemoteError(f"{path} is {number}, expected up to {MAX_NAMES}")
    asks = tuple(_call(function, place, timeout) for place in range(number) for function in (mnemonic, name))
    answers = yield AskAll(asks)
    texts = ["" if isinstance(answer, Exception) else str(names.value_of(answer, "")) for answer in answers]
    return {mne: shown or mne for mne, shown in zip(texts[::2], texts[1::2], strict=True) if mne}


def _call(function: str, place: int, timeout: float | None) -> Ask:
    return Ask(EventTypes.SV_FUNC_WITH_RETURN, "", encode_scalar(f"{function}({place})"), timeout)


def count(
    session: ClientSession[Any],
    preset: float,
    counters: tuple[str, ...] | None,
    *,
    timeout: float | None = None,
    progress: Callable[[dict[str, float]], None] | None = None,
    starting: Callable[[], None] | None = None,
    found: Callable[[Names], None] | None = None,
) -> Procedure[dict[str, float]]:
    """Count, wait until it is over, and return each counter's value by its mnemonic.

    While SPEC is busy, or counts for somebody else, nothing is started. Whatever ends the waiting early stops the
    counting.

    Args:
        session: the conversation.
        preset: seconds; negative for monitor counts (PROTOCOL.md 5.9).
        counters: whose values are wanted; None for all, which SPEC is asked for.
        timeout: seconds; None for as long as it counts.
        progress: is called with all values when one has changed.
        starting: is called when SPEC is free, and about to be told; whatever ends the waiting by then stops nothing.
        found: is called with what SPEC has been found to have.

    Raises:
        RemoteError: the server did not count.
        CallTimeoutError: the timeout passed.

    """
    if not preset or preset != preset:  # noqa: PLR0124  not a number
        raise LocalProtocolError("cannot count for 0 seconds or 0 counts")
    return (yield from within(session, _all(session, preset, counters, timeout, progress, starting, found), timeout))


def _all(
    session: ClientSession[Any],
    preset: float,
    counters: tuple[str, ...] | None,
    timeout: float | None,
    progress: Callable[[dict[str, float]], None] | None,
    starting: Callable[[], None] | None,
    found: Callable[[Names], None] | None,
) -> Procedure[dict[str, float]]:
    begin = yield Now()
    if counters is None:
        known = yield from _found(session, begin, timeout)
        counters = tuple(known.counters)
        if found is not None:
            found(known)
    return (yield from _count(session, preset, counters, begin, timeout, progress, starting))


def _found(session: ClientSession[Any], begin: float, timeout: float | None) -> Procedure[Names]:
    """Ask what SPEC has as soon as it is free: it would not answer before."""
    stream = Stream()
    yield Follow(stream, (properties.COUNT_ALL, properties.READY))
    try:
        yield from until_free(session, stream, _at_rest, begin, timeout, "counting")
    finally:
        yield Unfollow(stream)
    return (yield from instrument(None))


def _count(
    session: ClientSession[Any],
    preset: float,
    counters: tuple[str, ...],
    begin: float,
    timeout: float | None,
    progress: Callable[[dict[str, float]], None] | None,
    starting: Callable[[], None] | None,
) -> Procedure[dict[str, float]]:
    stream = Stream()
    watched = {scaler_path(mne, "value"): mne for mne in counters} if progress is not None else {}
    yield Follow(stream, (properties.COUNT_ALL, properties.READY, properties.ERROR, *watched))
    values: dict[str, float] = dict.fromkeys(counters, 0.0)
    try:
        yield from until_free(session, stream, _at_rest, begin, timeout, "counting")
        if starting is not None:
            starting()
        try:
            yield Tell(EventTypes.SV_CHAN_SEND, properties.COUNT_ALL, encode_scalar(preset), slot=True)
            yield from _counted(session, stream, begin, timeout, watched, values, progress)
        except (RemoteError, ConnectionLostError):
            raise
        except BaseException:
            yield Tell(EventTypes.SV_CHAN_SEND, properties.COUNT_ALL, encode_scalar(0))
            raise
    finally:
        yield Unfollow(stream)
    # The last events are not reliable: what counts is what is read now (PROTOCOL.md 5.9).
    paths = [scaler_path(mne, "value") for mne in counters]
    answers = yield AskAll(tuple(Ask(EventTypes.SV_CHAN_READ, path) for path in paths))
    for mne, path, answer in zip(counters, paths, answers, strict=True):
        if isinstance(answer, Exception):
            raise answer
        values[mne] = names.value_of(answer, path)
    if progress is not None:
        progress(dict(values))
    return values


def _look() -> Procedure[tuple[bool, bool]]:
    """Look whether SPEC is at its prompt, and whether it counts; one that does not know the first has no prompt."""
    paths = (properties.READY, properties.COUNT_ALL)
    ready, counting = yield AskAll(tuple(Ask(EventTypes.SV_CHAN_READ, path) for path in paths))
    if isinstance(counting, Exception):
        raise counting
    prompt = isinstance(ready, Exception) or bool(names.value_of(ready, properties.READY))
    return prompt, bool(names.value_of(counting, properties.COUNT_ALL))


def _at_rest() -> Procedure[bool]:
    return (yield from _look()) == (True, False)


def _counted(
    session: ClientSession[Any],
    stream: Stream,
    begin: float,
    timeout: float | None,
    watched: dict[str, str],
    values: dict[str, float],
    progress: Callable[[dict[str, float]], None] | None,
) -> Procedure[None]:
    started, idle, reason = False, 0, ""
    while True:
        now = yield Now()
        if timeout is not None and now - begin >= timeout:
            raise CallTimeoutError(f"counting on {session.label} took more than {timeout} s; it was told to stop")
        wait = LOOK if timeout is None else min(LOOK, begin + timeout - now)
        change: Change | None = yield Next(stream, wait)
        if change is None and wait < LOOK:
            continue  # the time is over
        if change is None:
            prompt, counting = yield from _look()
            started = started or counting
            idle = idle + 1 if prompt and not counting else 0
            if idle and started:
                return
            if idle >= LOOKS:
                raise RemoteError(f"{session.label} did not count{': ' + reason.strip() if reason else ''}")
        elif change.name == properties.COUNT_ALL and not change.first:
            if change.value:
                started = True
            elif started:
                return
        elif change.name == properties.ERROR:
            reason = change.value or reason
        elif change.name in watched and not change.first:
            values[watched[change.name]] = change.value
            if progress is not None:
                progress(dict(values))


def preset(seconds: float | None, monitor: float | None) -> float:
    """Return what is written to count: seconds, or monitor counts as a negative number (PROTOCOL.md 5.9).

    Raises:
        LocalProtocolError: neither is given, or both, or one that is not above 0.

    """
    if (seconds is None) == (monitor is None):
        raise LocalProtocolError("cannot count: give either seconds or monitor counts")
    given = seconds if seconds is not None else monitor
    try:
        amount = float(given or 0.0)
    except (TypeError, ValueError):
        amount = 0.0
    if not amount > 0:
        raise LocalProtocolError(f"cannot count to {given!r}: expected a number above 0")
    return amount if seconds is not None else -amount


def stop() -> Procedure[None]:
    """Stop counting."""
    yield Tell(EventTypes.SV_CHAN_SEND, properties.COUNT_ALL, encode_scalar(0))
