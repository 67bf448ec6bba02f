"""What callers send stays between them and the model: not in a log, not in a refusal."""

from __future__ import annotations

import pytest

from tests.functions import corpus
from tests.functions.fuzz import Fuzz
from tests.functions.test_predict import World, address, server, world

__all__ = ["address", "server", "world"]

SHOTS = 1000
CANARY = "Canary4711"


def test_a_secret_in_any_field_of_a_thousand_requests_turns_up_nowhere(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.release(1, corpus.SCHEMA)
    fuzz = Fuzz(7, CANARY)
    statuses = set()
    for _ in range(SHOTS):
        shot = fuzz.shot()
        reply = world.client.send(shot.method, shot.path, shot.body, shot.headers)
        statuses.add(reply.status)
        assert reply.status < 500, shot
        told = reply.body if reply.status >= 400 and not shot.named else b""
        assert CANARY.lower().encode() not in told.lower(), shot
        if reply.status >= 400:
            assert reply.headers["content-type"] == "application/problem+json", shot
        assert CANARY.lower() not in str(reply.headers).lower(), shot
    assert statuses >= {200, 400, 401, 404, 405, 415}
    captured = capfd.readouterr()
    assert captured.out.count("\n") >= SHOTS
    assert CANARY.lower() not in (captured.out + captured.err).lower()
