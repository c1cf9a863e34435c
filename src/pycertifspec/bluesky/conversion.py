"""SPEC's values as the datatypes that ophyd-async has, and back."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable

# A number may come as text: SPEC does not tell one from the other (PROTOCOL.md 6, 16).
_SCALARS: dict[Any, Callable[[Any], Any]] = {
    float: float,
    int: lambda value: int(float(value)),
    bool: lambda value: bool(float(value)),
    str: str,
}


def converted(value: Any, datatype: Any, source: str) -> Any:
    """Return a property's value as what a signal promises.

    Args:
        value: as the client gives it.
        datatype: ``float``, ``int``, ``bool``, ``str``, an enumeration of ophyd-async, ``Sequence[str]``,
            ``numpy.ndarray`` or ``Array1D[…]``; None for what the value is.
        source: where it is from.

    Raises:
        RemoteError: the value is no such thing.

    """
    try:
        if datatype is None:
            return value
        if datatype in _SCALARS:
            return _SCALARS[datatype](value)
        if typing.get_origin(datatype) is Sequence:
            return [str(item) for item in value]
        if isinstance(datatype, type) and issubclass(datatype, str):
            return datatype(value)  # an enumeration
        return _array(value, datatype)
    except (TypeError, ValueError) as error:
        wanted = getattr(datatype, "__name__", datatype)
        raise RemoteError(f"the value of {source} is {value!r}, which is no {wanted}: {error}") from error


def _array(value: Any, datatype: Any) -> Any:
    if not hasattr(value, "astype"):
        raise TypeError("it is no data array")
    arguments = typing.get_args(datatype)  # Array1D[float64] is ndarray[shape, dtype[float64]]
    return value.astype(typing.get_args(arguments[1])[0], copy=False) if arguments else value


def datatype_of(value: Any, source: str) -> Any:
    """Return the datatype of a value.

    Raises:
        RemoteError: there is none: it is an associative array, whose elements are properties of their own.

    """
    for datatype in (bool, int, float, str):
        if isinstance(value, datatype):
            return datatype
    if hasattr(value, "astype"):
        return type(value)
    raise RemoteError(
        f"{source} is an associative array, which no signal holds; its elements are properties: {source}[name]"
    )


def plain(value: Any) -> Any:
    """Return a value for the client: numpy's scalars as Python's (their `repr` is no number), flags as 0 and 1."""
    if isinstance(value, bool):
        return int(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain(value.item())
    return value
