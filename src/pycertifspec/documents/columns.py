"""What of a run's documents stands where in a SPEC data file: columns, spectra, motors, the scan's command."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.simulator.datafile import Device, Preset

from .heading import HKL
from .measurement import EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Channels of a spectrum that still is a line of text somebody can read.
MAX_CHANNELS: Final = 65_536
# Of a command as much as a line of a screen or two shows.
MAX_COMMAND: Final = 500
_NUMBERS: Final = ("number", "integer", "boolean")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the data keys of a stream stand.

    Attributes:
        keys: of the columns, in order; None for the time of the event.
        labels: of the columns.
        spectra: name in the file of each key that is written as a spectrum.
        channels: of each spectrum.
        left_out: what has no place in a file of this kind, and why.

    """

    keys: tuple[str | None, ...]
    labels: tuple[str, ...]
    spectra: Mapping[str, str]
    channels: int
    left_out: tuple[str, ...]

    def row(self, event: Mapping[str, Any], epoch: float) -> list[float]:
        """Return an event's numbers; the time as seconds since `epoch`."""
        data = event["data"]
        return [float(event["time"]) - epoch if key is None else _number(data.get(key)) for key in self.keys]


def columns_of(start: Mapping[str, Any], descriptor: Mapping[str, Any]) -> Columns:
    """Return where the data keys of a descriptor stand: what is scanned first, SPEC's clock, the detector last."""
    keys: Mapping[str, Any] = descriptor["data_keys"]
    known: Mapping[str, str] = start.get("columns") or {}
    scalars = [key for key, said in keys.items() if said["dtype"] in _NUMBERS and not said.get("external")]
    order = _ordered(scalars, start, descriptor)
    labels: dict[str, str] = {}
    for key in order:
        label = _one_name(known.get(key) or keys[key].get("label") or key)
        labels[key] = label if label not in labels.values() else _one_name(key)
    columns: list[str | None] = [None if labels[key] == EPOCH else key for key in order]
    names = [labels[key] for key in order]
    if None not in columns:
        place = sum(key in (*start.get("motors", ()), *HKL) for key in order)
        columns.insert(place, None)
        names.insert(place, EPOCH)
    spectra, channels, left_out = _spectra({key: said for key, said in keys.items() if key not in scalars})
    return Columns(tuple(columns), tuple(names), spectra, channels, left_out)


def _ordered(scalars: Sequence[str], start: Mapping[str, Any], descriptor: Mapping[str, Any]) -> list[str]:
    known = [key for key in start.get("columns") or () if key in scalars]
    if len(known) == len(scalars):
        return known
    motors = [key for key in start.get("motors") or () if key in scalars]
    hinted = [field for hint in (descriptor.get("hints") or {}).values() for field in hint.get("fields", ())]
    last = [key for key in hinted if key in scalars and key not in motors]
    others = [key for key in scalars if key not in (*motors, *last)]
    return motors + others + last


def _spectra(keys: Mapping[str, Any]) -> tuple[dict[str, str], int, tuple[str, ...]]:
    """Return the names of the spectra, their length, and what is left out."""
    fitting, left_out, channels = [], [], 0
    for key, said in keys.items():
        shape = said.get("shape") or []
        if said.get("external"):
            left_out.append(f"{key}: its data are in other files")
        elif said["dtype"] != "array" or len(shape) != 1 or not shape[0] or shape[0] > MAX_CHANNELS:
            kind = said["dtype"] if said["dtype"] != "array" else f"an array of {' x '.join(map(str, shape))}"
            left_out.append(f"{key}: {kind}")
        elif channels and shape[0] != channels:
            left_out.append(f"{key}: an array of {shape[0]}, and others have {channels}")
        else:
            channels = int(shape[0])
            fitting.append(key)
    own = {key: key.removeprefix("mca_") for key in fitting if re.fullmatch(r"mca_[A-Z]\w*", key, re.ASCII)}
    names = own if len(own) == len(fitting) else {}
    if not names:
        names = {key: "A" if len(fitting) == 1 else f"A{place}" for place, key in enumerate(fitting, 1)}
    return names, channels, tuple(left_out)


def motors_of(descriptor: Mapping[str, Any], event: Mapping[str, Any]) -> tuple[tuple[Device, ...], tuple[float, ...]]:
    """Return the motors of a baseline and where they were: what it hints, or else all numbers."""
    hints = [field for hint in (descriptor.get("hints") or {}).values() for field in hint.get("fields", ())]
    keys = {key: said for key, said in descriptor["data_keys"].items() if said["dtype"] in ("number", "integer")}
    chosen = [key for key in keys if key in hints] or list(keys)
    devices = [Device(_one_name(keys[key].get("label") or key), key if _WORD.fullmatch(key) else "") for key in chosen]
    if any(not device.mnemonic for device in devices):
        devices = [Device(device.name) for device in devices]
    return tuple(devices), tuple(_number(event["data"].get(key)) for key in chosen)


def command_of(start: Mapping[str, Any]) -> str:
    """Return a run's command: SPEC's own, or a line that says the plan, its motors, their ranges and the points."""
    if said := start.get("spec_command"):
        return _one_line(str(said))
    words = [str(start.get("plan_name") or "run")]
    ranges = [
        value
        for value in (start.get("plan_args") or {}).get("args") or ()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    motors = list(start.get("motors") or ())
    per_motor = len(ranges) // len(motors) if motors and ranges and len(ranges) % len(motors) == 0 else 0
    for place, motor in enumerate(motors):
        numbers = ranges[place * per_motor : (place + 1) * per_motor]
        words.append(" ".join([f" {motor}", *(f"{number:g}" for number in numbers)]))
    if (points := start.get("num_points")) is not None:
        words.append(f" {points}")
    return _one_line(" ".join(words))


def preset_of(start: Mapping[str, Any]) -> Preset | None:
    """Return to what was counted, where the documents say it."""
    for key, counter, monitor in (("count_time", "Seconds", False), ("monitor_counts", "Monitor", True)):
        if isinstance(value := start.get(key), int | float):
            return Preset(float(value), counter, monitor)
    return None


def geometry_of(start: Mapping[str, Any]) -> dict[int, list[float]]:
    """Return the numbers of the ``#G`` lines, by the line's number."""
    said = start.get("geometry")
    if not isinstance(said, dict):
        return {}
    lines = {int(key[1:]): values for key, values in said.items() if re.fullmatch(r"G\d", str(key))}
    return {line: [float(value) for value in values] for line, values in lines.items()}


def spectrum_of(values: Any, channels: int) -> list[float]:
    """Return a spectrum of as many channels as the others have."""
    numbers = [_number(value) for value in values][:channels]
    return numbers + [0.0] * (channels - len(numbers))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):  # None, or a text where a number was announced
        return math.nan


def _one_name(text: str) -> str:
    """Return a name that is read back as one: single blanks alone, and no line end."""
    return " ".join(str(text).replace("\0", " ").split()) or "unnamed"


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", text).strip()[:MAX_COMMAND]
