"""Each example does what it says."""

import runpy
from pathlib import Path

from pycertifspec import DataTypes, EventTypes, SpecSocket
from pycertifspec.server import ServerThread

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_thermostat_is_moved_like_any_motor_of_spec() -> None:
    application = runpy.run_path(str(EXAMPLES / "publish_a_motor.py"))["application"]

    with ServerThread(application, port=0) as server, SpecSocket() as spec:
        spec.connect_spec("127.0.0.1", server.port, port_range=None, name="thermo")
        spec.settimeout(10)
        for name in ("position", "move_done"):
            spec.send_spec(0, EventTypes.SV_REGISTER, DataTypes.SV_STRING, f"motor/temp/{name}")
        spec.send_spec(0, EventTypes.SV_CHAN_SEND, DataTypes.SV_STRING, "motor/temp/start_one", b"25\0")
        seen = [spec.recv_spec()]
        while not any(m.name.endswith("move_done") and m.body == "1" for m in seen) or seen[-1].body != "0":
            seen.append(spec.recv_spec())

    told = [(message.name.rsplit("/", 1)[1], message.body) for message in seen]
    assert told[:3] == [("position", "20"), ("move_done", "0"), ("move_done", "1")]
    assert told[-2:] == [("position", "25"), ("move_done", "0")]
