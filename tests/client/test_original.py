"""Programs for the original pycertifspec keep working: names, arguments and results."""

import inspect
import queue
from typing import Any

import numpy as np
import pytest

from pycertifspec import ArrayVar, Client, Motor, RemoteError, SpecMessage, Var

PATIENCE = 20.0


@pytest.fixture
def client(stand: Any) -> Any:
    with Client("127.0.0.1", stand.port) as client:
        yield client


def test_the_client_takes_what_the_original_takes() -> None:
    parameters = inspect.signature(Client.__init__).parameters

    assert list(parameters)[1:7] == ["host", "port", "port_range", "ports", "timeout", "log_messages"]
    assert parameters["port_range"].default == (6510, 6530)
    assert parameters["timeout"].default == 0.5
    assert parameters["log_messages"].default is False


def test_get_gives_a_message_or_none(client: Client) -> None:
    message = client.get("motor/th/position")

    assert isinstance(message, SpecMessage)
    assert message.body == "30"
    assert client.get("motor/nosuch/position") is None


def test_a_watched_property_is_answered_from_what_the_server_has_told(client: Client) -> None:
    client.run("global x; x = 1")
    assert bool(client.watch("var/x")) is True
    client.wait_for("var/x", "1", PATIENCE)
    first = client.get("var/x")

    assert client.get("var/x") is first
    assert client.get("var/x", force_fetch=True) is not first
    client.unwatch("var/x")
    assert client.get("var/x") is not first


def test_set_writes_and_says_no_with_an_error(client: Client) -> None:
    client.run("global x")

    assert client.set("var/x", 5, wait_for_error=0.1) is True
    assert client.get("var/x").body == "5"  # type: ignore[union-attr]
    with pytest.raises(RemoteError):
        client.set("motor/th/nosuch", 1)


def test_run_gives_the_reply_and_what_was_printed(client: Client) -> None:
    message, output = client.run('print "hello"')  # type: ignore[misc]
    assert isinstance(message, SpecMessage)
    assert output == "hello\n"

    message, output = client.run("nosuch")  # type: ignore[misc]
    assert message.err != 0


def test_run_that_does_not_wait_calls_back_with_both(client: Client) -> None:
    done: queue.Queue[Any] = queue.Queue()

    assert (
        client.run("1 + 1", blocking=False, callback=lambda message, output: done.put((message.body, output))) is None
    )
    assert done.get(timeout=PATIENCE) == ("2", "")
    client.run("global x", blocking=False)
    client.wait_until_ready(PATIENCE)
    client.run("x = 7", True, lambda message, output: done.put(message.body))
    assert done.get(timeout=PATIENCE)
    assert client.read("var/x") == "7"


def test_subscribe_calls_back_with_messages_and_counts_what_it_is_told_to_forget(client: Client) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    assert client.subscribe("status/ready", seen.put)
    assert seen.get(timeout=PATIENCE).body == "1"
    assert client.subscribe("status/ready", seen.put)
    assert client.unsubscribe("status/ready", seen.put)
    assert not client.unsubscribe("status/ready", seen.put)
    assert client.subscribe("error", None, nowait=True)
    assert client.subscribe("output/tty", seen.put)
    with pytest.raises(RemoteError, match="nosuch"):
        client.subscribe("var/nosuch", seen.put)


def test_subscribe_says_when_nothing_comes(client: Client) -> None:
    client.run("double array a[3]")  # SPEC tells nobody of changes in data arrays

    assert client.subscribe("var/a", print, timeout=0.05) is False


def test_lists_and_names_of_motors_and_counters(client: Client) -> None:
    assert client.motors[0] == "tth"
    assert client.motors == list(client.motor_names)
    assert isinstance(client.motors["th"], Motor)
    assert len(client.motors) == 15
    assert "th" in client.motors
    assert client.motor_names["th"] == "Theta"
    assert client.counter_names["det"] == "Detector"
    assert client.count(1)["sec"] == 1.0
    with pytest.raises(KeyError, match=r"there is no 'nosuch'; there are tth, th, chi"):
        client.motors["nosuch"]


def test_a_motor_has_the_originals_attributes_and_methods(client: Client) -> None:
    motor = client.motor("th")
    done: queue.Queue[Any] = queue.Queue()

    assert motor.name == "th"
    motor.slew_rate = 3000
    assert motor.slew_rate == 3000.0
    for name in ("step_size", "sign", "move_done", "high_lim_hit", "unusable", "motor_fault", "emergency_stop"):
        with pytest.raises(AttributeError, match="read-only"):
            setattr(motor, name, 1)
    motor.position = 40
    client.wait_until_ready(PATIENCE)
    assert (motor.position, motor.dial_position, motor.move_done) == (40.0, 30.0, True)
    motor.moveto(41, blocking=False, callback=lambda: done.put("there"))
    assert done.get(timeout=PATIENCE) == "there"
    motor.move(-1, False, lambda: done.put("back"))
    assert done.get(timeout=PATIENCE) == "back"
    assert motor.get("position").body == "40"  # type: ignore[union-attr]
    assert motor.get("nosuch") is None
    assert motor.set("slew_rate", 2000)
    assert motor.subscribe("position", done.put)
    assert done.get(timeout=PATIENCE).body == "40"
    assert motor.unsubscribe("position", done.put)


def test_a_variable_is_read_and_written_in_every_type(client: Client) -> None:
    client.run('global x, y; y["a"] = 1')
    x, y = client.var("x", dtype=float), client.var("y")
    seen: queue.Queue[Any] = queue.Queue()

    assert isinstance(x, Var)
    x.value = 2.5
    assert x.value == 2.5
    y.value = {"b": 2}
    assert y.value == {"a": "1", "b": "2"}
    assert x.subscribe(seen.put)
    assert seen.get(timeout=PATIENCE).body == "2.5"
    assert x.unsubscribe(seen.put)
    with pytest.raises(ValueError, match="nosuch"):
        client.var("nosuch")
    with pytest.raises(ValueError, match="nosuch"):
        Var("nosuch", client)


def test_an_array_is_a_sequence_whose_elements_reach_spec(client: Client) -> None:
    client.run("array av[8][4]")
    av = client.var("av")
    assert isinstance(av, ArrayVar)

    av[5][2] = 5
    av[1] = [1, 2, 3, 4]
    av[6:8] = 9
    av[:, 0] = 7

    expected = np.zeros((8, 4))
    expected[5, 2], expected[1], expected[6:8] = 5, [1, 2, 3, 4], 9
    expected[:, 0] = 7
    assert av.shape == (8, 4)
    assert av.is_2d
    assert (len(av), len(av[1])) == (8, 4)
    assert (av == expected).all()
    assert (np.asarray(av) == expected).all()
    assert list(av[1]) == [7, 2, 3, 4]
    assert av[-1].value.tolist() == [7, 9, 9, 9]
    assert av[2:4].tolist() == expected[2:4].tolist()
    assert client.read("var/av").tolist() == expected.tolist()
    av[3].value = [1, 1, 1, 1]
    assert av[3].value.tolist() == [1, 1, 1, 1]
    av.value = np.ones((8, 4))
    assert av.value.sum() == 32
    with pytest.raises(IndexError):
        av[8] = 1
    with pytest.raises(ValueError, match="shape"):
        av[0] = [1, 2]
    for wrong in (lambda: av.append(1), av.pop):
        with pytest.raises(TypeError, match="fixed shape"):
            wrong()


def test_what_is_shown_at_the_prompt_tells_what_a_person_wants(client: Client) -> None:
    client.load_names()

    assert repr(client) == f"<Client of 'fourc' at 127.0.0.1:{client.port}, connected>"
    assert repr(client.motors.th) == "<Motor th 'Theta' at 30, limits -20 … 100, idle>"
    assert repr(client.motor("nosuch")).startswith("<Motor nosuch: ")
    assert repr(client.counters.sec) == "<Counter sec 'Seconds' at 0>"
    assert repr(client.counter("nosuch")).startswith("<Counter nosuch: ")
    assert "<td>Theta</td><td>30</td>" in client.motors._repr_html_()
    assert "<td>Detector</td>" in client._repr_html_()
    head, row = client.motors.th._repr_html_().split("</thead>")
    assert head.startswith("<table><thead><tr><th>motor</th>")
    assert row.count("<tr>") == 1
    assert "<td>th</td><td>Theta</td><td>30</td><td>-20</td><td>100</td><td>idle</td>" in row
    assert "<td>sec</td><td>Seconds</td><td>0" in client.counters.sec._repr_html_()
    assert "th" in dir(client.motors)
    assert "det" in client.counters._ipython_key_completions_()
    client.run("global x; array av[2]")
    assert repr(client.var("x")).startswith("<Var x = ")
    assert repr(client.var("av")).startswith("<ArrayVar av = ")


def test_what_is_shown_without_a_connection_says_why(client: Client, stand: Any) -> None:
    th, det = client.motors.th, client.counters.det
    stand.die()

    for shown in (repr(th), repr(det), th._repr_html_(), det._repr_html_(), client._repr_html_()):
        assert "connection" in shown


def test_every_message_is_logged_where_that_is_asked_for(stand: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "pycertifspec.messages")
    with Client("127.0.0.1", stand.port, log_messages=True) as client:
        client.read("motor/th/position")

    assert "name='motor/th/position'" in caplog.text


def test_what_does_not_belong_into_an_array_is_refused_in_words(client: Any) -> None:
    client.execute("double array grid[10][4]")
    grid = client.var("grid")

    with pytest.raises(IndexError, match="grid has no row 20: it has 10 rows"):
        grid[20]
    with pytest.raises(TypeError, match="cannot set 'x' in an array of numbers"):
        grid[0] = "x"
    grid[-1][0] = 5
    assert grid.value[9, 0] == 5.0


@pytest.fixture
def array(client: Client) -> ArrayVar:
    client.execute("array av[3][2]; av[0] = 1; av[1] = 2; av[2] = 3")
    variable = client.var("av")
    assert isinstance(variable, ArrayVar)
    return variable


@pytest.mark.parametrize("shape", [(2, 2), (4, 2), (2, 3), (6,), (2,), (0,)])
def test_an_array_of_another_shape_is_refused_and_changes_nothing(array: ArrayVar, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"the array av of shape \(3, 2\) to one of shape \(" + str(shape[0])):
        array.value = np.zeros(shape)

    assert array.value.tolist() == [[1, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize("value", ["text", {"a": 1}, ["a", "b", "c"], [[1, 2], [3]]])
def test_what_is_no_number_is_refused_as_the_whole_of_an_array(array: ArrayVar, value: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot set|is no array"):
        array.value = value

    assert array.value.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_a_scalar_fills_an_array(array: ArrayVar) -> None:
    array.value = 7
    assert array.value.tolist() == [[7, 7]] * 3


def test_a_column_is_assigned_to_an_array_of_one_dimension(client: Client) -> None:
    client.execute("array vec[3]; string array rows[2][8]")
    vector, rows = client.var("vec"), client.var("rows")

    vector.value = np.array([[1.0], [2.0], [float("nan")]])
    rows.value = ["ab", "cd"]

    assert vector.value[:2].tolist() == [1.0, 2.0]
    assert np.isnan(vector.value[2])
    assert rows.value == ["ab", "cd"]


@pytest.mark.parametrize(
    ("value", "text"),
    [([1, 2, 3], "the shapes differ"), (float("nan"), "no word for it"), ([1, float("inf")], "no word for it")],
)
def test_what_does_not_fit_into_a_part_of_an_array_is_refused(array: ArrayVar, value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        array[1] = value

    assert array.value.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_an_array_is_compared_with_numpy_element_by_element(array: ArrayVar) -> None:
    assert (array == [[1, 1], [2, 0], [3, 3]]).tolist() == [[True, True], [True, False], [True, True]]
    assert (array != [[1, 1], [2, 0], [3, 3]]).tolist() == [[False, False], [False, True], [False, False]]
    assert not (array != array).any()  # noqa: PLR0124  fetched twice
