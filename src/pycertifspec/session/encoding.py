"""How a server puts a program's values into bodies (PROTOCOL.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes
from pycertifspec.wire.message import encode_text
from pycertifspec.wire.values import Body

if TYPE_CHECKING:
    from pycertifspec.wire.constants import ByteOrder

    from .options import ServerOptions


def encode(value: Any, order: ByteOrder, options: ServerOptions) -> Body:
    """Return the body that tells a value; a body is returned as it is.

    Raises:
        LocalTypeError: SPEC has no such value.

    """
    if isinstance(value, Body):
        return value
    if isinstance(value, list) and value and isinstance(value[0], str):
        if options.terminated_strings:
            return values.encode_strings(value, terminated=True)
        return values.encode_strings(value, width=getattr(value, "width", 0))
    if isinstance(value, str):
        # What a program prints or keeps may have a NUL in it; a text body ends there (PROTOCOL.md 2.2).
        return Body(DataTypes.SV_STRING, 0, 0, encode_text(value.replace("\0", "")))
    body = values.encode(value, order)
    if options.array_nul and values.is_data_array(value):
        body = body._replace(data=bytes(body.data) + b"\0")
    return body
