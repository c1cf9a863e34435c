"""Finding a server: which ports are asked, what counts as an answer, who wins (PROTOCOL.md 1.5)."""

from __future__ import annotations

import math
import operator
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, SupportsFloat

from pycertifspec.errors import LocalProtocolError, LocalTypeError, ServerNotFoundError
from pycertifspec.wire import header
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE, DataTypes, EventTypes
from pycertifspec.wire.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycertifspec.wire.message import SpecMessage

CLIENT_NAME = "pycertifspec"  # a free text that helps who reads the server's log

# A scan of all ports must not use up the process's descriptors (often 1024; 512 for select on Windows).
MAX_PROBES = 128

# A HELLO_REPLY is a name; whoever sends more is no SPEC server.
MAX_HELLO_BODY = 4096

# Characters of what is told about a port that answered something else.
MAX_REASON = 160


def candidate_ports(
    port: int | None, ports: Iterable[int] | None, port_range: tuple[int, int] | None = DEFAULT_PORT_RANGE
) -> list[int]:
    """Return the ports to try, best first, each once: `port`, then `ports`, then `port_range`.

    Args:
        port: the port that is known, or None.
        ports: ports that are likely, or None.
        port_range: first and last port of a range, both inclusive, or None.

    Raises:
        LocalProtocolError: one is no port number, or there is none at all.
        LocalTypeError: the ports are none that can be gone through, or the range is no pair.

    """
    wanted = [] if port is None else [_port(port)]
    wanted += map(_port, _items(ports, "ports", "port numbers such as [6510, 6789]"))
    ends = [_port(end) for end in _items(port_range, "port_range", "a pair such as (6510, 6530)")]
    if len(ends) == 2:
        wanted += range(ends[0], ends[1] + 1)
    elif port_range is not None:
        raise LocalTypeError(
            f"cannot look for a server: port_range is {port_range!r}, expected a pair such as (6510, 6530), or None"
        )
    if not wanted:
        raise LocalProtocolError("cannot look for a server: no port was named and the range is empty")
    return list(dict.fromkeys(wanted))


def hello(sec: int, usec: int) -> bytes:
    """Return the packet that asks who is there, stamped with the time of sending."""
    return header.build(
        sys.byteorder,
        header.NEWEST_VERSION,
        1,
        sec,
        usec,
        EventTypes.SV_HELLO,
        DataTypes.SV_STRING,
        0,
        0,
        0,
        0,
        0,
        CLIENT_NAME,
    )


def server_name(reply: SpecMessage) -> str:
    """Return the process name in a HELLO_REPLY: its body's, or its name field's where the body is empty."""
    return text_of(reply) or reply.name


def label(name: str, host: str, port: int) -> str:
    """Return what a server is called in messages: ``'fourc' at localhost:6510``."""
    return f"{name!r} at {host}:{port}"


def objection(reply: SpecMessage, name: str | None) -> str | None:
    """Return why the answer to our HELLO is not the one that we look for, or None if it is."""
    if reply.cmd != EventTypes.SV_HELLO_REPLY:
        return f"answered HELLO with command {reply.cmd!r}"
    if name is not None and server_name(reply) != name:
        return f"is {server_name(reply)!r}"
    return None


def _items(items: Iterable[int] | None, argument: str, expected: str) -> list[int]:
    try:
        return [] if items is None else list(items)
    except TypeError as error:
        raise LocalTypeError(f"cannot look for a server: {argument} is {items!r}, expected {expected}") from error


def _port(number: object) -> int:
    """Return a port number, Python's or numpy's, as an int."""
    if hasattr(number, "__index__") and not isinstance(number, bool):
        with suppress(TypeError):  # an array has the method, and refuses
            port = operator.index(number)
            if 0 < port < 1 << 16:
                return port
    raise LocalProtocolError(f"cannot look for a server: {number!r} is no port number (1 to 65535)")


def patience(timeout: object) -> float | None:
    """Return how long a candidate is waited for, in seconds, None for ever.

    Args:
        timeout: as the caller said it: a number above 0; None and infinity are for ever.

    Raises:
        LocalProtocolError: it is not above 0.
        LocalTypeError: it is no number.

    """
    if timeout is None:
        return None
    expected = "expected seconds above 0, or None"
    if isinstance(timeout, (str, bytes)) or not isinstance(timeout, SupportsFloat):
        raise LocalTypeError(f"cannot look for a server: the timeout is {timeout!r}, {expected}")
    try:
        seconds = float(timeout)
    except OverflowError:  # an integer beyond all floats
        seconds = math.inf
    except (TypeError, ValueError) as error:  # numpy's arrays and dates have the method, and refuse
        raise LocalTypeError(f"cannot look for a server: the timeout is {timeout!r}, {expected}") from error
    if not seconds > 0:
        raise LocalProtocolError(f"cannot look for a server: the timeout is {timeout!r}, {expected}")
    return None if seconds == math.inf else seconds


class Choice:
    """Decides between candidates that are asked at the same time: the first in order that answers wins."""

    def __init__(self, count: int) -> None:
        self._answers: list[bool | None] = [None] * count
        self.reasons: dict[int, str] = {}

    def accept(self, index: int) -> None:
        """Take note that a candidate answered as it should."""
        self._answers[index] = True

    def refuse(self, index: int, reason: str) -> None:
        """Take note that a candidate is out, and why."""
        self._answers[index] = False
        self.reasons[index] = reason

    @property
    def winner(self) -> int | None:
        """The candidate that won, as soon as no better one can answer any more."""
        for index, answered in enumerate(self._answers):
            if answered is not False:
                return index if answered else None
        return None

    @property
    def chosen(self) -> list[int]:
        """The candidates whose connections are kept: the winner, if there is one."""
        return [] if self.winner is None else [self.winner]

    @property
    def over(self) -> bool:
        """Whether nothing that may still come changes the outcome."""
        return self.winner is not None or None not in self._answers


class Census:
    """Decides as `Choice` does where everybody is wanted who answers."""

    def __init__(self, count: int) -> None:
        self._waited_for = set(range(count))
        self.chosen: list[int] = []
        self.reasons: dict[int, str] = {}

    def accept(self, index: int) -> None:
        """Take note that a candidate answered as it should."""
        self._waited_for.discard(index)
        self.chosen.append(index)

    def refuse(self, index: int, reason: str) -> None:
        """Take note that a candidate is out, and why."""
        self._waited_for.discard(index)
        self.reasons[index] = reason

    @property
    def over(self) -> bool:
        """Whether everybody has answered or is out."""
        return not self._waited_for


def not_found(host: str, ports: Sequence[int], name: str | None, reasons: Iterable[tuple[int, str]]) -> Exception:
    """Return the error that says who was looked for, where, what came back and what to do.

    Args:
        host: as the caller named it.
        ports: all that were tried, in order.
        name: the process name that was wanted, or None.
        reasons: port and what was wrong with it; refused connections need not be told one by one.

    """
    wanted = f"SPEC server named {name!r}" if name is not None else "SPEC server"
    by_reason: dict[str, list[int]] = {}
    for port, reason in reasons:
        by_reason.setdefault(reason[:MAX_REASON], []).append(port)
    told = "; ".join(f"{port_ranges(of)} {reason}" for reason, of in by_reason.items())
    return ServerNotFoundError(
        f"no {wanted} found on {host}, {named_ports(ports)}{f' ({told})' if told else ''}; "
        "is SPEC running in server mode? Start it with `-S` (`fourc -S`), or with `-S PORT` for a port of your choice"
    )


def port_ranges(ports: Sequence[int]) -> str:
    """Return ports as a person writes them: ``6789, 6510-6530``."""
    runs: list[list[int]] = []
    for port in ports:
        if runs and runs[-1][-1] + 1 == port:
            runs[-1].append(port)
        else:
            runs.append([port])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def named_ports(ports: Sequence[int]) -> str:
    """Return ports with the word for them: ``port 6789``, ``ports 6510-6530``."""
    return f"port{'' if len(ports) == 1 else 's'} {port_ranges(ports)}"
