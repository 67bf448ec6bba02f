"""What an installation costs, from the stated prices of deploy/prices.toml. Looks nothing up."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.alert import alerts, period
from deploy.configuration import Configuration
from deploy.section.running import FUNCTIONS, PLANES, images
from deploy.size import size_in_bytes

FILE = Path(__file__).with_name("prices.toml")
MONTH_SECONDS = 30 * 24 * 3600
_GIB = 2**30
_BIGGEST_IN_FUNCTION_GB = 0.05
"""MAX_CSV_BYTES: a larger CSV is trained on by the job."""


@dataclass(frozen=True)
class Load:
    """What is asked of it in a month: CSVs, their size together, predictions a second."""

    drops: int = 0
    gb: float = 0.0
    rps: float = 0.0


@dataclass(frozen=True)
class Item:
    """One line of a bill."""

    name: str
    amount: float


class Prices:
    """The data file."""

    def __init__(self, file: Path = FILE) -> None:
        self._found: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))

    def __call__(self, path: str) -> float:
        """The number at `table.name`."""
        table, name = path.split(".")
        return float(self._found[table][name])

    @property
    def stated(self) -> str:
        """Where and when they were true, as the file says."""
        found = self._found
        return f"list prices of {found['stated']} in {found['currency']}, {found['region']}"

    @property
    def unseen(self) -> list[str]:
        """The prices that were not compared with their page, as `table.name`."""
        tables = {name: table for name, table in self._found.items() if isinstance(table, dict)}
        return [f"{n}.{price}" for n, table in tables.items() for price in table.get("unseen", ())]


def idle(made: Configuration, prices: Prices) -> Iterator[Item]:
    """A month in which nobody asks for anything."""
    for thing in ("predict", "retrain", "deploy-version", *PLANES):
        if thing in PLANES and made.platform != "cloud-run":
            continue
        size = made.size(thing)
        if size["min"]:
            yield Item(f"{size['min']} idle instances of {thing}", _kept_warm(size, prices))
    every = MONTH_SECONDS / period(made.schedule)
    second = _second(made.size("reconcile"), prices, "job")
    yield Item("reconcile", every * prices("taken.reconcile_seconds") * second)
    writes = every * prices("taken.reconcile_writes") / 1000
    yield Item("its reading of the buckets", writes * prices("storage.thousand_writes"))
    yield Item("schedule", prices("scheduler.job_month"))
    gb = prices("taken.image_gb") * len(images(made))
    yield Item("images", gb * prices("images.gb_month"))
    yield Item("alerts", len(alerts(made)) * prices("alerting.condition_month"))
    if made.platform == "vertex-ai":
        machine = prices("vertex.machine_hour") * 24 * 30
        yield Item("one machine, for each kept version on Vertex AI", machine)


def thousand_predictions(made: Configuration, prices: Prices) -> Iterator[Item]:
    """A thousand predictions, when instances answer several at a time."""
    seconds = 1000 * prices("taken.prediction_seconds") / prices("taken.requests_at_once")
    hops = ["predict"] + (["serving-data"] if made.platform == "cloud-run" else [])
    for thing in hops:
        yield Item(f"time of {thing}", seconds * _second(made.size(thing), prices, "run"))
        yield Item(f"requests to {thing}", prices("run.million_requests") / 1000)
    reads = 2 * prices("storage.thousand_reads") * seconds / 1000
    yield Item("looks at the default", reads)
    log_gb = 1000 * prices("taken.log_bytes_a_prediction") / _GIB
    yield Item("log lines", log_gb * prices("logging.gib"))


def month(made: Configuration, prices: Prices, load: Load) -> Iterator[Item]:
    """A month of that load, idle cost and all."""
    yield from idle(made, prices)
    if load.rps:
        thousands = load.rps * MONTH_SECONDS / 1000
        each = total(thousand_predictions(made, prices))
        yield Item(f"{thousands * 1000:,.0f} predictions", thousands * each)
    if load.drops:
        yield from _drops(made, prices, load)


def _drops(made: Configuration, prices: Prices, load: Load) -> Iterator[Item]:
    if load.gb / load.drops > _BIGGEST_IN_FUNCTION_GB:
        seconds = load.gb * prices("taken.job_seconds_a_gb")
        yield Item("training in the job", seconds * _training_second(made, prices))
    else:
        seconds = load.drops * prices("taken.drop_seconds")
        yield Item("training", seconds * _second(made.size("retrain"), prices, "run"))
    seconds = load.drops * prices("taken.release_seconds")
    yield Item("releases", seconds * _second(made.size("deploy-version"), prices, "run"))
    writes = prices("taken.drop_writes") * prices("storage.thousand_writes")
    reads = prices("taken.drop_reads") * prices("storage.thousand_reads")
    tib = load.drops * prices("taken.drop_event_bytes") / 2**40
    yield Item("events of drops", tib * prices("events.tib"))
    yield Item("reads and writes of drops", load.drops * (writes + reads) / 1000)
    yield Item("a month's CSVs kept", load.gb * prices("storage.gb_month"))


def deploying(made: Configuration, prices: Prices) -> Iterator[Item]:
    """A deploy that builds every image anew, and every function."""
    minutes = prices("taken.image_build_minutes") * (len(images(made)) + len(FUNCTIONS))
    yield Item("builds", minutes * prices("build.minute"))


def total(items: Iterator[Item]) -> float:
    """Their sum."""
    return sum(item.amount for item in items)


def _second(size: dict[str, Any], prices: Prices, kind: str) -> float:
    gib = size_in_bytes(size["memory"]) / _GIB
    return float(size["cpu"]) * prices(f"{kind}.vcpu_second") + gib * prices(f"{kind}.gib_second")


def _training_second(made: Configuration, prices: Prices) -> float:
    if made.platform == "vertex-ai":
        return prices("vertex.training_hour") / 3600
    return _second(made.size("train"), prices, "job")


def _kept_warm(size: dict[str, Any], prices: Prices) -> float:
    gib = size_in_bytes(size["memory"]) / _GIB
    second = float(size["cpu"]) * prices("run.idle_vcpu_second")
    return float(size["min"]) * MONTH_SECONDS * (second + gib * prices("run.idle_gib_second"))


def table(title: str, items: Iterator[Item]) -> Iterator[str]:
    """A bill as lines."""
    kept = list(items)
    yield title
    for item in kept:
        yield f"  {item.amount:>12,.4f}  {item.name}"
    yield f"  {sum(item.amount for item in kept):>12,.4f}  in all"
