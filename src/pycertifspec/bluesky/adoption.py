"""Signals that are named by the instrument become attributes of a device, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bluesky import protocols

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ophyd_async.core import Device, SignalR

# What plans look for in a device; one that had a signal of such a name would be taken for another kind of device.
VERBS = {name for kind in vars(protocols).values() if isinstance(kind, type) for name in vars(kind)}


def adopt(device: Device, signals: Mapping[str, SignalR[Any]]) -> None:
    """Make signals children of a device, by their names; one that means something else in it gets a ``_`` behind it."""
    for name, signal in signals.items():
        setattr(device, f"{name}_" if name in VERBS or hasattr(device, name) else name, signal)
