"""Training from 150 to 5,000,000 rows: seconds and memory of each stage, beside a plain script.

    ./run bench training [--rows 10000,1000000] [--kind numeric|mixed]

Each measurement is a fresh process. The plain script (benchmarks/plain.py) reads the same file with
pandas, splits it and fits scikit-learn's boosted trees; it checks nothing and writes no report. It
is started as a person would; ours as the training job is, whose waiting threads sleep.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.plain import run as plain
from benchmarks.stage import Stages, here

ROWS = (150, 1_000, 10_000, 100_000, 1_000_000, 5_000_000)
LARGE = 10_000
EXPONENT, RATIO, RATIO_ROWS = 1.1, 1.3, 1_000_000
TIMES_DATA, BESIDES = 2, 400_000_000
AS_THE_JOB = {"GOMP_SPINCOUNT": "10000"}
STAGES = ("read", "split", "select", "fit", "judge", "onnx", "card", "report", "write")


def ours(path: Path, stages: Stages) -> dict[str, Any]:
    """What retrain does with a drop, from the stream to the written directory."""
    with stages("imports"):
        from shared.artifacts.writing import write_directory
        from shared.core.source import Source
        from shared.core.trigger import GATE_METADATA
        from shared.training.inputs import File, Inputs
        from shared.training.reading import fast  # noqa: F401
        from shared.training.reporting.report import render
        from shared.training.trainer import train
        from tests.fakes.store import FakeObjectStore
    source = Source("data", path.name, 1, "2026-01-01T00:00:00Z")
    inputs = Inputs(
        model="table",
        source=source,
        files=(File(source, path.stat().st_size),),
        target_names=(table.TARGET,),
        code_digest="",
        metadata={GATE_METADATA: "accept"},  # 150 rows can prove little
    )
    trained = train(inputs, lambda _: path.open("rb"), watch=stages)
    with stages("report"):
        render(trained.card.as_dict())
    with stages("write"):
        write_directory(FakeObjectStore(), "models", "m/", trained.card, trained.files)
    card = trained.card
    return {"estimator": card.estimator["name"], "score": card.metrics["balanced_accuracy"]}


def child(who: str, path: Path, kind: str) -> None:
    """One measurement, printed as one line of JSON."""
    stages = Stages()
    if who == "plain":
        told = plain(path, table.TARGET, table.DROPPED[kind], stages)
    else:
        told = ours(path, stages)
    print(json.dumps({**told, **stages.told()}))


class Run:
    """One file trained on by both. working: seconds without the imports."""

    def __init__(self, path: Path, kind: str, rows: int) -> None:
        self.kind, self.rows = kind, rows
        words = str(path), "--kind", kind
        self.ours = here("benchmarks.training", "--child", "ours", *words, environment=AS_THE_JOB)
        self.plain = here("benchmarks.training", "--child", "plain", *words)

    @property
    def data(self) -> int:
        """Bytes of the table in memory."""
        return self.rows * table.BYTES_A_ROW[self.kind]

    @property
    def ratio(self) -> float:
        """How many times as long as the plain script."""
        return working(self.ours) / working(self.plain)

    def print(self) -> None:
        """Both, stage by stage."""
        print(f"\n{self.rows:,} rows, {self.kind}: {self.data / 1e6:,.0f} MB in memory")
        for name, told in (("dropserve", self.ours), ("plain", self.plain)):
            seconds, peaks = told["seconds"], told["peaks"]
            shown = [s for s in STAGES if s in seconds]
            print(f"  {name:<10}" + "".join(f"{s:>9}" for s in shown) + "    total")
            print(
                f"  {'seconds':<10}"
                + "".join(f"{seconds[s]:9.2f}" for s in shown)
                + f"{working(told):9.2f}   {told['estimator']}, {told['score']:.4f}"
            )
            print(
                f"  {'peak, MB':<10}"
                + "".join(f"{peaks[s] / 1e6:9.0f}" for s in shown)
                + f"{peak(told) / 1e6:9.0f}"
            )
        limit = TIMES_DATA * self.data + BESIDES
        print(
            f"  {self.ratio:.2f} times the plain script's time"
            + (f" (goal {RATIO})" if self.rows == RATIO_ROWS else "")
            + f"; peak {peak(self.ours) / 1e6:,.0f} MB (goal: {limit / 1e6:,.0f} MB)",
            flush=True,
        )

    def missed(self) -> list[str]:
        """The goals that this run does not meet."""
        told = f"{self.rows:,} rows, {self.kind}"
        limit = TIMES_DATA * self.data + BESIDES
        over = [f"{told}: memory"] if peak(self.ours) > limit else []
        slow = self.rows == RATIO_ROWS and self.ratio > RATIO
        return over + ([f"{told}: time against the plain script"] if slow else [])


def working(told: dict[str, Any]) -> float:
    """Seconds of all stages but the imports, which a warm process has behind it."""
    return float(sum(s for stage, s in told["seconds"].items() if stage != "imports"))


def peak(told: dict[str, Any]) -> int:
    """The most memory of any stage."""
    return int(max(told["peaks"].values()))


def growth(runs: list[Run]) -> float | None:
    """The exponent of time over rows from LARGE rows on: the best line's slope in logarithms."""
    points = [(math.log(r.rows), math.log(working(r.ours))) for r in runs if r.rows >= LARGE]
    if len(points) < 2:
        return None
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((a - x) ** 2 for a, _ in points)
    return sum((a - x) * (b - y) for a, b in points) / spread


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench training", description=__doc__)
    parser.add_argument("--rows", default=",".join(map(str, ROWS)), help="which sizes")
    parser.add_argument("--kind", choices=table.KINDS, help="one of both only")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]), options.kind)
        return 0
    missed: list[str] = []
    for kind in [options.kind] if options.kind else table.KINDS:
        runs = []
        for rows in map(int, options.rows.split(",")):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "table.csv"
                table.write(path, kind, rows)
                runs.append(Run(path, kind, rows))
            runs[-1].print()
            missed += runs[-1].missed()
        if (exponent := growth(runs)) is not None:
            print(
                f"\n{kind}: time grows as rows^{exponent:.2f} from {LARGE:,} rows (goal {EXPONENT})"
            )
            missed += [f"{kind}: growth"] if exponent > EXPONENT else []
    print("\n" + ("missed: " + "; ".join(missed) if missed else "every goal met"))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
