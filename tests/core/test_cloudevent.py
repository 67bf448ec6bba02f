"""What an object's name looks like in a header, whatever people call their files."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.cloudevent import header_value, headers

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(NAMES)
def test_any_name_makes_a_legal_header_and_can_be_read_back(name: str) -> None:
    value = header_value(name)
    assert all(0x21 <= ord(letter) <= 0x7E for letter in value)
    assert unquote(value) == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data/iris/a-b_c~d.csv", "data/iris/a-b_c~d.csv"),
        ("a b", "a%20b"),
        ('"100%"', "%22100%25%22"),
        ("é\r\nx-evil: 1", "%C3%A9%0D%0Ax-evil:%201"),
        ("(a)[b]{c}<d>'e'|\\^`", "(a)[b]{c}<d>'e'|\\^`"),
    ],
)
def test_only_what_the_binding_names_is_encoded(name: str, value: str) -> None:
    assert header_value(name) == value


def test_the_time_is_the_objects_creation_where_it_was_never_updated() -> None:
    event = {"bucket": "b", "name": "n", "timeCreated": "2026-11-22T10:00:00Z"}
    assert headers("1", json.dumps(event))["ce-time"] == "2026-11-22T10:00:00Z"
