"""The machine: which cores we run on, and what the report says about it."""

from __future__ import annotations

import contextlib
import os
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CAN_PIN = hasattr(os, "sched_setaffinity")


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Hold this process, and those that it starts, on one core, where the system lets us.

    Between two cores, the scheduler alone decides whether a reply takes 15 us or 70 us.
    """
    if not CAN_PIN:
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def describe() -> dict[str, str | int | bool]:
    """Return what the figures depend on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if CAN_PIN else os.cpu_count() or 1,
        "pinned": CAN_PIN,
    }
