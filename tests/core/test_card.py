"""Cards that somebody else wrote: what is no card is refused, never met later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.card import Card, Golden
from shared.core.errors import ArtifactRefused
from shared.core.source import Source
from tests.release import IRIS

GOOD = Card(
    "iris",
    "v1",
    Source("data", "data/iris/iris.csv", 1, "2026-01-01T00:00:00Z"),
    IRIS,
    {},
    {"accuracy": 0.5},
    Golden([[1.0, 2, 3, 4]], ["setosa"]),
    {},
    {},
    "code",
)


def changed(*place: Any, to: Any) -> bytes:
    """The good card with another value at a place."""
    card: Any = json.loads(GOOD.to_json())
    part = card
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = to
    return json.dumps(card).encode()


def test_a_card_survives_its_json() -> None:
    assert Card.from_json(GOOD.to_json()) == GOOD


@pytest.mark.parametrize(
    "data",
    [
        changed("golden", "instances", to=5),
        changed("golden", "instances", to=[5]),
        changed("golden", "predictions", to="setosa"),
        changed("golden", "tolerance", to="1"),
        changed("schema", "features", 0, "minimum", to="low"),
        changed("schema", "features", 0, "maximum", to=True),
        changed("schema", "features", 0, "kind", to="weird"),
        changed("schema", "features", 0, "kind", to=["numeric"]),
        changed("schema", "features", 0, "name", to=7),
        changed("schema", "features", 0, "name", to="sepal_width"),
        changed("schema", "features", 0, "categories", to=[7]),
        changed("schema", "features", 0, "nullable", to="no"),
        changed("schema", "classes", to=[["setosa"]]),
        changed("schema", "target", to={}),
        changed("schema", "left_out", to=[1]),
        changed("source", "time_created", to=10**30),
        changed("source", "generation", to="one"),
        changed("metrics", to=[1]),
        changed("metrics", "accuracy", to=10**30),
        changed("metrics", "accuracy", to="\ud800"),
        changed("facts", to=[]),
        changed("facts", "portable", to="yes"),
        changed("files", "model.joblib", to="sha"),
        changed("version", to=1),
        changed("format", to="1"),
        b"[" * 100_000,
        b"null",
        b"7",
    ],
)
def test_what_is_no_card_is_refused(data: bytes) -> None:
    with pytest.raises(ArtifactRefused):
        Card.from_json(data)
