"""`SpecDetector`: SPEC's counters as a StandardDetector of ophyd-async, and its three logics to mix with others."""

from collections.abc import Callable, Sequence
from typing import Any

from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import (
    AsyncStatus,
    DetectorAcquireLogic,
    DetectorDataLogic,
    DetectorTriggerLogic,
    ReadableDataProvider,
    SignalR,
    SignalRW,
    StandardDetector,
    TriggerInfo,
    merge_gathered_dicts,
    soft_signal_rw,
)

from .counting import TIMER, Counting


class SpecTriggerLogic(DetectorTriggerLogic):
    """How long SPEC counts.

    Args:
        preset: a signal that holds seconds, or monitor counts if negative.

    """

    def __init__(self, preset: SignalRW[float]) -> None:
        self._preset = preset

    def config_sigs(self) -> set[SignalR[Any]]:
        """Return the preset: it is recorded in the configuration."""
        return {self._preset}

    async def prepare_internal(self, num: int, livetime: float, deadtime: float) -> None:
        """Set the preset; a livetime of 0 keeps it.

        Raises:
            ValueError: SPEC counts once for each trigger, without a time between.

        """
        if num > 1 or deadtime:
            raise ValueError(f"SPEC counts once for each trigger; it was prepared for {num}, {deadtime} s apart")
        if livetime:
            await self._preset.set(livetime)

    async def default_trigger_info(self) -> TriggerInfo:
        """Return what counting to the present preset is; monitor counts are no time."""
        return TriggerInfo(livetime=max(await self._preset.get_value(), 0.0))


class SpecAcquireLogic(DetectorAcquireLogic):
    """Counting in SPEC.

    Args:
        counting: what counts.
        preset: returns to what: seconds, or monitor counts if negative.
        name: returns the device's name.

    """

    def __init__(self, counting: Counting, preset: SignalRW[float], name: Callable[[], str]) -> None:
        self._counting = counting
        self._preset = preset
        self._name = name
        self._status: AsyncStatus[None] | None = None

    async def start_acquiring(self) -> None:
        """Start counting."""
        self._status = AsyncStatus(self._count(await self._preset.get_value()), name=self._name())

    async def _count(self, preset: float) -> None:
        async for _ in self._counting.count(preset, self._name()):
            pass

    async def wait_for_idle(self) -> None:
        """Wait until it is over; cancelling the wait stops the counting.

        Raises:
            SpecError: as `AsyncClient.count`.

        """
        if self._status is not None:
            await self._status

    async def ensure_stopped(self) -> None:
        """Stop counting, if this has begun it."""
        await self._counting.stop(success=True)


class SpecDataLogic(DetectorDataLogic):
    """The counters' values, read after each count.

    Args:
        counters: signals by mnemonic.
        hinted: mnemonics of those that displays show.

    """

    def __init__(self, counters: dict[str, SignalR[float]], hinted: Callable[[str], bool]) -> None:
        self._counters = counters
        self._hinted = hinted

    async def prepare_single(self, datakey_name: str) -> ReadableDataProvider:  # noqa: ARG002  each has a key of its own
        """Return what reads them."""
        return _Values(tuple(self._counters.values()))

    def get_hinted_fields(self, datakey_name: str) -> Sequence[str]:  # noqa: ARG002
        """Return the keys of the counters that displays show."""
        return [signal.name for mne, signal in self._counters.items() if self._hinted(mne)]


class _Values(ReadableDataProvider):
    """Reads signals."""

    def __init__(self, signals: Sequence[SignalR[float]]) -> None:
        self._signals = signals

    async def make_datakeys(self) -> dict[str, DataKey]:
        return await merge_gathered_dicts(signal.describe() for signal in self._signals)

    async def make_readings(self) -> dict[str, Reading[Any]]:
        return await merge_gathered_dicts(signal.read(cached=False) for signal in self._signals)


class SpecDetector(StandardDetector):
    """Counters of a SPEC server that are prepared with a `TriggerInfo`, among detectors of other kinds.

    A plan that prepares all its detectors alike (``bps.prepare(det, TriggerInfo(livetime=0.4))``) has no need to know
    which of them is SPEC's; another logic, such as the data of a camera that SPEC exposes while it counts, is added
    with ``add_detector_logics``. It cannot be flown: SPEC counts once for each trigger. For plans without `TriggerInfo`
    `SpecCounters` is simpler, and shows how far it is.

    Args:
        counters: as for `SpecCounters`.
        server: as for `SpecCounters`.
        hinted: as for `SpecCounters`.
        preset: seconds until it is prepared otherwise, or monitor counts if negative.
        name: of the device; `init_devices` gives it that of its variable.

    """

    def __init__(
        self,
        counters: Sequence[str] = (),
        server: str = "",
        hinted: Sequence[str] = (),
        preset: float | int = 1.0,  # noqa: PYI041  as in `SpecCounters`
        name: str = "",
    ) -> None:
        self.preset = soft_signal_rw(float, float(preset))
        self._counting = Counting(self, server, counters, lambda _: None)
        self.add_detector_logics(
            SpecTriggerLogic(self.preset),
            SpecAcquireLogic(self._counting, self.preset, lambda: self.name),
            SpecDataLogic(self._counting.signals, lambda mne: mne in hinted if hinted else mne != TIMER),
        )
        super().__init__(name=name, connector=self._counting.connector)

    @property
    def counters(self) -> dict[str, SignalR[float]]:
        """The counters' signals, by mnemonic."""
        return self._counting.signals
