"""Escapes in strings, and the rule for quotes in macro definitions (SPEC_LANGUAGE.md 1.2, 2.4)."""

from __future__ import annotations

import re
from typing import Final

_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|(\[[a-z]{2}\])|(.))", re.DOTALL)
# What stands in a text that has strings and comments, and a line end that is written as in a string (1).
_LINE_END = re.compile(
    r"""\"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|(?<!\$)\#(?:[^\n\\]|\\(?!n))*+|(\\n)|\\.""", re.DOTALL
)
_RUN = {quote: re.compile(r"(\\+)" + quote) for quote in "\"'"}


def unescape(raw: str) -> str:
    """Return the string that the text between two quotes stands for (SPEC_LANGUAGE.md 1.2)."""
    return _ESCAPE.sub(_character, raw) if "\\" in raw else raw


def _character(match: re.Match[str]) -> str:
    octal, terminal, other = match.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    if terminal:  # only tty_move() and tty_fmt() act on it
        return match.group()
    return _SIMPLE.get(other, other)


def definition_text(raw: str, quote: str) -> str:
    r"""Return the macro text that stands between `quote` in a definition: ``\'`` gives ``'`` and nothing else changes.

    An odd run of k backslashes before the quote gives (k-1)/2 backslashes and the quote (SPEC_LANGUAGE.md 2.4).
    """
    return _RUN[quote].sub(lambda match: "\\" * (len(match[1]) // 2) + quote, raw)


def with_line_ends(text: str) -> str:
    r"""Return a macro text in which each ``\n`` that stands in no string and no comment has become the end of a line.

    ``rdef`` and ``cdef()`` take an expression: by the rules of strings (SPEC_LANGUAGE.md 1.2) ``"shut_open\n"`` ends
    with a newline. In a string inside, ``\n`` stays what it is, which comes to the same (2.4).
    """
    if "\\n" not in text:
        return text
    return _LINE_END.sub(lambda match: "\n" if match[1] else match[0], text)


def quote_definition(text: str, quote: str = "'") -> str:
    """Return `text` as the body of a definition: the inverse of `definition_text`."""
    # A run of j backslashes before the quote, or before the end, must be told from the ones that escape.
    body = re.sub(r"(\\*)" + quote, lambda match: "\\" * (2 * len(match[1]) + 1) + quote, text)
    if (len(body) - len(body.rstrip("\\"))) % 2:
        # An odd run at the end would take the closing quote with it: no text of a definition ends so.
        body += " "
    return f"{quote}{body}{quote}"
