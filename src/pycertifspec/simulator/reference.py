"""The reference page of SPEC's language, made from the code: `python -m pycertifspec.simulator.reference`."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

from .beamline import STANDARD_MACROS, simulated
from .clock import SteppingClock
from .functions.links import ANSWERS
from .language import KnownName, known_names
from .world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .language import Interpreter

HEAD = """\
# SPEC's language in the simulator

This page is made from the code by `python -m pycertifspec.simulator.reference`; a test compares the two.

What SPEC has and the simulator does not do says so by name when it is used. "No device" means that the function is
there and answers as if nothing were connected to it.
"""

# Where the simulator decides what nobody outside knows for certain, or differs from SPEC on purpose.
REMARKS = """\
## What to know

- Motors and counters are simulated; with `set_sim(1)` moves change `A[]` alone, counting gives zeros at once, and what
  would set a real motor (`chg_dial()`, `chg_offset()`) is refused; `set_sim(0)` finds everything where it was.
- `HDW_ERR` set to -1 keeps an error of a motor or counter from resetting, but not a target outside the limits.
- A motor that hits a limit switch or stalls is told on the screen, and `HDW_ERR` is 10 (low limit), 11 (high limit) or
  12 (stall) then, until motors or counters are used again: after `mv th 5; waitmove`, but not after `umv`, which reads
  the positions. Without a server (`--run`), or with `--limit-reset`, as after SPEC's `-S2`, the other motors stop and
  the command that runs is reset; else, as after `-S1`, what runs goes on. By choice a scan whose motors have not
  arrived ends as an aborted one in either case; `def scan_missed ''` lets it go on.
- The printer is a file, `PRINTER`; without one `onp` and `offp` do nothing.
- Files are those of one directory, `--directory`; without it there are none. `unix()`, and `ls` and `cat` with it, is
  off unless `--allow-unix` is given.
- `getenv()` knows a handful of names.
- What `input()`, `yesno()` and `getval()` ask, the client answers whose command asks, if it watches
  `input/tty`, as `pycertifspec console` and `pycertifspec run` do; else who sits at the terminal in which the simulator
  runs. With `--run` it is standard input. Where nobody is asked or the input has ended, the answer is empty: the
  default. A question that somebody was asked and leaves open fails after ten minutes. `tw` ends with an empty answer.
- `do` and `dofile()` show the lines of a file before they run, `qdo` and `qdofile()` do not.
- EPICS process variables are a table: `epics_get()` gives what `epics_put()` has put.
- With `--time-scale inf`, waiting takes no time: the clock jumps to what is waited for, and a look at the time, at
  moving motors or at running counters takes a millisecond.
- The prompt is shown 0.05 seconds after a command's reply, or before the next command begins.
- `calc(1)` puts the angles of H K L into `A[]`, `calc(2)` the H K L of `A[]` into `Q[]`. By choice, `calc(3)` freezes
  what the mode keeps, `calc(5)` makes UB of the reflections and the lattice, `calc(7)` the reciprocal lattice of the
  direct one, `calc(8)` the direct lattice of the reciprocal one. The energy motor leaves `LAMBDA` as it is: `calcE`
  takes it from there, `set_E` sets it and moves nothing. Of the sectors, 0 and 4 are known.
"""


def page() -> str:
    """Return the whole page."""
    clock = SteppingClock(start=0.0)
    beamline = simulated(lambda screen: World(clock, screen), "fourc", clock)
    try:
        interpreter = beamline.interpreter
        # What begins with an underscore is the standard macros' own.
        known = [name for name in known_names(interpreter) if not name.name.startswith("_")]
        functions = sorted((name for name in known if not name.is_command), key=lambda name: name.subject)
        commands = sorted((name for name in known if name.is_command), key=lambda name: name.subject)
        parts = [
            HEAD,
            "## Functions\n",
            *_tables(functions),
            "## Commands\n",
            *_tables(commands),
            "## Standard macros\n",
            *_macros(interpreter),
            REMARKS,
        ]
    finally:
        beamline.close()
    return "\n".join(parts)


def _tables(names: Iterable[KnownName]) -> Iterator[str]:
    for subject, rows in groupby(names, key=lambda name: name.subject):
        yield f"### {subject}\n"
        yield "| name | there | what it does |\n|---|---|---|"
        yield from (_row(row) for row in rows)
        yield ""


def _row(name: KnownName) -> str:
    state = "no device" if name.name in ANSWERS else "yes" if name.implemented else "no"
    shown = name.name if name.is_command else f"{name.name}()"
    return f"| `{shown}` | {state} | {name.doc.replace('|', chr(92) + '|')} |"


def _macros(interpreter: Interpreter) -> Iterator[str]:
    macros = [macro for name in interpreter.macros if (macro := interpreter.macros.get(name)) and name[0] != "_"]
    for source in STANDARD_MACROS:
        own = [macro.name for macro in macros if macro.source == source and macro.pieces is None]
        yield f"`{source}`: {_listed(own)}\n"
    hooks = [macro.name for macro in macros if macro.pieces is not None]
    yield f"Hooks, empty until a site adds to them with `cdef()`: {_listed(hooks)}\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(page())
