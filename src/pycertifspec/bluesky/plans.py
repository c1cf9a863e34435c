"""`spec_scan`: a plan in which SPEC runs the scan and the RunEngine gets the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
from bluesky.utils import Msg, plan, short_uid
from ophyd_async.plan_stubs import ensure_connected

from pycertifspec.documents.description import STREAM

from .scan_flyer import SpecScanFlyer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bluesky.utils import MsgGenerator

# Seconds between two looks whether points have come; they are emitted together.
FLUSH = 0.2


@plan  # type: ignore[untyped-decorator]
def spec_scan(
    command: str, flyer: SpecScanFlyer | None = None, *, server: str = "", md: Mapping[str, Any] | None = None
) -> MsgGenerator[str | None]:
    """Let SPEC run one of its scans, and emit its points as they come.

    The run opens when SPEC has shown the scan's heading, so that its start document says what SPEC says: scan number,
    command, data file, motors. Ending the plan early aborts SPEC's scan, once; a scan that is aborted in SPEC fails
    the plan. A pause interrupts SPEC's scan as ^C does, and resuming lets SPEC's macro ``resume`` go on with it.

        RE(spec_scan("ascan th 0 1 20 0.1", server="localhost:fourc"))

    Args:
        command: as at SPEC's prompt.
        flyer: what runs it; None for one of this plan's own.
        server: of the plan's own flyer: ``host:port``, ``host:name`` or ``host``; empty for what the environment's
            SPEC_SERVER says.
        md: more metadata for the start document; what is given here counts more than what the scan says.

    Returns:
        The uid of the run.

    Raises:
        RemoteError: SPEC refused the command before there was a scan; there is no run then.
        FailedStatus: the scan failed, or was aborted in SPEC.

    """
    if flyer is None:
        flyer = SpecScanFlyer(server, name="spec")
        yield from ensure_connected(flyer)
    # A pause is answered by the flyer, not by doing again what was done: no message may be replayed.
    yield from bps.checkpoint()
    uid: str | None = yield from bpp.rewindable_wrapper(
        bpp.stage_wrapper(_flown(command, flyer, md or {}), [flyer]), rewindable=False
    )
    return uid


def _flown(command: str, flyer: SpecScanFlyer, md: Mapping[str, Any]) -> MsgGenerator[str | None]:
    yield from bps.prepare(flyer, command, wait=True)
    yield from _awaited(flyer.begin)
    return (yield from bpp.run_wrapper(_points(flyer), md={**flyer.metadata, **md}))  # type: ignore[no-any-return]


def _points(flyer: SpecScanFlyer) -> MsgGenerator[None]:
    yield from bps.kickoff(flyer, wait=True)
    yield from _awaited(flyer.measuring)
    if flyer.waiting:
        yield from bps.declare_stream(flyer, name=STREAM, collect=True)
    yield from bpp.finalize_wrapper(_followed(flyer), lambda: _collected(flyer))


def _followed(flyer: SpecScanFlyer) -> MsgGenerator[None]:
    over = False
    while not over:
        # Again after a pause: the RunEngine has forgotten what it waited for.
        group = short_uid("spec_scan")
        yield from bps.complete(flyer, group=group, wait=False)
        done = False
        while not done:
            done = yield from bps.wait(group=group, timeout=FLUSH, error_on_timeout=False)
            yield from _collected(flyer)
        over = flyer.over


def _collected(flyer: SpecScanFlyer) -> MsgGenerator[None]:
    yield from bps.collect(flyer, name=STREAM, return_payload=False) if flyer.waiting else bps.null()


def _awaited(wait: Callable[[], Awaitable[None]]) -> MsgGenerator[None]:
    """Wait for something, once more after a pause: that has cut the wait short."""
    tasks = None
    while tasks is None:
        tasks = yield Msg("wait_for", None, [wait])
    for task in tasks:
        task.result()
