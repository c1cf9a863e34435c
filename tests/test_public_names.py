"""The public surface is a list, pinned here; what existing programs import and call stays as it is."""

import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import pycertifspec

ROOT = Path(__file__).parents[1]


def test_the_public_names_are_these() -> None:
    assert pycertifspec.__all__ == [
        "ArrayVar",
        "AsyncClient",
        "CallTimeoutError",
        "Client",
        "ClockStuckError",
        "ConnectionLostError",
        "DataFileError",
        "DataTypes",
        "EventTypes",
        "Flags",
        "InvalidFileError",
        "LocalProtocolError",
        "LocalTypeError",
        "Motor",
        "PointTaken",
        "RefusedError",
        "RemoteError",
        "RemoteProtocolError",
        "ScanBegun",
        "ScanOver",
        "ScanPoint",
        "ScanRecord",
        "ScanResumed",
        "ServerNotFoundError",
        "SpecError",
        "SpecMessage",
        "SpecSocket",
        "StoppedError",
        "Var",
    ]
    assert set(pycertifspec.__all__) <= set(dir(pycertifspec))
    with pytest.raises(AttributeError, match="nosuch"):
        _ = pycertifspec.nosuch
    assert all(hasattr(pycertifspec, name) for name in pycertifspec.__all__)


def test_the_names_that_existing_programs_import() -> None:
    from pycertifspec.SpecSocket import SpecMessage, SpecSocket

    assert pycertifspec.SpecSocket is SpecSocket
    assert pycertifspec.SpecMessage is SpecMessage


def test_the_class_is_found_under_its_name_whichever_is_imported_first() -> None:
    for first in ("import pycertifspec.SpecSocket", "import pycertifspec"):
        program = f"{first}; import pycertifspec; assert isinstance(pycertifspec.SpecSocket, type)"
        subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=30)


def parameters(function: Any) -> Any:
    return {
        name: (parameter.default, parameter.kind)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self"
    }


POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
NEEDED = inspect.Parameter.empty


def test_connect_spec_has_the_founding_parameters_in_their_order_with_their_defaults() -> None:
    found = parameters(pycertifspec.SpecSocket.connect_spec)

    assert list(found.items())[:5] == [
        ("host", (NEEDED, POSITIONAL)),
        ("port", (None, POSITIONAL)),
        ("port_range", ((6510, 6530), POSITIONAL)),
        ("ports", ([], POSITIONAL)),
        ("timeout", (0.5, POSITIONAL)),
    ]
    for default, kind in list(found.values())[5:]:
        assert kind is inspect.Parameter.KEYWORD_ONLY
        assert default is not NEEDED


def test_send_spec_has_the_founding_parameters_in_their_order_with_their_defaults() -> None:
    assert list(parameters(pycertifspec.SpecSocket.send_spec).items()) == [
        ("serial_number", (NEEDED, POSITIONAL)),
        ("command", (NEEDED, POSITIONAL)),
        ("data_type", (NEEDED, POSITIONAL)),
        ("property_name", ("", POSITIONAL)),
        ("body", (b"", POSITIONAL)),
        ("error", (False, POSITIONAL)),
        ("flags", ([], POSITIONAL)),
        ("rows", (0, POSITIONAL)),
        ("cols", (0, POSITIONAL)),
    ]


def test_recv_spec_has_no_parameters() -> None:
    assert parameters(pycertifspec.SpecSocket.recv_spec) == {}


def test_message_fields_are_those_of_the_documentation() -> None:
    assert (
        " ".join(pycertifspec.SpecMessage._fields)
        == "magic vers size sn sec usec cmd type rows cols len err flags name body"
    )


@pytest.mark.parametrize("module", ["numpy", "asyncio", "rich"])
def test_importing_the_package_does_not_import(module: Any) -> None:
    program = f"import sys, pycertifspec; sys.exit({module!r} in sys.modules)"

    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_no_two_files_differ_only_in_case() -> None:
    for folder in ("src", "tests", "fuzzing"):
        paths = [
            str(path.relative_to(ROOT)).lower()
            for path in (ROOT / folder).rglob("*")
            if "__pycache__" not in path.parts
        ]
        assert [path for path, count in Counter(paths).items() if count > 1] == []


def test_no_package_file_makes_the_tests_shadow_the_standard_library() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
