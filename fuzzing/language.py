"""Feeds the interpreter with programs that are wrong in every way: `python -m fuzzing.language --seconds 10`.

The rule: a result, a SPEC error or an interrupt; nothing else comes out, nothing runs for long, and nothing takes more
memory than its limits let it. Some of the programs drive the motors and counters of a whole beamline, whose time jumps.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import threading
import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.simulator.beamline import Beamline, simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.language import (
    Console,
    Interpreter,
    Limits,
    SpecLanguageError,
    data_array,
    known_names,
)
from pycertifspec.simulator.language.memory_host import MemoryHost
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    index_items=2_000,
    curve_points=2_000,
    printed_numbers=2_000,
    json_characters=20_000,
    printf_conversions=500,
    statement_tokens=20_000,
    macros=2_000,
    macro_pieces=200,
    names=5_000,
    value_bytes=10_000_000,
)
# Bytes that a program may take at its worst: what variables may hold, as much again that is just being made, a text
# that is laid out in pieces, and what Python needs for the program itself.
MEMORY = 6 * LIMITS.value_bytes
# One program in so many drives a beamline: making one takes a tenth of a second.
RARE = 8
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


# Where the first data array comes in, numpy is imported: now, so that no program's memory is charged with it.
assert data_array.TYPES
# What moves, counts and waits, for programs on a beamline.
MNEMONICS = ["tth", "th", "chi", "phi", "samx", "nosuch", "0", "99"]
HARDWARE = [
    "mv {3} {1}\n", "umv {3} {1} {4} {2}\n", "mvr {3} {1}\n", "getangles; A[{3}] = {1}; move_all\n", "ct {1}\n",
    "tcount({1})\n", "mcount({1})\n", "wait({1})\n", "wait(); getcounts; p S[{1}]\n", "set {3} {1}\n", "sync\n",
    "set_lm {3} {1} {2}\n", "chg_dial({3}, {1})\n", 'chg_dial({3}, "home+")\n', "chg_offset({3}, {1})\n", "reconfig\n",
    'motor_par({3}, "backlash", {1})\n', 'motor_par({3}, "velocity", {1})\n', 'motor_par({3}, "step_size", {1})\n',
    'motor_par({3}, "disable", {1})\n', 'counter_par({1}, "scale", {2})\n', "set_sim({1})\n", "HDW_ERR = -1\n",
    "ascan {3} {1} {2} 3 0.1\n", "dscan {3} {1} {2} 3 {1}\n", "mesh {3} 0 1 2 {4} 0 1 2 0.1\n", "timescan 0.1\n",
    'cdef("cleanup_once", "{0}", "k")\n', "wa; wm {3}; lm\n", "sleep({1})\n", "newfile f; ascan {3} 0 1 3 0.1\n",
    "p move_info({3}), dial({3}, {1}), get_lim({3}, {2})\n", 'cdef("user_getcounts", "{0}")\n', "tw {3} {1}\n",
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

    def hardware_program(self) -> str:
        """Return a program for a beamline, damaged now and then."""
        lines = []
        for _ in range(self.random.randrange(1, 8)):
            form = self.random.choice(HARDWARE if self.random.random() < 0.7 else FORMS)
            numbers = (
                [self.random.choice(NUMBERS) for _ in range(2)]
                if self.random.random() < 0.7
                else (self.expression(3), self.expression(3))
            )
            names = self.random.sample(MNEMONICS, 2)
            lines.append(form.format(self.statement(3).strip(), *numbers, *names))
        text = "".join(lines)
        return self.damage(text) if self.random.random() < 0.3 else text

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


def bounded(interrupt: Callable[[], object], run: Callable[[], object], patience: float = PATIENCE) -> None:
    """Run a program, interrupting it until it ends; SPEC errors are what it may raise."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(patience):
            interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.monotonic()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
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
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > MEMORY:
        raise AssertionError(f"the program took {peak / 1e6:.0f} MB")


def check(program: str) -> None:
    """Run a program from a file and, line by line, as if it was typed."""
    host = MemoryHost()
    host.files["f"] = program
    host.keys = ["1", "y", "abc"] * 5
    interpreter = Interpreter(host, limits=LIMITS)
    interpreter.execute("def p 'print'")
    interpreter.define_array("A", {"0": 0.0, "1": 0.0})
    with traced():
        bounded(interpreter.interrupt, lambda: interpreter.execute(program, source="fuzz.mac"))
        console = Console(interpreter)
        for line in program.split("\n")[:20]:
            bounded(interpreter.interrupt, lambda line=line: console.feed(line))  # type: ignore[misc]
        bounded(interpreter.interrupt, lambda: interpreter.execute("p 1"))


def check_beamline(program: str) -> None:
    """Run a program on a beamline of its own: motors that move, counters that count, files in a directory."""
    clock = SteppingClock(start=1_700_000_000.0)
    with tempfile.TemporaryDirectory() as directory:

        def make(screen: Callable[[str], None]) -> World:
            return World(clock, screen, directory=Path(directory))

        beamline: Beamline = simulated(make, "fourc", clock, limits=LIMITS)
        try:
            with traced():
                bounded(beamline.interrupt, lambda: beamline.run(program))
                bounded(beamline.interrupt, lambda: beamline.run("p 1"))
            for motor in beamline.instrument.motors:
                if not math.isfinite(motor.position):
                    raise AssertionError(f"{motor.mnemonic} is at {motor.position}")
        finally:
            beamline.close()


@contextmanager
def traced() -> Iterator[None]:
    """Measure memory while the block runs."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


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
        on_beamline = generator.random.randrange(RARE) == 0
        program = generator.hardware_program() if on_beamline else generator.program()
        try:
            (check_beamline if on_beamline else check)(program)
        except BaseException:
            print(f"seed {seed}, program {count}:\n{program!r}")
            raise
        count += 1
    print(f"{count} programs, seed {seed}: each gave a result, a SPEC error or an interrupt")


if __name__ == "__main__":
    main()
