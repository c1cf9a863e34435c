"""Debian's nats-server: found, or fetched into the environment without being root; started for a test.

`python -m tests.support.nats_server` fetches it if it is not there.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beside the interpreter: `make clean` takes it away.
FETCHED = Path(sys.prefix) / "nats-server"
PATIENCE = 30.0


def find() -> str | None:
    """Return the program, None where it is not."""
    places = [str(FETCHED / "usr" / "sbin"), "/usr/sbin", "/usr/local/sbin"]
    return shutil.which("nats-server") or shutil.which("nats-server", path=":".join(places))


def fetch() -> None:
    """Take it out of Debian's package; nothing is installed."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["apt-get", "download", "nats-server"], cwd=directory, check=True, capture_output=True)
        (package,) = Path(directory).glob("nats-server_*.deb")
        subprocess.run(["dpkg", "-x", str(package), str(FETCHED)], check=True)


@contextlib.contextmanager
def running(directory: Path, port: int | None = None) -> Iterator[str]:
    """Serve JetStream from a directory, on a free port unless one is given; give the address."""
    program = find()
    assert program is not None, "the tests of NATS need nats-server: `apt install nats-server`, or put it on the PATH"
    if port is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    words = [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(directory)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert any("Server is ready" in line for line in process.stderr)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


if __name__ == "__main__":
    if find() is None:
        try:
            fetch()
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"nats-server is not here and could not be fetched: {error}")
