"""`SpecCounters`: SPEC's counters, all or some, as one detector of ophyd-async that is triggered."""

from collections.abc import AsyncIterator, Sequence

from bluesky.protocols import Preparable, Triggerable
from ophyd_async.core import (
    AsyncStatus,
    SignalR,
    StandardReadable,
    WatchableAsyncStatus,
    WatcherUpdate,
    soft_signal_rw,
)
from ophyd_async.core import StandardReadableFormat as Format

from .counting import TIMER, Counting


class SpecCounters(StandardReadable, Triggerable, Preparable):
    """Counters of a SPEC server. SPEC counts all of them at once, so one device has them all.

    ``trigger`` counts to the preset and tells how far it is; ``prepare`` sets the preset, as ``bps.mv(cnt.preset, 2)``
    does. The preset is in seconds, or in monitor counts if it is negative (PROTOCOL.md 5.9), and is recorded in the
    configuration. What is read afterwards is asked of the server, since the last events may be late (PROTOCOL.md 5.9).
    Unstaging, pausing and stopping end a count that is under way, once.

    Data keys are the device's name and the mnemonic: ``cnt-det``. Each counter is an attribute, too: ``cnt.det``.

    Args:
        counters: mnemonics; none for all that the server has when the device is connected. A mock knows those alone
            that are named.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        hinted: mnemonics of the counters that displays show; none for all but the timer.
        preset: seconds, or monitor counts if negative.
        name: of the device; `init_devices` gives it that of its variable.

    """

    def __init__(
        self,
        counters: Sequence[str] = (),
        server: str = "",
        hinted: Sequence[str] = (),
        preset: float | int = 1.0,  # noqa: PYI041  a TOML file's 1 is an int, for who checks it against this
        name: str = "",
    ) -> None:
        self._hinted = tuple(hinted)
        with self.add_children_as_readables(Format.CONFIG_SIGNAL):
            self.preset = soft_signal_rw(float, float(preset))
        self._counting = Counting(self, server, counters, self._read)
        super().__init__(name=name, connector=self._counting.connector)

    def _read(self, signals: dict[str, SignalR[float]]) -> None:
        for mne, signal in signals.items():
            hinted = mne in self._hinted if self._hinted else mne != TIMER
            self.add_readables([signal], Format.HINTED_UNCACHED_SIGNAL if hinted else Format.UNCACHED_SIGNAL)

    @property
    def counters(self) -> dict[str, SignalR[float]]:
        """The counters' signals, by mnemonic."""
        return self._counting.signals

    @AsyncStatus.wrap
    async def prepare(self, value: float) -> None:
        """Set the preset: seconds, or monitor counts if negative."""
        await self.preset.set(value)

    @WatchableAsyncStatus.wrap
    async def trigger(self) -> AsyncIterator[WatcherUpdate[float]]:
        """Count to the preset."""
        async for update in self._counting.count(await self.preset.get_value(), self.name):
            yield update

    async def stop(self, success: bool = False) -> None:
        """Stop a count that is under way.

        Args:
            success: whether its status is done as if the preset had been reached.

        """
        await self._counting.stop(success=success)

    async def pause(self) -> None:
        """Stop a count that is under way: the plan counts that point again when it is resumed."""
        await self._counting.stop(success=True)

    async def resume(self) -> None:
        """Do nothing: the plan triggers again."""

    @AsyncStatus.wrap
    async def unstage(self) -> None:
        """Stop a count that is under way."""
        await self._counting.stop(success=True)
        await super().unstage()
