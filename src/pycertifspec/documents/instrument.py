"""`Instrument`: what documents tell of the instrument beside a scan's own numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import CallTimeoutError, RemoteError
from pycertifspec.session import properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycertifspec.asyncio.client import AsyncClient

# Decimals of positions where SPEC does not say them (its variable UP).
PRECISION: Final = 4
MAX_PRECISION: Final = 15

# SPEC itself knows no units. Its geometry code demands these mnemonics, and their angles are in degrees; Escan's energy
# is in keV. Whoever knows better says so.
ANGLES: Final = frozenset(("tth", "th", "chi", "phi", "mu", "gam", "del", "eta", "nu", "omega", "kth", "kap", "kphi"))
ENERGY: Final = "en"


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a SPEC server has.

    Attributes:
        server: where it is found: ``"beamline:fourc"``.
        motors: names as people read them, by mnemonic, in SPEC's order.
        counters: names as people read them, by mnemonic, in SPEC's order.
        positions: of the motors, in user units, by mnemonic; may be empty.
        precision: decimals that positions are shown with.
        units: of motors and counters, by mnemonic: what the site knows better than `unit_of`.
        version: SPEC's, or empty.

    """

    server: str = "spec"
    motors: Mapping[str, str] = field(default_factory=dict)
    counters: Mapping[str, str] = field(default_factory=dict)
    positions: Mapping[str, float] = field(default_factory=dict)
    precision: int = PRECISION
    units: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def unit_of(self, mnemonic: str) -> str | None:
        """Return the unit of a motor's positions, None where nobody has said it."""
        if mnemonic in self.units:
            return self.units[mnemonic]
        if mnemonic in ANGLES:
            return "deg"
        return "keV" if mnemonic == ENERGY else None


async def look_at(
    client: AsyncClient,
    server: str,
    *,
    units: Mapping[str, str] | None = None,
    known: Instrument | None = None,
    positions: bool = True,
) -> Instrument:
    """Ask a server what it has.

    Which motors and counters there are SPEC tells at its prompt alone; while it is busy it is not asked, and what is
    known stands.

    Args:
        client: connected.
        server: where it is found, for people: ``"beamline:fourc"``.
        units: of motors and counters, by mnemonic.
        known: what is known from before.
        positions: whether to ask for the motors' positions too.

    Raises:
        ConnectionLostError: the server is gone.
        CallTimeoutError: it did not answer in time.

    """
    known = known or Instrument()
    motors, counters = known.motors, known.counters
    if await _asked(client, properties.READY):
        try:
            names = await client.load_names()
        except CallTimeoutError:  # somebody has begun something
            pass
        else:
            motors, counters = dict(names.motors), dict(names.counters)
    where = {}
    for mnemonic in motors if positions else ():
        try:
            where[mnemonic] = float(await client.read(properties.motor_path(mnemonic, "position")))
        except (RemoteError, ValueError):  # one that is not usable has no position
            continue
    return Instrument(
        server=server,
        motors=motors,
        counters=counters,
        positions=where,
        precision=_precision(await _asked(client, properties.variable_path("UP"))),
        units=dict(units or {}),
        version=str(await _asked(client, properties.variable_path("VERSION")) or ""),
    )


async def _asked(client: AsyncClient, prop: str) -> Any:
    try:
        return await client.read(prop)
    except RemoteError:  # this SPEC does not have it
        return None


def _precision(text: Any) -> int:
    try:
        digits = int(float(text))
    except (TypeError, ValueError, OverflowError):
        return PRECISION
    return digits if 0 <= digits <= MAX_PRECISION else PRECISION
