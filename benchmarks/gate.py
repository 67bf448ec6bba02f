"""What the gate lets through, over whole trainings: reading, choosing, fitting, judging.

    ./run bench gate [--seeds 20]

- positives: 1 % positives, told by nothing, little or much; a model that goes live must find some.
- resamples: 100 resamples of iris against a live model of iris; at most 5 may be refused.
- exports: cumulative monthly exports whose label rule changes; the honest challenger must win.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np

from benchmarks.cloud import ROOT
from shared.core.errors import DatasetRejected
from shared.core.source import Source
from shared.training.inputs import File, Inputs, Reference
from shared.training.judging.seen import Seen
from shared.training.rival import Rival
from shared.training.trainer import Trained, train

RESAMPLES, MOST_REFUSED = 100, 5
MONTHS, CHANGE = 8, 5
Rows = list[str]


def trained(rows: Rows, rival: Rival | None = None, generation: int = 1) -> Trained | str:
    """What a drop of these rows (header first) makes, or the code of its refusal."""
    data = "\n".join(rows).encode()
    source = Source("data", "data/m/t.csv", generation, "2026-11-22T13:00:00.250Z")
    live = Reference("v1", "models/m/v1/", "card-0.json", "", 1) if rival else None
    inputs = Inputs(
        "m", source, (File(source, len(data)),), ("y", "species"), "", {}, champion=live
    )
    try:
        return train(inputs, lambda _: io.BytesIO(data), lambda _: rival or Rival("v1"))
    except DatasetRejected as rejected:
        return rejected.code


def live(made: Trained) -> Rival:
    """A model as the live version of the next drop."""
    seen = next(data for name, data in made.files.items() if name.startswith("seen-"))
    return Rival(made.card.version, made.card, model(made), Seen.from_bytes(seen))


def model(made: Trained) -> Any:
    """The fitted estimator."""
    return joblib.load(io.BytesIO(made.files["model.joblib"]))


def table(numbers: np.ndarray, labels: np.ndarray) -> Rows:
    """A CSV of three numbers and a label."""
    lines = (",".join(f"{v:.4f}" for v in row) for row in numbers)
    return ["a,b,c,y", *(f"{line},{y}" for line, y in zip(lines, labels, strict=True))]


def positives(seed: int, rows: int, told: float) -> str:
    """One drop with 1 % positives, which the first number tells by `told` deviations."""
    chance = np.random.default_rng(seed)
    positive = np.arange(rows) % 100 == 0
    numbers = chance.normal(size=(rows, 3))
    numbers[:, 0] += told * positive
    made = trained(table(numbers, np.where(positive, "fraud", "fine")))
    if isinstance(made, str):
        return made
    answers = model(made).predict(numbers.round(4).tolist())
    return "live, finds some" if "fraud" in set(answers) else "live, majority only"


def exports(seed: int, rows: int) -> Iterator[Rows]:
    """Cumulative exports by month; from CHANGE on another number decides the label."""
    chance = np.random.default_rng(seed)
    numbers = chance.normal(size=(rows * MONTHS, 3))
    month = np.repeat(np.arange(MONTHS), rows)
    decides = np.where(month >= CHANGE, numbers[:, 1], numbers[:, 0])
    labels = np.where(decides > 0, "yes", "no")
    for last in range(CHANGE - 1, MONTHS):
        yield table(numbers[month <= last], labels[month <= last])


def resampled() -> Counter[str]:
    """What becomes of resamples of iris against a live model of iris."""
    head, *rows = (ROOT / "examples" / "iris.csv").read_text(encoding="utf-8").splitlines()
    champion = trained([head, *rows])
    assert isinstance(champion, Trained)
    chance, found = np.random.default_rng(5), Counter[str]()
    for _ in range(RESAMPLES):
        made = trained([head, *(rows[i] for i in chance.integers(0, 150, 150))], live(champion))
        found[made if isinstance(made, str) else "live"] += 1
    return found


def challenged(seed: int, rows: int) -> Counter[str]:
    """Each month's export against the version that went live last."""
    found, champion = Counter[str](), None
    for generation, export in enumerate(exports(seed, rows), 1):
        made = trained(export, champion, generation)
        if champion is not None:
            found[made if isinstance(made, str) else "live"] += 1
        champion = champion if isinstance(made, str) else live(made)
    return found


def main() -> int:
    """Measure and print; 1 where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = range(parser.parse_args().seeds)
    bad = 0
    for rows in (300, 2_000):
        for told in (0.0, 1.0, 3.0):
            found = Counter(positives(seed, rows, told) for seed in seeds)
            bad += found["live, majority only"]
            print(f"1 % positives, {rows:,} rows, told by {told:g}: {dict(found)}", flush=True)
    resamples = resampled()
    bad += RESAMPLES - resamples["live"] > MOST_REFUSED
    print(f"resamples of iris: {dict(resamples)}", flush=True)
    for rows in (100, 300):
        months = sum((challenged(seed, rows) for seed in seeds[:5]), Counter[str]())
        bad += months.total() - months["live"]
        print(f"exports of {rows} rows a month after the rule changed: {dict(months)}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
