"""Room for programs that are deep, and Python's own limits answered as the language's."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import messages
from .errors import LimitExceededError, MacroInterruptError
from .limits import PYTHON_FRAMES

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def depth_of_programs() -> Iterator[None]:
    """Let Python nest as many calls as programs need while the block runs.

    Raises:
        LimitExceededError: Python has no more room, of calls or of memory.
        MacroInterruptError: somebody interrupted Python.

    """
    before = sys.getrecursionlimit()
    if before < PYTHON_FRAMES:
        sys.setrecursionlimit(PYTHON_FRAMES)
    try:
        yield
    except RecursionError as error:
        raise LimitExceededError(
            messages.LIMIT.format(what="The depth of the program", limit=PYTHON_FRAMES, name="python_frames")
        ) from error
    except MemoryError as error:
        raise LimitExceededError(messages.OUT_OF_MEMORY) from error
    except KeyboardInterrupt as error:
        raise MacroInterruptError(messages.INTERRUPTED) from error
    finally:
        if before < PYTHON_FRAMES and sys.getrecursionlimit() == PYTHON_FRAMES:
            sys.setrecursionlimit(before)
