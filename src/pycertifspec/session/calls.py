"""How a call is spelled: `f(1, "a")`, `f 1 a` and NUL-separated items, read without evaluating (PROTOCOL.md 7.2)."""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple, TypeAlias

from pycertifspec.errors import RemoteError

Argument: TypeAlias = "str | float | dict[str, Argument]"

# Deeper arrays in arrays than anybody writes; keeps a hostile text from exhausting the stack.
MAX_NESTING = 20

# Longer than any call that a person or a macro writes; reading so much takes about a tenth of a second.
MAX_TEXT = 256 * 1024


class Name(NamedTuple):
    """A word without quotes: the name of a variable, or just a word."""

    text: str


class Call(NamedTuple):
    """A function's or command's name and its arguments."""

    name: str
    arguments: tuple[Argument | Name, ...]


# One step for each character: no text is read twice, whatever it is.
_TOKEN = re.compile(
    r"""[^\S\n]*(?:
        (?P<end>[;\n])
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.]))
      | (?P<word>[^\s"'(),;:\[\]]+)
      | "(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"
      | '(?P<single>[^'\\]*(?:\\.[^'\\]*)*)'
      | (?P<mark>[(),:\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f"}

Token: TypeAlias = tuple[str, str]
Tokens: TypeAlias = "deque[Token]"

_OPEN, _CLOSE, _COMMA, _COLON, _END = (("mark", mark) for mark in "(),:]")


def parse(text: str) -> list[Call | Argument | Name]:
    """Return the statements of a text, separated by semicolons or newlines.

    Each is a call, in either spelling, or a value alone. A word alone comes as a `Name`.

    Raises:
        RemoteError: the text is neither; nothing is evaluated.

    """
    statements: list[Tokens] = [deque()]
    for token in _tokens(text):
        if token[0] == "end":
            statements.append(deque())
        else:
            statements[-1].append(token)
    return [_statement(tokens, text) for tokens in statements if tokens]


def parse_items(items: tuple[str, ...]) -> Call:
    """Return the call of NUL-separated items: a name, then arguments in source form.

    Raises:
        RemoteError: an argument cannot be read.

    """
    arguments: list[Argument | Name] = []
    for item in items[1:]:
        tokens = _tokens(item)
        value = _value(tokens, item) if tokens else ""
        arguments.append(Name(item) if tokens else value)
    return Call(items[0].strip(), tuple(arguments))


def _tokens(text: str) -> Tokens:
    if len(text) > MAX_TEXT:
        raise RemoteError(f"the text {text[:40]!r}... has {len(text)} characters, more than {MAX_TEXT}")
    tokens: Tokens = deque()
    text, at = text.strip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise RemoteError(f"cannot read {text[at : at + 40]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _statement(tokens: Tokens, text: str) -> Call | Argument | Name:
    kind, first = tokens[0]
    if kind == "word" and len(tokens) > 1:
        tokens.popleft()
        if tokens[0] != _OPEN:
            return Call(first, tuple(_list(tokens, text, separated=False)))
        if tokens[-1] != _CLOSE:
            raise RemoteError(f"a parenthesis is missing at the end of {text[:80]!r}")
        tokens.popleft()
        tokens.pop()
        return Call(first, tuple(_list(tokens, text)))
    value = _value(tokens, text)
    if tokens:
        raise RemoteError(f"{text[:80]!r} is neither a call nor a value; nothing else is evaluated here")
    return value


def _list(tokens: Tokens, text: str, *, separated: bool = True) -> list[Argument | Name]:
    found: list[Argument | Name] = []
    while tokens:
        found.append(_value(tokens, text))
        if tokens and separated and tokens.popleft() != _COMMA:
            raise RemoteError(f"a comma is missing between the arguments of {text[:80]!r}")
    return found


def _value(tokens: Tokens, text: str, depth: int = 0) -> Argument | Name:
    if not tokens:
        raise RemoteError(f"{text[:80]!r} ends too early")
    kind, word = tokens.popleft()
    if kind == "number":
        return _number(word)
    if kind in {"double", "single"}:
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), word, flags=re.DOTALL)
    if kind == "word":
        return Name(word)
    if word == "[":
        return _array(tokens, text, depth + 1)
    raise RemoteError(f"{word!r} is out of place in {text[:80]!r}")


def _number(word: str) -> float:
    try:
        return float(int(word, 16) if "x" in word.lower() else word)
    except OverflowError:
        raise RemoteError(f"the number {word[:40]}... is too large") from None


def _array(tokens: Tokens, text: str, depth: int) -> dict[str, Argument]:
    """Read an associative array, `["key": value, ...]` or `[value, ...]`."""
    if depth > MAX_NESTING:
        raise RemoteError(f"more than {MAX_NESTING} arrays in arrays in {text[:80]!r}")
    elements: dict[str, Argument] = {}
    while tokens and tokens[0] != _END:
        value = _value(tokens, text, depth)
        key: Argument | Name = float(len(elements))
        if tokens and tokens[0] == _COLON:
            tokens.popleft()
            key, value = value, _value(tokens, text, depth)
        elements[_word(key, text)] = value.text if isinstance(value, Name) else value
        if tokens and tokens[0] == _COMMA:
            tokens.popleft()
    if not tokens:
        raise RemoteError(f"a bracket is missing in {text[:80]!r}")
    tokens.popleft()
    return elements


def _word(key: Argument | Name, text: str) -> str:
    if isinstance(key, dict):
        raise RemoteError(f"an array is no index, in {text[:80]!r}")
    return key.text if isinstance(key, Name) else f"{key:.15g}" if isinstance(key, float) else key
