"""Headings of all scans of SPEC_LANGUAGE.md 8.1."""

from typing import Any

import pytest

from pycertifspec.session.scan_heading import heading

HKL = ("H", "K", "L")


@pytest.mark.parametrize(
    ("command", "motors", "scanned", "shape"),
    [
        ("ascan  th 0 1  20 0.1", ("th",), ("th",), (21,)),
        ("ascan  th 0 1  20 -1000", ("th",), ("th",), (21,)),
        ("a2scan  tth 0 2  th 0 1  4 1", ("tth", "th"), ("tth", "th"), (5,)),
        ("mesh  th 0 1 10  phi 0 5 4  0.1", ("th", "phi"), ("th", "phi"), (5, 11)),
        ("hklmesh  H 0 1 10  K 0 5 4  0.1", (), HKL, (5, 11)),
        ("hklscan  1 2  0 0  0 0  30 1", (), HKL, (31,)),
        ("lscan  1 2  30 1", (), HKL, (31,)),
        ("hkcircle  1 0 90  30 1", (), HKL, (31,)),
        ("klradial  1 0 90  30 1", (), HKL, (31,)),
        ("loopscan 10 1 0", (), ("Time",), (10,)),
        ("timescan 1 0", (), ("Time",), None),
        ("Escan 8.98 9.01 30 5", (), (), (31,)),
        ("H2scan  h 0 1  4 1", ("h",), ("h",), (5,)),  # a motor may be called so
        ("mystery th fast 1", ("fast",), ("fast",), None),
        ("mesh  th 0 1 x  phi 0 5 4  0.1", ("th", "phi"), ("th", "phi"), None),
        ("alignall", (), (), None),
        ("", (), (), None),
    ],
)
def test_a_heading_says_what_is_scanned_and_how_far(command: str, motors: Any, scanned: Any, shape: Any) -> None:
    assert heading(command) == (motors, scanned, shape)


def test_a_scan_has_as_many_points_as_its_axes_together() -> None:
    assert heading("mesh  th 0 1 10  phi 0 5 4  0.1").expected == 55
    assert heading("timescan 1 0").expected is None
