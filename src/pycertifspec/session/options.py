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
        duplicate_move_done: tell the end of each motion twice (6, 4).
        move_done_delay: seconds by which move_done is told late. Until then an application's motor also reads 0
            in answer to a client, though it moves (6, 2).
        repeated_registrations: a client that registers twice gets each event twice, until it has unregistered
            as often (5.1; 9, 10).
        equal_value_events: tell an assignment that leaves a variable as it was (5.1; 9, 11).
        create_variables: setting a variable that does not exist creates it, and is no error (5.5; 9, 13).
        limit_reset: a motor that hits a limit switch stops the others, and the command that runs fails, as after
            ``-S2``; else it is told alone, as after ``-S1`` (1.1). Of the simulated SPEC; a program's own motors do as
            it says.
        stale_position: after a motion, the last position event has the position before it (6, 6).

    """

    no_error_event: bool = True
    deleted_flag: int = 0x0001
    terminated_strings: bool = False
    array_nul: bool = False
    reply_to_failed_send: bool = True
    bodyless_events: bool = False
    null_move_events: bool = False
    duplicate_move_done: bool = False
    move_done_delay: float = 0.0
    repeated_registrations: bool = False
    equal_value_events: bool = True
    create_variables: bool = False
    limit_reset: bool = False
    stale_position: bool = False
