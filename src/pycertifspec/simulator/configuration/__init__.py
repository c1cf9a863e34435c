"""How a beamline is described in a file, TOML or SPEC's own `config`, and what such a file says."""

from __future__ import annotations

from .description import Description
from .reading import read_description

__all__ = ["Description", "read_description"]
