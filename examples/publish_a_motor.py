"""A motor on a SPEC server in ten lines: a thermostat that SPEC, or any of its clients, can move."""

import time

from pycertifspec.server import Application, ServerThread


class Thermostat:
    """Heats and cools by ten degrees a second."""

    def __init__(self) -> None:
        self._from, self._to, self._begin = 20.0, 20.0, 0.0

    @property
    def position(self) -> float:
        way = self._to - self._from
        done = min(1.0, (time.monotonic() - self._begin) * 10 / abs(way)) if way else 1.0
        return self._from + way * done

    @property
    def moving(self) -> bool:
        return self.position != self._to

    def move(self, target: float) -> None:
        self._from, self._to, self._begin = self.position, target, time.monotonic()

    def stop(self) -> None:
        self._from = self._to = self.position


application = Application("thermo")
application.motor("temp", Thermostat())

if __name__ == "__main__":
    with ServerThread(application) as server:
        input(f"thermo listens on port {server.port}; press Enter to stop it. ")
