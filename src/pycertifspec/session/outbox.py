"""`Outbox`: what waits for a client that reads slowly, within bounds."""

from __future__ import annotations

from collections import OrderedDict

# From here on only the newest value of each property waits: enough for the events of a motion of many motors
# to arrive one by one, little enough for hundreds of clients.
MERGE_ABOVE = 256 * 1024

# A client that lets more than this of events wait is dropped: it is gone, or it will never catch up.
DROP_ABOVE = 8 * 1024 * 1024

# What a client asked for itself may be more: a dozen images at once.
DROP_REPLIES_ABOVE = 512 * 1024 * 1024


class Outbox:
    """Packets in their order; a packet with a key makes an older one with the same key superfluous.

    Args:
        merge_above: bytes that wait, from which on only the newest of a property waits.
        drop_above: bytes of waiting events from which on nothing more is taken.
        drop_replies_above: the same, of all that waits.

    Attributes:
        size: bytes that wait.

    """

    def __init__(
        self,
        *,
        merge_above: int = MERGE_ABOVE,
        drop_above: int = DROP_ABOVE,
        drop_replies_above: int = DROP_REPLIES_ABOVE,
    ) -> None:
        self.size = 0
        self._merge_above = merge_above
        self._drop_above = drop_above
        self._drop_replies_above = drop_replies_above
        self._events = 0  # bytes of what the client did not ask for
        # Not a dict: that looks at every place that was emptied before it finds the first one that is not.
        self._packets: OrderedDict[int, tuple[bytes, bool]] = OrderedDict()
        self._newest: dict[str, int] = {}  # the place of each property's newest packet
        self._place = 0

    def __bool__(self) -> bool:
        return bool(self._packets)

    def put(self, packet: bytes, key: str | None = None, *, asked: bool = False) -> bool:
        """Add a packet; return False if too much waits already, and the client is to be dropped.

        Args:
            packet: what is to be sent.
            key: the property, for an event whose older value need not be seen; None for what must arrive.
            asked: whether it answers the client's request: of these, more may wait.

        """
        if self._events > self._drop_above or self.size > self._drop_replies_above:
            return False
        if key is not None:
            if self.size > self._merge_above:
                # The older one goes, and the newer one does not take its place: what a client sees last of all
                # properties must have happened last (the final position before move_done 0, PROTOCOL.md 5.7).
                self._forget(self._packets.pop(self._newest.get(key, -1), (b"", True)))
            self._newest[key] = self._place
        self.size += len(packet)
        self._events += 0 if asked else len(packet)
        self._packets[self._place] = packet, asked
        self._place += 1
        return True

    def take(self) -> bytes:
        """Remove and return the oldest packet."""
        _, held = self._packets.popitem(last=False)
        self._forget(held)
        return held[0]

    def _forget(self, held: tuple[bytes, bool]) -> None:
        packet, asked = held
        self.size -= len(packet)
        self._events -= 0 if asked else len(packet)
