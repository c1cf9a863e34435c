"""The errors: one root, a built-in cousin, whose fault it was in the name."""

import copy
import pickle
from typing import Any

import pytest

import pycertifspec
from pycertifspec import errors

EVERY = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, BaseException) and value.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", EVERY)
def test_every_error_is_a_spec_error_and_public(error: Any) -> None:
    assert issubclass(error, errors.SpecError)
    assert getattr(pycertifspec, error.__name__) is error
    assert error.__doc__


@pytest.mark.parametrize(
    ("error", "cousin"),
    [
        (errors.LocalProtocolError, ValueError),
        (errors.LocalTypeError, errors.LocalProtocolError),
        (errors.LocalTypeError, TypeError),
        (errors.RemoteProtocolError, ValueError),
        (errors.ServerNotFoundError, ConnectionError),
        (errors.ConnectionLostError, ConnectionError),
        (errors.CallTimeoutError, TimeoutError),
        (errors.DataFileError, ValueError),
        (errors.InvalidFileError, ValueError),
    ],
)
def test_an_error_is_caught_as_its_built_in_cousin(error: Any, cousin: Any) -> None:
    with pytest.raises(cousin):
        raise error("no")


def test_a_lost_connection_is_no_timeout_and_a_timeout_no_lost_connection() -> None:
    assert not issubclass(errors.ConnectionLostError, TimeoutError)
    assert not issubclass(errors.CallTimeoutError, ConnectionError)


@pytest.mark.parametrize("error", EVERY)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_goes_through_pickle_as_a_pool_of_processes_needs_it(error: Any, duplicate: Any) -> None:
    same = duplicate(error("what happened"))

    assert type(same) is error
    assert str(same) == "what happened"
    assert same.args == ("what happened",)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_remote_protocol_error_keeps_its_field_and_property(duplicate: Any) -> None:
    same = duplicate(errors.RemoteProtocolError("bad", field="len", property="var/x"))

    assert (str(same), same.field, same.property) == ("bad", "len", "var/x")


def test_field_and_property_are_empty_where_they_are_not_known() -> None:
    assert (errors.RemoteProtocolError("bad").field, errors.RemoteProtocolError("bad").property) == ("", "")
