"""SPEC instruments as Bluesky's devices, for ophyd-async and for the classic ophyd (optional extra `bluesky`)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .backend import SpecSignalBackend
    from .classic.diffractometer import spec_diffractometer, take_crystal
    from .command import SpecCommandBackend, spec_command
    from .command_detector import SpecCommand
    from .connection import close_connections
    from .counters import SpecCounters
    from .declarative import SpecDevice, SpecMacro, SpecProperty
    from .detector import SpecAcquireLogic, SpecDataLogic, SpecDetector, SpecTriggerLogic
    from .motor import SpecMotor
    from .original.command_detector import CommandDetector
    from .original.counter import Counter
    from .original.motor import Motor
    from .plans import spec_scan
    from .scan_flyer import SpecScanFlyer
    from .signals import spec_signal_r, spec_signal_rw, spec_signal_w
    from .variable import SpecVariable

# Where each name is from; imported when it is first asked for, because ophyd-async and the classic ophyd take long.
_MODULES = {
    "CommandDetector": "original.command_detector",
    "Counter": "original.counter",
    "Motor": "original.motor",
    "SpecAcquireLogic": "detector",
    "SpecCommand": "command_detector",
    "SpecCommandBackend": "command",
    "SpecCounters": "counters",
    "SpecDataLogic": "detector",
    "SpecDetector": "detector",
    "SpecDevice": "declarative",
    "SpecMacro": "declarative",
    "SpecMotor": "motor",
    "SpecProperty": "declarative",
    "SpecScanFlyer": "scan_flyer",
    "SpecSignalBackend": "backend",
    "SpecTriggerLogic": "detector",
    "SpecVariable": "variable",
    "close_connections": "connection",
    "spec_command": "command",
    "spec_diffractometer": "classic.diffractometer",
    "spec_scan": "plans",
    "spec_signal_r": "signals",
    "spec_signal_rw": "signals",
    "spec_signal_w": "signals",
    "take_crystal": "classic.diffractometer",
}

__all__ = [
    "CommandDetector",
    "Counter",
    "Motor",
    "SpecAcquireLogic",
    "SpecCommand",
    "SpecCommandBackend",
    "SpecCounters",
    "SpecDataLogic",
    "SpecDetector",
    "SpecDevice",
    "SpecMacro",
    "SpecMotor",
    "SpecProperty",
    "SpecScanFlyer",
    "SpecSignalBackend",
    "SpecTriggerLogic",
    "SpecVariable",
    "close_connections",
    "spec_command",
    "spec_diffractometer",
    "spec_scan",
    "spec_signal_r",
    "spec_signal_rw",
    "spec_signal_w",
    "take_crystal",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f".{_MODULES[name]}", __name__)
    except ModuleNotFoundError as error:
        extra = "hklpy2" if error.name == "hklpy2" else "bluesky"
        error.add_note(f"{__name__}.{name} needs it: pip install 'pycertifspec[{extra}]'")
        raise
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
