"""`SpecDevice`: devices whose signals and commands are declared by annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ophyd_async.core import Device, DeviceConnector, DeviceFiller, Signal

from .address import address
from .backend import SpecSignalBackend
from .command import SpecCommandBackend
from .setpoint import as_setpoint

if TYPE_CHECKING:
    import inspect


@dataclass(frozen=True, slots=True)
class SpecProperty:
    """Says which property a signal is; for a device within a device, what its own properties begin with.

    Args:
        read: the property's name, behind what the device's properties begin with.
        write: that of the property that is written, where it is another one.
        units: of the value.
        precision: digits behind the point.

    """

    read: str
    write: str = ""
    units: str | None = None
    precision: int | None = None

    def __call__(self, parent: Device, child: Device) -> None:  # noqa: ARG002  ophyd-async's signature
        """Let plans wait for a signal that moves a motor, and stop it: the filler makes it as any other."""
        if isinstance(child, Signal) and self.write.endswith("start_one"):
            as_setpoint(child)


@dataclass(frozen=True, slots=True)
class SpecMacro:
    """Says which command of SPEC's a command runs: SPEC text, or the name of a macro function."""

    command: str

    def __call__(self, parent: Device, child: Device) -> None:
        """Do nothing: the connector has seen it."""


class SpecDeviceConnector(DeviceConnector):
    """Makes a device's children of its annotations.

    Args:
        prefix: what the names of its properties begin with: ``motor/th/``.
        server: as for `SpecDevice`.

    """

    def __init__(self, prefix: str = "", server: str = "") -> None:
        self.prefix = prefix
        self.server = server
        self._filler: DeviceFiller[Any, Any, Any] | None = None

    def create_children_from_annotations(self, device: Device) -> None:
        """Make signals, commands and devices of what the class declares, once."""
        if self._filler is not None:
            return

        def command_backend(signature: inspect.Signature | None) -> SpecCommandBackend[Any, Any]:
            return SpecCommandBackend(signature)

        filler = self._filler = DeviceFiller(device, SpecSignalBackend, SpecDeviceConnector, command_backend)
        backend: SpecSignalBackend[Any]
        for backend, extras in filler.create_signals_from_annotations():
            prop = _only(SpecProperty, extras, device)
            backend.set_addresses(
                address(self.server, self.prefix + prop.read),
                address(self.server, self.prefix + prop.write) if prop.write else "",
            )
            backend.units, backend.precision = prop.units, prop.precision
        for command, extras in filler.create_commands_from_annotations():
            command.place = address(self.server, _only(SpecMacro, extras, device).command)
        for connector, extras in filler.create_devices_from_annotations():
            connector.server = self.server
            connector.prefix = self.prefix + _only(SpecProperty, extras, device).read


def _only(kind: type[Any], extras: list[Any], device: Device) -> Any:
    found = [extra for extra in extras if isinstance(extra, kind)]
    if len(found) != 1:
        raise TypeError(
            f"{type(device).__name__}: each of its signals, commands and devices is annotated with one "
            f"{kind.__name__}, as Annotated[SignalR[float], SpecProperty('position')]; one has {len(found)}"
        )
    return found[0]


class SpecDevice(Device):
    """A device that declares its parts.

        class Slit(StandardReadable, SpecDevice):
            gap: Annotated[SignalR[float], SpecProperty("var/GAP"), Format.HINTED_UNCACHED_SIGNAL]
            close: Annotated[TriggerableCommand, SpecMacro("close_slit")]

    A signal that is to be read anew each time is declared with ``HINTED_UNCACHED_SIGNAL``; ``HINTED_SIGNAL`` has the
    value of the server's last event (PROTOCOL.md 6, 6).

    Args:
        prefix: what the names of its properties begin with: ``motor/th/``.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        name: of the device.
        connector: is given to a device within another; instead of `prefix` and `server`.

    """

    def __init__(
        self, prefix: str = "", server: str = "", name: str = "", connector: DeviceConnector | None = None
    ) -> None:
        super().__init__(name=name, connector=connector or SpecDeviceConnector(prefix, server))
