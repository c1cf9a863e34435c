"""The two faces are the same: verbs, signatures, docstrings."""

import inspect
from typing import Any

import pytest
from tests.architecture import api

from pycertifspec import AsyncClient, Client, Motor
from pycertifspec.asyncio import changes as async_changes
from pycertifspec.asyncio import counter as async_counter
from pycertifspec.asyncio import motion as async_motion
from pycertifspec.asyncio import motor as async_motor
from pycertifspec.asyncio import scan as async_scan
from pycertifspec.sync import changes, counter, motion, scan

PAIRS = [
    (Client, AsyncClient),
    (Motor, async_motor.AsyncMotor),
    (counter.Counter, async_counter.AsyncCounter),
    (changes.Changes, async_changes.Changes),
    (changes.Watch, async_changes.Watch),
    (motion.Motion, async_motion.Motion),
    (scan.Scan, async_scan.Scan),
    (scan.FollowedScan, async_scan.FollowedScan),
    (scan.Scans, async_scan.Scans),
]
# What programs for the original have lives in the blocking face alone; a coroutine has to be waited for to connect.
ORIGINAL = {"run", "get", "set", "subscribe", "unsubscribe", "unwatch", "var"}
# Said where the two differ in how: a callback may be a coroutine function, names are awaited, Ctrl-C is cancellation.
OWN_WORDS = {"watch", "motors", "counters", "connect", "wait"}


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("blocking", "awaited"), PAIRS)
def test_both_faces_have_the_same_names(blocking: Any, awaited: Any) -> None:
    assert public(blocking) - ORIGINAL == public(awaited) - {"connect"}


@pytest.mark.parametrize(("blocking", "awaited"), PAIRS)
def test_both_faces_have_the_same_parameters_and_docstrings(blocking: Any, awaited: Any) -> None:
    assert (
        inspect.signature(blocking.__init__).parameters.keys() == inspect.signature(awaited.__init__).parameters.keys()
    )
    for name in sorted(public(awaited) - {"connect"}):
        one, other = vars(blocking)[name], vars(awaited)[name]
        if inspect.isfunction(other):
            assert api.signature(one) == api.signature(other), name
        if name not in OWN_WORDS:
            assert inspect.getdoc(one) == inspect.getdoc(other), name


def test_the_page_of_names_is_what_the_code_has() -> None:
    assert api.PAGE.read_text() == api.page()
