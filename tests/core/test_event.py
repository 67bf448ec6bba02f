"""The event, as Google records it in both of its spellings."""

from __future__ import annotations

import pytest

from shared.core.event import FINALIZED, MalformedEvent, ObjectFinalized

DATA = {
    "bucket": "b",
    "name": "data/iris/iris.csv",
    "generation": "1700000000000001",
    "timeCreated": "2026-11-22T13:00:00.123Z",
    "size": "4000",
}


def test_text_and_numbers_are_both_taken() -> None:
    text = ObjectFinalized.parse(FINALIZED, DATA)
    numbers = ObjectFinalized.parse(
        FINALIZED, {**DATA, "generation": 1700000000000001, "size": 4000}
    )
    assert text == numbers
    assert text is not None
    assert text.size == 4000


@pytest.mark.parametrize("kind", ["deleted", "archived", "metadataUpdated"])
def test_other_types_are_none_of_our_business(kind: str) -> None:
    assert ObjectFinalized.parse(f"google.cloud.storage.object.v1.{kind}", DATA) is None


@pytest.mark.parametrize(
    "broken",
    [
        {},
        None,
        [],
        "text",
        {**DATA, "generation": "many"},
        {**DATA, "timeCreated": "yesterday"},
        {**DATA, "metadata": ["target"]},
        {**DATA, "metadata": 7},
        {key: value for key, value in DATA.items() if key != "name"},
    ],
)
def test_an_event_without_the_essentials_is_malformed(broken: object) -> None:
    with pytest.raises(MalformedEvent):
        ObjectFinalized.parse(FINALIZED, broken)
