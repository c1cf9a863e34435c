"""Variables and macros as JSON and back, without loss: what JSON has no word for is an object that says what it is."""

from __future__ import annotations

import math
from typing import Any

from pycertifspec.simulator.language import AssociativeArray, Macro, NumericString, Value
from pycertifspec.simulator.language.macros import Piece

# Numbers that JSON does not have.
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encoded(value: Value) -> Any:
    """Return a scalar or an associative array as JSON has it."""
    if isinstance(value, AssociativeArray):
        return {"array": {key: encoded(element) for key, element in value.elements.copy().items()}}
    if isinstance(value, NumericString):
        return {"text": str(value), "number": encoded(value.number)}
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return number if math.isfinite(number) else {"number": str(number)}


def decoded(data: Any) -> Value:
    """Return the value that was encoded.

    Raises:
        ValueError: it is none.

    """
    match data:
        case {"array": dict(elements), **rest} if not rest:
            return AssociativeArray({key: _scalar(element) for key, element in elements.items()})
        case _:
            return _scalar(data)


def _scalar(data: Any) -> Value:
    match data:
        case None | str():
            return data
        case bool():
            pass
        case int() | float():
            return float(data)
        case {"number": str(name), **rest} if not rest and name in _SPECIAL:
            return _SPECIAL[name]
        case {"text": str(text), "number": number, **rest} if not rest:
            return NumericString(text, _number(number))
    raise ValueError(f"{_short(data)} is no value of a variable")


def _number(data: Any) -> float:
    value = _scalar(data)
    if not isinstance(value, float):
        raise ValueError(f"{_short(data)} is no number")  # noqa: TRY004  what the file says, not what a caller gave
    return value


def encoded_macro(macro: Macro) -> dict[str, Any]:
    """Return a macro as JSON has it."""
    record: dict[str, Any] = {"text": macro.text, "source": macro.source, "line": macro.line}
    if macro.parameters is not None:
        record["parameters"] = list(macro.parameters)
    if macro.pieces is not None:
        record["pieces"] = [[piece.text, piece.key, piece.flags, piece.enabled] for piece in macro.pieces]
    return record


def decoded_macro(name: str, data: Any) -> Macro:
    """Return the macro that was encoded.

    Raises:
        ValueError: it is none.

    """
    match data:
        case {"text": str(text), "source": str(source), "line": int(line)}:
            pass
        case _:
            raise ValueError(f"{_short(data)} is no macro")
    parameters, pieces = data.get("parameters"), data.get("pieces")
    if parameters is not None and not (isinstance(parameters, list) and all(isinstance(p, str) for p in parameters)):
        raise ValueError(f"{_short(parameters)} are no parameters of a macro")
    return Macro(
        name,
        text,
        source,
        line,
        parameters=None if parameters is None else tuple(parameters),
        pieces=None if pieces is None else _pieces(pieces),
    )


def _pieces(data: Any) -> tuple[Piece, ...]:
    if not isinstance(data, list):
        raise ValueError(f"{_short(data)} are no pieces of a macro")  # noqa: TRY004  as above
    pieces = []
    for one in data:
        match one:
            case [str(text), str(key), int(flags), bool(enabled)]:
                pieces.append(Piece(text, key, flags, enabled))
            case _:
                raise ValueError(f"{_short(one)} is no piece of a macro")
    return tuple(pieces)


_SHORT = 60


def _short(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"
