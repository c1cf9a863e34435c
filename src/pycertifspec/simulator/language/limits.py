"""How much a program may ask for: each limit with the reason for its size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use before it is stopped with `LimitExceededError`.

    All of them are far above what macros of beamlines need; they keep a faulty macro from taking the process down.
    """

    # Blocks and brackets inside one another. Hand-written macros reach 10; the parser uses four Python frames for each.
    nesting: int = 150
    # Operators in one chain (a + b + c ...): the tree leans to one side and is walked recursively.
    expression_depth: int = 400
    # Macro functions active at once; each uses about ten Python frames.
    call_depth: int = 250
    # eval() inside eval(), each a whole reader of its own.
    eval_depth: int = 20
    # Text macros expanded while one statement is read: the standard scans use some hundreds.
    expansions: int = 20_000
    # Characters that these expansions may push back.
    expansion_characters: int = 8_000_000
    # Sources of input open at once: macros that wait for the rest of their text, command files.
    input_depth: int = 1_000
    # Text of one macro; the largest standard macros have some thousands of characters.
    macro_characters: int = 1_000_000
    # Macros, and pieces of one chained macro: the standard ones are three hundred, and a site's some thousands.
    macros: int = 50_000
    macro_pieces: int = 5_000
    # Names that programs have used for variables: a cell is kept for each.
    names: int = 200_000
    # Arguments of a text macro (SPEC_LANGUAGE.md 2.2: older releases take 25 and number them $1 to $25).
    macro_arguments: int = 1_000
    # Characters in one string, element or line.
    string_length: int = 16_000_000
    # Elements of one associative array: no macro has ten thousand; sorting so many takes a tenth of a second.
    associative_elements: int = 100_000
    # Elements of one data array: a 4k detector image has 16.8 million, and takes a tenth of a second an operation.
    array_elements: int = 17_000_000
    # Rows or columns that one list of indices may name: a list of Python's is made of them.
    index_items: int = 500_000
    # Points of a curve whose centre or width is asked for: they are walked one by one.
    curve_points: int = 500_000
    # Numbers that print shows of one data array, repeats counted once: a screenful has some hundreds.
    printed_numbers: int = 100_000
    # Text that decode("json") takes: what it makes of it needs fifty times the room.
    json_characters: int = 2_000_000
    # Text that tty_fmt() lays out: a wide screen has 40,000 characters.
    screen_characters: int = 100_000
    # Conversions in one format.
    printf_conversions: int = 10_000
    # Tokens of one statement or block: the longest macro files have some ten thousand altogether.
    statement_tokens: int = 200_000
    # Bytes that all variables and macros may hold together: three 4k images and as much text again.
    value_bytes: int = 800_000_000
    # Width and precision in a format: a wide screen has 400 columns.
    printf_width: int = 10_000
    # Characters of a regular expression, after {n,m} is written out.
    regex_size: int = 5_000
    # States times characters that one regular expression may visit: about a second.
    regex_steps: int = 3_000_000
    # Files that a program may hold open.
    open_files: int = 100
    # Lines that the history keeps (spec_par "history_size").
    history_lines: int = 2_000


# Python's own limit on nested calls while a program runs. 250 calls of ten frames, 150 nested brackets of ten, and room
# for the embedding program; frames of pure Python code take no C stack since Python 3.11.
PYTHON_FRAMES = 12_000
