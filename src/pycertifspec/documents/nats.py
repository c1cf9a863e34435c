"""Documents into NATS JetStream, through bluesky-nats: each at least once, in order; a repeated one is recognised."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any, Final

import nats
from bluesky_nats.nats_publisher import NATSPublisher
from bluesky_nats.nats_runtime import NatsRuntime
from bluesky_nats.outbox import Delivery, Outbox
from nats.js.errors import NotFoundError

from pycertifspec.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .spool import Entry

# Where bluesky-nats' consumers look: a stream that is bound to ``events.>``.
SUBJECT: Final = "events.spec"
# How a connection is made: seconds for each of the two attempts that nats-py makes at least, together less than the ten
# after which bluesky-nats gives up and would leave the attempt behind; trying on is the publisher's affair.
CONNECTING: Final = {
    "allow_reconnect": False,
    "connect_timeout": 3,
    "max_reconnect_attempts": 1,
    "reconnect_time_wait": 0.1,
}


def target(address: str) -> Nats:
    """Return the target of ``nats://host:4222/events.spec``."""
    parts = urllib.parse.urlsplit(address if address.startswith("//") else f"//{address}")
    return Nats(f"nats://{parts.netloc}", parts.path.strip("/") or SUBJECT)


class Nats:
    """Sends documents to ``subject.start``, ``subject.descriptor`` and so on, as bluesky-nats' dispatcher reads them.

    Each waits for the server's acknowledgement. A document's uid is its ``Nats-Msg-Id``: what is sent again within
    the stream's window (two minutes, unless it was made otherwise) is kept once.

    Args:
        server: ``nats://host:4222``.
        subject: the subjects' beginning.

    """

    def __init__(self, server: str, subject: str = SUBJECT) -> None:
        self._server, self._subject = server, subject
        self._runtime: Any = None
        self._publisher: Any = None
        self._stream: Any = None
        self._runs: dict[str, str] = {}  # by the descriptor's uid

    def open(self) -> None:
        """Connect, and see that a stream takes the subject.

        Raises:
            RemoteError: none does.

        """
        self.close()
        self._runtime = NatsRuntime()
        client = self._runtime.connect(nats.connect(self._server, error_cb=_quiet, **CONNECTING))
        self._stream = _Identified(client.jetstream())
        try:
            self._runtime.setup(self._stream.find(f"{self._subject}.start"))
        except NotFoundError as error:
            raise RemoteError(
                f"no JetStream stream on {self._server} takes {self._subject}.>: make one, such as "
                "`nats stream add bluesky --subjects 'events.>'`"
            ) from error
        outbox = Outbox(self._runtime, client, delivery=Delivery.CRITICAL)
        self._publisher = NATSPublisher(outbox, self._stream, self._subject)

    def send(self, entries: Sequence[Entry]) -> int:
        """Send documents one by one."""
        for entry in entries:
            document = entry.document
            self._stream.uid = document["uid"]
            self._publisher.run_id = self._run_of(entry)
            self._publisher(entry.name, document)
        return entries[-1].position

    def _run_of(self, entry: Entry) -> str:
        document = entry.document
        if entry.name == "descriptor":
            self._runs[document["uid"]] = document["run_start"]
        if entry.name == "event":
            return self._runs.get(document["descriptor"], "")
        if entry.name == "stop":
            self._runs = {descriptor: run for descriptor, run in self._runs.items() if run != document["run_start"]}
        return str(document["uid"] if entry.name == "start" else document["run_start"])

    def close(self) -> None:
        """Disconnect."""
        runtime, self._runtime, self._publisher = self._runtime, None, None
        if runtime is not None:
            runtime.close()


class _Identified:
    """A stream that gives each message the uid of its document as the id by which the server knows a repeated one."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.uid = ""

    async def find(self, subject: str) -> Any:
        return await self._stream.find_stream_name_by_subject(subject)

    async def publish(self, *, subject: str, payload: bytes, headers: dict[str, str]) -> Any:
        return await self._stream.publish(
            subject=subject, payload=payload, headers={**headers, "Nats-Msg-Id": self.uid}
        )


async def _quiet(_: Exception) -> None:
    """Say nothing: what was not acknowledged raises where it was sent."""
