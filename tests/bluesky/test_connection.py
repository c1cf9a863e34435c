"""The connections that devices share."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

import pycertifspec.bluesky
from pycertifspec.bluesky import SpecMotor
from pycertifspec.bluesky.connection import close_connections, shared
from pycertifspec.errors import ServerNotFoundError

if TYPE_CHECKING:
    from pycertifspec.testing import SimulatedSpec


def test_devices_of_a_server_share_one_connection_in_a_loop(spec: SimulatedSpec) -> None:
    async def connect() -> tuple[object, object, object]:
        th, tth = SpecMotor("th", spec.address, name="th"), SpecMotor("tth", f"spec://{spec.address}", name="tth")
        await asyncio.gather(th.connect(), tth.connect())
        return th._moving.connection, tth._moving.connection, await shared(spec.address)

    one, other, asked = asyncio.run(connect())

    assert one is other is asked
    again, _, _ = asyncio.run(connect())
    assert again is not one


@pytest.mark.usefixtures("nothing_left_behind")
def test_nothing_is_left_when_its_loop_ends(spec: SimulatedSpec) -> None:
    async def connect() -> None:
        th = SpecMotor("th", spec.address, name="th")
        await th.connect()
        assert (await th.read())["th"]["value"] == 30

    asyncio.run(connect())


def test_closed_connections_are_made_again_by_who_connects_again(spec: SimulatedSpec) -> None:
    async def connect() -> None:
        th = SpecMotor("th", spec.address, name="th")
        await th.connect()
        first = th._moving.connection
        await close_connections()
        assert not first.client.connected
        await th.connect(force_reconnect=True)
        assert (await th.read())["th"]["value"] == 30
        await close_connections()

    asyncio.run(connect())


def test_a_server_that_is_not_there_is_looked_for_again_by_the_next_one(spec: SimulatedSpec) -> None:
    port = spec.port
    spec.stop()

    async def connect() -> None:
        with pytest.raises(ServerNotFoundError):
            await shared(f"127.0.0.1:{port}")
        spec.restart(port=port)
        assert (await shared(f"127.0.0.1:{port}")).client.connected

    asyncio.run(connect())


AT_EXIT = """
    import asyncio, gc
    from pycertifspec.bluesky import SpecMotor, SpecCounters
    from pycertifspec.testing import SimulatedSpec

    spec = SimulatedSpec(process=True).start()
    {program}
    gc.collect()
    print("done")
"""
IN_A_RUN_ENGINE = """
    from bluesky import RunEngine
    from bluesky.plan_stubs import mv
    from ophyd_async.core import init_devices
    RE = RunEngine()
    with init_devices():
        th, cnt = SpecMotor("th", spec.address), SpecCounters(server=spec.address)
    RE(mv(th, 1))
"""
IN_A_LOOP_THAT_IS_LEFT = """
    loop = asyncio.new_event_loop()
    th = SpecMotor("th", spec.address, name="th")
    loop.run_until_complete(th.connect())
"""
IN_ASYNCIO_RUN = """
    th = SpecMotor("th", spec.address, name="th")
    asyncio.run(th.connect())
"""


@pytest.mark.parametrize("program", [IN_A_RUN_ENGINE, IN_A_LOOP_THAT_IS_LEFT, IN_ASYNCIO_RUN])
def test_a_program_that_ends_says_nothing_of_tasks(program: str) -> None:
    text = textwrap.dedent(AT_EXIT).format(program=textwrap.dedent(program).strip())

    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", text], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "done\n"
    assert "Task was destroyed" not in done.stderr
    assert "never retrieved" not in done.stderr
    assert done.returncode == 0


def test_names_are_imported_when_they_are_asked_for() -> None:
    text = (
        "import sys, pycertifspec, pycertifspec.bluesky;"
        "print(sorted({'bluesky', 'ophyd', 'ophyd_async', 'event_model'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "[]\n"
    assert set(pycertifspec.bluesky.__all__) <= set(dir(pycertifspec.bluesky))
    assert all(hasattr(pycertifspec.bluesky, name) for name in pycertifspec.bluesky.__all__)
    with pytest.raises(AttributeError, match="no attribute 'SpecMoter'"):
        pycertifspec.bluesky.SpecMoter  # noqa: B018


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [
        ("SpecMotor", "bluesky", "bluesky"),
        ("SpecMotor", "ophyd_async", "bluesky"),
        ("Motor", "ophyd", "bluesky"),
        ("spec_diffractometer", "hklpy2", "hklpy2"),
    ],
)
def test_a_name_whose_package_is_not_installed_says_which_extra_brings_it(name: str, missing: str, extra: str) -> None:
    text = f"import sys; sys.modules[{missing!r}] = None\nfrom pycertifspec.bluesky import {name}"

    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)

    assert f"pycertifspec.bluesky.{name} needs it: pip install 'pycertifspec[{extra}]'" in done.stderr
