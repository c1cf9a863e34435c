"""The protocol's numbers: commands, data types, flags, sizes, limits (PROTOCOL.md 1 to 4)."""

from __future__ import annotations

from enum import EnumType, IntEnum, IntFlag, nonmember

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    ByteOrder = Literal["little", "big"]
else:
    ByteOrder = str


MAGIC = 0xFEEDFACE  # 4277009102; its byte order tells that of the whole packet (1.3)
NAME_SIZE = 80  # bytes of the name field, zero padded (1.2)
MAX_NAME = NAME_SIZE - 1  # one NUL must remain (1.2)

DEFAULT_PORT_RANGE = (6510, 6530)  # where SPEC and other servers of its kind listen, both inclusive (1.1)

MAX_HEADER_SIZE = 4096  # no header is longer than 132 bytes so far; a longer one is another protocol (1.3)
DEFAULT_MAX_BODY = 1 << 30  # 1 GiB: a 16k x 16k image of floats; the protocol itself names no limit (1.3)

INDEX_SEPARATOR = "\x1c"  # between the two indices of an associative array's element (3.4)


class EventTypes(IntEnum):
    """Command codes of a packet (PROTOCOL.md 2.1)."""

    SV_CLOSE = 1
    SV_ABORT = 2
    SV_CMD = 3
    SV_CMD_WITH_RETURN = 4
    SV_RETURN = 5
    SV_REGISTER = 6
    SV_UNREGISTER = 7
    SV_EVENT = 8
    SV_FUNC = 9
    SV_FUNC_WITH_RETURN = 10
    SV_CHAN_READ = 11
    SV_CHAN_SEND = 12
    SV_REPLY = 13
    SV_HELLO = 14
    SV_HELLO_REPLY = 15


class _DataTypesMeta(EnumType):
    """Gives `DataTypes` its table of numpy types without importing numpy before it is asked for."""

    @property
    def NP_TYPES(cls) -> Mapping[int, type]:  # noqa: N802  the name that existing programs use
        """The numpy scalar type of each binary data type, by code."""
        from .arrays import numpy_types  # noqa: PLC0415  numpy costs 0.1 s to import

        return numpy_types()


class DataTypes(IntEnum, metaclass=_DataTypesMeta):
    """Codes of what a packet's body holds (PROTOCOL.md 3); 0 stands for no body at all."""

    SV_DOUBLE = 1
    SV_STRING = 2
    SV_ERROR = 3
    SV_ASSOC = 4
    SV_ARR_DOUBLE = 5
    SV_ARR_FLOAT = 6
    SV_ARR_LONG = 7
    SV_ARR_ULONG = 8
    SV_ARR_SHORT = 9
    SV_ARR_USHORT = 10
    SV_ARR_CHAR = 11
    SV_ARR_UCHAR = 12
    SV_ARR_STRING = 13
    SV_ARR_LONG64 = 14
    SV_ARR_ULONG64 = 15

    ARRAYS = nonmember(tuple(range(5, 16)))
    """The codes of all arrays."""


# The element of each array type; all sizes are the wire's, whatever the machine's C types are (3); the
# digit is its number of bytes.
ELEMENTS: dict[int, str] = {
    DataTypes.SV_ARR_DOUBLE: "f8",
    DataTypes.SV_ARR_FLOAT: "f4",
    DataTypes.SV_ARR_LONG: "i4",
    DataTypes.SV_ARR_ULONG: "u4",
    DataTypes.SV_ARR_SHORT: "i2",
    DataTypes.SV_ARR_USHORT: "u2",
    DataTypes.SV_ARR_CHAR: "i1",
    DataTypes.SV_ARR_UCHAR: "u1",
    DataTypes.SV_ARR_LONG64: "i8",
    DataTypes.SV_ARR_ULONG64: "u8",
}
ELEMENT_SIZES = {kind: int(code[1]) for kind, code in ELEMENTS.items()}

NO_TYPE = 0  # the type of a packet without a body (3, type 0)


class Flags(IntFlag):
    """Bits of a packet's `flags` field (PROTOCOL.md 4)."""

    SV_DELETED = 0x1000
    """A watched variable or array element has ceased to exist."""


# The vendor's header file has 0x0001 where the documentation has 0x1000 (4): either means deleted.
DELETED_MASK = 0x1001
