"""`Motion`: motors on their way, while the program does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.procedures import moving
from pycertifspec.session.steps import FOR_EVER, Next
from pycertifspec.session.stream import Stream

from .background import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from .link import Link


class Motion:
    """Motors on their way.

    Iterating gives all positions by mnemonic, in user units, whenever one has changed, until all stand. Ctrl-C while
    the loop waits stops the motion.

    Attributes:
        targets: where each motor goes; of distances that is known when they begin.
        positions: where each was last.

    """

    def __init__(
        self,
        link: Link,
        targets: Mapping[str, float],
        timeout: float | None,
        finished: Callable[[], None] | None = None,
        *,
        by: bool = False,
    ) -> None:
        self.targets: dict[str, float] = {} if by else dict(targets)
        self.positions: dict[str, float] = {}
        self._link = link
        self._stream = Stream(lasting=True)
        self._finished = finished
        procedure = moving.move(
            link.session, targets, by=by, timeout=timeout, progress=self._moved, starting=self._starting if by else None
        )
        self._task = Background(link, procedure, f"the motion of {', '.join(targets)}", self._over)

    def _starting(self, targets: dict[str, float]) -> None:
        self.targets = targets

    def _moved(self, positions: dict[str, float]) -> None:
        self.positions = positions
        self._link.put(self._stream, positions)

    def _over(self) -> None:
        self._link.close_stream(self._stream)
        if self._finished is not None:
            self._finished()

    @property
    def done(self) -> bool:
        """Whether all stand."""
        return self._task.done

    def wait(self, timeout: float | None = None) -> dict[str, float]:
        """Wait until all stand; return where, in user units. Ctrl-C while waiting stops the motion.

        Raises:
            CallTimeoutError: `timeout` seconds have passed; the motors move on.
            RemoteError: a motor stopped short of its target.
            StoppedError: `stop` was called.

        """
        try:
            self.positions = self._task.result(timeout)
        except KeyboardInterrupt:
            self.stop()
            raise
        return self.positions

    def stop(self) -> None:
        """Stop the motors, once, and all else that SPEC does (PROTOCOL.md 2.6)."""
        if not self._task.done:
            self._task.stop()

    def _next(self) -> Any:
        try:
            return self._link.do(Next(self._stream, FOR_EVER))
        except KeyboardInterrupt:
            self.stop()
            raise

    def __iter__(self) -> Iterator[dict[str, float]]:
        while (positions := self._next()) is not None:
            yield positions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Motion {self.targets}, {'over' if self.done else 'under way'}>"
