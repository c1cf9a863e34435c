"""Counting as SPEC does it: all counters at once, to seconds or to monitor counts; what its devices have in common."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ophyd_async.core import Device, SignalR, WatcherUpdate

from pycertifspec.errors import CallTimeoutError, LocalProtocolError, RemoteError, StoppedError
from pycertifspec.session import properties
from pycertifspec.session.procedures.counting import count
from pycertifspec.session.properties import scaler_path

from .address import address
from .adoption import adopt
from .backend import SpecSignalBackend
from .connector import ServerConnector
from .progress import told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from pycertifspec.asyncio.client import AsyncClient

    from .connection import Connection

# The counters that SPEC itself counts to, by the mnemonics that it gives them (SPEC_LANGUAGE.md 3.4).
TIMER = "sec"
MONITOR = "mon"

# Seconds that SPEC is given to stop counting (it reads its counters first), and how often it is told: one that has not
# come to a count in its queue might begin it after all.
STOP_TIMEOUT = 10.0
STOPS = 3


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
        self._work: asyncio.Task[Any] | None = None
        self._told = False  # whether SPEC was told to count
        self._stopped: bool | None = None  # whether on purpose, once it was
        self._adopt(mnemonics)

    def _adopt(self, mnemonics: Iterable[str]) -> None:
        for mne in mnemonics:
            place = address(self._server, scaler_path(mne, properties.VALUE.name))
            units, precision = ("s", 3) if mne == TIMER else ("counts", 0)
            self.signals[mne] = SignalR(SpecSignalBackend(float, place, units=units, precision=precision))
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
        gauge = TIMER if preset > 0 else MONITOR
        # The other counters are read by who wants them, when it is over.
        gauges = (gauge,) if gauge in self._gauges else ()
        self._stopped, self._told = None, False
        self._connection.counting = name

        def start(tell: Callable[[dict[str, float]], None]) -> asyncio.Task[Any]:
            session = client._link.session  # noqa: SLF001  one program in two parts
            procedure = count(session, preset, gauges, progress=tell, starting=self._starting)
            self._work = asyncio.create_task(client._link.run(procedure))  # noqa: SLF001
            return self._work

        try:
            async for values in told(start):
                if gauge in values:
                    yield WatcherUpdate(
                        name=name,
                        current=values[gauge],
                        initial=0.0,
                        target=abs(preset),
                        unit="s" if gauge == TIMER else "counts",
                        precision=3 if gauge == TIMER else 0,
                    )
        except asyncio.CancelledError:
            if not self._was_stopped() or _is_cancelled():
                raise
        finally:
            self._work = None
            self._connection.counting = ""
        if self._was_stopped() and not self._stopped:
            raise StoppedError(f"counting of {name} was stopped by this program")

    def _was_stopped(self) -> bool:
        return self._stopped is not None

    def _starting(self) -> None:
        self._told = True

    async def stop(self, *, success: bool) -> None:
        """Stop the count that is under way, if this program has begun one, and wait until SPEC counts no more.

        Args:
            success: whether who waits for it goes on with what was counted.

        Raises:
            CallTimeoutError: SPEC goes on counting.

        """
        if self._work is None or self._stopped is not None or self._connection is None:
            return
        self._stopped = success
        client, work = self._connection.client, self._work
        work.cancel()  # this tells SPEC
        await asyncio.wait((work,))
        if not self._told:
            return  # SPEC has not been told to count either
        for _ in range(STOPS):
            if await _counts_no_more(client):
                return
            await client.stop_counting()
        raise CallTimeoutError(f"{client} was told {STOPS} times to stop counting, and goes on")


async def _counts_no_more(client: AsyncClient) -> bool:
    """Return whether SPEC, which was told to stop, has done so within a time, and does not begin after all."""
    with contextlib.suppress(RemoteError):  # a server that is no SPEC, and has no prompt
        try:
            await client.wait_for(properties.READY, True, STOP_TIMEOUT)
        except CallTimeoutError:
            return False
    return not await client.read(properties.COUNT_ALL)


def _is_cancelled() -> bool:
    """Return whether who runs this is cancelled, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
