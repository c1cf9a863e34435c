"""What becomes of a scan's runs: which one comes next, and how it ends, from what the data file and SPEC say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .composer import ABORT, FAIL, SUCCESS
from .heading import parse_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .measurement import Measurement
    from .spool import Run


# Why a scan has no more points that neither said that it was aborted nor has all it should have.
INTERRUPTED: Final = "SPEC's prompt came back"


class Ending(NamedTuple):
    """How a run ends: success, abort or fail, and why."""

    status: str
    reason: str


class Step(NamedTuple):
    """What is to be done next for a scan.

    Attributes:
        part: of the run.
        end: after how many points it ends, though the scan went on; None if it has all of them.
        ending: how it ends; None if it goes on.

    """

    part: int
    end: int | None
    ending: Ending | None


def next_step(scan: Measurement, runs: Sequence[Run], *, over: str | None) -> Step | None:
    """Return what is to be done for a scan; None if its runs say all that there is.

    A scan that was aborted and resumed is a run that was aborted and another that has all points; likewise one that
    was given up when SPEC was lost, and has more points than were known then.

    Args:
        scan: as far as it has come.
        runs: of it, in the order of their parts.
        over: why no more of it will come; empty where its end is not in doubt, None where more may come.

    """
    stopped = [run for run in runs if run.status]
    # Ends that the file tells are those of aborted runs: the first of them belongs to the first such run.
    told = sum(run.status != FAIL for run in stopped)
    if len(stopped) == len(runs) and stopped and not _goes_on(scan, stopped[-1], told):
        return None
    part = len(stopped)
    if told < len(scan.ends):
        points = scan.ends[told]
        resumed = told + 1 < len(scan.ends) or not scan.aborted
        return Step(part, points if resumed else None, Ending(ABORT, f"SPEC: Scan aborted after {points} points."))
    return Step(part, None, _ending(scan, over))


def _goes_on(scan: Measurement, last: Run, told: int) -> bool:
    if last.status == FAIL:
        return scan.points > last.points
    if last.status != ABORT or told < len(scan.ends):
        return last.status == ABORT
    return not scan.aborted and (told == len(scan.ends) or scan.points > last.points)


def _ending(scan: Measurement, over: str | None) -> Ending | None:
    expected = parse_heading(scan.command).points
    if expected is not None and scan.points >= expected:
        return Ending(SUCCESS, "")
    if over is None:
        return None
    if expected is not None and over == INTERRUPTED:
        return Ending(ABORT, f"{scan.points} of {expected} points: {over}")
    if expected is not None:
        return Ending(FAIL, f"{scan.points} of {expected} points: {over or 'SPEC has gone on to something else'}")
    return Ending(SUCCESS, "")
