"""A reconcile of many models that finds nothing to do, on the local cloud's storage and serving.

`./run bench reconcile [--models N] [--drops N] [--latency S]`: each model has two versions and so
many drops told in its ledger. The first run brings the status pages up, the second one is measured:
seconds and calls of what repairs, of what looks at the defaults, of the pages. --latency: seconds
that each request takes longer, as one to a bucket does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from shared.artifacts.reading import open_directory
from shared.artifacts.writing import write_directory
from shared.core import artifact
from shared.core.card import Card
from shared.core.clock import now, timestamp
from shared.core.default import Default
from shared.core.event import ObjectFinalized
from shared.core.ports import ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.credentials import anonymous_credentials
from shared.workflows import watch
from shared.workflows.aftermath import Aftermath
from shared.workflows.reconcile import reconcile
from shared.workflows.story import Story
from tests.localcloud.process import googleapis
from tests.serving.process import Serving, serving, store
from tests.serving.trained import released, trained

STEPS = ("received", "trained", "created", "live")
SERVED = 2
"""Versions of each model; those of older drops were collected."""


class Nobody:
    """An `EventSender` that is never asked."""

    def send(self, event: ObjectFinalized) -> None:
        """Raises AssertionError."""
        raise AssertionError(f"{event.source.uri} was settled")


@dataclass
class Far:
    """A port whose every request takes longer. A read is two of them."""

    port: Any
    seconds: float
    calls: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.port, name)
        if not callable(found):
            return found

        def call(*where: Any, **how: Any) -> Any:
            self.calls[name] += 1
            time.sleep(self.seconds * (2 if name == "read" else 1))
            return found(*where, **how)

        return call


@dataclass(frozen=True)
class Estate:
    """Many models of one kind. drops: of each, a minute apart."""

    objects: ObjectStore
    settings: Settings
    running: Serving
    card: Card
    files: dict[str, bytes]
    drops: int

    def model(self, number: int) -> None:
        """Everything that one model has once its drops are settled."""
        name, bucket = f"m{number}", self.settings.data_bucket
        self.running.api.create_model(name)
        csv = f"data/{name}/x.csv"
        last = self.objects.write(bucket, csv, b"x\n", if_generation_match=0)
        sources = [Source(bucket, csv, last.generation, last.time_created)]
        for ago in range(1, self.drops):
            at = timestamp(now() - timedelta(minutes=ago))
            sources.append(Source(bucket, csv, last.generation - ago, at))
        for source in sources[SERVED - 1 :: -1]:
            self._version(name, source)
        for number, source in enumerate(sources):
            self._told(name, source, collected=number >= SERVED)
        live, before = map(artifact.version_name, sources[:SERVED])
        place = artifact.directory(name, sources[0])
        uri = f"gs://{self.settings.models_bucket}/{place}"
        value = Default(name, live, uri, sources[0].order, previous=before).to_json()
        state, file = self.settings.state_bucket, artifact.default_name(name)
        first = self.objects.stat(state, file)  # serving made its first version the default
        self.objects.write(state, file, value, if_generation_match=first.generation)

    def _told(self, model: str, source: Source, *, collected: bool) -> None:
        state, drop = self.settings.state_bucket, artifact.drop_id(source)
        story = Story(self.objects, state, now, model, drop)
        told = {"source": source.as_dict(), "size": 2, "version": artifact.version_name(source)}
        for step in (*STEPS, *(["collected"] if collected else [])):
            story.tell(step, **told)

    def _version(self, model: str, source: Source) -> None:
        bucket, path = self.settings.models_bucket, artifact.directory(model, source)
        version = artifact.version_name(source)
        card = replace(self.card, model=model, version=version, source=source)
        write_directory(self.objects, bucket, path, card, self.files)
        uri = f"gs://{bucket}/{path}"
        done = self.running.api.create_version(version, uri, model=model).json
        if "error" in done:
            raise SystemExit(f"{version} of {model} cannot be created: {done}")


def template(objects: ObjectStore, settings: Settings) -> tuple[Card, dict[str, bytes]]:
    """A model's card and files, of which nothing is left in the store."""
    uri = released(objects, trained("SVC"), bucket=settings.models_bucket)
    directory = open_directory(objects, uri, None, 10**9)
    assert directory.card
    files = {name: directory.file(name) for name in directory.card.files}
    for meta in list(objects.list(settings.models_bucket, artifact.MODELS_PREFIX)):
        objects.delete(meta.bucket, meta.name, if_generation_match=meta.generation)
    return directory.card, files


@dataclass(frozen=True)
class Work:
    """A whole run of the reconcile job, part by part."""

    settings: Settings
    objects: ObjectStore
    platform: AiPlatform
    names: list[str]

    def run(self, latency: float = 0.0) -> dict[str, tuple[float, Counter[str]]]:
        """Part -> seconds and calls."""
        store, platform = Far(self.objects, latency), Far(self.platform, latency)
        ports = cast("ObjectStore", store), cast("AiPlatform", platform)
        after = Aftermath(self.settings, ports[0], None, now)
        parts: dict[str, Callable[[], object]] = {
            "repair": lambda: reconcile(self.settings, *ports, Nobody(), now),
            "look": lambda: list(watch.not_ready(self.settings, *ports, self.names)),
            "pages": after.repaired,
        }
        found = {}
        for part, work in parts.items():
            store.calls.clear(), platform.calls.clear()
            began = time.perf_counter()
            done = work()
            found[part] = time.perf_counter() - began, store.calls + platform.calls
            if getattr(done, "failed", None) or (part != "repair" and done):
                raise SystemExit(f"{part} found something: {done}")
        return found


def main() -> int:
    """Print a line for each part."""
    parser = argparse.ArgumentParser(prog="./run bench reconcile", description=__doc__)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--drops", type=int, default=12)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        googleapis(Path(folder)) as apis,
        serving(apis.configuration) as running,
    ):
        objects = store(apis.configuration)
        address = f"http://127.0.0.1:{running.port}"
        told = {**apis.configuration.settings(), "AI_PLATFORM_URL": address}
        settings = Settings.from_environment({**told, "VERSIONS_CEILING": "100000"})
        estate = Estate(objects, settings, running, *template(objects, settings), options.drops)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(estate.model, range(options.models)))
        project, nobody = settings.google_cloud_project, anonymous_credentials()
        with closing(AiPlatform(address, project, nobody)) as platform:
            work = Work(settings, objects, platform, [f"m{n}" for n in range(options.models)])
            work.run()
            found = work.run(options.latency)
    for part, (seconds, calls) in found.items():
        each = ", ".join(f"{n / options.models:.1f} {call}" for call, n in calls.most_common())
        print(f"{part:8}{seconds:8.2f} s   {each} a model")
    total = sum(seconds for seconds, _ in found.values())
    print(f"{options.models} models of {options.drops} drops: {total:.2f} s in all")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
