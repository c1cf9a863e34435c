"""The geometry of a SPEC server as a solver of hklpy2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import hklpy2
import pytest
from bluesky.run_engine import RunEngine
from hklpy2.exceptions import SolverError

from pycertifspec.bluesky import take_crystal
from pycertifspec.bluesky.classic.solver import SpecSolver

if TYPE_CHECKING:
    from pycertifspec import Client
    from pycertifspec.testing import SimulatedSpec


def test_hklpy2_finds_the_solver_by_its_name() -> None:
    assert "spec" in hklpy2.solvers()
    assert hklpy2.get_solver("spec") is SpecSolver
    assert SpecSolver.default_geometry() == "fourc"


def test_angles_are_those_that_spec_calculates(fourc: Any, client: Client) -> None:
    angles = fourc.forward(1, 0.2, 0.1)
    client.execute("H=1; K=0.2; L=0.1; calcA")
    for mne in fourc.core.local_real_axes:
        assert getattr(angles, mne) == pytest.approx(float(client.execute(f"A[{mne}]").value), abs=1e-9)


def test_indices_are_those_of_the_angles(fourc: Any) -> None:
    angles = fourc.forward(0.9, 0.3, -0.2)
    assert tuple(fourc.inverse(angles)) == pytest.approx((0.9, 0.3, -0.2), abs=1e-6)


def test_computing_leaves_spec_as_it_was(fourc: Any, client: Client) -> None:
    client.move(th=10, tth=21)
    client.execute("H=.25; K=.5; L=.75; getangles")
    before = [client.execute(name).value for name in ("H", "K", "L", "A[th]", "A[tth]", "A[chi]", "A[phi]")]
    fourc.core.solver.forward_many([{"h": 1, "k": 0, "l": n / 10} for n in range(5)])
    fourc.core.solver.inverse({"tth": 60, "th": 30, "chi": 5, "phi": 3})
    assert [client.execute(name).value for name in ("H", "K", "L", "A[th]", "A[tth]", "A[chi]", "A[phi]")] == before
    assert client.motor("th").position == 10


def test_many_reflections_are_what_each_alone_is(fourc: Any) -> None:
    solver = fourc.core.solver
    points = [{"h": 1.0, "k": n / 100, "l": 0.1} for n in range(150)]
    together = solver.forward_many(points)
    assert together == [solver.forward(point) for point in points]
    settings = [angles for [angles] in together]
    assert solver.inverse_many(settings) == [solver.inverse(setting) for setting in settings]


def test_a_reflection_out_of_reach_has_no_solution_and_spoils_no_other(fourc: Any) -> None:
    assert fourc.core.forward({"h": 9, "k": 0, "l": 0}) == []
    solver = fourc.core.solver
    found = solver.forward_many([{"h": h, "k": 0, "l": 0} for h in (1, 9, 0.5)])
    assert [len(angles) for angles in found] == [1, 0, 1]


def test_a_reflection_that_the_mode_cannot_reach_spoils_no_other(fourc: Any, client: Client) -> None:
    client.execute("setmode 1; freeze 80")
    take_crystal(fourc)
    found = fourc.core.solver.forward_many([{"h": 1, "k": 0, "l": index} for index in (0, 1, 0.05)])
    assert [len(angles) for angles in found] == [1, 0, 1]


def test_the_orientation_from_two_reflections_is_spec_s_own(fourc: Any, client: Client) -> None:
    fourc.add_sample("silicon", 5.431)
    r1 = fourc.add_reflection((4, 0, 0), {"tth": 69.0966, "th": 34.5, "chi": 0, "phi": 0}, wavelength=1.54, name="r1")
    r2 = fourc.add_reflection((0, 4, 0), {"tth": 69.0966, "th": 34.5, "chi": 0, "phi": 90}, wavelength=1.54, name="r2")
    ub = fourc.core.calc_UB(r1, r2)
    assert float(client.execute("g_aa").value) == 5.431
    assert [float(client.execute(f"UB[{i}]").value) for i in range(9)] == [value for row in ub for value in row]
    assert fourc.forward(4, 0, 0).tth == pytest.approx(69.0966, abs=2e-3)
    product = [
        [sum(a * b for a, b in zip(row, other, strict=True)) for other in fourc.sample.U] for row in fourc.sample.U
    ]
    assert [value for row in product for value in row] == pytest.approx([1, 0, 0, 0, 1, 0, 0, 0, 1], abs=1e-9)


def test_reflections_that_give_no_orientation_are_refused(fourc: Any) -> None:
    r1 = fourc.add_reflection((1, 0, 0), {"tth": 60, "th": 30, "chi": 1, "phi": 0}, name="r1")
    r2 = fourc.add_reflection((2, 0, 0), {"tth": 60, "th": 30, "chi": 1, "phi": 0}, name="r2")
    with pytest.raises(SolverError, match="no orientation from r1 and r2"):
        fourc.core.calc_UB(r1, r2)


def test_hklpy2_begins_with_the_crystal_that_spec_has(spec: SimulatedSpec, client: Client, fourc: Any) -> None:
    client.execute("setlat 5 5 6 90 90 90; setmode 3")
    take_crystal(fourc)
    assert fourc.sample.lattice.c == 6
    assert fourc.core.mode == "Phi fixed (Three-circle)"
    assert list(fourc.sample.reflections) == ["or0", "or1"]
    assert fourc.forward(1, 0, 1).tth == pytest.approx(
        2 * math.degrees(math.asin(1.54 / 2 * math.hypot(1 / 5, 1 / 6))), abs=1e-3
    )


def test_another_orientation_in_spec_is_not_computed_with_silently(fourc: Any, client: Client) -> None:
    fourc.forward(1, 0, 0)
    client.execute("setlat 5 5 5 90 90 90")
    with pytest.raises(SolverError, match=r"SPEC's orientation matrix .*take_crystal"):
        fourc.forward(1, 0, 0)
    take_crystal(fourc)
    fourc.forward(1, 0, 0)


def test_another_wavelength_or_mode_in_spec_is_not_computed_with_silently(fourc: Any, client: Client) -> None:
    client.execute("LAMBDA = 1.2")
    with pytest.raises(SolverError, match=r"SPEC's wavelength is 1.2 Å, hklpy2's is 1.54"):
        fourc.forward(1, 0, 0)
    client.execute("LAMBDA = 1.54; setmode 3")
    with pytest.raises(SolverError, match="SPEC is in mode 'Phi fixed"):
        fourc.forward(1, 0, 0)


def test_a_mode_chosen_here_is_set_in_spec_and_looking_at_modes_sets_none(fourc: Any, client: Client) -> None:
    fourc.core.solver.summary  # noqa: B018  it goes through the modes
    fourc.forward(1, 0, 0)
    assert client.execute("g_mode").value == "0"
    fourc.core.mode = "Phi fixed (Three-circle)"
    fourc.forward(1, 0, 0.1)
    assert client.execute("g_mode").value == "3"


def test_the_diffractometer_moves_to_a_reflection(fourc: Any, client: Client) -> None:
    RunEngine(context_managers=[])(bps.mv(fourc, (1, 0, 0.1)))
    assert client.motor("tth").position == pytest.approx(60.33, abs=1e-3)
    assert tuple(fourc.position) == pytest.approx((1, 0, 0.1), abs=1e-3)


def test_hklpy2_s_own_creator_makes_one(spec: SimulatedSpec) -> None:
    made = hklpy2.creator(name="made", solver="spec", geometry="fourc", solver_kwargs={"server": spec.address})
    assert made.forward(1, 0, 0).tth == pytest.approx(60, abs=1e-6)
    assert made.configuration["solver"]["server"] == spec.address


def test_a_geometry_that_is_not_there_is_refused() -> None:
    with pytest.raises(SolverError, match="no geometry 'psic'"):
        SpecSolver("psic")
