"""An interpreter with a host in memory, for every test of the language."""

from __future__ import annotations

import pytest

from pycertifspec.simulator.language import Interpreter, Limits
from pycertifspec.simulator.language.memory_host import MemoryHost


class Spec:
    """Runs text and gives what the screen shows."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.host = MemoryHost()
        self.interpreter = Interpreter(self.host, program_name="fourc", limits=limits)
        self.interpreter.execute("def p 'print'")

    def __call__(self, *lines: str, source: str = "tty") -> str:
        """Run lines one after the other; return what they showed."""
        self.host.take_screen()
        for line in lines:
            self.interpreter.execute(line, source=source)
        return self.host.take_screen()

    def value(self, text: str) -> object:
        """Return the value of an expression."""
        return self.interpreter.execute(text)


@pytest.fixture
def spec() -> Spec:
    return Spec()


@pytest.fixture
def small() -> Spec:
    """One with limits that are reached soon."""
    return Spec(
        Limits(
            nesting=30,
            expansions=200,
            expansion_characters=20_000,
            string_length=10_000,
            associative_elements=100,
            array_elements=1_000,
            printf_width=200,
            call_depth=30,
            eval_depth=5,
            regex_size=200,
            regex_steps=20_000,
            open_files=5,
            macro_characters=5_000,
        )
    )
