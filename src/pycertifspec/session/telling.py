"""How motors, counters and clients show themselves at the prompt and in notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .procedures.facts import Facts


def motor_text(mne: str, name: str, facts: Facts) -> str:
    """Return ``<Motor th 'Theta' at 1.25, limits -10 … 180, idle>``."""
    limits = f", limits {facts.low:g} … {facts.high:g}" if facts.low is not None and facts.high is not None else ""
    return f"<Motor {_named(mne, name)} at {facts.position:g}{limits}, {state(facts)}>"


def counter_text(mne: str, name: str, value: Any) -> str:
    """Return ``<Counter det 'Detector' at 5020>``."""
    return f"<Counter {_named(mne, name)} at {value:g}>"


def _named(mne: str, name: str) -> str:
    return f"{mne} {name!r}" if name and name != mne else mne


def state(facts: Facts) -> str:
    """Return what a motor does."""
    return "disabled" if facts.unusable else "moving" if facts.moving else "idle"


def motor_row(mne: str, name: str, facts: Facts) -> tuple[str, ...]:
    """Return a motor's row in a table."""
    ends = ["" if end is None else f"{end:g}" for end in (facts.low, facts.high)]
    return mne, name, f"{facts.position:g}", *ends, state(facts)


MOTOR_HEADS = ("motor", "name", "position", "low limit", "high limit", "state")


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as HTML, everything in it escaped."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def client_text(kind: str, label: str, *, connected: bool) -> str:
    """Return ``<Client of 'fourc' on localhost:6510, connected>``."""
    return f"<{kind} of {label}, {'connected' if connected else 'not connected'}>"
