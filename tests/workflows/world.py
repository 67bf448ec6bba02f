"""A world for workflows: fakes of every port, a clock that is moved by hand, and deliveries."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import joblib

from shared.core import ledger
from shared.core.artifact import split_uri
from shared.core.event import ObjectFinalized
from shared.core.outcome import Outcome
from shared.core.settings import Settings
from shared.core.stopwatch import Stopwatch
from shared.training.inputs import Inputs
from shared.training.rival import LoadRival
from shared.training.trainer import OpenSource, Progress, Trained
from shared.training.trainer import train as real_train
from shared.workflows.deploy_version import deploy_version
from shared.workflows.retrain import retrain
from shared.workflows.train import train
from tests.fakes.jobs import FakeJobs
from tests.fakes.platform import FakePlatform
from tests.fakes.store import FakeObjectStore, event_of

DATA, MODELS, STATE = "dropserve-data", "dropserve-models", "dropserve-state"
IRIS = (Path(__file__).parents[2] / "examples" / "iris.csv").read_bytes()
START = datetime(2026, 11, 22, 13, 0, 0, 250_000, tzinfo=UTC)


def settings(**changes: str) -> Settings:
    return Settings.from_environment(
        {
            "GOOGLE_CLOUD_PROJECT": "project",
            "DATA_BUCKET": DATA,
            "MODELS_BUCKET": MODELS,
            "STATE_BUCKET": STATE,
            **changes,
        }
    )


_known: dict[tuple[bytes, ...], Trained] = {}


def remembering_train(
    inputs: Inputs,
    open_source: OpenSource,
    load_rival: LoadRival,
    watch: Stopwatch,
    progress: Progress,
) -> Trained:
    """The real trainer, asked once for equal inputs and bytes: worlds are alike by the hundred.

    It makes the same calls every time. Refusals are not remembered.
    """
    progress("read")
    content = []
    for file in reversed(inputs.files):
        with open_source(file.source) as stream:
            content.append(stream.read())
    rival = load_rival(inputs.champion) if inputs.champion else None
    key = (inputs.to_json(), *content)
    if key not in _known:
        streams = dict(zip((file.source for file in reversed(inputs.files)), content, strict=True))
        _known[key] = real_train(
            inputs,
            lambda source: io.BytesIO(streams[source]),
            lambda _: rival,  # type: ignore[arg-type, return-value]
            watch,
            lambda stage, **facts: None,
        )
    made = _known[key]
    progress("choose", rows=made.card.metrics["rows"], features=len(made.card.schema.inputs))
    return made


class World:
    """One store, one platform that serves what lies in the store, one clock, one outbox."""

    def __init__(self, **changes: str) -> None:
        self.now = START
        self.settings = settings(**changes)
        self.events: list[ObjectFinalized] = []
        self.store = FakeObjectStore(clock=self.clock, on_finalized=self.events.append)
        self.platform = FakePlatform(self.answer)
        self.jobs = FakeJobs()

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def answer(self, deployment_uri: str, instances: list[Any]) -> list[Any]:
        bucket, directory = split_uri(deployment_uri)
        data, _ = self.store.live(bucket, f"{directory}model.joblib")
        return list(joblib.load(io.BytesIO(data)).predict(instances))

    def drop(
        self, data: bytes = IRIS, name: str = "data/iris/iris.csv", **metadata: str
    ) -> ObjectFinalized:
        """Put a CSV; its event is not in the outbox, the caller delivers it."""
        meta = self.store.put(self.settings.data_bucket, name, data, **metadata)
        event = event_of(meta)
        self.events.remove(event)
        return event

    def retrain(self, event: ObjectFinalized) -> Outcome:
        ports = self.settings, self.store, self.jobs, self.clock
        return retrain(event, *ports, remembering_train)

    def train(self, inputs_uri: str) -> Outcome:
        """What a training job does."""
        ports = self.settings, self.store, self.clock, self.sleep
        return train(inputs_uri, *ports, remembering_train)

    def deploy(self, event: ObjectFinalized) -> Outcome:
        return deploy_version(
            event, self.settings, self.store, self.platform, self.clock, self.sleep
        )

    def deliver(self, event: ObjectFinalized) -> list[Outcome]:
        """To both functions, as triggers that only filter by bucket do."""
        outcomes = []
        if event.source.bucket == self.settings.data_bucket:
            outcomes.append(self.retrain(event))
        if event.source.bucket == self.settings.models_bucket:
            outcomes.append(self.deploy(event))
        return outcomes

    def settle(self) -> int:
        """Deliver what is in the outbox until it is empty; how many invocations that took."""
        count = 0
        while self.events:
            count += len(self.deliver(self.events.pop(0)))
        return count

    def story(self, model: str, drop: str) -> dict[str, Any]:
        entries = [
            ledger.Entry.from_json(name, self.store.live(self.settings.state_bucket, name)[0])
            for name in self.store.names(self.settings.state_bucket)
            if name.startswith(f"ledger/{model}/{drop}/")
        ]
        return ledger.fold(entries)

    def stories(self, model: str = "iris") -> dict[str, dict[str, Any]]:
        drops = {
            name.split("/")[2]
            for name in self.store.names(self.settings.state_bucket)
            if name.startswith(f"ledger/{model}/")
        }
        return {drop: self.story(model, drop) for drop in sorted(drops)}

    def models(self) -> list[str]:
        """Every model.joblib there is."""
        bucket = self.settings.models_bucket
        return [name for name in self.store.names(bucket) if name.endswith("/model.joblib")]
