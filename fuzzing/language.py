"""Feeds the interpreter with programs that are wrong in every way: `python -m fuzzing.language --seconds 10`.

The rule: a result, a SPEC error or an interrupt; nothing else comes out, and nothing runs for long.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import Console, Interpreter, Limits, SpecLanguageError, known_names
from pycertifspec.simulator.language.memory_host import MemoryHost

if TYPE_CHECKING:
    from collections.abc import Callable

# Reached soon, so that a program finds them within its time.
LIMITS = Limits(
    nesting=40,
    expansions=500,
    expansion_characters=100_000,
    string_length=100_000,
    associative_elements=2_000,
    array_elements=20_000,
    call_depth=60,
    regex_steps=50_000,
    macro_characters=20_000,
)
# A program is interrupted after this many seconds, and has to end soon after.
PATIENCE = 0.3
GRACE = 5.0

NAMES = ["a", "b", "x", "tab", "d", "f", "g", "m", "A", "PI", "p", "arr"]
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "<<",
    ">>",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "&",
    "^",
    "|",
    "&&",
    "||",
    "=",
    "+=",
    "-=",
    "in",
    ",",
    ";",
    "?",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "@",
    "++",
    "--",
    "!",
    "~",
]
STRINGS = [
    '"abc"',
    "'x'",
    '"12"',
    '"%d %s %5.2f"',
    '"(a*)*b"',
    '"$1"',
    r'"\a\034\n"',
    '"[^a-z]+"',
    '""',
    '"g"',
    '"json"',
]
NUMBERS = ["0", "1", "2", "-1", "3.5", "1e300", "0x1f", "017", "1e9", "1e-9"]
FORMS = [
    "def m '{0}'\n", "def f(a, b) '{{ {0} }}'\n", 'rdef m "{0}"\n', 'cdef("c", "{0};", "k")\n', "m {1} {2}\n",
    "if ({1}) {{ {0} }} else {{ {2} }}\n", "while ({1}) {{ {0}; if (n++ > 9) break }}\n", "p {1}, {2}\n",
    "for (i = 0; i < 9; i++) {{ {0} }}\n", "for (k in tab) {{ {0} }}\n", "local {3} = {1}; {0}\n", "{3} = {1}\n",
    "global {3}\n", "array d[{1}]\n", "d[{1}] = {2}\n", "tab[{1}][{2}] = {1}\n", 'eval("{0}")\n', "return {1}\n",
    "{{ {0}\n{0} }}\n", "x = x {1} x\n", "printf({1}, {2})\n", "delete tab[{1}]\n", "undef m\n", "prdef *\n",
    "d = d {4} {1}\n", "{3} {4} {1}\n", "unglobal {3}\n", "constant {3} {1}\n", "exit\n", "x = [{1}:{2}, {1}]\n",
]  # fmt: skip


class Generator:
    """Makes programs out of pieces of the grammar, and damages them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        rows = known_names(Interpreter(MemoryHost()))
        self.functions = [row.name for row in rows if not row.is_command]
        self.commands = [row.name for row in rows if row.is_command]

    def expression(self, depth: int = 0) -> str:
        """Return something like an expression."""
        choose = self.random
        kind = choose.randrange(9 if depth < 4 else 3)
        if kind == 0:
            return choose.choice(NUMBERS)
        if kind == 1:
            return choose.choice(STRINGS)
        if kind == 2:
            return choose.choice(NAMES)
        if kind in {3, 4}:
            arguments = ", ".join(self.expression(depth + 1) for _ in range(choose.randrange(4)))
            return f"{choose.choice([*self.functions, 'f', 'g'])}({arguments})"
        if kind == 5:
            return f"{choose.choice(NAMES)}[{self.expression(depth + 1)}]"
        if kind == 6:
            return f"({self.expression(depth + 1)})"
        return f"{self.expression(depth + 1)} {choose.choice(OPERATORS)} {self.expression(depth + 1)}"

    def statement(self, depth: int = 0) -> str:
        """Return something like a statement."""
        inner = self.statement(depth + 1) if depth < 3 else "p 1"
        if self.random.random() < 0.1:
            return f"{self.random.choice(self.commands)} {self.expression()}\n"
        form = self.random.choice(FORMS)
        return form.format(
            inner.strip(),
            self.expression(),
            self.expression(),
            self.random.choice(NAMES),
            self.random.choice(OPERATORS),
        )

    def program(self) -> str:
        """Return a program, damaged every other time."""
        text = "".join(self.statement() for _ in range(self.random.randrange(1, 8)))
        return self.damage(text) if self.random.random() < 0.5 else text

    def damage(self, text: str) -> str:
        """Cut, double and exchange pieces of a text."""
        for _ in range(self.random.randrange(1, 6)):
            at = self.random.randrange(len(text) + 1)
            length = self.random.randrange(1, 8)
            piece = self.random.choice(
                ["", text[at : at + length] * 3, self.random.choice("\"'{}()[];\n\\$#@,"), "\0", "é"]
            )
            text = text[:at] + piece + text[at + length :]
        return text


def bounded(interpreter: Interpreter, run: Callable[[], object], patience: float = PATIENCE) -> None:
    """Run a program, interrupting it until it ends; SPEC errors are what it may raise."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(patience):
            interpreter.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.monotonic()
    try:
        run()
    except SpecLanguageError:
        pass
    finally:
        ended.set()
        watcher.join()
    took = time.monotonic() - started
    if took > patience + GRACE:
        raise AssertionError(f"the program ran for {took:.1f} s")


def check(program: str) -> None:
    """Run a program from a file and, line by line, as if it was typed."""
    host = MemoryHost()
    host.files["f"] = program
    host.keys = ["1", "y", "abc"] * 5
    interpreter = Interpreter(host, limits=LIMITS)
    interpreter.execute("def p 'print'")
    interpreter.define_array("A", {"0": 0.0, "1": 0.0})
    bounded(interpreter, lambda: interpreter.execute(program, source="fuzz.mac"))
    console = Console(interpreter)
    for line in program.split("\n")[:20]:
        bounded(interpreter, lambda line=line: console.feed(line))  # type: ignore[misc]
    bounded(interpreter, lambda: interpreter.execute("p 1"))


def main() -> None:
    """Run for some seconds; print what fails and the seed that shows it again."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=None)
    options = arguments.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(2**32)
    generator = Generator(seed)
    end = time.monotonic() + options.seconds
    count = 0
    while time.monotonic() < end:
        program = generator.program()
        try:
            check(program)
        except BaseException:
            print(f"seed {seed}, program {count}:\n{program!r}")
            raise
        count += 1
    print(f"{count} programs, seed {seed}: each gave a result, a SPEC error or an interrupt")


if __name__ == "__main__":
    main()
