"""The clients' public names and signatures, as the code has them and as docs/reference/client-api.md shows them.

`python -m tests.architecture.api` writes the page.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from pycertifspec import AsyncClient, Client
from pycertifspec.asyncio.changes import Changes as AsyncChanges
from pycertifspec.asyncio.counter import AsyncCounter
from pycertifspec.asyncio.motion import Motion as AsyncMotion
from pycertifspec.asyncio.motor import AsyncMotor
from pycertifspec.asyncio.scan import FollowedScan as AsyncFollowedScan
from pycertifspec.asyncio.scan import Scan as AsyncScan
from pycertifspec.asyncio.scan import Scans as AsyncScans
from pycertifspec.session.change import Change
from pycertifspec.session.procedures.commands import Result
from pycertifspec.session.scan_record import ScanPoint, ScanRecord
from pycertifspec.session.scan_text import PointTaken, ScanBegun, ScanOver, ScanResumed
from pycertifspec.sync.changes import Changes
from pycertifspec.sync.counter import Counter
from pycertifspec.sync.motion import Motion
from pycertifspec.sync.motor import Motor
from pycertifspec.sync.scan import FollowedScan, Scan, Scans
from pycertifspec.sync.variable import ArrayVar, Var

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "client-api.md"

HEAD = """# The clients' names

What `Client` (blocking) and `AsyncClient` (asyncio) offer. The names are the same in both faces; in asyncio, verbs and
attributes are awaited, `for` is `async for`, and `with` is `async with`. Docstrings say what each needs, gives, raises.

This page is written by `python -m tests.architecture.api`; a test compares it with the code.
"""

CLASSES: tuple[type, ...] = (
    Client,
    AsyncClient,
    Motor,
    AsyncMotor,
    Counter,
    AsyncCounter,
    Motion,
    AsyncMotion,
    Changes,
    AsyncChanges,
    Scan,
    AsyncScan,
    FollowedScan,
    AsyncFollowedScan,
    Scans,
    AsyncScans,
    ScanRecord,
    ScanPoint,
    ScanBegun,
    ScanResumed,
    PointTaken,
    ScanOver,
    Var,
    ArrayVar,
    Change,
    Result,
)


def signature(function: Any) -> str:
    """Return a function's parameters, without annotations: they stand in the code."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in {"self", "cls", "_cls"}
    ]
    return str(inspect.Signature(parameters))


def members(kind: type) -> list[str]:
    """Return the lines of a class: methods with their parameters, then attributes."""
    methods, attributes = [], []
    for name, member in vars(kind).items():
        function = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if name.startswith("_"):
            continue
        if inspect.isfunction(function):
            awaited = "await " if inspect.iscoroutinefunction(function) else ""
            methods.append(f"- `{awaited}{name}{signature(function)}`")
        else:
            attributes.append(f"`{name}`")
    return methods + ([f"- attributes: {', '.join(attributes)}"] if attributes else [])


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for kind in CLASSES:
        face = "asyncio" if ".asyncio." in kind.__module__ else "blocking" if ".sync." in kind.__module__ else "both"
        title = f"## {kind.__name__} ({face})"
        first = (inspect.getdoc(kind) or "").split("\n", 1)[0]
        parts.append("\n".join([title, "", f"`{kind.__name__}{signature(kind)}`: {first}", "", *members(kind), ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
