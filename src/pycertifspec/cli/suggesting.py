"""What may be typed for a name, asked of the server while a shell waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import SpecError
from pycertifspec.session import properties

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pycertifspec.session.procedures.counting import Names

# Seconds that the server may take: somebody has pressed Tab, and looks at the screen.
PATIENCE: Final = 0.5
# Of the properties that are about the whole, those that a person asks for.
_WHOLE: Final = (properties.READY, properties.SIMULATE, properties.SHELL, properties.ERROR, properties.COUNT_ALL)


def motors(parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    """Return the motors' mnemonics and names."""
    known = _ask(parsed_args)
    return known.motors if known else {}


def moves(parsed_args: argparse.Namespace, **more: Any) -> Mapping[str, str]:
    """Return the motors where one is to be typed: each is followed by a number."""
    return {} if len(parsed_args.moves or ()) % 2 else motors(parsed_args, **more)


def counters(parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    """Return the counters' mnemonics and names."""
    known = _ask(parsed_args)
    return known.counters if known else {}


def names(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    """Return what `get` and its like know: motors, counters, and once one has begun to type them, properties."""
    known = _ask(parsed_args)
    if known is None:
        return {}
    if "/" not in prefix:
        return {**known.counters, **known.motors, **dict.fromkeys(_WHOLE, "")}
    found = dict.fromkeys(_WHOLE, "")
    for mne in known.motors:
        found |= {properties.motor_path(mne, prop.name): prop.doc for prop in properties.MOTOR if prop.readable}
    for mne in known.counters:
        found |= {properties.scaler_path(mne, prop.name): prop.doc for prop in properties.COUNTER}
    return found


def writable(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    """Return the properties of motors that can be written."""
    known = _ask(parsed_args) if "/" in prefix else None
    return {
        properties.motor_path(mne, prop.name): prop.doc
        for mne in (known.motors if known else ())
        for prop in properties.MOTOR
        if prop.writable
    }


def _ask(options: argparse.Namespace) -> Names | None:
    """Return what the server that is meant has; None where it does not say: nobody reads an error now."""
    from pycertifspec.sync.client import Client  # noqa: PLC0415  the help needs none of it

    from . import settings  # noqa: PLC0415

    try:
        host, _, name, port = settings.read(options).server().target
        with Client(host, port, timeout=PATIENCE, name=name, call_timeout=PATIENCE, auto_reconnect=False) as client:
            return client.load_names()
    except SpecError:
        return None
