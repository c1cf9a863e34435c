"""What geometry refuses, in the words that SPEC's screen shows."""

from __future__ import annotations

from pycertifspec.errors import SpecError


class GeometryError(SpecError):
    """There is no answer: a reflection out of reach, a lattice without volume, an orientation that nothing fixes.

    The texts of real servers are unknown (SPEC_LANGUAGE.md 9).
    """
