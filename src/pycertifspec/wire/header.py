"""Headers of every version and byte order: integers and a name, read and written (PROTOCOL.md 1.2, 1.3)."""

from __future__ import annotations

import struct
import sys
from functools import lru_cache, reduce
from operator import index, or_

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError

from .constants import MAGIC, MAX_HEADER_SIZE, MAX_NAME, NAME_SIZE, ByteOrder

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    # A header that was read: thirteen integers, magic to flags, and the name field's bytes.
    Fields: TypeAlias = tuple[Any, ...]


# The integers of each version in order; a later version is read as 4 with more integers before the name (1.3).
_FORMATS = {2: "IiIIIIiiIII", 3: "IiIIIIiiIIIi", 4: "IiIIIIiiIIIii"}
_MARKS: dict[ByteOrder, str] = {"little": "<", "big": ">"}
_STRUCTS = {(o, v): struct.Struct(m + f) for o, m in _MARKS.items() for v, f in _FORMATS.items()}

OLDEST_VERSION, NEWEST_VERSION = min(_FORMATS), max(_FORMATS)
STANDARD_SIZE = {v: _STRUCTS["little", v].size + NAME_SIZE for v in _FORMATS}  # 124, 128, 132
MIN_HEADER_SIZE = STANDARD_SIZE[OLDEST_VERSION]

_MAGIC_BYTES: dict[bytes, ByteOrder] = {MAGIC.to_bytes(4, "little"): "little", MAGIC.to_bytes(4, "big"): "big"}
_WORDS = {o: struct.Struct(m + "iI") for o, m in _MARKS.items()}
# What nearly all packets are: version 4 in the machine's order, known by the first twelve bytes,
# read and written in one call.
USUAL_SIZE = STANDARD_SIZE[NEWEST_VERSION]
_NEWEST = {o: struct.Struct(f"{m}{_FORMATS[NEWEST_VERSION]}{NAME_SIZE}s") for o, m in _MARKS.items()}
_PACK_NEWEST = {o: s.pack for o, s in _NEWEST.items()}
unpack_usual = _NEWEST[sys.byteorder].unpack_from
USUAL_START = struct.pack("=IiI", MAGIC, NEWEST_VERSION, USUAL_SIZE)
# The one integer of such a packet that must be known before the rest can be fetched: the size of its body.
_LEN_AT = 40
usual_body_size = struct.Struct(f"={_LEN_AT}xI").unpack_from
_EARLY_NAME = USUAL_SIZE - NAME_SIZE  # 52: where one client writes the name of a longer header (1.3)


def byte_order(data: bytes) -> ByteOrder:
    """Tell the byte order from a packet's first bytes.

    Args:
        data: at least four bytes.

    Raises:
        RemoteProtocolError: they are not the magic number in either order.

    """
    order = _MAGIC_BYTES.get(data[:4])
    if order is None:
        magic = int.from_bytes(data[:4], "little")
        raise RemoteProtocolError(
            f"not a SPEC packet: it starts with {bytes(data[:16])!r}, so its magic number is {magic:#x}, "
            f"expected {MAGIC:#x} in either byte order",
            field="magic",
        )
    return order


def check(start: bytes | bytearray) -> None:
    """Check as much of a header as has come.

    Raises:
        RemoteProtocolError: no SPEC packet starts so, the version is none that we know how to read,
            or no header of it has this size.

    """
    if len(start) < 4:
        if not any(magic.startswith(start) for magic in _MAGIC_BYTES):
            byte_order(bytes(start).ljust(4, b"\0"))
        return
    order = byte_order(bytes(start[:4]))
    if len(start) >= 12:
        _check_shape(*_WORDS[order].unpack_from(start, 4))


def _check_shape(version: int, size: int) -> None:
    if version < OLDEST_VERSION:
        raise RemoteProtocolError(f"header field 'vers' is {version}, expected {OLDEST_VERSION} or more", field="vers")
    least = STANDARD_SIZE[min(version, NEWEST_VERSION)]
    if not least <= size <= MAX_HEADER_SIZE:
        raise RemoteProtocolError(
            f"header field 'size' is {size}, expected {least} to {MAX_HEADER_SIZE} bytes for version {version}",
            field="size",
        )


def measure(data: bytes | bytearray, at: int = 0) -> tuple[ByteOrder, int, int]:
    """Return the byte order of the header that starts at `at`, its size, and that of the body behind it.

    Args:
        data: the bytes.
        at: where the header starts; at least 44 bytes of it have come.

    Raises:
        RemoteProtocolError: as `check`.

    """
    if data.startswith(USUAL_START, at):
        return sys.byteorder, USUAL_SIZE, usual_body_size(data, at)[0]
    order = byte_order(bytes(data[at : at + 4]))
    prefix = _STRUCTS[order, OLDEST_VERSION].unpack_from(data, at)
    _check_shape(prefix[1], prefix[2])
    return order, prefix[2], prefix[10]


def unpack(data: bytes | bytearray, at: int, order: ByteOrder) -> Fields:
    """Return the thirteen integers and the name of the whole header that starts at `at`, which was measured."""
    if data.startswith(USUAL_START, at):
        return unpack_usual(data, at)
    version, size = _WORDS[order].unpack_from(data, at + 4)
    known = min(version, NEWEST_VERSION)
    integers = (*_STRUCTS[order, known].unpack_from(data, at), 0, 0)[: len(_FORMATS[NEWEST_VERSION])]
    raw = bytes(data[at + size - NAME_SIZE : at + size])
    if size > STANDARD_SIZE[known]:
        raw = _name_of_longer_header(bytes(data[at : at + size]), raw)
    return (*integers, raw)


def _name_of_longer_header(data: bytes, tail: bytes) -> bytes:
    """Choose between the last 80 bytes, where names belong, and offset 52, where one client writes them."""
    early = data[_EARLY_NAME : _EARLY_NAME + NAME_SIZE]
    return early if not _is_printable(tail) and _is_printable(early) else tail


def _is_printable(raw: bytes) -> bool:
    text = raw.split(b"\0", 1)[0]
    return bool(text) and all(0x20 <= byte < 0x7F for byte in text)


# Names are kept: an instrument has some hundred properties, and they come again and again.
@lru_cache(maxsize=1024)
def read_name(raw: bytes) -> tuple[str, bytes | None]:
    """Return a name field's text, up to its first NUL, UTF-8, else Latin-1; and the field where the text is not all.

    Args:
        raw: the field's 80 bytes.

    Returns:
        The text, and None where `name_field` makes the same bytes of it, else those bytes.

    """
    text = raw.split(b"\0", 1)[0]
    try:
        name = text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1"), raw
    return name, None if name_field(name) == raw else raw


def decode_name(raw: bytes) -> str:
    """Return a name field's text: up to its first NUL, UTF-8, else Latin-1."""
    return read_name(raw)[0]


def pack(order: ByteOrder, version: int, size: int, fields: tuple[int, ...], name: bytes) -> bytes:
    """Write a header, without a word about what its values mean.

    Args:
        order: of the integers.
        version: 2, 3, 4 or later; a later one is written as 4 with zeros before the name.
        size: of the header in bytes, at least its version's.
        fields: the ten integers from sn to flags; older versions leave out the last ones.
        name: of the property, at most 80 bytes; zero padded.

    Raises:
        struct.error: a field is not an integer of 32 bits.

    """
    known = min(version, NEWEST_VERSION)
    integers = _STRUCTS[order, known].pack(MAGIC, version, size, *fields[: len(_FORMATS[known]) - 3])
    return integers.ljust(size - NAME_SIZE, b"\0") + name.ljust(NAME_SIZE, b"\0")


def build(
    order: ByteOrder,
    version: int,
    sn: int,
    sec: int,
    usec: int,
    cmd: int,
    type: int,  # noqa: A002  the field's name
    rows: int,
    cols: int,
    len: int,  # noqa: A002  the field's name
    err: int,
    flags: int,
    name: str,
) -> bytes:
    """Return the header of a packet that we send, after checking that each field can be right.

    Raises:
        LocalTypeError: a field is not an integer, or the name is not a str.
        LocalProtocolError: a field is outside its 32 bits, or the name is too long or not ASCII.

    """
    try:
        encoded = encode_name(name)
    except TypeError as error:  # what cannot be kept in a table is no name
        raise LocalTypeError(f"cannot send: the property name is {name!r}, expected a str") from error
    try:
        if version == NEWEST_VERSION:
            return _PACK_NEWEST[order](
                MAGIC, version, USUAL_SIZE, sn, sec, usec, cmd, type, rows, cols, len, err, flags, encoded
            )
        fields = (sn, sec, usec, cmd, type, rows, cols, len, err, flags)
        return pack(order, version, STANDARD_SIZE[version], fields, encoded)
    except struct.error as error:
        values = (sn, sec, usec, cmd, type, rows, cols, len, err, flags)
        raise _refusal(zip(_SENT_FIELDS, values, strict=True)) from error


_SENT_FIELDS = ("sn", "sec", "usec", "cmd", "type", "rows", "cols", "len", "err", "flags")
_SIGNED = {"cmd", "type", "err", "flags"}


def _refusal(fields: Iterable[tuple[str, object]]) -> LocalProtocolError:
    """Find the field that does not fit."""
    for field, value in fields:
        if not hasattr(value, "__index__"):
            return LocalTypeError(f"cannot send: {field} is {value!r}, expected an integer")
        low, high = (-(1 << 31), (1 << 31) - 1) if field in _SIGNED else (0, (1 << 32) - 1)
        if not low <= value.__index__() <= high:
            return LocalProtocolError(f"cannot send: {field} is {value!r}, expected {low} to {high}")
    return LocalProtocolError("cannot send: a header field does not fit into 32 bits")


def combine(flags: Iterable[int] | int | None) -> int:
    """Return the flags field: one number, or several combined, Python's or numpy's; None for no flag.

    Raises:
        LocalTypeError: one is no integer.

    """
    if flags is None:
        return 0
    try:
        return reduce(or_, map(index, flags if hasattr(flags, "__iter__") else (flags,)), 0)
    except TypeError as error:
        raise LocalTypeError(f"cannot send: flags is {flags!r}, expected integers") from error


def error_code(error: object) -> int:
    """Return the err field of a code or a truth, Python's or numpy's.

    Raises:
        LocalTypeError: it is neither.

    """
    try:
        # numpy's truths are no integers
        return int(bool(error)) if getattr(error, "dtype", None) == "bool" else index(error)  # type: ignore[arg-type]
    except (TypeError, ValueError) as problem:  # the latter for an array of truths
        raise LocalTypeError(f"cannot send: err is {error!r}, expected an integer") from problem


def name_field(name: str) -> bytes:
    """Return the 80 bytes of a name: UTF-8, cut off where it is too long, zero padded."""
    return name.encode(errors="replace")[:NAME_SIZE].ljust(NAME_SIZE, b"\0")


@lru_cache(maxsize=1024)
def encode_name(name: str) -> bytes:
    """Return the bytes of a name that we send.

    Raises:
        LocalTypeError: it is not a str.
        LocalProtocolError: it is not ASCII, has a NUL, or is longer than 79 bytes (PROTOCOL.md 1.2).

    """
    if not isinstance(name, str):
        raise LocalTypeError(f"cannot send: the property name is {name!r}, expected a str")
    if not name.isascii() or "\0" in name:
        raise LocalProtocolError(f"cannot send: the property name {name!r} is not plain ASCII without NUL")
    if len(name) > MAX_NAME:
        raise LocalProtocolError(
            f"cannot send: the property name {name!r} has {len(name)} bytes, at most {MAX_NAME} fit"
        )
    return name.encode("ascii")
