"""Sampled requests beside the training data: what moved is told, and nothing that was sent is."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from shared.core.card import Card, Golden
from shared.core.schema import Feature, Schema
from shared.core.source import Source
from shared.status.requests import compare

SCHEMA = Schema(
    (
        Feature("width", "numeric", 0.0, 100.0),
        Feature("colour", "categorical", categories=("blue", "red"), nullable=True),
        Feature("day", "date"),
        Feature("is_new", "boolean"),
    ),
    "kind",
    ("cheap", "dear"),
)
PROFILE = {
    "rows": 400,
    "inputs": {
        "width": {"edges": [25.0, 50.0, 75.0], "counts": [100, 100, 100, 100, 0]},
        "colour": {"names": ["blue", "red"], "counts": [200, 200, 0, 0]},
        "day:day": {"edges": [20_000.0], "counts": [200, 200, 0]},
        "day:month": {"edges": [6.0], "counts": [200, 200, 0]},
        "is_new": {"edges": [0.0], "counts": [200, 200, 0]},
    },
    "target": {"names": ["cheap", "dear"], "counts": [200, 200, 0, 0]},
}
SOURCE = Source("data", "data/iris/x.csv", 1, "2026-11-22T13:00:00Z")


def card(**changes: Any) -> Card:
    given = {"schema": SCHEMA, "facts": {"profile": PROFILE}, **changes}
    golden = Golden([], [])
    return Card(
        "shop", "v1", SOURCE, given["schema"], {}, {}, golden, {}, {}, "c", [], given["facts"]
    )


def request(dice: random.Random, **changes: Any) -> list[Any]:
    day = f"20{dice.choice((20, 28))}-{dice.randint(1, 12):02d}-11"
    row = {
        "width": dice.uniform(0, 100),
        "colour": dice.choice(["blue", "red"]),
        "day": day,
        "is_new": dice.choice([True, False]),
    }
    return list((row | changes).values())


def lines(count: int = 1_000, *, answer: Any = None, **changes: Any) -> list[dict[str, Any]]:
    """Requests of one instance each, as predict keeps them; every other one by name."""
    dice = random.Random(7)
    made = []
    for number in range(count):
        row = request(dice, **changes)
        made.append(
            {
                "at": f"2026-11-22T13:{number // 60 % 60:02d}:{number % 60:02d}.000+00:00",
                "instances": [dict(zip(SCHEMA.names, row, strict=True)) if number % 2 else row],
                "predictions": [answer or dice.choice(["cheap", "dear"])],
            }
        )
    return made


def fact(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in told["inputs"] if one["name"] == name)


def test_requests_like_the_training_data_have_not_moved() -> None:
    told = compare(card(), lines(), 200, 0.25)
    assert (told["level"], told["words"], told["requests"]) == ("none", [], 1_000)
    assert {one["name"]: one["level"] for one in told["inputs"] if "level" in one} == dict.fromkeys(
        ("width", "colour", "day:day", "day:month", "is_new"), "none"
    )
    assert (told["from"], told["to"]) == ("2026-11-22T13:00:00.000Z", "2026-11-22T13:16:39.000Z")


@pytest.mark.parametrize("count", [0, 199])
def test_of_few_instances_nothing_is_said(count: int) -> None:
    told = compare(card(), lines(count, width=900.0), 200, 0.25)
    assert told["instances"] == count
    assert not {"level", "inputs", "words", "answers"} & set(told)


@pytest.mark.parametrize(
    ("changes", "name", "key", "share"),
    [
        ({"width": 900.0}, "width", "outside", 1.0),
        ({"width": 90.0}, "width", "outside", 0.0),
        ({"colour": "violet canary"}, "colour", "unknown", 1.0),
        ({"colour": None}, "colour", "unknown", 0.0),
    ],
)
def test_what_moved_is_first_and_named_and_its_values_are_not(
    changes: dict[str, Any], name: str, key: str, share: float
) -> None:
    told = compare(card(), lines(**changes), 200, 0.25)
    assert told["level"] == "high"
    assert told["inputs"][0]["name"] == name
    assert told["inputs"][0][key] == share
    assert told["words"][0].startswith(f"{name} has moved (PSI ")
    assert "canary" not in json.dumps(told)


def test_a_date_is_compared_by_its_parts() -> None:
    told = compare(card(), lines(day="2028-11-11"), 200, 0.25)
    assert {one["name"] for one in told["inputs"] if one.get("level") == "high"} == {
        "day:day",
        "day:month",
    }
    assert "psi" not in fact(told, "day:weekday")


@pytest.mark.parametrize("answer", ["dear", {"label": "dear", "probabilities": {"dear": 1.0}}])
def test_answers_that_shift_are_told(answer: Any) -> None:
    told = compare(card(), lines(answer=answer), 200, 0.25)
    assert told["answers"]["level"] == told["level"] == "high"
    assert told["words"] == [f"The answers have moved (PSI {told['answers']['psi']:.2f}, high)."]


def test_the_threshold_can_be_moved() -> None:
    moved = lines(width=60.0)
    assert compare(card(), moved, 200, 90.0)["level"] == "none"


def test_a_card_without_distributions_still_tells_what_training_never_saw() -> None:
    told = compare(card(facts={}), lines(width=900.0), 200, 0.25)
    assert (told["level"], told["answers"]) == ("none", {})
    assert fact(told, "width") == {"name": "width", "outside": 1.0}
    assert told["words"] == ["100% of width lie outside the range of the training data."]


def test_numbers_are_compared_with_numbers() -> None:
    schema = Schema((Feature("width"),), "price", None)
    target = {"edges": [10.0], "counts": [200, 200, 0]}
    rows = [{**line, "instances": [[1.0]], "predictions": [3.5]} for line in lines()]
    facts = {"profile": {"inputs": {}, "target": target}}
    assert compare(card(schema=schema, facts=facts), rows, 200, 0.25)["answers"]["level"] == "high"
