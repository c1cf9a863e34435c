"""Signals that move a motor when they are written: they take as long as that takes, and plans can stop them."""

from __future__ import annotations

from typing import Any, TypeVar

from ophyd_async.core import Signal

from .backend import SpecSignalBackend

AnySignal = TypeVar("AnySignal", bound=Signal[Any])


def as_setpoint(signal: AnySignal) -> AnySignal:
    """Return the signal; a RunEngine that ends a plan stops what writing it has begun, and a write may take its time.

    A RunEngine stops what was set and has a ``stop``; signals have none, and give a write ten seconds. Whoever declares
    a signal chooses its class, so that this is added to the one signal.
    """

    async def stop(success: bool = False) -> None:
        """Stop the motion that writing this signal has begun; without effect if there is none, and in a mock.

        Args:
            success: whether who waits for it goes on as if the motor had arrived.

        """
        backend = signal._connector.backend  # noqa: SLF001  ophyd-async offers no other way
        if isinstance(backend, SpecSignalBackend):
            await backend.stop(success=success)

    signal._timeout = None  # noqa: SLF001
    object.__setattr__(signal, "stop", stop)  # a Device keeps the names of verbs from what means something else
    return signal
