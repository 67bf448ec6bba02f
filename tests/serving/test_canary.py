"""What callers send is in no log and no metric of serving, whatever becomes of the request."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.functions.fuzz import Fuzz
from tests.serving.trained import released, trained
from tests.serving.world import FLOWERS, Api, World

SHOTS = 200
CANARY = "Canary4711"


def instances(dice: random.Random) -> Any:
    """Two flowers, with the word in any place."""
    rows: list[Any] = [list(row) for row in FLOWERS]
    rows[dice.randrange(2)][dice.randrange(4)] = dice.choice((CANARY, [CANARY], {CANARY: 1}))
    return dice.choice((rows, [*FLOWERS, CANARY], CANARY, {CANARY: FLOWERS}, [[CANARY] * 4]))


@pytest.mark.parametrize("version", ["portable", "pickled"])
def test_a_secret_in_any_field_is_in_no_log_and_no_metric(
    world: World, api: Api, version: str, capfd: pytest.CaptureFixture[str]
) -> None:
    done = api.create_version(
        "v1", released(world.store, trained(), portable=version == "portable")
    )
    assert "error" not in done.json
    fuzz, dice, statuses = Fuzz(11, CANARY), random.Random(11), set()
    for _ in range(SHOTS):
        shot = fuzz.shot()
        headers = {k: v for k, v in shot.headers.items() if CANARY in v}
        statuses.add(api.client.send(shot.method, shot.path, shot.body, headers).status)
        statuses.add(api.predict("v1", instances(dice)).status)
    assert statuses >= {200, 400, 401, 404}
    assert {status for status in statuses if status >= 500} <= {501}
    told = api.client.send("GET", "/metrics").body.decode()
    assert 'model="iris"' in told
    captured = capfd.readouterr()
    assert CANARY.lower() not in (told + captured.out + captured.err).lower()
