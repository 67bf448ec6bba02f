"""serving on two cores, and with a thousand models of which few are asked.

    ./run bench scale [--seconds S] [--rounds N] [--models N] [--hot N]

Workers: a hundred instances for a random forest, which keeps a process busy, by one process and by
two, in turns. Two cores answer for the load too, so what is possible is less than twice as much:
it follows from the CPU that a request costs the service and the load, and is told beside.

Models: each is a version with files of its own. In turns: one model; the hot ones of a service that
has no others; the hot ones of a service that has many; then each of the many once, and all that
again. 1 where two processes get less than GAIN of what is possible, the hot ones of many less than
KEPT of the hot ones of few, or more models stay in memory than the setting says.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.anatomy import cpu
from benchmarks.peers.contest import Row, contest, rows
from benchmarks.peers.load import Load, Measured, request
from benchmarks.peers.peer import Server
from serving.configuration import SERVING_SETTINGS
from shared.artifacts.reading import ModelDirectory, open_directory
from shared.artifacts.writing import write_directory
from shared.core import artifact
from shared.core.artifact import Source
from shared.core.ports import ObjectStore
from tests.localcloud.process import GoogleApis, googleapis
from tests.serving.process import Serving, serving, store
from tests.serving.test_measure import values
from tests.serving.trained import released, trained

CONNECTIONS = 16
BATCH = 100
GAIN = 0.85
KEPT = 0.9
CORES = 2


def server(name: str, running: Serving, models: Sequence[str]) -> Server:
    """A service, asked for those models in turns."""

    def load(instances: list[Row]) -> Load:
        body = json.dumps({"instances": instances}).encode()
        project = f"/v1/projects/{running.project}/models"
        return Load(
            running.port, *(request(f"{project}/{model}:predict", body) for model in models)
        )

    return Server(name, running.process.pid, 0.0, load)


def copied(objects: ObjectStore, bucket: str, template: ModelDirectory, number: int) -> str:
    """A model directory of its own with the same files; its gs:// address."""
    name = f"m{number}"
    assert template.card
    source = Source("data", f"data/{name}/x.csv", 1000 + number, "2026-11-22T10:00:00.5Z")
    path = artifact.directory(name, source)
    card = replace(template.card, model=name, version=artifact.version_name(source), source=source)
    files = {file: template.file(file) for file in card.files}
    write_directory(objects, bucket, path, card, files)
    return f"gs://{bucket}/{path}"


def register(apis: GoogleApis, running: Serving, count: int, estimator: str = "SVC") -> list[str]:
    """So many models with one version each; their names."""
    objects, bucket = store(apis.configuration), apis.configuration.buckets["models"]
    uri = released(objects, trained(estimator), bucket=bucket)
    template = open_directory(objects, uri, None, 10**9)
    for number in range(count):
        running.api.create_model(f"m{number}")
        place = copied(objects, bucket, template, number)
        done = running.api.create_version("v1", place, model=f"m{number}").json
        if "error" in done:
            raise SystemExit(f"m{number} cannot be created: {done}")
    return [f"m{number}" for number in range(count)]


def workers(folder: Path, rounds: int, seconds: float) -> bool:
    """One process and two, in turns; whether two get what is possible."""
    with ExitStack() as stack:
        apis = stack.enter_context(googleapis(folder))
        with serving(apis.configuration) as preparing:
            models = register(apis, preparing, 1, "RandomForestClassifier")
        servers = []
        for count in (1, CORES):
            running = stack.enter_context(serving(apis.configuration, WORKERS=str(count)))
            servers.append(server(f"{count} processes", running, models))
        found = contest(servers, [(CONNECTIONS, BATCH)], rounds, seconds)
        one, two = (found[each.name][CONNECTIONS, BATCH] for each in servers)
        before = cpu(servers[0].process)
        alone = servers[0].load(rows(BATCH)).measure(CONNECTIONS, seconds)
        cost = (cpu(servers[0].process) - before) / (alone.rate * seconds)
    loading = alone.busy / alone.rate
    possible = CORES / (cost + loading)
    print(f"| {BATCH} instances, {CONNECTIONS} connections | req/s | p50 | p99 |")
    print("|---|---|---|---|")
    for name, measured in (("1 process", one), (f"{CORES} processes", two)):
        print(_line(name, measured))
    print(
        f"\n{two.rate / one.rate:.2f} times as many, {two.rate / possible:.0%} of the "
        f"{possible:,.0f} that {os.cpu_count()} cores can answer at {cost * 1e6:.0f} us of CPU for "
        f"serving and {loading * 1e6:.0f} us for the load (goal {GAIN:.0%})"
    )
    return two.rate >= GAIN * possible


def _line(name: str, measured: Measured) -> str:
    return (
        f"| {name} | {measured.rate:,.0f} | {measured.p50 * 1e3:.2f} ms | "
        f"{measured.p99 * 1e3:.2f} ms |"
    )


@dataclass(frozen=True)
class Registered:
    """A service with the hot models only, and one with many of which they are a few."""

    few: Serving
    many: Serving
    names: list[str]
    hot: list[str]

    @property
    def servers(self) -> list[Server]:
        """One model, the hot ones of few, the hot ones of many."""
        hot = len(self.hot)
        return [
            server("one model", self.few, self.hot[:1]),
            server(f"{hot} of {hot} in turns", self.few, self.hot),
            server(f"{hot} of {len(self.names):,} in turns", self.many, self.hot),
        ]

    def ask(self, names: Sequence[str]) -> float:
        """Ask each of these once; megabytes of the service afterwards."""
        asked = server("", self.many, names)
        asked.load(rows(2)).each()
        return asked.megabytes

    def told(self) -> dict[str, float]:
        """What the service with many counts."""
        return values(self.many.api.client.send("GET", "/metrics").body.decode())


@contextmanager
def registered(folder: Path, count: int, hot: int) -> Iterator[Registered]:
    """Both services, started anew once their models are registered."""
    room = {"MAX_MODELS": str(count + 1), "MAX_VERSIONS": str(count + 1)}
    with ExitStack() as stack:
        started = []
        for name, several, settings in (("few", hot, {}), ("many", count, room)):
            apis = stack.enter_context(googleapis(folder / name))
            with serving(apis.configuration, **settings) as preparing:
                names = register(apis, preparing, several)
            started.append(stack.enter_context(serving(apis.configuration, **settings)))
        yield Registered(*started, names, names[:hot])


def crowd(beside: Registered, rounds: int, seconds: float) -> bool:
    """Few models beside many; whether the hot ones keep their pace in bounded memory."""
    cell, servers, shares, sizes = (8, 2), beside.servers, [], []
    print("\n| 8 connections, 2 instances | req/s | p50 | p99 |\n|---|---|---|---|")
    for when in ("", ", after every model was asked"):
        if when:
            sizes.append(beside.ask(beside.names))
        sizes.append(beside.ask(beside.hot))
        servers[1].load(rows(2)).each()
        found = contest(servers, [cell], rounds, seconds)
        for name, cells in found.items():
            print(_line(name + when, cells[cell]))
        one, few, many = (found[each.name][cell].rate for each in servers)
        shares += [many / few, many / one]
    told = beside.told()
    kept, forgotten = told["serving_models"], told["serving_evictions_total"]
    most = next(float(one.default or 0) for one in SERVING_SETTINGS if one.name == "CACHE_MODELS")
    print(
        f"\nThe hot ones of many answer {shares[0]:.0%}, and afterwards {shares[2]:.0%}, of what "
        f"they do without the others (goal {KEPT:.0%}); {shares[1]:.0%} and {shares[3]:.0%} of "
        f"what one model does. Models in memory: {kept:.0f} (at most {most:.0f}); "
        f"{sizes[0]:.0f} MB with the hot ones, {sizes[1]:.0f} MB after all were asked, "
        f"{sizes[2]:.0f} MB with the hot ones again; {forgotten:.0f} were forgotten."
    )
    return min(shares[0], shares[2]) >= KEPT and kept <= most


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench scale")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--hot", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        met = workers(folder / "workers", options.rounds, options.seconds)
        with registered(folder, options.models, options.hot) as beside:
            met &= crowd(beside, options.rounds, options.seconds)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
