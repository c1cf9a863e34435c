"""`Counter`: the counters of the blocking client as one detector, as the original pycertifspec had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.session.procedures import counting
from pycertifspec.sync.client import Client

from .following import Following
from .readings import numbers, readings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from ophyd.status import Status

    from pycertifspec.session.steps import Procedure

    from .readings import DataKeys, Readings


class Counter:
    """All counters, counted together. `pycertifspec.bluesky.SpecCounters` is the one to begin with now.

    Args:
        client: the client.
        name: the detector's in documents; the counters go by their mnemonics.
        visualize_counters: mnemonics of those that plots and tables show.

    Raises:
        ValueError: it is no `pycertifspec.Client`.

    Attributes:
        duration: seconds that each trigger counts.

    """

    def __init__(self, client: Client, name: str = "SPEC", visualize_counters: Iterable[str] = ()) -> None:
        if not isinstance(client, Client):
            raise ValueError(f"{client!r} is no pycertifspec.Client")  # noqa: TRY004
        self.client = client
        self.name = name
        self.parent = None
        self.hints = {"fields": list(visualize_counters)}
        self.duration = 1.0
        self.data: Readings = readings({})
        self.status: Status | None = None
        self._counting: Following | None = None

    def read(self) -> Readings:
        """Return what was counted last."""
        return self.data

    def describe(self) -> DataKeys:
        """Return what `read` gives."""
        keys = numbers({mne: f"scaler/{mne}/value" for mne in self.client.counter_names})
        for mne, key in keys.items():
            key["name"] = self.client.counter_names[mne]
        return keys

    def read_configuration(self) -> Readings:
        """Return how long each trigger counts."""
        return readings({"duration": self.duration})

    def describe_configuration(self) -> DataKeys:
        """Return what `read_configuration` gives."""
        return numbers({"duration": "User defined"})

    def configure(self, duration: float) -> tuple[Readings, Readings]:
        """Set the seconds that each trigger counts; return the configuration before and after."""
        old = self.read_configuration()
        self.duration = duration
        return old, self.read_configuration()

    def trigger(self) -> Status:
        """Count.

        Returns:
            A status that fails with what SPEC said, when it does not count.

        """
        self._counting = Following(self.client, self._count(), f"the counting of {self.name}")
        self.status = self._counting.status
        return self.status

    def _count(self) -> Procedure[None]:
        session = self.client._link.session  # noqa: SLF001  one program in two parts
        preset = counting.preset(self.duration, None)
        self.data = readings((yield from counting.count(session, preset, tuple(self.client.counter_names))))

    def stage(self) -> list[Self]:
        """Get ready: nothing to do."""
        return [self]

    def unstage(self) -> list[Self]:
        """End a count that is still going on, because its plan was given up."""
        if self._counting is not None:
            self._counting.stop()
        return [self]
