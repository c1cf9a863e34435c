"""`SpecMessage`: one packet, as it travelled."""

from __future__ import annotations

import sys
from collections import namedtuple

from . import header
from .constants import DELETED_MASK, ByteOrder, DataTypes, EventTypes

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple, Self

    from .constants import ByteOrder

    class _Fields(NamedTuple):
        magic: int
        vers: int
        size: int
        sn: int
        sec: int
        usec: int
        cmd: int
        type: int
        rows: int
        cols: int
        len: int
        err: int
        flags: int
        name: str
        body: str | bytes
else:
    _Fields = namedtuple("_Fields", "magic vers size sn sec usec cmd type rows cols len err flags name body")  # noqa: PYI024  as above


# An attribute of an enumeration costs as much as all else that `make` does.
_NATIVE = sys.byteorder
_new = tuple.__new__
_STRING = int(DataTypes.SV_STRING)


# Codes by the names that a person knows; the fields themselves are plain integers.
_CODES = {
    "cmd": {int(code): code.name for code in EventTypes},
    "type": {int(code): code.name for code in DataTypes},
}


class SpecMessage(_Fields):
    """A packet's header fields and body, named as in SPEC's documentation (PROTOCOL.md 1.2).

    A tuple of fifteen fields:

    Attributes:
        magic: SPEC's magic number, 4277009102.
        vers: the version of the header, 2, 3, 4 or a later one.
        size: bytes of the header.
        sn: serial number; a reply has its request's.
        sec: when it was sent: seconds since 1970.
        usec: ... and microseconds.
        cmd: an int, one of `EventTypes`.
        type: an int, one of `DataTypes`; 0 for no body.
        rows: rows of an array, else 0.
        cols: columns of an array, else 0.
        len: bytes of the body on the wire.
        err: error code of a reply, 0 for none and in headers of version 2.
        flags: combination of `Flags`, 0 in headers of versions 2 and 3.
        name: the property's name, or the text of a greeting.
        body: a str without its trailing NUL for ``SV_STRING``, else the bytes as they came.

    Beyond the tuple, `byteorder` tells in which order the numbers of `body` are.
    """

    byteorder: ByteOrder = sys.byteorder
    """``"little"`` or ``"big"``: the order in which the packet's integers travelled."""

    @property
    def is_error(self) -> bool:
        """Whether the server said no: type is ``SV_ERROR`` or err is not 0 (PROTOCOL.md 2.5)."""
        return self.type == DataTypes.SV_ERROR or self.err != 0

    @property
    def is_deleted(self) -> bool:
        """Whether the variable or element has ceased to exist (PROTOCOL.md 4)."""
        return bool(self.flags & DELETED_MASK)

    @property
    def raw_body(self) -> bytes:
        """The body as it is on the wire: `len` bytes."""
        return self.body if isinstance(self.body, bytes) else encode_text(self.body, self.len)

    def encode(self) -> bytes:
        """Return the packet's bytes, in the version, size and byte order that it has."""
        return (
            header.pack(self.byteorder, self.vers, self.size, self[3:13], header.name_field(self.name)) + self.raw_body
        )

    def __repr__(self) -> str:
        shown = {field: repr(value) for field, value in self._asdict().items()}
        shown["cmd"] = _CODES["cmd"].get(self.cmd, shown["cmd"])
        shown["type"] = _CODES["type"].get(self.type, shown["type"])
        return f"SpecMessage({', '.join(f'{field}={text}' for field, text in shown.items())})"

    def _replace(self, /, **changes: Any) -> Self:
        replaced = super()._replace(**changes)
        replaced.__dict__.update(self.__dict__)
        return replaced


def decode_text(raw: bytes) -> str:
    """Return `raw` as text: UTF-8, else Latin-1, which never fails (PROTOCOL.md 3.1)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def encode_text(text: str, length: int | None = None) -> bytes:
    """Return `text` as a body: UTF-8 and one NUL.

    Args:
        text: the text; a NUL in it separates items.
        length: how long the body is known to have been; a NUL that it came without and
            Latin-1 are chosen so that it comes out the same.

    """
    raw = text.encode()
    if length is None:
        return raw + b"\0"
    # A text that came as UTF-8 and ends in a NUL had one more behind it.
    if length < len(raw) or (length == len(raw) and text.endswith("\0")):
        raw = text.encode("latin-1", "replace")
    return raw if length <= len(raw) else raw + b"\0"


def make(order: ByteOrder, fields: header.Fields, body: bytes) -> SpecMessage:
    """Put a message together from its header's fields and its body's bytes."""
    content: str | bytes = body
    if fields[7] == _STRING:
        content = decode_text(body[:-1] if body[-1:] == b"\0" else body)
    values = fields[:13] + (header.decode_name(fields[13]), content)  # noqa: RUF005  the faster of the two
    message: SpecMessage = _new(SpecMessage, values)
    if order != _NATIVE:
        message.byteorder = order
    return message
