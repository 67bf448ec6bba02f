"""How far a new CSV has moved from the data of the live version: the population stability index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import chdtri

from shared.training.dataset import CategoricalColumn, Column, Dataset, Rows
from shared.training.judging.metric import rounded
from shared.training.judging.profile import binned, named, sample

WARN, HIGH = 0.1, 0.25
"""The usual bounds of the index."""

UNLIKELY = 0.001
"""Few rows differ by chance alone: below what one in a thousand such draws shows, none is said."""

MOST_SHOWN = 50
MOST_NAMED = 5
LEVELS = ("none", "warn", "high")


def drift(reference: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """reference: `profile` of the earlier data. Level, per input and for the target, in words too.

    An input's `new_share`: how much more of it than before lies in categories that were rare or
    unknown.
    """
    rows = sample(dataset)
    columns = dict(zip(dataset.schema.inputs, dataset.columns, strict=True))
    inputs = [
        {"name": name, **_moved(before, columns[name], reference["rows"], rows)}
        for name, before in reference["inputs"].items()
        if name in columns
    ]
    inputs.sort(key=lambda fact: (-fact["psi"], fact["name"]))
    target = _target(reference, dataset, rows)
    level = LEVELS[max(LEVELS.index(fact["level"]) for fact in (*inputs, target))]
    gone = [name for name in reference["inputs"] if name not in columns]
    added = [name for name in columns if name not in reference["inputs"]]
    return {
        "level": level,
        "rows": [reference["rows"], len(rows)],
        "inputs": inputs[:MOST_SHOWN],
        "target": target,
        "gone": gone,
        "added": added,
        "words": _words(inputs, target, gone, added),
    }


def _target(reference: Mapping[str, Any], dataset: Dataset, rows: Rows) -> dict[str, Any]:
    before = reference["target"]
    if ("edges" in before) == dataset.is_classification:
        return {"psi": 0.0, "level": "high", "new_share": 1.0}
    if dataset.schema.classes is None:
        after = binned(dataset.target[rows].astype(np.float64), before["edges"])
    else:
        codes = dataset.target[rows].astype(np.int32)
        after = named(codes, dataset.schema.classes, before["names"])
    return _index(before, after, reference["rows"], len(rows))


def _moved(before: Mapping[str, Any], column: Column, size: int, rows: Rows) -> dict[str, Any]:
    if ("names" in before) != isinstance(column, CategoricalColumn):
        return {"psi": 0.0, "level": "high", "new_share": 1.0}
    if isinstance(column, CategoricalColumn):
        after = named(column.codes[rows], column.categories, before["names"])
    else:
        after = binned(column.values[rows], before["edges"])
    return _index(before, after, size, len(rows))


def _index(before: Mapping[str, Any], after: list[int], size: int, rows: int) -> dict[str, Any]:
    """The index over the bins, half a row added to each, so that an empty one is no infinity."""
    counts = np.array([before["counts"], after]) + 0.5
    old, new = counts / counts.sum(axis=1, keepdims=True)
    psi = float(((new - old) * np.log(new / old)).sum())
    used = int((counts.sum(axis=0) > 1).sum())
    chance = float(chdtri(max(used - 1, 1), UNLIKELY)) * (1 / size + 1 / rows)
    steps = [psi >= max(bound, chance) for bound in (WARN, HIGH)]
    fact: dict[str, Any] = {"psi": rounded(psi, 4), "level": LEVELS[sum(steps)]}
    if "names" in before:
        other = after[-2] / rows - before["counts"][-2] / size
        fact["new_share"] = rounded(max(0.0, other), 4)
    return fact


def _words(
    inputs: list[dict[str, Any]], target: dict[str, Any], gone: list[str], added: list[str]
) -> list[str]:
    moved = [fact for fact in inputs if fact["level"] != "none"]
    words = [
        f"{fact['name']} has moved (PSI {fact['psi']:.2f}, {fact['level']})."
        for fact in moved[:MOST_NAMED]
    ]
    if len(moved) > MOST_NAMED:
        words.append(f"So have {len(moved) - MOST_NAMED} more.")
    words += [
        f"{fact['new_share']:.0%} more than before of {fact['name']} are new or rare categories."
        for fact in moved[:MOST_NAMED]
        if fact.get("new_share", 0) >= WARN
    ]
    if target["level"] != "none":
        words.append(f"The target has moved (PSI {target['psi']:.2f}, {target['level']}).")
    return [
        *words,
        *([f"Gone: {', '.join(gone)}."] if gone else []),
        *([f"Added: {', '.join(added)}."] if added else []),
    ]
