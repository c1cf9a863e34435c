"""`ServerConnector`: connects a device that talks to its server itself, beside its signals."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ophyd_async.core import Device, DeviceConnector, NotConnectedError

from pycertifspec.errors import SpecError

from .connection import Connection, shared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class ServerConnector(DeviceConnector):
    """Connects a device with its server, and then its children.

    Args:
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        connected: is given the connection; children that it makes are connected, too.

    """

    def __init__(self, server: str, connected: Callable[[Connection], Awaitable[None]]) -> None:
        self._server = server
        self._connected = connected

    async def connect_real(self, device: Device, timeout: float, force_reconnect: bool) -> None:
        """Connect.

        Raises:
            NotConnectedError: no server answers, or a child is not there; the text says which.

        """
        try:
            async with asyncio.timeout(timeout):
                await self._connected(await shared(self._server))
        except TimeoutError as error:
            raise NotConnectedError(f"{self._server or 'SPEC'}: no answer within {timeout} s") from error
        except SpecError as error:
            raise NotConnectedError(f"{self._server or 'SPEC'}: {error}") from error
        await super().connect_real(device, timeout, force_reconnect)
