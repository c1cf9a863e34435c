"""`Listeners`: who is told of a motion while it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .axis import Axis


class Listeners(NamedTuple):
    """Functions that are told of a motion.

    Attributes:
        progress: is called with all positions when one has changed.
        arrived: is called with a motor's mnemonic and position when it stands at its target.
        starting: is called with where each goes when SPEC is about to be told; an interruption by then stops nobody.

    """

    progress: Callable[[dict[str, float]], None] | None = None
    arrived: Callable[[str, float], None] | None = None
    starting: Callable[[dict[str, float]], None] | None = None

    def starts(self, axes: Mapping[str, Axis]) -> None:
        """Tell where all are about to go."""
        if self.starting is not None:
            self.starting({mne: axis.target for mne, axis in axes.items()})

    def moved(self, axes: Mapping[str, Axis]) -> None:
        """Tell where all are."""
        if self.progress is not None:
            self.progress({mne: axis.position for mne, axis in axes.items()})

    def stands(self, axis: Axis) -> None:
        """Tell that one stands, once, if that is where it was sent."""
        if self.arrived is not None and not axis.announced and axis.is_at(axis.position):
            axis.announced = True
            self.arrived(axis.mne, axis.position)
