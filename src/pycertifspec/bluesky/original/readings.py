"""Readings and data keys, as Bluesky's documents have them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bluesky.protocols import Reading

    Readings: TypeAlias = dict[str, Reading[Any]]
    DataKeys: TypeAlias = dict[str, Any]


def readings(values: Mapping[str, Any], timestamp: float | None = None) -> Readings:
    """Return values as readings, of the time of now unless another is given."""
    when = time.time() if timestamp is None else timestamp
    return {key: {"value": value, "timestamp": when} for key, value in values.items()}


def numbers(sources: Mapping[str, str]) -> DataKeys:
    """Return the data keys of numbers, by the source of each."""
    return {key: {"source": source, "dtype": "number", "shape": []} for key, source in sources.items()}
