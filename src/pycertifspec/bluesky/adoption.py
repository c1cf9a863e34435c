"""Signals that are named by the instrument become attributes of a device, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ophyd_async.core import Device, SignalR


def adopt(device: Device, signals: Mapping[str, SignalR[Any]]) -> None:
    """Make signals children of a device, by their names; one that the device needs itself gets a ``_`` behind it."""
    for name, signal in signals.items():
        try:
            setattr(device, f"{name}_" if hasattr(device, name) else name, signal)
        except NameError:  # ophyd-async keeps the verbs of all kinds of devices
            setattr(device, f"{name}_", signal)
