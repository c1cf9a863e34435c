"""The Makefile: what a person gives it reaches the program as it was given."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, []),
        ({"HOST": "lab", "PORT": "6510"}, ["--host", "lab", "--port", "6510"]),
        ({"HOST": "a b'; false; '\""}, ["--host", "a b'; false; '\""]),
        ({"MOVE": "th=1.2 t'=(3)"}, ["--move", "th=1.2", "--move", "t'=(3)"]),
        ({"COUNT": "`id`"}, ["--count", "`id`"]),
    ],
)
def test_what_is_given_to_make_demo_is_given_to_the_program_word_by_word(given: Any, words: Any) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(
        ["make", "--dry-run", "demo", *(f"{name}={value}" for name, value in given.items())],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    command = shlex.split(shown.stdout.splitlines()[-1])

    assert command[1:] == ["-m", "pycertifspec", "demo", *words]
