"""Many clients at once: every request that is answered is answered once, whatever else happens."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stand, Talker

COMMANDS = (
    "1+1",
    "nosuch",
    "mvr tth 0.1",
    "umvr th 0.1; umvr th -0.1",
    "ct 0.1",
    'print "text"',
    "for (i = 0; i < 300; i++) x[i] = i",
    "sleep(0.001)",
    "delete x",
    "exit",
    "mv tth 1000",
    'cdef("cleanup_once", "for (i = 0; i < 100; i++) ;", "t"); sleep(0.01); nosuch',
)


def act(chance: random.Random, spec: Talker, expected: Counter[int]) -> None:
    """Do one thing that clients do."""
    what = chance.random()
    if what < 0.5:
        expected[spec.start(chance.choice(COMMANDS))] += 1
    elif what < 0.7:
        name = chance.choice(("var/x", "motor/tth/position", "status/ready", "var/nosuch", "scaler/.all./count"))
        expected[spec.ask(EventTypes.SV_CHAN_READ, name)] += 1
    elif what < 0.8:
        spec.set("motor/tth/start_one", str(chance.uniform(59, 61)))
    elif what < 0.9:
        spec.set("var/x", {str(chance.randrange(9)): "1"})
    else:
        spec.abort()


@pytest.mark.parametrize("seed", range(3))
def test_each_request_has_one_answer_whoever_aborts_what(make_stand: Callable[..., Stand], seed: int) -> None:
    stand = make_stand()
    chance = random.Random(seed)
    talkers = [stand.talker() for _ in range(5)]
    talkers[0].run("global x; x[0] = 0")
    for spec in talkers:
        spec.watch("output/tty", "error", "motor/tth/position", "motor/tth/move_done", "var/x", "var/x[3]")
    expected: dict[Talker, Counter[int]] = {spec: Counter() for spec in talkers}

    for _ in range(300):
        spec = chance.choice(talkers)
        act(chance, spec, expected[spec])

    for spec in talkers:
        for sn in expected[spec]:
            spec.reply(sn)
        spec.idle()
        spec.sync()
        answers = Counter(m.sn for m in spec.log if m.cmd == EventTypes.SV_REPLY and m.sn in expected[spec])
        assert answers == expected[spec]
        done = [value for _, value in spec.seen("motor/tth/move_done")]
        assert done == ["1", "0"] * (len(done) // 2)
    assert talkers[0].run("2+2") == "4"


def test_a_client_that_goes_away_takes_its_waiting_commands_along(manual: Stand) -> None:
    gone, stays = manual.talker(), manual.talker()
    stays.run("global n; n = 0")
    stays.watch("output/tty")
    gone.start('print "begun"; sleep(1e6)')
    stays.tty("begun")
    for _ in range(5):
        gone.start("n++")
    gone.sync()

    gone.close()
    stays.abort()

    assert stays.run("n") == "0"


def test_more_macros_are_aborted_than_anybody_has_keys_for(manual: Stand) -> None:
    spec = manual.talker()
    running = spec.start("def cleanup_always 'for (i = 0; i < 1000; i++) ;'; while (1) ;")
    for _ in range(500):
        spec.abort()

    assert spec.reply(running).is_error
    assert spec.run("1") == "1"
