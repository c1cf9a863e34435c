"""`SpecMessage`: one packet, as it travelled."""

from __future__ import annotations

import sys
from collections import namedtuple

from pycertifspec.errors import LocalProtocolError

from . import header
from .constants import DELETED_MASK, ByteOrder, DataTypes, EventTypes
from .header import read_name

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
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
_STRING, _ERROR = int(DataTypes.SV_STRING), int(DataTypes.SV_ERROR)
_LATIN_1 = "latin-1"

SHOWN_BODY = 200  # characters or bytes of a body in a message's repr: a line or two


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

    Beyond the tuple, `byteorder` tells in which order the numbers of `body` are, and `charset` and `name_bytes`
    how its texts travelled. `_replace`, copies and pickles keep them, but for those of a text that is
    replaced; so does `_make` of a message. Made from other values, a message is in the machine's order and UTF-8.
    """

    byteorder: ByteOrder = sys.byteorder
    """``"little"`` or ``"big"``: the order in which the packet's integers travelled."""

    charset: str = "utf-8"
    """How a str in `body` travelled: ``"utf-8"``, or ``"latin-1"`` where it was none."""

    name_bytes: bytes | None = None
    """The 80 bytes of the name field where `name` does not tell them all: Latin-1, or more behind a NUL."""

    @property
    def is_error(self) -> bool:
        """Whether the server said no: type is ``SV_ERROR`` or err is not 0 (PROTOCOL.md 2.5)."""
        return self[7] == _ERROR or self[11] != 0

    @property
    def is_deleted(self) -> bool:
        """Whether the variable or element has ceased to exist (PROTOCOL.md 4)."""
        return bool(self.flags & DELETED_MASK)

    @property
    def raw_body(self) -> bytes:
        """The body as it is on the wire, to the byte; a text that did not come from there ends in a NUL."""
        if isinstance(self.body, bytes):
            return self.body
        raw = self.body.encode(self.charset)
        return raw if len(raw) == self.len else raw + b"\0"

    def encode(self) -> bytes:
        """Return the packet's bytes, in the version, size and byte order that it has.

        A packet that was received comes out as it came; the bytes that a header of a later version has between its
        integers and its name are zeros. `len` is that of the body.
        """
        body = self.raw_body
        fields = (*self[3:10], len(body), *self[11:13])
        name = self.name_bytes or header.name_field(self.name)
        return header.pack(self.byteorder, self.vers, self.size, fields, name) + body

    def __repr__(self) -> str:
        shown = {field: repr(value) for field, value in self._asdict().items()}
        shown["body"] = _shortened(self.body)
        shown["cmd"] = _CODES["cmd"].get(self.cmd, shown["cmd"])
        shown["type"] = _CODES["type"].get(self.type, shown["type"])
        return f"SpecMessage({', '.join(f'{field}={text}' for field, text in shown.items())})"

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]  # mypy's own view of a named tuple
        made = super()._make(iterable)
        if isinstance(iterable, SpecMessage):
            made.__dict__.update(iterable.__dict__)
        return made

    def _replace(self, /, **changes: Any) -> Self:
        replaced = super()._replace(**changes)
        replaced.__dict__.update(self.__dict__)
        for field, memory in (("body", "charset"), ("name", "name_bytes")):
            if field in changes:
                replaced.__dict__.pop(memory, None)
        return replaced


def _shortened(body: str | bytes) -> str:
    """Return a body as a person can look at it: an image has millions of bytes."""
    if len(body) <= SHOWN_BODY:
        return repr(body)
    return f"{body[:SHOWN_BODY]!r}... ({len(body)} {'characters' if isinstance(body, str) else 'bytes'})"


def decode_text(raw: bytes) -> str:
    """Return `raw` as text: UTF-8, else Latin-1, which never fails (PROTOCOL.md 3.1)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(_LATIN_1)


def encode_utf8(text: str) -> bytes:
    """Return `text` as UTF-8.

    Raises:
        LocalProtocolError: a half of a surrogate pair is in it, as in a file's name that is no text.

    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise LocalProtocolError(f"cannot send: {text[:80]!r} is no text in UTF-8") from error


def encode_text(text: str) -> bytes:
    """Return `text` as a body: UTF-8 and one NUL; a NUL in it separates items.

    Raises:
        LocalProtocolError: as `encode_utf8`.

    """
    return encode_utf8(text) + b"\0"


def make(order: ByteOrder, fields: header.Fields, body: bytes) -> SpecMessage:
    """Put a message together from its header's fields and its body's bytes."""
    content: str | bytes = body
    name, name_bytes = read_name(fields[13])
    if fields[7] == _STRING:
        text = body.removesuffix(b"\0")
        try:
            content = text.decode()
        except UnicodeDecodeError:
            latin = _new(SpecMessage, (*fields[:13], name, decode_text(text)))
            latin.charset = _LATIN_1
            return _remembering(latin, order, name_bytes)
    message: SpecMessage = _new(SpecMessage, fields[:13] + (name, content))  # noqa: RUF005  the faster of the two
    return message if order == _NATIVE and name_bytes is None else _remembering(message, order, name_bytes)


def _remembering(message: SpecMessage, order: ByteOrder, name_bytes: bytes | None) -> SpecMessage:
    """Put beside the tuple what is not as usual."""
    message.byteorder = order
    if name_bytes is not None:
        message.name_bytes = name_bytes
    return message
