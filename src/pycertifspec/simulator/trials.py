"""The tests in macro files: macros whose names begin with ``test_``, run one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .language import MacroExitError, MacroInterruptError, QuitError, SpecLanguageError
from .loading import exit_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .beamline import Beamline
    from .language.macros import Macro

PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went.

    Attributes:
        name: of the macro.
        problem: why it failed, with file and line; empty if it passed.

    """

    name: str
    problem: str = ""

    def __str__(self) -> str:
        return f"FAILED {self.name}: {self.problem}" if self.problem else f"ok     {self.name}"


def trials(beamline: Beamline, *sources: str) -> Iterator[Trial]:
    """Run the tests that are defined in macro files, which were loaded, in their order; give how each went.

    Motors, counters and variables are for the next as the last one left them. ``exit`` fails a test, as errors do.

    Raises:
        MacroInterruptError: one was interrupted.
        QuitError: one said ``quit``.

    """
    table = beamline.interpreter.macros
    for source in sources:
        macros = [macro for name in table.matching([f"{PREFIX}*"]) if (macro := table.get(name)) is not None]
        for macro in sorted((one for one in macros if one.source == source), key=lambda one: one.line):
            yield _try(beamline, macro)


def _try(beamline: Beamline, macro: Macro) -> Trial:
    try:
        beamline.run(f"{macro.name}()" if macro.is_function else macro.name)
    except (MacroInterruptError, QuitError):
        raise
    except SpecLanguageError as error:
        said = exit_text("it", beamline.exit_reason) if isinstance(error, MacroExitError) else error.message
        # A macro of one line has no place but that of its use, which is ours.
        if error.source == macro.source and error.line:
            return Trial(macro.name, f"{error.source}:{error.line}: {said}")
        inner = "" if error.source in {"", "tty"} else f" ({error.source}:{error.line})"
        return Trial(macro.name, f"{macro.source}:{macro.line}: {said}{inner}")
    return Trial(macro.name)
