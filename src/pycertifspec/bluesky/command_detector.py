"""`SpecCommand`: a detector that SPEC starts with a command and asks with another whether it still works."""

import asyncio
from collections.abc import Mapping

from bluesky.protocols import Triggerable
from ophyd_async.core import AsyncStatus, StandardReadable, soft_signal_r_and_setter
from ophyd_async.core import StandardReadableFormat as Format

from pycertifspec.errors import CallTimeoutError, LocalProtocolError, StoppedError

from .adoption import adopt
from .connection import Connection
from .connector import ServerConnector
from .conversion import converted

# Seconds between two questions whether a detector still works: often enough for a person, little for SPEC's queue.
INTERVAL = 0.1


class SpecCommand(StandardReadable, Triggerable):
    """A detector behind macros: a command starts it, another says whether it still works, others what it measured.

    ``trigger`` runs `start` and waits until `busy` is 0; without `busy` it is done when `start` is over. Then each of
    `values` is asked for and is what is read until the next time. Unstaging, pausing and stopping end it, once: by
    SPEC's ^C while `start` runs, by `stop` afterwards.

    Data keys are the device's name and the keys of `values`: ``camera-sum``.

    Args:
        start: SPEC text that starts it.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        busy: an expression of SPEC's that is not 0 while it works.
        values: expressions of SPEC's for what was measured, each a number, by key.
        stop_command: SPEC text that ends it early; empty where there is no way.
        interval: seconds between two questions whether it still works.
        timeout: seconds that it may take; 0 for as long as it takes.
        name: of the device; `init_devices` gives it that of its variable.

    Raises:
        LocalProtocolError: `start` is empty, or `interval` not above 0.

    """

    def __init__(
        self,
        start: str,
        server: str = "",
        busy: str = "",
        values: Mapping[str, str] | None = None,
        stop_command: str = "",
        interval: float = INTERVAL,
        timeout: float | int = 0,  # noqa: PYI041  a TOML file's 1 is an int, for who checks it against this
        name: str = "",
    ) -> None:
        if not start.strip() or interval <= 0:
            raise LocalProtocolError(
                f"a detector needs a command that starts it, and an interval above 0 s; got {start!r} and {interval}"
            )
        self._start_command = start
        self._busy = busy
        self._stop_command = stop_command
        self._interval = interval
        self._limit = timeout or None
        self._connection: Connection | None = None
        self._work: asyncio.Task[None] | None = None
        self._stopped: bool | None = None  # whether on purpose, once it was
        self._values = {}
        for key, expression in (values or {}).items():
            signal, tell = soft_signal_r_and_setter(float)
            adopt(self, {key: signal})
            self._values[expression] = tell
            self.add_readables([signal], Format.HINTED_UNCACHED_SIGNAL)
        super().__init__(name=name, connector=ServerConnector(server, self._connected))

    async def _connected(self, connection: Connection) -> None:
        self._connection = connection

    @AsyncStatus.wrap
    async def trigger(self) -> None:
        """Start it, wait until it is ready, and ask what it measured.

        Raises:
            RemoteError: a command failed, or a value is no number.
            CallTimeoutError: it took too long, and was stopped.
            StoppedError: it was stopped, and not on purpose.

        """
        if self._connection is None:
            return  # a mock measures nothing
        self._work = asyncio.create_task(self._measure(self._connection))
        try:
            await self._work
        except asyncio.CancelledError:
            if self._stopped is None:
                raise
            if not self._stopped:
                raise StoppedError(f"{self.name} was stopped by this program") from None
        finally:
            self._work, self._stopped = None, None

    async def _measure(self, connection: Connection) -> None:
        client = connection.client
        started = False
        try:
            async with asyncio.timeout(self._limit):
                await client.execute(self._start_command)
                started = True
                while self._busy and await self._number(connection, self._busy):  # noqa: ASYNC110  SPEC tells nobody
                    await asyncio.sleep(self._interval)
        except (asyncio.CancelledError, TimeoutError) as error:
            if started and self._stop_command:
                await client.execute(self._stop_command)
            if isinstance(error, TimeoutError):
                raise CallTimeoutError(f"{self.name} took more than {self._limit} s; it was stopped") from error
            raise
        for expression, tell in self._values.items():
            tell(await self._number(connection, expression))

    async def _number(self, connection: Connection, expression: str) -> float:
        return float(converted((await connection.client.execute(expression)).value, float, repr(expression)))

    async def stop(self, success: bool = False) -> None:
        """End a measurement that is under way.

        Args:
            success: whether its status is done as if it had been finished.

        """
        if self._work is not None and self._stopped is None:
            self._stopped = success
            self._work.cancel()
            await asyncio.wait((self._work,))

    async def pause(self) -> None:
        """End a measurement that is under way: the plan starts it again when it is resumed."""
        await self.stop(success=True)

    async def resume(self) -> None:
        """Do nothing: the plan triggers again."""

    @AsyncStatus.wrap
    async def unstage(self) -> None:
        """End a measurement that is under way."""
        await self.stop(success=True)
        await super().unstage()
