"""The screen that the page on SPEC's prompt shows: a session in a real terminal.

`python -m tests.documentation.screen` writes it into the page.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.support.beamline import Beamline

from pycertifspec.testing import SimulatedSpec

from .console import PAGES

PAGE = PAGES / "run-commands.md"
_BLOCK = re.compile(r"(?<=```text\n).*?(?=```)", re.DOTALL)
_PORT = re.compile(r"127\.0\.0\.1:\d+")


def made(page: str) -> str:
    """Return the page with what the screen shows now."""
    with tempfile.TemporaryDirectory() as directory, SimulatedSpec(seed=7) as spec:
        beamline = Beamline(spec, Path(directory))
        with beamline.terminal("console", "--no-names", env={"NO_COLOR": "1"}) as terminal:
            terminal.wait_for("FOURC>")
            for keys, shown in (
                ("umv th 30.1\r", "Theta"),
                ("for (i = 0; i < 2; i++) {\r", "more>"),
                ('  print "turn", i\r}\r', "turn 1"),
                ("nosuch\r", "undefined"),
            ):
                terminal.type(keys)
                terminal.wait_for(shown)
            terminal.wait_until(lambda lines: [line for line in lines if line][-1] == "FOURC>")
            screen = "\n".join(line for line in terminal.lines if line)
            terminal.type("\x04")
            terminal.end()
    return _BLOCK.sub(lambda _: _PORT.sub("127.0.0.1:6510", screen) + "\n", page)


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text()))
