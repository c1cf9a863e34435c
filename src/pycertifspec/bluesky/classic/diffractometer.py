"""A diffractometer of hklpy2 that is a SPEC server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hklpy2

from pycertifspec.session.target import SCHEME

from .clients import shared_client
from .crystal import Crystal, find

if TYPE_CHECKING:
    from collections.abc import Mapping

# The name under which hklpy2 shows the crystal that SPEC has.
SAMPLE = "spec"


def spec_diffractometer(server: str | None = None, name: str = "", **kwargs: Any) -> Any:
    """Return a diffractometer of hklpy2 whose motors, crystal, wavelength and mode are those of a SPEC server.

    Args:
        server: ``host:port`` or ``host:name``; None is what SPEC_SERVER says.
        name: in documents; the server's if it is left out.
        kwargs: anything else that `hklpy2.creator` takes.

    Raises:
        ServerNotFoundError: no server answered.
        SolverError: we do not know its geometry.

    """
    client = shared_client(server)
    address = f"{client.host}:{client.port}"
    geometry = kwargs.pop("geometry", client.server_name)
    reals: Mapping[str, Any] = kwargs.pop("reals", None) or {
        mne: {
            "class": "pycertifspec.bluesky.classic.motor.SpecMotor",
            "prefix": f"{SCHEME}{address}/motor/{mne}",
            "kind": "hinted",
        }
        for mne in find(geometry).motors
    }
    diffractometer = hklpy2.creator(
        name=name or client.server_name,
        solver="spec",
        geometry=geometry,
        solver_kwargs={"server": address},
        reals=reals,
        **kwargs,
    )
    take_crystal(diffractometer)
    return diffractometer


def take_crystal(diffractometer: Any) -> None:
    """Let hklpy2 have what SPEC has: wavelength, lattice, both orientation reflections, UB and mode.

    Args:
        diffractometer: one with the solver ``spec``.

    """
    solver = diffractometer.core.solver
    crystal: Crystal = solver.crystal
    setting = crystal.setting()
    diffractometer.beam.wavelength.put(setting.state.wavelength)
    solver.wavelength = setting.state.wavelength
    diffractometer.add_sample(SAMPLE, *setting.lattice, replace=True)
    for label, reflection in zip(("or0", "or1"), setting.reflections, strict=True):
        diffractometer.add_reflection(
            reflection.hkl,
            dict(zip(diffractometer.core.local_real_axes, reflection.angles, strict=True)),
            wavelength=reflection.wavelength,
            name=label,
            replace=True,
        )
    solver.take(setting.state)
    diffractometer.core.mode = solver.mode
    diffractometer.sample.U = solver.U
    diffractometer.sample.UB = solver.UB
    diffractometer.core.update_solver()
