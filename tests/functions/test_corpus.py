"""The corpus of requests: each is told exactly what is right or wrong with it."""

from __future__ import annotations

import pytest

from tests.bad_bodies import BAD
from tests.functions import corpus
from tests.functions.corpus import PREDICTED, REFUSED
from tests.functions.test_predict import World, address, problem, server, world

__all__ = ["address", "server", "world"]


@pytest.mark.parametrize(
    ("body", "pointers"), [row[1:] for row in PREDICTED], ids=[row[0] for row in PREDICTED]
)
def test_a_right_request_is_predicted_and_its_oddities_told(
    world: World, body: bytes, pointers: list[str]
) -> None:
    world.release(1, corpus.SCHEMA)
    reply = world.predict(body)
    assert reply.status == 200
    assert [warning["pointer"] for warning in reply.json.get("warnings", [])] == pointers


@pytest.mark.parametrize(
    ("body", "pointers"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_wrong_request_is_told_every_fault_at_once(
    world: World, body: bytes, pointers: list[str]
) -> None:
    world.release(1, corpus.SCHEMA)
    reply = world.predict(body)
    assert reply.status == 400
    told = problem(reply)
    assert told["type"] == "urn:dropserve:problem:instances_rejected"
    assert [fault["pointer"] for fault in told["errors"]] == pointers


def test_the_corpus_is_large_and_no_request_stands_in_it_twice() -> None:
    names = [row[0] for row in (*PREDICTED, *REFUSED)]
    bodies = {row[1] for row in (*PREDICTED, *REFUSED, *BAD)}
    assert len(set(names)) == len(names) >= 120
    assert len(bodies) >= 190
