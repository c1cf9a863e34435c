"""The present time as packets carry it: the clock of those who do I/O, for what stands below them has none."""

from __future__ import annotations

import time


def sec_usec() -> tuple[int, int]:
    """Return seconds since 1970 and microseconds below one million."""
    return divmod(time.time_ns() // 1000, 1_000_000)
