"""Public tables through the whole loop, against plain scikit-learn on the same held-out rows.

    ./run bench tables [--direct] [--tables FOLDER] [NAME ...]

Each table's training part is dropped as a CSV on a local cloud of its own, and the rest is asked of
the live version through the predict function. Tables up to 1,500 rows are cut in four, and each
quarter is asked of a model of the other three. With --direct the trainer is called in this process
and the model asked itself: the same answers, sooner. Exit code 1 where one is clearly worse.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets

from benchmarks import table_baseline, table_direct, table_export
from benchmarks.cloud import Cloud, local_cloud
from benchmarks.table_spec import CLEAN, SPECS, Spec
from cli.predict import cell
from shared.core.artifact import directory
from shared.training.judging.difference import Difference, in_recall, in_rmse

FOLDED_ROWS, FOLDS = 1_500, 4
SEED = 0


@dataclass
class Result:
    """What was answered for each held-out row: ours, and the person's by name."""

    rows: int
    truth: list[Any]
    ours: list[Any]
    picked: list[Any]
    all: dict[str, list[Any]]
    estimators: list[str]
    seconds: float


def export(folder: Path, wanted: list[str]) -> None:
    """Write the tables as CSVs; those of packages by an environment that has the packages."""
    for name in CLEAN:
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        frame.to_csv(folder / f"{name}.csv", index=False)
    if not set(wanted) - set(CLEAN):
        return
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python = str(Path(place) / "bin" / "python")
        install = [python, "-m", "pip", "install", "-q"]
        for words in (table_export.PACKAGES, ("--no-deps", *table_export.BARE)):
            subprocess.run([*install, *words], check=True, stderr=subprocess.DEVNULL)
        subprocess.run([python, "-P", str(table_export.__file__), str(folder)], check=True)


def parts(table: pd.DataFrame, spec: Spec) -> list[np.ndarray]:
    """Which rows are asked about: in each part others, all in the end where the table is small."""
    rows = len(table)
    if spec.by_time:
        latest = table[spec.by_time].sort_values(kind="stable").index[-rows // FOLDS :]
        return [np.sort(latest.to_numpy())]
    order = np.random.default_rng(SEED).permutation(rows)
    if not spec.regression:
        order = order[np.argsort(table[spec.target].astype(str).to_numpy()[order], kind="stable")]
    made = [np.sort(order[k::FOLDS]) for k in range(FOLDS)]
    return made if rows <= FOLDED_ROWS else made[:1]


def measured(cloud: Cloud | None, name: str, text: str, spec: Spec) -> Result:
    """One table through the loop, and the same rows by plain scikit-learn."""
    table = pd.read_csv(io.StringIO(text))
    cells = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    labelled = table[spec.target].notna().to_numpy()
    table, cells = table[labelled].reset_index(drop=True), cells[labelled].reset_index(drop=True)
    result = Result(len(table), [], [], [], {}, [], 0.0)
    for number, part in enumerate(parts(table, spec)):
        learnt = np.setdiff1d(np.arange(len(table)), part)
        asked = answerable(table, learnt, part)
        _ours(cloud, f"{name}_{number}", cells, learnt, asked, spec, result)
        found = table_baseline.answers(table.iloc[learnt], table.iloc[asked], spec)
        result.picked += next(iter(found.values()))
        for other, given in found.items():
            result.all[other] = result.all.get(other, []) + given
        result.truth += table[spec.target].iloc[asked].tolist()
    return result


def answerable(table: pd.DataFrame, learnt: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Without rows that have a gap where no training row has one: predict refuses those."""
    gaps = table.isna()
    new = gaps.columns[~gaps.iloc[learnt].any()]
    return asked[~gaps.iloc[asked][new].any(axis=1).to_numpy()]


def _ours(
    cloud: Cloud | None,
    model: str,
    cells: pd.DataFrame,
    learnt: np.ndarray,
    asked: np.ndarray,
    spec: Spec,
    result: Result,
) -> None:
    task = 'task = "regression"\n' if spec.regression else ""
    toml = f"target = {json.dumps(spec.target)}\n{task}{spec.toml}"
    csv = cells.iloc[learnt].to_csv(index=False).encode()
    if cloud is None:
        fitted, schema, estimator, seconds = table_direct.trained(toml, csv)
        result.seconds += seconds
        result.estimators.append(estimator)
        rows = instances(cells.iloc[asked], [feature.as_dict() for feature in schema.features])
        result.ours += table_direct.answers(fitted, schema, rows)
        return
    cloud.drop(f"data/{model}/model.toml", toml.encode())
    began = time.perf_counter()
    source = cloud.drop(f"data/{model}/table.csv", csv)
    story = cloud.settled(model, source, timeout=300)
    result.seconds += time.perf_counter() - began
    if story["state"] != "live":
        raise SystemExit(f"{model} is not live: {json.dumps(story, indent=1)[:3_000]}")
    result.estimators.append(story["estimator"])
    names = cloud.names("models", directory(model, source) + "card-")
    card = json.loads(cloud.read("models", names[0]) or b"")
    result.ours += ask(cloud, model, instances(cells.iloc[asked], card["schema"]["features"]))


def instances(cells: pd.DataFrame, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as a caller sends them, by the names and kinds of the features."""
    kinds = {feature["name"]: feature["kind"] for feature in features}
    gaps = {"", "NA", "nan"}
    return [
        {
            name: None if value in gaps else cell(value) if kind == "numeric" else value
            for name, kind in kinds.items()
            for value in [row[name]]
        }
        for row in cells.to_dict("records")
    ]


def ask(cloud: Cloud, model: str, rows: list[dict[str, Any]]) -> list[Any]:
    """The live version's answers, through the predict function."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.configuration.ports["predict"])
    headers = {"Authorization": f"Bearer {cloud.token()}", "Content-Type": "application/json"}
    given: list[Any] = []
    for start in range(0, len(rows), 2_000):
        body = json.dumps({"instances": rows[start : start + 2_000]}).encode()
        connection.request("POST", cloud.predict_path(model), body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{model}: HTTP {answer.status}: {text.decode()[:2_000]}")
        given += json.loads(text)["predictions"]
    return given


def compared(
    spec: Spec, result: Result, theirs: list[Any], ours: list[Any] | None = None
) -> Difference:
    """Ours as the challenger of theirs."""
    folded, ours = len(result.estimators) > 1, result.ours if ours is None else ours
    if spec.regression:
        truth, first, second = (np.asarray(v, float) for v in (result.truth, theirs, ours))
        return in_rmse(truth, first, second, folded=folded)
    names = [str(value) for value in result.truth]
    codes = np.unique(names, return_inverse=True)[1].astype(np.int32)
    first, second = (
        np.array([str(given) == name for given, name in zip(answers, names, strict=True)], float)
        for answers in (theirs, ours)
    )
    return in_recall(codes, first, second, folded=folded)


def interval(spec: Spec, result: Result) -> str:
    """By how much ours is worse than the pick, and between which bounds, each at 95 %."""
    ours = compared(spec, result, result.picked)
    least = compared(spec, result, result.ours, result.picked).at_least
    most = 1 / (1 + least) - 1 if spec.regression else -least
    return f"{ours.by:+.3f} ({ours.at_least:+.3f} to {most:+.3f})"


def line(name: str, spec: Spec, result: Result) -> tuple[str, bool]:
    """A row of the table of results, and whether ours is clearly worse than the pick."""
    picked = compared(spec, result, result.picked)
    others = {other: compared(spec, result, given) for other, given in result.all.items()}
    worse = picked.at_least > 0
    verdict = "worse" if worse else "better" if picked.by < 0 else "equal within chance"
    figures = [f"{others[other].champion:.4g}" for other in ("linear", "forest", "boosting")]
    estimators = ", ".join(dict.fromkeys(result.estimators))
    words = [
        name,
        f"{result.rows:,} ({len(result.truth):,})",
        "RMSE" if spec.regression else "balanced accuracy",
        f"**{picked.challenger:.4g}**",
        f"{picked.champion:.4g}",
        *figures,
        interval(spec, result),
        verdict,
        estimators,
        f"{result.seconds / len(result.estimators):.1f}",
    ]
    return f"| {' | '.join(words)} |", worse


HEAD = (
    "| table | rows (asked) | metric | dropserve | person's pick | linear | forest | boosting | "
    "worse by (bounds) | against the pick | estimator | s to live |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    """Measure and print; 1 where a table is clearly worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(SPECS)}")
    parser.add_argument("--tables", type=Path, help="keep the CSVs there, or take them from there")
    parser.add_argument("--direct", action="store_true", help="without a cloud")
    options = parser.parse_args()
    names, bad = options.names or list(SPECS), False
    with tempfile.TemporaryDirectory() as place:
        folder = options.tables or Path(place)
        if not options.tables or not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            export(folder, list(SPECS) if options.tables else names)
        print(HEAD, flush=True)
        opened = nullcontext() if options.direct else local_cloud(Path(place) / "state")
        with opened as cloud:
            for name in names:
                text = (folder / f"{name.removesuffix('_forward')}.csv").read_text(encoding="utf-8")
                told, worse = line(name, SPECS[name], measured(cloud, name, text, SPECS[name]))
                print(told, flush=True)
                bad |= worse
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
