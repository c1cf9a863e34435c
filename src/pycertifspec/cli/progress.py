"""Bars on standard error that show how far something has come; where nobody looks there are none."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from rich.progress import Progress

    from .output import Output

# Of the texts beside a bar, so that a line fits into 80 columns.
_WIDTH = 30


class Bars:
    """A bar for each thing that goes on.

    Args:
        output: whose standard error they are on.
        names: of the things.
        remaining: whether to say how long it will take.

    """

    def __init__(self, output: Output, names: Iterable[str], *, remaining: bool = False) -> None:
        self._output = output
        self._shown = contextlib.ExitStack()
        self._progress: Progress | None = None
        self._tasks = {}
        if not output.is_watched:
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415  takes time

        columns = [TextColumn("{task.description:>8}"), BarColumn(_WIDTH), TextColumn("{task.fields[text]}")]
        if remaining:
            columns.append(TimeRemainingColumn(compact=True, elapsed_when_finished=True))
        self._progress = Progress(*columns, console=output.error_console, transient=True)
        self._tasks = {name: self._progress.add_task(name, total=1.0, text="") for name in names}

    def update(self, name: str, fraction: float, text: str = "") -> None:
        """Show how far one has come, from 0 to 1; not a number where that is not known."""
        if self._progress is not None:
            known = math.isfinite(fraction)
            self._progress.update(
                self._tasks[name], completed=min(max(fraction, 0.0), 1.0) if known else None, text=text,
                total=1.0 if known else None,
            )  # fmt: skip

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._shown.enter_context(self._output.below(self._progress.console))
            self._shown.enter_context(self._progress)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.close()
