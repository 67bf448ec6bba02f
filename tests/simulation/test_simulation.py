"""Whatever delivery, processes and people do: one drop, one model, one version, the newest live.

A seed that fails is played again by `./run simulate --seed N`.
"""

from __future__ import annotations

import pytest

from shared.core import artifact
from shared.core.default import Default
from shared.core.event import ObjectFinalized
from tests.simulation.campaign import campaign, play
from tests.simulation.play import MODEL, MODELS, STATE, Play

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
