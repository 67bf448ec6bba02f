"""Synthetic instances: what a caller would send."""

from __future__ import annotations

import pytest

from shared.core import date, example
from shared.core.card import Card, Golden
from shared.core.instances import accept
from shared.core.schema import Feature, Schema
from shared.core.source import Source

SCHEMA = Schema(
    (
        Feature("size", "numeric", 1.0, 2.0),
        Feature("colour", "categorical", categories=("red",)),
        Feature("paid", "boolean"),
        Feature("on", "date", nullable=True),
    ),
    "y",
    ("no", "yes"),
)


def card(golden: Golden, schema: Schema = SCHEMA) -> Card:
    source = Source("data", "data/iris/iris.csv", 1, "2026-01-01T00:00:00Z")
    return Card("m", "v", source, schema, {}, {}, golden, {}, {}, "")


def test_golden_inputs_become_features_again() -> None:
    golden = Golden([[1.5, "red", 1.0, 20454.2, 6.0, 3.0], [1.5, "red", 0.0, None, None, None]], [])
    assert example.instances(card(golden)) == [
        {"size": 1.5, "colour": "red", "paid": True, "on": "2026-01-01"},
        {"size": 1.5, "colour": "red", "paid": False, "on": None},
    ]


@pytest.mark.parametrize("golden", [Golden([], []), Golden([[1.5]], ["no"])])
def test_without_golden_requests_the_schema_makes_one(golden: Golden) -> None:
    (made,) = example.instances(card(golden))
    assert made["size"] == 1.5
    assert accept([made], SCHEMA).warned == 0


def test_an_answer_is_shown_where_the_example_is_the_golden_request_itself() -> None:
    plain = Schema((Feature("a"),), "y", ("no", "yes"))
    assert example.prediction(card(Golden([[1.0]], ["yes"]), plain)) == "yes"
    assert example.prediction(card(Golden([[1.0] * 6], ["yes"]))) is None
    assert example.prediction(card(Golden([], []), plain)) is None


def test_a_day_beyond_the_calendar_has_no_date() -> None:
    assert date.text(1e9) is None
    assert date.text(0.7) == "1970-01-01"
