"""Documents into Tiled, through bluesky-tiled-plugins: each run there once, events as they come."""

from __future__ import annotations

import logging
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from bluesky_tiled_plugins import TiledWriter
from tiled.client import from_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .spool import Entry

logger = logging.getLogger("pycertifspec.documents")

# Events that are written at once of a run that is over already; those of one that goes on are written one by one.
BATCH: Final = 10_000


def target(address: str) -> Tiled:
    """Return the target of ``tiled:http://host:8000?api_key=…``."""
    return Tiled(address)


class Tiled:
    """Writes runs to a Tiled server.

    A run is acknowledged with its stop document. One that is there and complete is not written again; of one that a
    crash has cut, what is there is deleted and written anew, for which the key needs the scope ``delete:node``.

    Args:
        uri: of the server, or of a container there; with ``?api_key=…`` or the environment's TILED_API_KEY.

    """

    def __init__(self, uri: str) -> None:
        parts = urllib.parse.urlsplit(uri)
        if parts.scheme not in ("http", "https"):
            uri = f"http://{uri}"
        self._uri = uri
        self._client: Any = None
        self._writers: dict[str, Any] = {}  # by the run's uid; None for a run that is there already
        self._runs: dict[str, str] = {}  # by the descriptor's uid

    def open(self) -> None:
        """Connect."""
        self.close()
        self._client = from_uri(self._uri)

    def send(self, entries: Sequence[Entry]) -> int:
        """Write documents; return the position of the last stop document."""
        ended = {entry.document["run_start"] for entry in entries if entry.name == "stop"}
        acknowledged = 0
        for entry in entries:
            run = self._run_of(entry)
            if entry.name == "start":
                self._begin(run, whole=run in ended)
            writer = self._writers.get(run)
            if writer is not None:
                writer(entry.name, entry.document)
            if entry.name == "stop":
                self._writers.pop(run, None)
                self._runs = {descriptor: of for descriptor, of in self._runs.items() if of != run}
                if not self._writers:  # no earlier run goes on
                    acknowledged = entry.position
        return acknowledged

    def _run_of(self, entry: Entry) -> str:
        document = entry.document
        if entry.name == "descriptor":
            self._runs[document["uid"]] = document["run_start"]
        if entry.name == "event":
            return self._runs[document["descriptor"]]
        return str(document["uid"] if entry.name == "start" else document["run_start"])

    def _begin(self, run: str, *, whole: bool) -> None:
        try:
            there = self._client[run]
        except KeyError:
            there = None
        if there is not None and "stop" in there.metadata:
            logger.info("the run %s is in Tiled already", run)
            self._writers[run] = None
            return
        if there is not None:
            logger.info("the run %s is not whole in Tiled: it is deleted there and written anew", run)
            self._client.delete_contents(run, recursive=True, external_only=False)
        self._writers[run] = TiledWriter(self._client, batch_size=BATCH if whole else 1)

    def close(self) -> None:
        """Forget the connection, and what was not acknowledged."""
        self._writers.clear()
        self._runs.clear()
        if self._client is not None:
            self._client.context.http_client.close()
            self._client = None
