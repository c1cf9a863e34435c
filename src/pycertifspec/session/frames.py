"""Scans as tables of pandas and xarray: their only door, imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def to_pandas(columns: Mapping[str, Any], index: Sequence[int], facts: Mapping[str, Any]) -> Any:
    """Return a DataFrame.

    Raises:
        ImportError: pandas is not installed.

    """
    import pandas as pd  # noqa: PLC0415  see the module's first line

    frame = pd.DataFrame(dict(columns), index=pd.Index(index, name="point"))
    frame.attrs.update(facts)
    return frame


def to_xarray(
    columns: Mapping[str, Any], index: Sequence[int], coordinates: Sequence[str], facts: Mapping[str, Any]
) -> Any:
    """Return a Dataset.

    Raises:
        ImportError: xarray is not installed.

    """
    import xarray as xr  # noqa: PLC0415  see the module's first line

    data = {name: ("point", values) for name, values in columns.items() if name not in coordinates}
    along = {name: ("point", columns[name]) for name in coordinates}
    return xr.Dataset(data, coords={"point": list(index), **along}, attrs=dict(facts))
