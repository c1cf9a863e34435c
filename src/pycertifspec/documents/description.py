"""`describe_scan`: what documents say of a scan besides its points; the one place where that is decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from .heading import ELAPSED, HKL, parse_heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .heading import Dimension, Heading
    from .instrument import Instrument

STREAM: Final = "primary"
BASELINE: Final = "baseline"

# Columns that are SPEC's own: their names in documents and their units. `time` is taken in events already.
SPECS_OWN: Final = {"Time": (ELAPSED, "s"), "Epoch": ("epoch", "s"), "H": ("H", "r.l.u."), "K": ("K", "r.l.u."),
                    "L": ("L", "r.l.u.")}  # fmt: skip
# What no data key may be called: Tiled keeps these columns itself, in tables that know no upper case.
TAKEN: Final = ("time", "seq_num")
# On the screen SPEC cuts labels to the width of their column; shorter pieces than this are no name.
MIN_CUT: Final = 6

_DURATIONS: Final = {"sec": 3}
_HKL_PRECISION: Final = 5
_NOT_IN_A_KEY: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Description:
    """What documents say of a scan.

    Attributes:
        metadata: for the start document: ``plan_name``, ``scan_id``, ``motors``, ``hints`` and more.
        names: the data key of each column, in the columns' order.
        data_keys: of the stream `primary`, by name.
        hints: of its descriptor, by object; each data key is an object of its own.
        baseline: data keys of the stream `baseline`: all motors.

    """

    metadata: dict[str, Any]
    names: tuple[str, ...]
    data_keys: dict[str, dict[str, Any]]
    hints: dict[str, dict[str, list[str]]]
    baseline: dict[str, dict[str, Any]]


def describe_scan(
    command: str,
    labels: Sequence[str],
    instrument: Instrument,
    *,
    number: int | None = None,
    file: str | None = None,
    title: str = "",
    user: str = "",
    date: str = "",
    geometry: Mapping[int, Iterable[float]] | None = None,
    q: Iterable[float] = (),
    spectra: Mapping[str, int] | None = None,
) -> Description:
    """Return what documents say of a scan.

    Args:
        command: its heading: ``ascan  th 0 1  20 0.1``.
        labels: of its columns, as SPEC shows them on the screen or writes them in ``#L``; the scanned ones first.
            Without any, `metadata` is as good as the heading alone can make it.
        instrument: what the server has.
        number: SPEC's ``SCAN_N``.
        file: SPEC's ``DATAFILE``, None where none is written.
        title: of the scan's header.
        user: who measures.
        date: when it began, as SPEC wrote it (``#D``).
        geometry: numbers of the ``#G`` lines, by the line's number.
        q: h, k and l before the scan.
        spectra: channels of each spectrum of a point, by its name in the file (``@A``: ``A``).

    """
    heading = parse_heading(command)
    names = data_names(labels, instrument, heading)
    dimensions = _dimensions(heading, names, instrument)
    axes = tuple(dict.fromkeys(axis for dimension in dimensions for axis in dimension))
    not_counted = {*axes, *HKL, *(name for name, _ in SPECS_OWN.values())}
    counters = tuple(name for name in names if name not in not_counted and name not in instrument.motors)
    keys = {name: _data_key(name, label, instrument) for name, label in zip(names, labels, strict=True)}
    keys |= {f"mca_{name}": _spectrum_key(f"mca_{name}", size, instrument) for name, size in (spectra or {}).items()}
    said: dict[str, Any] = {
        "plan_name": heading.name,
        "plan_type": "spec",  # LiveTable shows it, and fails without
        "spec_command": command,
        "motors": list(axes),
        "detectors": list(counters),
        "hints": {"dimensions": [[list(dimension), STREAM] for dimension in dimensions]},
        "instrument": instrument.server,
        "versions": _versions(instrument),
        "columns": dict(zip(names, labels, strict=True)),
    }
    said |= _extent(heading)
    if heading.points is not None:
        said |= {"num_points": heading.points, "num_intervals": max(heading.points - 1, 0)}
    if heading.preset is not None:
        said |= {"monitor_counts": -heading.preset} if heading.preset < 0 else {"count_time": heading.preset}
    known = {"scan_id": number, "data_file": file, "title": title, "user": user, "spec_date": date}
    said |= {name: value for name, value in known.items() if value not in (None, "")}
    if geometry:
        said["geometry"] = {f"G{line}": list(values) for line, values in sorted(geometry.items())}
    if q := list(q):
        said["hkl"] = q
    if len(dimensions) > 1:
        said["hints"]["gridding"] = "rectilinear"
    return Description(
        metadata=said,
        names=names,
        data_keys=keys,
        hints={name: {"fields": [name]} for name in (*axes, *_detector(counters, labels, names)) if name in keys},
        baseline={name: _data_key(name, label, instrument) for name, label in instrument.motors.items()},
    )


def data_names(labels: Sequence[str], instrument: Instrument, heading: Heading) -> tuple[str, ...]:
    """Return a data key for each column: a mnemonic where the instrument has the label, else the label as one word.

    Args:
        labels: of the columns; motors' and counters' names may be cut, as they are on the screen.
        instrument: what the server has.
        heading: of the scan; the motors that it names stand first among the columns, in its order.

    """
    in_order = [axis for dimension in reversed(heading.dimensions) for axis in dimension.axes if axis not in HKL]
    taken = set(TAKEN)
    names = []
    for place, label in enumerate(labels):
        known = place < len(in_order) and label not in SPECS_OWN
        name = wanted = in_order[place] if known else _name(label, instrument, place)
        turn = 1
        while name.lower() in taken:
            turn += 1
            name = f"{wanted}_{turn}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _name(label: str, instrument: Instrument, place: int) -> str:
    if label in SPECS_OWN:
        return SPECS_OWN[label][0]
    kinds = (instrument.motors, instrument.counters)
    for devices in kinds if place == 0 else kinds[::-1]:
        for mnemonic, name in devices.items():
            if label in (name, mnemonic) or (len(label) >= MIN_CUT and name.startswith(label)):
                return mnemonic
    return _NOT_IN_A_KEY.sub("_", label).strip("_") or "column"


def _dimensions(heading: Heading, names: Sequence[str], instrument: Instrument) -> list[tuple[str, ...]]:
    """Return what is scanned, slow to fast; of a site's own scans the motors that stand first among the columns."""
    known = [dimension.axes for dimension in heading.dimensions if dimension.axes]
    if known and (not names or all(axis in names for axes in known for axis in axes)):
        return known
    first = []
    for name in names:
        if name not in instrument.motors and name not in HKL and name != ELAPSED:
            break
        first.append(name)
    moved = [name for name in first if name not in HKL] or first
    return [tuple(moved)] if moved else [("time",)]


def _extent(heading: Heading) -> dict[str, Any]:
    """Return shape and extents of a mesh, and the extent of a line, as Bluesky's own plans tell them."""
    sides: tuple[Dimension, ...] = heading.dimensions
    said: dict[str, Any] = {}
    if len(sides) > 1 and all(side.points is not None for side in sides):
        said |= {"shape": [side.points for side in sides], "snaking": [False] * len(sides)}
    if sides and all(side.extent is not None for side in sides):
        said["extents"] = [list(side.extent) for side in sides if side.extent is not None]
    return said


def _detector(counters: Sequence[str], labels: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return what is plotted: SPEC's detector is the last column of a file, and the first counter on the screen."""
    if not counters:
        return ()
    in_file = "Epoch" in labels
    return (counters[-1] if in_file and names[-1] == counters[-1] else counters[0],)


def _data_key(name: str, label: str, instrument: Instrument) -> dict[str, Any]:
    kind = "motor" if name in instrument.motors else "scaler" if name in instrument.counters else "scan"
    units, precision = _units(name, label, kind, instrument)
    key: dict[str, Any] = {
        "dtype": "number",
        "dtype_numpy": "<f8",
        "shape": [],
        "source": f"spec://{instrument.server}/{kind}/{name}",
        "object_name": name,
        "precision": precision,
        "label": label,
    }
    return key if units is None else key | {"units": units}


def _units(name: str, label: str, kind: str, instrument: Instrument) -> tuple[str | None, int]:
    if label in SPECS_OWN:
        return SPECS_OWN[label][1], _HKL_PRECISION if label in HKL else 3
    if kind == "motor":
        return instrument.unit_of(name), instrument.precision
    if name in _DURATIONS:
        return instrument.units.get(name, "s"), _DURATIONS[name]
    return instrument.units.get(name, "counts" if kind == "scaler" else None), 0 if kind == "scaler" else 4


def _spectrum_key(name: str, channels: int, instrument: Instrument) -> dict[str, Any]:
    return {
        "dtype": "array",
        "dtype_numpy": "<f8",
        "shape": [channels],
        "source": f"spec://{instrument.server}/scan/{name}",
        "object_name": name,
        "units": "counts",
    }


def _versions(instrument: Instrument) -> dict[str, str]:
    versions = {name: metadata.version(name) for name in ("pycertifspec", "event-model")}
    return versions | {"spec": instrument.version} if instrument.version else versions
