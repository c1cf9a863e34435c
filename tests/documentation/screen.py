"""The screen that the page on SPEC's prompt shows: a session in a real terminal.

`python -m tests.documentation.screen` writes it into the page.
"""

from __future__ import annotations

import re
import tempfile
from functools import partial
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
            for shown, prompt, keys in (
                ("Ctrl-D", "FOURC>", "umv th 30.1\r"),
                ("Theta", "FOURC>", "for (i = 0; i < 2; i++) {\r"),
                ("i++", " more>", '  print "turn", i\r'),
                ("print", " more>", "}\r"),
                ("turn 1", "FOURC>", "nosuch\r"),
                ("undefined", "FOURC>", ""),
            ):
                # What is typed before the prompt is there, the terminal itself shows, too.
                terminal.wait_until(partial(_is_there, after=shown, prompt=prompt))
                terminal.type(keys)
            screen = "\n".join(line for line in terminal.lines if line)
            terminal.type("\x04")
            terminal.end()
    return _BLOCK.sub(lambda _: _PORT.sub("127.0.0.1:6510", screen) + "\n", page)


def _is_there(lines: list[str], after: str, prompt: str) -> bool:
    """Return whether a prompt is the last on the screen, somewhere below a text."""
    written = [line for line in lines if line.strip()]
    return bool(written) and written[-1].rstrip() == prompt and any(after in line for line in written[:-1])


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text()))
