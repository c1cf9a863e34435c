"""Elements of arrays have names of their own."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.session.elements import element_path, split_element


@pytest.mark.parametrize(
    ("name", "base", "keys"),
    [
        ("var/x", "var/x", ()),
        ("var/x[1]", "var/x", ("1",)),
        ("var/x[1][2]", "var/x", ("1", "2")),
        ('var/x["a"]', "var/x", ("a",)),
        ("var/x['a'][\"b\"]", "var/x", ("a", "b")),
        ("var/x[]", "var/x", ("",)),
        ("var/x[1][2][3]", "var/x[1][2][3]", ()),
        ("var/x[1", "var/x[1", ()),
        ("[1]", "[1]", ()),
        ("", "", ()),
    ],
)
def test_the_name_of_an_element_has_a_base_and_indices(name: Any, base: Any, keys: Any) -> None:
    assert split_element(name) == (base, keys)


def test_the_name_of_an_element_is_made_of_its_index() -> None:
    assert element_path("var/x", "a") == "var/x[a]"
    assert element_path("var/x", ("1", "2")) == "var/x[1][2]"
    assert element_path("var/x", 1) == "var/x[1]"
