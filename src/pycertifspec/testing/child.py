"""`Child`: a simulated SPEC in a process of its own, and what that process does."""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import ServerNotFoundError

if TYPE_CHECKING:
    from typing import IO

    from .served import Serving

# Real seconds that the process may take to listen, and to end when it is told to; then it is killed.
START_TIME = 60.0
END_TIME = 20.0

_DROP = b"drop clients\n"


class Child:
    """A process that serves a simulated SPEC; it ends when its standard input does, so it never outlives this one.

    Args:
        serving: what is served, and how.
        scale: model seconds per real second; may be infinity.

    Raises:
        Exception: what the start raised there; `ServerNotFoundError` if it did not listen in time.

    """

    def __init__(self, serving: Serving, scale: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603  this very interpreter, this very module
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        limit = threading.Timer(START_TIME, self._process.kill)
        limit.start()
        try:
            pickle.dump((serving, scale), self._in)
            self._in.flush()
            answer = self._answer()
        except BaseException as error:
            self.die()
            if not isinstance(error, EOFError | OSError):
                raise
            name = serving.recipe.started_name()
            raise ServerNotFoundError(
                f"the process of {name} ended before it listened, or did not listen in {START_TIME:g} s"
            ) from error
        finally:
            limit.cancel()
            limit.join()
        if isinstance(answer, BaseException):
            self.stop()
            raise answer
        self.port: int = answer

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101  for the type checker
        return self._process.stdin

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  for the type checker
        return pickle.load(self._process.stdout)  # noqa: S301  it comes from our own process

    def drop_clients(self) -> None:
        """Have it end each connection without a word."""
        self._in.write(_DROP)
        self._in.flush()
        self._answer()

    def stop(self) -> None:
        """Have it take leave of its clients and end."""
        limit = threading.Timer(END_TIME, self._process.kill)
        limit.start()
        self._reap()
        limit.cancel()
        limit.join()

    def die(self) -> None:
        """Kill it."""
        self._process.kill()
        self._reap()

    def _reap(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # it is gone
            self._in.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def main() -> None:
    """Serve what comes over the standard input until that ends."""
    from pycertifspec.simulator.clock import clock_at  # noqa: PLC0415  the parent needs none of it

    from .served import Served  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C at the terminal is the parent's affair
    told, tell = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what anyone prints must not mix with the answers

    def answer(what: object) -> None:
        pickle.dump(what, tell)
        tell.flush()

    try:
        serving, scale = pickle.load(told)  # noqa: S301  it comes from the process that started this one
        served = Served(serving, clock_at(scale))
    except Exception as error:  # noqa: BLE001  raised in the parent
        answer(error)
        return
    answer(served.port)
    while told.readline() == _DROP:
        served.drop_clients()
        answer(None)
    served.stop()
