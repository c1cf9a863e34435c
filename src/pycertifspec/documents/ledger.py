"""`Ledger`: composes what is new of each scan and keeps it in the spool, so that nothing is there twice."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from .composer import FAIL, NAMESPACE, Composer, run_uid
from .decisions import next_step
from .spool import Run

if TYPE_CHECKING:
    from .instrument import Instrument
    from .measurement import Measurement
    from .spool import Spool

logger = logging.getLogger("pycertifspec.documents")

# Points that are kept at once: a file with a million of them does not have to fit into memory twice.
MAX_KEPT_AT_ONCE = 2000


class Ledger:
    """Brings scans into the spool.

    Args:
        spool: to keep documents in.
        instrument: what the server has.

    Attributes:
        ended: how many runs have ended since it was made.

    """

    def __init__(self, spool: Spool, instrument: Instrument) -> None:
        self.instrument = instrument
        self._spool = spool
        self._composers: dict[str, Composer] = {}
        self.ended = 0

    def enter(self, scan: Measurement, *, over: str | None = None) -> bool:
        """Keep what is new of a scan; return whether all of it is kept and its end too.

        Args:
            scan: as far as it has come.
            over: why no more of it will come; empty where its end is not in doubt, None where more may come.

        """
        file = scan.file or ""
        while not self._spool.full:
            runs = self._spool.runs(file, scan.number, scan.date)
            step = next_step(scan, runs, over=over)
            if step is None:
                return True
            ended = step.ending is not None
            uid = run_uid(self.instrument.server, scan.file, scan.number, scan.date, step.part)
            run = runs[step.part] if step.part < len(runs) else Run(uid, file, scan.number, scan.date, step.part)
            composer = self._composer(run)
            kept = []
            more = False
            for document in composer.documents(scan, over=ended, end=step.end):
                kept.append(document)
                more = len(kept) >= MAX_KEPT_AT_ONCE
                if more:
                    break
            if not composer.begun:
                return False
            # A composer that was made anew composes again what is kept already.
            fresh = kept[max(run.documents - composer.composed, 0) :]
            composer.composed += len(kept)
            total = max(run.documents, composer.composed)
            status = ""
            if step.ending is not None and not more:
                fresh.append(composer.stop(*step.ending))
                status, total = step.ending.status, total + 1
                self.ended += 1
                logger.info("scan %d of %s: %s, %d points", scan.number, file or "no file", status, composer.events)
                del self._composers[run.uid]
            if fresh:
                self._spool.append(run._replace(documents=total, points=composer.events, status=status), fresh)
            if not ended and not more:
                return False
        return False

    def give_up(self, run: Run, reason: str) -> None:
        """End a run of which no more can be known: its end is a failure, and says why."""
        entries = self._spool.documents_of(run.uid)
        streams = {e.document["uid"]: e.document["name"] for e in entries if e.name == "descriptor"}
        counts = Counter(streams[entry.document["descriptor"]] for entry in entries if entry.name == "event")
        document: dict[str, Any] = {
            "uid": str(uuid.uuid5(NAMESPACE, f"stop {run.uid}")),
            "run_start": run.uid,
            "time": max(float(entry.document["time"]) for entry in entries),
            "exit_status": FAIL,
            "reason": reason,
            "num_events": dict(counts),
        }
        logger.warning("scan %d of %s: %s", run.number, run.file or "no data file", reason)
        self._composers.pop(run.uid, None)
        self.ended += 1
        kept = run._replace(documents=run.documents + 1, points=counts["primary"], status=FAIL)
        self._spool.append(kept, [("stop", document)])

    def _composer(self, run: Run) -> Composer:
        if run.uid not in self._composers:
            self._composers[run.uid] = Composer(self.instrument, part=run.part)
        return self._composers[run.uid]
