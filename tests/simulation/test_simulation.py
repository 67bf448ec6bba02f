"""Whatever delivery, processes and people do: one drop, one model, one version, the newest live.

A seed that fails is played again by `./run simulate --seed N`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.core import artifact
from shared.core.default import Default
from shared.core.event import ObjectFinalized
from tests.simulation.campaign import campaign, play
from tests.simulation.play import MODEL, MODELS, STATE, Play

ROOT = Path(__file__).parents[2]
SEEDS = 2_000
LOSSY = 300


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS // 4))
def test_no_schedule_breaks_a_promise(first: int) -> None:
    found = campaign(range(first, first + SEEDS // 4))
    assert found.wrong == {}
    assert found.faults.total() > found.schedules


def test_one_reconcile_repairs_what_lost_events_left_undone() -> None:
    found = campaign(range(LOSSY), drop_share=0.3)
    assert found.wrong == {}
    assert found.faults["event lost"] > LOSSY / 2


def test_a_seed_gives_the_same_schedule_again() -> None:
    for seed in range(20):
        (first, _), (again, _) = play(seed), play(seed)
        assert first.store.calls == again.store.calls
        assert first.platform.calls == again.platform.calls
        assert first.faults.struck == again.faults.struck


PROGRAM = """
import hashlib
from tests.simulation.campaign import play
calls = [(p.store.calls, p.platform.calls) for p, _ in (play(seed, 0.3) for seed in range(60))]
print(hashlib.sha256(repr(calls).encode()).hexdigest())
"""


def test_another_process_plays_a_seed_the_same_way() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={"PYTHONHASHSEED": str(number)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in (1, 2)
    }
    assert len(told) == 1


class LastOneWins(Play):
    """A flow that makes every version the default as it comes."""

    def handle(self, event: ObjectFinalized) -> None:
        super().handle(event)
        if event.source.bucket == MODELS:
            for info in self.versions():
                if not event.source.name.startswith(artifact.split_uri(info.deployment_uri)[1]):
                    continue
                value = Default(MODEL, info.version, info.deployment_uri)
                self.store.put(STATE, artifact.default_name(MODEL), value.to_json())


class AcknowledgesAll(Play):
    """Deliveries that never come again."""

    def _invoke(self, event: ObjectFinalized) -> None:
        self.handle(event)


@pytest.mark.parametrize("kind", [LastOneWins, AcknowledgesAll])
def test_a_naive_flow_is_found_out(kind: type[Play]) -> None:
    found = campaign(range(200), kind=kind)
    assert len(found.wrong) > 20


def test_without_reconcile_lost_events_stay_lost() -> None:
    found = 0
    for seed in range(100):
        played = Play(seed, 0.3)
        played.run()
        found += bool(played.repair().sent)
    assert found > 20
