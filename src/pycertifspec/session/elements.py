"""Elements of arrays as properties of their own: ``var/x[1][2]`` (PROTOCOL.md 5.5)."""

from __future__ import annotations

import re
from typing import Any

from pycertifspec.errors import RemoteError
from pycertifspec.wire import values
from pycertifspec.wire.scalars import format_scalar

_ELEMENT = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){1,2})")


def split_element(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a property's name and its indices: ``var/x[1][2]`` gives ``var/x`` and ``("1", "2")``."""
    match = _ELEMENT.fullmatch(name)
    if match is None:
        return name, ()
    return match[1], tuple(index.strip("\"'") for index in match[2][1:-1].split("]["))


def element_path(name: str, key: Any) -> str:
    """Return the name of an element's property."""
    spelled = spelled_key(key)
    return name + "".join(f"[{index}]" for index in (spelled if isinstance(spelled, tuple) else (spelled,)))


def spelled_key(key: Any) -> Any:
    """Return an index as it travels: a client cannot tell 1 from ``"1"``."""
    return tuple(map(format_scalar, key)) if isinstance(key, tuple) else format_scalar(key)


def key_of(keys: tuple[str, ...]) -> str | tuple[str, ...]:
    """Return the key of an associative array for indices: a pair only if there are two."""
    return keys[0] if len(keys) == 1 else keys


def element(name: str, value: Any, keys: tuple[str, ...]) -> Any:
    """Return one element of an array: of an associative one, the pair.

    Raises:
        RemoteError: there is no such element.

    """
    if isinstance(value, dict):
        key = key_of(keys)
        for known, item in value.items():
            if spelled_key(known) == key:
                return {key: item}
    elif values.is_data_array(value):
        try:
            return value[tuple(int(index) for index in keys)]
        except (IndexError, ValueError):
            pass  # told below, as for any element that is not there
    raise RemoteError(f"no element {name!r}")


def element_update(keys: tuple[str, ...], value: Any) -> dict[Any, Any]:
    """Return the update that sets one element, from a value or from the pair that some clients send."""
    return {key_of(keys): next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value}
