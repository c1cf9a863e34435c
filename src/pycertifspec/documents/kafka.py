"""Documents into Kafka, through bluesky-kafka's Publisher: each at least once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bluesky_kafka import Publisher

from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .spool import Entry

# Seconds that brokers are given for a message; then it is sent again, from where the last acknowledgement was.
TIMEOUT: Final = 30.0
# Messages of one key keep their order.
KEY: Final = "spec"


def target(address: str) -> Kafka:
    """Return the target of ``kafka:host:9092,host:9092/topic``.

    Raises:
        LocalProtocolError: hosts or topic are missing.

    """
    hosts, slash, topic = address.rpartition("/")
    if not (slash and hosts and topic):
        raise LocalProtocolError(f"'kafka:{address}' is not kafka:HOST:PORT[,HOST:PORT]/TOPIC")
    return Kafka(hosts.strip("/"), topic)


class Kafka:
    """Sends documents to a topic, as bluesky-kafka's RemoteDispatcher reads them.

    Within one connection the producer is idempotent. After a failure or a crash what was not acknowledged is sent
    again, with the same uids, by which consumers know it.

    Args:
        servers: bootstrap servers, ``"host:9092,host:9092"``.
        topic: to send to.
        timeout: seconds that brokers are given for a message.
        config: more for librdkafka.

    """

    def __init__(
        self, servers: str, topic: str, *, timeout: float = TIMEOUT, config: Mapping[str, Any] | None = None
    ) -> None:
        self._servers, self._topic = servers, topic
        self._config = {"enable.idempotence": True, "message.timeout.ms": int(timeout * 1000), **(config or {})}
        self._publisher: Any = None
        self._failed: list[str] = []

    def open(self) -> None:
        """Make a producer; it connects when it has something to send."""
        self.close()
        self._publisher = Publisher(
            topic=self._topic,
            bootstrap_servers=self._servers,
            key=KEY,
            producer_config=self._config,
            on_delivery=self._delivered,
        )

    def _delivered(self, error: Any, _: Any) -> None:
        if error is not None:
            self._failed.append(str(error))

    def send(self, entries: Sequence[Entry]) -> int:
        """Send documents, and wait until the brokers have them."""
        self._failed.clear()
        for entry in entries:
            self._publisher(entry.name, entry.document)
        self._publisher.flush()
        if self._failed:
            raise ConnectionError(
                f"{len(self._failed)} of {len(entries)} documents did not reach {self._topic} on {self._servers}: "
                f"{self._failed[0]}"
            )
        return entries[-1].position

    def close(self) -> None:
        """Let the producer go."""
        self._publisher = None
