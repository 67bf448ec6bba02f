"""Switches and rollbacks under load: every answer is what the version that it names answers.

Three serving instances over one registry; several versions whose labels tell them apart, with and
without a portable copy, more than an instance keeps in memory. A person moves the default through
one instance's API, or (a rollback) behind the back of all of them, in the STATE bucket.

`./run bench switch [--moves N] [--every SECONDS] [--rate PER_SECOND]`: failed, wrong and stale
answers (none). Stale: a version that was not the default any more a second before it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from shared.core import artifact
from shared.core.default import Default, chosen
from shared.core.ports import ObjectStore
from shared.training.fitting.catalogue import Choice
from shared.training.fitting.estimator import fit
from shared.training.fitting.golden import golden
from shared.training.fitting.portable import convert
from tests.localcloud.process import googleapis
from tests.serving.process import Serving, serving, store
from tests.serving.trained import Trained, released
from tests.serving.world import FLOWERS
from tests.training.fitting.dataset import iris

INSTANCES = 3
VERSIONS = 5
KEPT = 3
"""Models that an instance keeps: fewer than there are, so that switches load and forget."""
STALE_SECONDS = 1.0
ROLLBACK_EACH = 4
"""One move in so many is a rollback."""


@dataclass
class Reign:
    """One version's time as the default. began: before it was asked for; ended: once it was over
    for whoever reads the registry."""

    version: str
    began: float
    ended: float = float("inf")


@dataclass
class Tally:
    """What happened."""

    answers: Counter[str] = field(default_factory=Counter)
    reigns: list[Reign] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def judge(self, sent: float, status: int, version: str, labels: list[Any]) -> None:
        """Count one answer."""
        now = time.monotonic()
        self.took.append(now - sent)
        if status != 200:
            self._fault("failed", f"HTTP {status}: {labels}")
        elif labels != [f"versicolor-{version}"] * len(FLOWERS):
            self._fault("wrong", f"{version} answered {labels}")
        elif not any(
            reign.version == version and reign.began <= now and reign.ended >= sent - STALE_SECONDS
            for reign in self.reigns[-16:]
        ):
            self._fault("stale", version)
        else:
            self.answers["right"] += 1

    def _fault(self, kind: str, what: str) -> None:
        self.answers[kind] += 1
        self.faults.append(f"{kind}: {what}")

    def crowned(self, version: str, began: float) -> None:
        """The default was moved; every read of the registry shows it now."""
        if self.reigns:
            self.reigns[-1].ended = time.monotonic()
        self.reigns.append(Reign(version, began))


def versions(objects: ObjectStore, bucket: str) -> dict[str, str]:
    """Directories of models that answer `versicolor-NAME`, by version name; every second one
    without a portable copy."""
    made = {}
    for number in range(VERSIONS):
        name = f"v{number}"
        dataset = iris()
        assert dataset.schema.classes
        classes = tuple(f"{label}-{name}" for label in dataset.schema.classes)
        dataset = replace(dataset, schema=replace(dataset.schema, classes=classes))
        fitted = fit(dataset, None, Choice("SVC"))
        copy = convert(fitted, dataset, None).data
        model = Trained(fitted, dataset, copy or b"", golden(fitted, dataset))
        made[name] = released(objects, model, number, bucket=bucket, portable=number % 2 == 0)
    return made


@dataclass
class Campaign:
    """Three instances, and who moves their default."""

    instances: list[Serving]
    objects: ObjectStore
    state_bucket: str
    places: dict[str, str]
    tally: Tally = field(default_factory=Tally)
    dice: random.Random = field(default_factory=lambda: random.Random(4))
    over: bool = False

    def prepare(self) -> None:
        """Create the versions; the first one is the default."""
        began = time.monotonic()
        api = self.instances[0].api
        api.create_model()
        for name, uri in self.places.items():
            done = api.create_version(name, uri).json
            if "error" in done or not done.get("done"):
                raise SystemExit(f"{name} cannot be created: {done}")
        self.tally.crowned("v0", began)

    def move(self) -> None:
        """One switch or rollback."""
        now = self.tally.reigns[-1].version
        moves = sum(self.tally.moves.values())
        if moves % ROLLBACK_EACH == ROLLBACK_EACH - 1:
            target = self.tally.reigns[-2].version
            self._move("rollback", target, self._behind_their_backs)
        else:
            target = self.dice.choice([name for name in self.places if name != now])
            self._move("switch", target, self._through_the_api)

    def _move(self, kind: str, target: str, how: Any) -> None:
        began = time.monotonic()
        self.tally.reigns.append(Reign(target, began))  # it may be seen before we are told
        how(target)
        self.tally.reigns[-2].ended = time.monotonic()
        self.tally.moves[kind] += 1

    def _through_the_api(self, target: str) -> None:
        answer = self.dice.choice(self.instances).api.call(
            "POST", f"/models/iris/versions/{target}:setDefault", {}
        )
        if answer.status != 200:
            raise SystemExit(f"setDefault failed: {answer.body!r}")

    def _behind_their_backs(self, target: str) -> None:
        name = artifact.default_name("iris")
        data, meta = self.objects.read(self.state_bucket, name)
        was = Default.from_json(data)
        after = chosen(was, Default("iris", target, self.places[target]), "campaign")
        assert after
        self.objects.write(
            self.state_bucket, name, after.to_json(), if_generation_match=meta.generation
        )

    async def load(self, rate: float) -> None:
        """Requests to all instances in turn, so many a second, until it is over."""
        body = json.dumps({"instances": FLOWERS}).encode()
        path = f"/v1/projects/{self.instances[0].project}/models/iris:predict"
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            began, number = time.monotonic(), 0
            while not self.over:
                due = (time.monotonic() - began) * rate
                while number < due:
                    port = self.instances[number % INSTANCES].port
                    url = f"http://127.0.0.1:{port}{path}"
                    tasks.create_task(self._ask(session, url, body))
                    number += 1
                await asyncio.sleep(0.005)

    async def _ask(self, session: aiohttp.ClientSession, url: str, body: bytes) -> None:
        sent = time.monotonic()
        try:
            async with session.post(url, data=body) as answer:
                told = await answer.json(content_type=None)
                version = answer.headers.get("X-Model-Version", "")
                self.tally.judge(sent, answer.status, version, told.get("predictions", told))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self.tally.judge(sent, 0, "", [repr(error)])

    async def run(self, moves: int, every: float, rate: float) -> None:
        """Load until so many moves were made."""
        loop = asyncio.get_running_loop()
        loading = asyncio.create_task(self.load(rate))
        try:
            for _ in range(moves):
                await asyncio.sleep(every)
                await loop.run_in_executor(None, self.move)
            await asyncio.sleep(every)
        finally:
            self.over = True
            await loading


def campaign(folder: Path, moves: int, every: float, rate: float) -> Tally:
    """Start all, play it, stop all."""
    with ExitStack() as stack:
        apis = stack.enter_context(googleapis(folder / "state"))
        configuration = apis.configuration
        objects = store(configuration)
        instances = [
            stack.enter_context(serving(configuration, CACHE_MODELS=str(KEPT)))
            for _ in range(INSTANCES)
        ]
        buckets = configuration.buckets
        played = Campaign(
            instances, objects, buckets["state"], versions(objects, buckets["models"])
        )
        played.prepare()
        asyncio.run(played.run(moves, every, rate))
        return played.tally


def main() -> int:
    """Play and print; 1 where any answer failed, was wrong or stale."""
    parser = argparse.ArgumentParser(prog="./run bench switch", description=__doc__)
    parser.add_argument("--moves", type=int, default=140)
    parser.add_argument("--every", type=float, default=1.3, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=650.0, metavar="PER_SECOND")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = campaign(Path(folder), options.moves, options.every, options.rate)
    took, answers = sorted(tally.took), tally.answers
    print(
        f"{len(took):,} requests over {tally.moves['switch']} switches and "
        f"{tally.moves['rollback']} rollbacks: {answers['failed']} failed, "
        f"{answers['wrong']} wrong, {answers['stale']} stale; "
        f"p50 {took[len(took) // 2] * 1e3:.1f} ms, p99 {took[int(len(took) * 0.99)] * 1e3:.1f} ms"
    )
    for fault in tally.faults[:10]:
        print(f"  {fault}")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
