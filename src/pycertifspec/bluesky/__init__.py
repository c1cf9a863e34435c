"""SPEC instruments as Bluesky's devices, for ophyd-async and for the classic ophyd (optional extra `bluesky`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .classic.diffractometer import spec_diffractometer, take_crystal
    from .original.command_detector import CommandDetector
    from .original.counter import Counter
    from .original.motor import Motor

__all__ = ["CommandDetector", "Counter", "Motor", "spec_diffractometer", "take_crystal"]

# Where each name is; imported when it is asked for: ophyd and ophyd-async take most of a second each.
_PLACES = {
    "CommandDetector": "original.command_detector",
    "Counter": "original.counter",
    "Motor": "original.motor",
    "spec_diffractometer": "classic.diffractometer",
    "take_crystal": "classic.diffractometer",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
