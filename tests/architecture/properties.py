"""The properties of SPEC, as session/properties.py has them and as docs/reference/properties.md shows them.

`python -m tests.architecture.properties` writes the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "properties.md"

HEAD = """# Properties

What `client.read`, `write`, `watch` and `wait_for` take. This page is written by
`python -m tests.architecture.properties`; a test compares it with the code.

Text stays text where nothing else is said; flags are true or false.
"""

TAIL = f"""## Everything else

| property | read | write | what it is |
|---|---|---|---|
| `{properties.READY}` | yes | | True while SPEC waits at its prompt. |
| `{properties.SHELL}` | yes | | True while SPEC is in a subshell. |
| `{properties.SIMULATE}` | yes | | True while SPEC touches no hardware. |
| `{properties.QUIT}` | yes | | An event says that SPEC ends. |
| `{properties.ERROR}` | yes | | The last error that a client caused; `{properties.NO_ERROR}` at first. |
| `{properties.TTY}` | watch only | | What SPEC shows on the screen; `output/FILE` what it writes to a file. |
| `{properties.INPUT}` | yes | yes | What a simulated SPEC asks the client whose command runs, and its answer. |
| `var/NAME` | yes | yes | A global variable; `var/NAME[key]` an element. Data arrays cannot be watched. |
| `{properties.PRESTART_ALL}` | | yes | From now on, `start_one` collects targets. |
| `{properties.START_ALL}` | | yes | Starts what was collected, together. |
| `{properties.ABORT_ALL}` | | yes | Stops all motors. |
| `{properties.COUNT_ALL}` | yes | yes | As a counter's `count`, for all. |
"""


def rows(table: Iterable[properties.Property[Any]]) -> str:
    """Return a table of properties."""
    head = "| property | kind | units | read | write | what it is |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{one.name}` | {kind(one)} | {one.units} | {'yes' * one.readable} | {'yes' * one.writable} | {one.doc} |\n"
        for one in table
    )


def kind(prop: properties.Property[Any]) -> str:
    """Return what its values are."""
    return {float: "number", str: "text"}.get(prop.convert, "flag")  # type: ignore[call-overload, no-any-return]


def page() -> str:
    """Return the page."""
    motors = f"## A motor's: `{properties.motor_path('th', '…')}`\n\n{rows(properties.MOTOR)}"
    counters = f"## A counter's: `{properties.scaler_path('det', '…')}`\n\n{rows(properties.COUNTER)}"
    return f"{HEAD}\n{motors}\n{counters}\n{TAIL}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
