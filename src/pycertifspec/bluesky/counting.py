"""Counting as SPEC does it: all counters at once, to seconds or to monitor counts; what its devices have in common."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ophyd_async.core import Device, SignalR, WatcherUpdate

from pycertifspec.errors import CallTimeoutError, LocalProtocolError, RemoteError, StoppedError
from pycertifspec.session import properties
from pycertifspec.session.properties import scaler_path

from .address import address
from .adoption import adopt
from .backend import SpecSignalBackend
from .connector import ServerConnector
from .progress import told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable

    from .connection import Connection

# The counters that SPEC itself counts to, by the mnemonics that it gives them (SPEC_LANGUAGE.md 3.4).
TIMER = "sec"
MONITOR = "mon"

# Seconds that SPEC is given to stop counting (it reads its counters first), and how often it is told: a count that has
# not begun yet cannot be stopped.
STOP_TIMEOUT = 2.0
STOPS = 5


class Counting:
    """The counters of a device, and one count of them at a time, which can be stopped.

    Args:
        device: gets a signal for each of them as an attribute.
        server: as for devices.
        mnemonics: of the counters; none for all that the server has when the device is connected.
        adopted: is called with them, by mnemonic, as soon as they are known.

    Attributes:
        signals: by mnemonic.
        connector: connects the device.

    """

    def __init__(
        self,
        device: Device,
        server: str,
        mnemonics: Iterable[str],
        adopted: Callable[[dict[str, SignalR[float]]], None],
    ) -> None:
        self.signals: dict[str, SignalR[float]] = {}
        self.connector = ServerConnector(server, self._connected)
        self._device = device
        self._server = server
        self._adopted = adopted
        self._connection: Connection | None = None
        self._gauges: tuple[str, ...] = ()
        self._going = False
        self._stopped: bool | None = None  # whether on purpose, once it was
        self._over = asyncio.Event()
        self._adopt(mnemonics)

    def _adopt(self, mnemonics: Iterable[str]) -> None:
        for mne in mnemonics:
            place = address(self._server, scaler_path(mne, properties.VALUE.name))
            self.signals[mne] = SignalR(SpecSignalBackend(float, place, units="s" if mne == TIMER else "counts"))
        adopt(self._device, self.signals)
        self._adopted(self.signals)

    async def _connected(self, connection: Connection) -> None:
        """Use a connection, and see which counters there are that tell how far a count is."""
        gauges = []
        for mne in (TIMER, MONITOR):
            with contextlib.suppress(RemoteError):  # there is none of this name
                await connection.client.read(scaler_path(mne, properties.VALUE.name))
                gauges.append(mne)
        self._connection, self._gauges = connection, tuple(gauges)
        if not self.signals:
            self._adopt((await connection.client.load_names()).counters)

    async def count(self, preset: float, name: str) -> AsyncIterator[WatcherUpdate[float]]:
        """Count; give how far it is, and end when it is over. Ending the iteration stops it.

        Args:
            preset: seconds; negative for monitor counts (PROTOCOL.md 5.9).
            name: of the device, for who looks.

        Raises:
            SpecError: as `AsyncClient.count`.
            StoppedError: it was stopped, and not on purpose.
            LocalProtocolError: another device of this server counts.

        """
        if self._connection is None:
            return  # a mock counts nothing
        if self._connection.counting:
            raise LocalProtocolError(
                f"{name} cannot count: SPEC counts for {self._connection.counting!r} already, and has one count for "
                "all its counters; have those of both devices in one"
            )
        client = self._connection.client
        by_time = preset > 0
        gauge = TIMER if by_time else MONITOR
        how: dict[str, Any] = {"time": preset} if by_time else {"monitor": -preset}
        # The other counters are read by who wants them, when it is over.
        how["counters"] = [gauge] if gauge in self._gauges else []
        self._going, self._stopped = True, None
        self._over.clear()
        self._connection.counting = name

        def run(tell: Callable[[dict[str, float]], None]) -> Coroutine[Any, Any, dict[str, float]]:
            return client.count(callback=tell, **how)

        try:
            async for values in told(run):
                if gauge in values:
                    yield WatcherUpdate(
                        name=name,
                        current=values[gauge],
                        initial=0.0,
                        target=abs(preset),
                        unit="s" if by_time else "counts",
                        precision=3 if by_time else 0,
                    )
        except RemoteError:
            if not self._was_stopped():  # who stops it before SPEC has begun hears that SPEC did not count
                raise
        finally:
            self._going = False
            self._connection.counting = ""
            self._over.set()
        if self._was_stopped() and not self._stopped:
            raise StoppedError(f"counting of {name} was stopped by this program")

    def _was_stopped(self) -> bool:
        return self._stopped is not None

    async def stop(self, *, success: bool) -> None:
        """Stop the count that is under way, if this program has begun one.

        Args:
            success: whether who waits for it goes on with what was counted.

        Raises:
            CallTimeoutError: SPEC goes on counting.

        """
        if not self._going or self._connection is None:
            return
        self._going, self._stopped = False, success
        for _ in range(STOPS):
            await self._connection.client.stop_counting()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await self._over.wait()
            if self._over.is_set():
                return
        raise CallTimeoutError(f"{self._connection.client} was told {STOPS} times to stop counting, and goes on")
