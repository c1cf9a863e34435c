"""SPEC instruments as Bluesky's devices, for ophyd-async and for the classic ophyd (optional extra `bluesky`)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .backend import SpecSignalBackend
    from .connection import close_connections
    from .motor import SpecMotor

# Where each name is from; imported when it is first asked for, because ophyd-async and the classic ophyd take long.
_MODULES = {
    "SpecMotor": "motor",
    "SpecSignalBackend": "backend",
    "close_connections": "connection",
}

__all__ = ["SpecMotor", "SpecSignalBackend", "close_connections"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
