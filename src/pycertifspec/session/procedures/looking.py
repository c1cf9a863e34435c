"""Looking at an instrument: what a motor, a counter or the server is like now, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import SpecError
from pycertifspec.session import names, properties, telling
from pycertifspec.session.steps import Ask, AskAll
from pycertifspec.wire.constants import EventTypes

from .facts import facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pycertifspec.session.steps import Procedure


def motor(mne: str, name: str) -> Procedure[str]:
    """Return a motor's text; one that cannot be asked is shown without what is not known."""
    try:
        return telling.motor_text(mne, name, (yield from facts(mne)))
    except SpecError as error:
        return f"<Motor {mne}: {error}>"


def motors(known: Mapping[str, str]) -> Procedure[str]:
    """Return a table of motors as HTML."""
    rows = []
    for mne, name in known.items():
        try:
            rows.append(telling.motor_row(mne, name, (yield from facts(mne))))
        except SpecError as error:
            rows.append((mne, name, "", "", "", str(error)))
    return telling.table(telling.MOTOR_HEADS, rows)


def counter(mne: str, name: str) -> Procedure[str]:
    """Return a counter's text; one that cannot be asked is shown without what is not known."""
    (value,) = (yield from _counted((mne,))).values()
    return f"<Counter {mne}: {value}>" if isinstance(value, Exception) else telling.counter_text(mne, name, value)


def counters(known: Mapping[str, str]) -> Procedure[str]:
    """Return a table of counters as HTML."""
    values = yield from _counted(known)
    return telling.table(("counter", "name", "value"), [(mne, known[mne], value) for mne, value in values.items()])


def _counted(known: Iterable[str]) -> Procedure[dict[str, Any]]:
    """Return what counters have counted last; the error where one cannot be read."""
    paths = {mne: properties.scaler_path(mne, "value") for mne in known}
    try:
        answers = yield AskAll(tuple(Ask(EventTypes.SV_CHAN_READ, path) for path in paths.values()))
    except SpecError as error:
        answers = [error] * len(paths)
    return {
        mne: answer if isinstance(answer, Exception) else names.value_of(answer, path)
        for (mne, path), answer in zip(paths.items(), answers, strict=True)
    }
