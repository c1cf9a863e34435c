"""Functions with regular expressions (SPEC_LANGUAGE.md 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.language.associative import SEPARATOR
from pycertifspec.simulator.language.errors import LimitExceededError, SpecRuntimeError, exceeded
from pycertifspec.simulator.language.regex import Match, Regex
from pycertifspec.simulator.language.tables import FunctionTable
from pycertifspec.simulator.language.values import Value, from_outside, to_integer, to_text

from .strings import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.scope import Reference

FUNCTIONS = FunctionTable()


def _replace(interpreter: Interpreter, text: str, matches: list[Match], new: Callable[[Match], str]) -> str:
    pieces: list[str] = []
    last = length = 0
    for match in matches:
        pieces += [text[last : match.start], new(match)]
        length += len(pieces[-1])
        if length > interpreter.limits.string_length:
            exceeded("string_length", interpreter.limits.string_length, "The length of a string")
        last = match.end
    return "".join([*pieces, text[last:]])


def _expand(template: str, text: str, match: Match, limit: int, *, groups: bool) -> str:
    r"""Put the match into the replacement: ``&``, and ``\0`` to ``\9`` when `groups`; a backslash takes it away."""
    result: list[str] = []
    at = length = 0
    while at < len(template):
        character = template[at]
        following = template[at + 1 : at + 2]
        if length > limit:
            exceeded("string_length", limit, "The length of a string")
        if character == "\\" and following:
            at += 1
            number = int(following) if groups and following in "0123456789" else -1
            if number >= 0:
                start, end = match.spans[number] if number < len(match.spans) else (0, 0)
                result.append(text[max(start, 0) : max(end, 0)])
            else:
                result.append(following)
        elif character == "&":
            result.append(text[match.start : match.end])
        else:
            result.append(character)
        length += len(result[-1])
        at += 1
    return "".join(result)


@FUNCTIONS.add("sub", 3)
def sub(interpreter: Interpreter, pattern: Value, replacement: Value, text: Value) -> Value:
    """The string with the first match of a regular expression replaced; ``&`` is the match."""
    whole, template = str(to_text(text)), str(to_text(replacement))
    match = Regex(str(to_text(pattern)), interpreter.limits).search(whole)
    matches = [match] if match else []
    return _replace(
        interpreter,
        whole,
        matches,
        lambda found: _expand(template, whole, found, interpreter.limits.string_length, groups=False),
    )


@FUNCTIONS.add("gsub", 3)
def gsub(interpreter: Interpreter, pattern: Value, replacement: Value, text: Value) -> Value:
    """The string with all matches of a regular expression replaced; ``&`` is the match."""
    whole, template = str(to_text(text)), str(to_text(replacement))
    matches = Regex(str(to_text(pattern)), interpreter.limits).find_all(whole)
    return _replace(
        interpreter,
        whole,
        matches,
        lambda found: _expand(template, whole, found, interpreter.limits.string_length, groups=False),
    )


@FUNCTIONS.add("gensub", 4)
def gensub(interpreter: Interpreter, pattern: Value, replacement: Value, which: Value, text: Value) -> Value:
    r"""The string with all matches ("g") or one of them replaced; ``\1`` ... are groups."""
    whole, template = str(to_text(text)), str(to_text(replacement))
    matches = Regex(str(to_text(pattern)), interpreter.limits).find_all(whole)
    if str(to_text(which))[:1] not in {"g", "G"}:
        number = max(to_integer(which), 1)
        matches = matches[number - 1 : number]
    return _replace(
        interpreter,
        whole,
        matches,
        lambda found: _expand(template, whole, found, interpreter.limits.string_length, groups=True),
    )


@FUNCTIONS.add("match", 2, 3, by_reference=(2,))
def match_text(interpreter: Interpreter, text: Value, pattern: Value, target: Reference | None = None) -> Value:
    """The position of a regular expression in a string, 0 if none, -1 if it is bad; groups go into an array."""
    whole = str(to_text(text))
    try:
        found = Regex(str(to_text(pattern)), interpreter.limits).search(whole)
    except LimitExceededError:
        raise
    except SpecRuntimeError:
        return -1.0
    if target is not None:
        array = target.array()
        array.clear()
        for number, (start, end) in enumerate(found.spans if found else ()):
            if start >= 0:
                array.set(str(number), from_outside(whole[start:end]))
                array.set(f"{number}{SEPARATOR}start", float(start + 1))
                array.set(f"{number}{SEPARATOR}length", float(end - start))
        if array.owner is not None:
            interpreter.symbols.changed(array.owner, None, array)
    return float(found.start + 1) if found else 0.0


@FUNCTIONS.add("rsplit", 3, by_reference=(1,))
def rsplit(interpreter: Interpreter, text: Value, target: Reference, pattern: Value) -> Value:
    """Split a string at matches of a regular expression into an array; return the number of parts."""
    whole = str(to_text(text))
    parts: list[str] = []
    last = 0
    for match in Regex(str(to_text(pattern)), interpreter.limits).find_all(whole):
        if match.end > match.start:
            parts.append(whole[last : match.start])
            last = match.end
    if whole:
        parts.append(whole[last:])
    return fill(target, parts, interpreter)
