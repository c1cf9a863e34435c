"""The protocol's numbers, as they are documented and as existing programs use them."""

import copy
import pickle
import struct
import subprocess
import sys
from typing import Any

import pytest

from pycertifspec import DataTypes, EventTypes, Flags
from pycertifspec.wire import constants


def test_command_codes_are_those_of_the_header_file() -> None:
    names = "CLOSE ABORT CMD CMD_WITH_RETURN RETURN REGISTER UNREGISTER EVENT FUNC FUNC_WITH_RETURN"
    names += " CHAN_READ CHAN_SEND REPLY HELLO HELLO_REPLY"

    assert {code.name: code.value for code in EventTypes} == {
        f"SV_{name}": code for code, name in enumerate(names.split(), 1)
    }


def test_data_type_codes_are_those_of_the_header_file() -> None:
    names = "DOUBLE STRING ERROR ASSOC ARR_DOUBLE ARR_FLOAT ARR_LONG ARR_ULONG ARR_SHORT ARR_USHORT ARR_CHAR"
    names += " ARR_UCHAR ARR_STRING ARR_LONG64 ARR_ULONG64"

    assert {code.name: code.value for code in DataTypes} == {
        f"SV_{name}": code for code, name in enumerate(names.split(), 1)
    }


@pytest.mark.parametrize("code", [*EventTypes, *DataTypes, *Flags])
def test_a_constant_is_an_integer_to_struct_and_to_comparison(code: Any) -> None:
    number = int(code)

    assert code == number
    assert struct.pack("<i", code) == struct.pack("<i", number)
    assert hash(code) == hash(number)
    assert {number: "x"}[code] == "x"
    assert f"{code:d}" == str(number)
    assert pickle.loads(pickle.dumps(code)) is code
    assert copy.deepcopy(code) is code


def test_arrays_lists_the_codes_of_all_array_types() -> None:
    assert list(range(5, 16)) == list(DataTypes.ARRAYS)
    assert not hasattr(DataTypes.ARRAYS, "append")
    assert DataTypes.SV_ARR_ULONG64 in DataTypes.ARRAYS
    assert DataTypes.SV_ASSOC not in DataTypes.ARRAYS


def test_np_types_gives_each_binary_type_its_numpy_type() -> None:
    import numpy as np

    assert {code: np.dtype(kind).str.lstrip("<>|=") for code, kind in DataTypes.NP_TYPES.items()} == {
        1: "f8",
        5: "f8",
        6: "f4",
        7: "i4",
        8: "u4",
        9: "i2",
        10: "u2",
        11: "i1",
        12: "u1",
        13: "i1",
        14: "i8",
        15: "u8",
    }
    assert DataTypes.NP_TYPES[DataTypes.SV_ARR_FLOAT] is np.float32
    with pytest.raises(TypeError):
        DataTypes.NP_TYPES[DataTypes.SV_ARR_FLOAT] = np.float64  # type: ignore[index]


def test_the_types_of_numpy_are_known_without_importing_numpy_first() -> None:
    program = (
        "import sys; from pycertifspec import DataTypes as D; assert 'numpy' not in sys.modules;"
        "D.NP_TYPES; assert 'numpy' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_deleted_is_the_documented_bit_and_the_header_files_bit_is_understood() -> None:
    assert int(Flags.SV_DELETED) == 0x1000
    assert constants.DELETED_MASK == 0x1000 | 0x0001


def test_magic_ports_and_name_size_are_the_vendors() -> None:
    assert constants.MAGIC == 4277009102
    assert constants.DEFAULT_PORT_RANGE == (6510, 6530)
    assert (constants.NAME_SIZE, constants.MAX_NAME) == (80, 79)
    assert constants.DEFAULT_MAX_BODY == 2**30
