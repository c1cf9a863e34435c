"""`console`: SPEC's prompt in a real terminal: keys typed, screen read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.command import one_line

from pycertifspec.cli.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tests.support.beamline import Beamline
    from tests.support.command import Terminal

PROMPT = "FOURC>"


def console(beamline: Beamline, *words: str, **env: str) -> Terminal:
    terminal = beamline.terminal("console", *words, env=env)
    terminal.wait_for(PROMPT)
    return terminal


def leave(terminal: Terminal) -> None:
    terminal.type("\x04")
    assert terminal.end() == 0


def prompts(lines: list[str]) -> int:
    return sum(line.startswith(PROMPT) for line in lines)


def test_what_is_typed_runs_and_what_it_prints_stands_above_the_next_prompt(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type('p "two", 2 + 2\r')
        screen = terminal.wait_until(lambda lines: "two 4" in lines and prompts(lines) == 2)
        assert screen.index("two 4") == screen.index('FOURC> p "two", 2 + 2') + 1
        leave(terminal)


def test_a_line_that_spec_leaves_open_is_not_drawn_over(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type('printf("no newline")\r')
        screen = terminal.wait_until(lambda lines: "no newline" in lines and prompts(lines) == 2)
        assert screen[screen.index("no newline") + 1] == PROMPT
        leave(terminal)


def test_tab_completes_motors_macros_and_variables_of_the_server(beamline: Beamline) -> None:
    beamline.spec.beamline.run("def align_sample 'p 1'; global alignment")
    with console(beamline) as terminal:
        terminal.type("align\t")
        screen = terminal.wait_for("alignment")
        assert any("align_sample" in line and "macro" in line for line in screen)
        assert any("alignment" in line and "variable" in line for line in screen)
        terminal.type("\x03")
        terminal.wait_until(lambda lines: prompts(lines) == 2)
        terminal.type("flu\t")
        terminal.wait_until(lambda lines: "FOURC> fluo" in lines)
        terminal.type("\x03")
        terminal.wait_until(lambda lines: prompts(lines) == 3)
        leave(terminal)


def test_several_lines_are_one_command(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type("for (i = 0; i < 3; i++) {\r")
        terminal.wait_for("more>")
        terminal.type('p "line", i\r')
        terminal.wait_until(lambda lines: sum("more>" in line for line in lines) == 2)
        terminal.type("}\r")
        screen = terminal.wait_for("line 2")
        assert [line for line in screen if line.startswith("line ")] == ["line 0", "line 1", "line 2"]
        leave(terminal)


def test_several_commands_are_pasted_at_once(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type('\x1b[200~p "first"\np "second"\x1b[201~')
        terminal.wait_for('p "second"')
        terminal.type("\r")
        terminal.wait_until(lambda lines: "first" in lines and "second" in lines)
        leave(terminal)


def test_ctrl_c_aborts_what_runs_and_the_console_goes_on(slow_beamline: Beamline) -> None:
    with console(slow_beamline, "--no-names") as terminal:
        terminal.type('p "begun"; sleep(100)\r')
        terminal.wait_until(lambda lines: "begun" in lines)
        terminal.type("\x03")
        terminal.wait_for("SPEC was told to stop")
        terminal.wait_until(lambda lines: prompts(lines) == 2)
        terminal.type('p "again"\r')
        terminal.wait_until(lambda lines: "again" in lines)
        leave(terminal)


def test_others_output_stands_above_the_line_that_is_being_typed(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal, beamline.client() as client:
        terminal.type("half of a li")
        terminal.wait_for("half of a li")
        client.execute('p "from elsewhere"')
        screen = terminal.wait_until(lambda lines: {"from elsewhere", "FOURC> half of a li"} <= set(lines))
        assert screen.index("FOURC> half of a li") > screen.index("from elsewhere")
        assert prompts(screen) == 1
        terminal.type("\x03")
        terminal.wait_until(lambda lines: prompts(lines) == 2)
        leave(terminal)


def test_an_error_is_said_once(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type("nosuch\r")
        screen = terminal.wait_until(lambda lines: prompts(lines) == 2)
        assert sum("undefined" in line for line in screen) == 1
        leave(terminal)


def test_what_the_server_sends_does_not_command_the_terminal(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type('printf("safe\\033]0;title\\007\\n")\r')
        terminal.wait_until(lambda lines: any(line.startswith("safe]0;title") for line in lines))
        leave(terminal)


def test_a_server_that_dies_is_said_and_looked_for_again(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        beamline.spec.restart()
        terminal.wait_for("is lost; looking for it again")
        terminal.wait_for(" again")
        terminal.wait_until(lambda lines: any(line.endswith(" again") and "connected to" in line for line in lines))
        terminal.type('p "back"\r')
        terminal.wait_until(lambda lines: "back" in lines)
        leave(terminal)


def test_quit_leaves_and_spec_goes_on(beamline: Beamline) -> None:
    with console(beamline, "-q", "--no-names") as terminal:
        terminal.type("quit\r")
        assert terminal.end() == 0
    assert beamline.run("get", "th", "-t").out == "30\n"


@pytest.mark.parametrize("colors", [{}, {"NO_COLOR": "1"}])
def test_the_language_is_in_colour_where_colour_is_wanted(beamline: Beamline, colors: dict[str, str]) -> None:
    with console(beamline, "--no-names", **colors) as terminal:
        terminal.type('while (1) p "x" # why')
        terminal.wait_for("# why")
        terminal.type("\x03")
        terminal.wait_until(lambda lines: prompts(lines) == 2)
        leave(terminal)
    assert (b"\x1b[0;38;5" in terminal.raw) is not bool(colors)


def test_what_was_typed_is_there_next_time(beamline: Beamline) -> None:
    with console(beamline, "--no-names") as terminal:
        terminal.type('p "remember"\r')
        terminal.wait_until(lambda lines: "remember" in lines and prompts(lines) == 2)
        leave(terminal)
    with console(beamline, "--no-names") as terminal:
        terminal.type("\x1b[A")
        terminal.wait_for('FOURC> p "remember"')
        terminal.type("\x03")
        terminal.wait_until(lambda lines: prompts(lines) == 2)
        leave(terminal)


def test_the_console_is_for_terminals(beamline: Beamline) -> None:
    done = beamline.run("console")
    assert (done.status, done.out) == (2, "")
    assert "pycertifspec run -f -" in one_line(done.err)


def test_what_is_defined_here_is_completed_from_then_on() -> None:
    words = Vocabulary()
    words.typed("def mine 'p 1'\nglobal also_mine; array float table[3]")
    known = dict(words.items())
    assert {known.get(name) for name in ("mine", "also_mine", "table")} == {"new"}
    assert (known["sin"], known["while"], known["print"]) == ("function", "keyword", "command")
