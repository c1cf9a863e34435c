"""A beamline in SPEC's own `config` file: a line for each motor and counter, between those for real hardware."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .description import MAX_DEVICES, Description, refuse
from .spec_devices import Devices, counter_of, motor_of
from .spec_remarks import Remarks

_HEADER = re.compile(r"\s*#\s*ID\s+@\(#\)getinfo\.c")
_DEVICE = re.compile(r"(MOT|CNT)(\d{1,5})\s*=\s*(.*)")
_PARAMETER = re.compile(r"(MOT|CNT)PAR:\s*(\S+?)\s*=\s*(.*)")
# A line of an interface or controller: ``VM_EPICS_M1 = 9idcLAX:m58:c0: 8``, ``SDEV_0 = /dev/ttyS0 9600 raw``.
_NODE = re.compile(r"([A-Za-z]\w*)\s*=\s*(.*)")


@dataclass(slots=True)
class _Line:
    """The line of a motor or counter with the parameter lines that follow it."""

    number: int
    words: str
    place: str
    parameters: list[str] = field(default_factory=list)


def is_spec_config(text: str) -> bool:
    """Tell whether a text is SPEC's config file: by what SPEC writes at its head, or by a motor's or counter's line."""
    lines = text.splitlines()
    return any(_HEADER.match(line) for line in lines[:3]) or any(_DEVICE.match(line.strip()) for line in lines)


def spec_description(text: str, file: str) -> Description:
    """Return what SPEC's config file says.

    What needs hardware becomes a plain simulated device, and is remarked upon.

    Raises:
        InvalidFileError: a motor's or counter's line is not as SPEC writes it.

    """
    remarks = Remarks(file)
    lines = _sorted_lines(text, file, remarks)
    devices = Devices(file, remarks)
    motors = tuple(motor_of(line.words, line.parameters, line.place, devices) for line in lines["MOT"])
    counters = tuple(counter_of(line.words, line.parameters, line.place, devices) for line in lines["CNT"])
    for kind in ("MOT", "CNT"):
        _look_for_holes(kind, [line.number for line in lines[kind]], remarks)
    devices.conclude(motors, counters)
    return Description(motors=motors, counters=counters, file=file, remarks=remarks.lines)


def _sorted_lines(text: str, file: str, remarks: Remarks) -> dict[str, list[_Line]]:
    """Return the lines of the motors and of the counters, by their numbers."""
    found: dict[str, dict[int, _Line]] = {"MOT": {}, "CNT": {}}
    latest: tuple[str, _Line] | None = None
    for index, raw in enumerate(text.splitlines(), 1):
        line, place = raw.strip(), f"line {index}"
        if not line or line.startswith("#"):
            continue
        if device := _DEVICE.fullmatch(line):
            kind, number = device[1], int(device[2])
            if number in found[kind]:
                refuse(file, place, f"a second {kind}{device[2]}", f"one: {found[kind][number].place} is it already")
            if len(found[kind]) == MAX_DEVICES:
                refuse(file, place, f"one more {kind} line", f"at most {MAX_DEVICES}")
            found[kind][number] = _Line(number, device[3], f"{place} ({kind}{device[2]})")
            latest = kind, found[kind][number]
        elif parameter := _PARAMETER.fullmatch(line):
            if latest is None or latest[0] != parameter[1]:
                remarks.add(f"{place}: {line}: it follows no {parameter[1]} line and is left out")
            else:
                latest[1].parameters.append(parameter[2])
        elif node := _NODE.fullmatch(line):
            remarks.add(f"{place}: {node[1]} = {' '.join(node[2].split())}: no hardware is spoken to")
        else:
            remarks.add(f"{place}: {line!r} is not understood and is left out")
    return {kind: [lines[number] for number in sorted(lines)] for kind, lines in found.items()}


def _look_for_holes(kind: str, numbers: list[int], remarks: Remarks) -> None:
    missing = sorted(set(range(max(numbers, default=-1) + 1)) - set(numbers))
    if missing:
        names = ", ".join(f"{kind}{number:03}" for number in missing[:10]) + (", …" if len(missing) > 10 else "")
        what = "motors" if kind == "MOT" else "counters"
        remarks.add(f"{names}: missing; the {what} behind get lower numbers than they have in SPEC")
