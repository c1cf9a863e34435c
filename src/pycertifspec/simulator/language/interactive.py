"""A person at the keyboard: lines one by one, prompts, history (SPEC_LANGUAGE.md 1.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import SpecLanguageError
from .input_stack import Frame
from .reading import Reading

if TYPE_CHECKING:
    from .interpreter import Interpreter
    from .values import Value

_HISTORY = re.compile(r"(^|(?<=[\s;{]))!(!|-?\d+|[A-Za-z_]\w*)")


class Console:
    """Takes what is typed, line by line, and runs each statement as soon as it is complete.

    Attributes:
        number: the number of the next line, which the prompt shows.
        value: the value of the last statement that was complete.

    """

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.number = 1
        self.value: Value = None
        self._kind = ""
        self._frame = Frame("", "tty")
        self._reading = Reading(interpreter, self._frame, waiting=True)

    @property
    def is_complete(self) -> bool:
        """Whether the next line begins a new statement."""
        return not self._kind

    @property
    def prompt(self) -> str:
        """What to show before the next line: ``3.FOURC> ``, ``4.more> ``, ``4.quot> `` or ``4.cont> ``."""
        return f"{self.number}.{self._kind or self.interpreter.program_name.upper()}> "

    def before_prompt(self) -> None:
        """Run ``prompt_mac``, which is removed when it fails, and forget ``cleanup_once`` (SPEC_LANGUAGE.md 2.7)."""
        macros = self.interpreter.macros
        if self.is_complete:
            macros.remove("cleanup_once")
            if not self.interpreter.run_macro("prompt_mac"):
                macros.remove("prompt_mac")

    def feed(self, line: str) -> bool:
        """Take a line; tell whether all that was typed is complete now.

        Raises:
            SpecLanguageError: a statement failed; what was typed after it is thrown away.

        """
        interpreter = self.interpreter
        line = self._with_history(line.rstrip("\n"))
        interpreter.outputs.write_logs(f"{self.prompt}{line}\n")
        self.number += 1
        interpreter.symbols.set_builtin("HISTCMD", float(self.number))
        interpreter.history.append(line)
        del interpreter.history[: -interpreter.limits.history_lines]
        reading = self._reading
        if not reading.stack.frames:
            self._frame = Frame("", "tty")
            reading.stack.push(self._frame)
        bottom = reading.stack.frames[0]
        if self.is_complete:
            bottom.text, bottom.offset = "", 0
        bottom.extend(line + "\n")
        try:
            return self._run()
        except SpecLanguageError:
            self._kind = ""
            # The text is thrown away, the variables of the line with it.
            self._frame = Frame("", "tty")
            self._reading = Reading(interpreter, self._frame, waiting=True)
            raise

    def _run(self) -> bool:
        self.value = self.interpreter.run(self._reading)
        self._kind = self._reading.pending
        if self._kind:
            return False
        self._reading.session.clear()
        self._reading.parser.lexer.hidden.clear()
        return True

    def _with_history(self, line: str) -> str:
        """Replace ``!!``, ``!n``, ``!-n`` and ``!text`` by lines typed before (SPEC_LANGUAGE.md 1.4)."""
        history = self.interpreter.history
        first = self.number - len(history)

        def recall(match: re.Match[str]) -> str:
            what = match[2]
            if what == "!":
                index = len(history) - 1
            elif what.lstrip("-").isdigit():
                number = int(what[:9])
                index = len(history) + number if number < 0 else number - first
            else:
                index = next((n for n in range(len(history) - 1, -1, -1) if history[n].startswith(what)), -1)
            return history[index] if 0 <= index < len(history) else match.group()

        return _HISTORY.sub(recall, line) if self.is_complete else line
