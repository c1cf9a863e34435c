"""What a simulated SPEC keeps from one run to the next: positions, settings, variables, macros."""

from __future__ import annotations

from .keeper import Keeper
from .state_file import StateFile

__all__ = ["Keeper", "StateFile"]
