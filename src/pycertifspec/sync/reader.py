"""`Reader`: whoever waits for an answer reads, if nobody else does; a thread reads where nobody waits."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from typing import TYPE_CHECKING

from pycertifspec.errors import ConnectionLostError
from pycertifspec.session.steps import FOR_EVER
from pycertifspec.wire.constants import EventTypes

from .conversation import OWN_READING
from .reading import ReadingTurns
from .waiter import HEED, Waiter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pycertifspec.session.steps import Ask

    from .conversation import Conversation

logger = logging.getLogger("pycertifspec.client")

# Seconds without a call after which the reader thread takes over again. While calls come, one behind the other, it
# would be woken with each of their answers, for nothing.
GRACE = 0.002

# Callers at once from which on their requests leave together, and one reads the answers of all.
CROWD = 2

# How often one of them lets the other threads run before it goes on alone, and before it sleeps: mostly that is all
# that the others need to call as well, and the answers to come; to be woken costs more than all else that a get does.
YIELDS = 4

_READ = EventTypes.SV_CHAN_READ

_yield: Callable[[], None] = getattr(os, "sched_yield", lambda: time.sleep(0))  # the latter on Windows


class Reader:
    """Sees to it that what comes is read: answers at once, and events, and the end.

    Args:
        conversation: what is read for; it is connected again by this one's thread when it is lost.

    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._background = Waiter()
        self._background.prepare()
        self._turns = ReadingTurns(self._background)
        conversation.on_lost = self._background.wake
        self._thread = threading.Thread(target=self._run, name=f"{conversation.server_name} reader", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the thread of a conversation that has ended; not waited for from that thread itself."""
        self._background.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # ---- who waits ----

    def ask(self, ask: Ask, waiter: Waiter, timeout: float) -> None:
        """Send a request and wait for its answer, at most so many seconds.

        Raises:
            ConnectionLostError: there is no connection, or it is lost now.

        """
        turns, began = self._turns, time.monotonic()
        if turns.expected >= CROWD and ask.cmd == _READ:
            self._ask_with_others(ask, waiter)
        else:
            self._conversation.ask(ask, waiter)
        if timeout > OWN_READING and turns.take(waiter):
            # What nearly every answer needs, without a question that can be spared.
            try:
                if not waiter.is_done:  # it may be, by who read before
                    self._conversation.read()
            finally:
                turns.give(waiter)
            if waiter.is_done:
                return
        self.wait(waiter, timeout - (time.monotonic() - began), quick=True)

    def _ask_with_others(self, ask: Ask, waiter: Waiter) -> None:
        """Send a request to read in one call with those of other threads.

        Of as many callers as there were last, the last one sends for all, and will mostly read for all.
        """
        conversation, turns = self._conversation, self._turns
        turns.join(waiter)
        try:
            if conversation.post(ask, waiter) < turns.expected:
                _let_others_run(waiter)
            if not waiter.done():
                callers = turns.waiting
                if conversation.flush():
                    turns.expected = callers
        except BaseException:
            conversation.flush()  # others may count on it
            raise
        finally:
            turns.leave(waiter)

    def wait(self, waiter: Waiter, timeout: float, *, quick: bool = False) -> None:
        """Wait until a promise is kept, at most so many seconds.

        Args:
            waiter: the promise.
            timeout: the seconds.
            quick: whether it is an answer that takes the server no time: then this thread reads, if nobody else does.

        """
        if waiter.is_done:
            return
        if quick and timeout > OWN_READING:
            turns, began = self._turns, time.monotonic()
            until = began + OWN_READING
            try:
                if turns.take(waiter):
                    self._read_until(waiter, until)
                else:
                    self._wait_for_turn(waiter, until)
            finally:
                turns.give(waiter)
                if waiter.chosen:
                    turns.leave(waiter)
            if waiter.done():
                return
            timeout -= time.monotonic() - began
        waiter.prepare()
        deadline = time.monotonic() + timeout
        while not waiter.done() and (rest := deadline - time.monotonic()) > 0:
            waiter.block(min(rest, HEED))

    def _wait_for_turn(self, waiter: Waiter, until: float) -> None:
        """Somebody else reads: wait until it has read our answer, or leaves the reading to us."""
        turns = self._turns
        waiter.prepare()
        try:
            while not waiter.done() and (rest := until - time.monotonic()) > 0:
                turns.join(waiter)
                if turns.take(waiter):
                    turns.leave(waiter)
                    self._read_until(waiter, until)
                    return
                _let_others_run(waiter)
                waiter.block(rest)
                waiter.chosen = waiter.chosen and waiter.is_done  # else our own try to take the turn is the answer
        finally:
            turns.leave(waiter)

    def _read_until(self, waiter: Waiter, until: float) -> None:
        read = self._conversation.read
        while not waiter.is_done:  # it may be, by who read before
            if not read() or (not waiter.done() and time.monotonic() > until):
                return

    # ---- the thread ----

    def _run(self) -> None:
        """Take in events, notice the end, connect again."""
        try:
            self._keep_reading()
        finally:
            if self._conversation.abandoned:
                self._conversation.release()

    def _keep_reading(self) -> None:
        conversation, background = self._conversation, self._background
        while not conversation.closing.is_set():
            if conversation.error is not None:
                if not conversation.connect_again():
                    return
                continue
            if not _readable(conversation.connection.socket):
                continue
            background.prepare()
            if self._turns.take(background):
                try:
                    conversation.read()
                except Exception:
                    label = conversation.session.label
                    logger.exception("what %s sent could not be taken in", label)
                    conversation.lose(ConnectionLostError(f"what {label} sent could not be taken in"))
                finally:
                    self._turns.give(background)
            else:
                self._stand_by()

    def _stand_by(self) -> None:
        """Let callers read for themselves until none has called for a while."""
        background, turns, conversation = self._background, self._turns, self._conversation
        while not conversation.closing.is_set() and conversation.error is None:
            seen = turns.finished
            background.prepare()
            background.block(GRACE)
            if turns.finished != seen:
                continue
            if not turns.is_taken():
                return
            background.prepare()
            turns.join(background)  # a caller reads, and has for long: it says when it gives up
            if not turns.is_taken():
                turns.leave(background)
                return
            background.block(FOR_EVER)
            turns.leave(background)


def _let_others_run(waiter: Waiter) -> None:
    for _ in range(YIELDS):
        _yield()
        if waiter.is_done:
            return


def _readable(own: socket.socket) -> bool:
    """Wait until there is something to read, or the socket is shut down."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(own, select.POLLIN)
            return bool(poll.poll())
        return bool(select.select([own], [], [])[0])
    except (OSError, ValueError):
        return False
