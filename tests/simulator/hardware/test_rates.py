"""What a detector sees where the motors are."""

from __future__ import annotations

import pytest

from pycertifspec.simulator.hardware.rates import Constant, Peak, Product, Shape, Step, Sum


@pytest.mark.parametrize("shape", Shape)
def test_a_peak_is_highest_at_its_center_and_half_as_high_half_a_width_away(shape: Shape) -> None:
    peak = Peak("th", 2.0, 0.5, 100.0, shape)

    assert peak({"th": 2.0}) == 100
    assert peak({"th": 2.25}) == pytest.approx(50)
    assert peak({"th": 1.75}) == pytest.approx(50)
    assert dict(peak.widths()) == {"th": 0.5}


def test_a_lorentzian_has_the_longer_tails() -> None:
    lorentzian, gaussian = (Peak("th", 0, 1, 1, shape) for shape in (Shape.LORENTZIAN, Shape.GAUSSIAN))

    assert lorentzian({"th": 3}) > 100 * gaussian({"th": 3})


def test_a_step_rises_within_its_width_or_falls_if_that_is_negative() -> None:
    rise, fall = Step("x", 1.0, 0.2, 10.0), Step("x", 1.0, -0.2, 10.0)

    assert [rise({"x": x}) for x in (0, 1, 2)] == pytest.approx([0, 5, 10])
    assert [fall({"x": x}) for x in (0, 1, 2)] == pytest.approx([10, 5, 0])
    assert rise({"x": 1.1}) == pytest.approx(8.8, abs=0.1)
    assert dict(fall.widths()) == {"x": 0.2}


def test_sums_and_products_are_of_all_their_parts() -> None:
    rate = Sum((Constant(5), Product((Peak("th", 0, 1, 100), Peak("chi", 0, 4)))))

    assert rate({"th": 0, "chi": 0}) == 105
    assert rate({"th": 0.5, "chi": 2}) == pytest.approx(30)
    assert dict(rate.widths()) == {"th": 1, "chi": 4}
