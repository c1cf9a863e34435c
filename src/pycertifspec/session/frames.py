"""Scans as tables of pandas and xarray, and as files: the only door to these, imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.wire import arrays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from .scan_record import ScanRecord


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
    columns: Mapping[str, Any],
    index: Sequence[int],
    coordinates: Sequence[str],
    facts: Mapping[str, Any],
    shape: tuple[int, ...] | None = None,
) -> Any:
    """Return a Dataset along ``point``; with a shape of two axes along ``slow`` and ``fast``.

    Raises:
        ImportError: xarray is not installed.

    """
    import xarray as xr  # noqa: PLC0415  see the module's first line

    numbers: Any = list(index)
    axes: tuple[str, ...] = ("point",)
    if shape is not None and len(shape) == 2:
        axes = ("slow", "fast")
        columns = {name: arrays.placed(values, index, shape) for name, values in columns.items()}
        numbers = axes, [[row * shape[1] + place for place in range(shape[1])] for row in range(shape[0])]
    data = {name: (axes, values) for name, values in columns.items() if name not in coordinates}
    along = {name: (axes, columns[name]) for name in coordinates}
    return xr.Dataset(data, coords={"point": numbers, **along}, attrs=_plain(facts))


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file of xarray's can hold as well: it knows no truth values and no tuples of texts."""
    plain = {name: int(value) if isinstance(value, bool) else value for name, value in facts.items()}
    return {name: " ".join(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def save(record: ScanRecord, path: str | PathLike[str], form: str | None, *, replace: bool) -> None:
    """Write a scan to a file (see `ScanRecord.save`)."""
    from pycertifspec import saving  # noqa: PLC0415  stands above, and is needed here alone

    saving.save([saving.measured_scan(record)], path, form, replace=replace)
