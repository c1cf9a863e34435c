"""The ways in which real servers differ, or in which nobody knows what they do (PROTOCOL.md 9 and 10)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a server behaves where real ones differ; the defaults are the documented behaviour.

    Attributes:
        no_error_event: send the event ``No error`` when a client registers for `error` (5.2).
        deleted_flag: what marks a deletion: 0x0001 as in the vendor's header file, or 0x1000 (4).
        terminated_strings: send string arrays as NUL-terminated strings, not as rows of fixed width (3.6).
        array_nul: end numeric arrays with a NUL (3.5).
        reply_to_failed_send: answer a CHAN_SEND that failed with an error REPLY if its serial number is not 0 (2.5).
        bodyless_events: send registration events of empty text as type 0 without a body (3, type 0).
        null_move_events: show move_done 1 and 0 for a motion to where the motor stands already (6, 5).
        stale_position: after a motion, the last position event has the position before it (6, 6).

    """

    no_error_event: bool = True
    deleted_flag: int = 0x0001
    terminated_strings: bool = False
    array_nul: bool = False
    reply_to_failed_send: bool = True
    bodyless_events: bool = False
    null_move_events: bool = False
    stale_position: bool = False
