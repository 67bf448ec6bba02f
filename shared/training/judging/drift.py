"""How far a new CSV has moved from the data of the live version: the population stability index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.core import psi
from shared.core.psi import HIGH, MOST_NAMED, WARN
from shared.training.dataset import CategoricalColumn, Column, Dataset, NumericColumn, Rows
from shared.training.judging.metric import rounded
from shared.training.judging.profile import binned, named, sample

MOST_SHOWN = 50


def drift(reference: Mapping[str, Any], dataset: Dataset, high: float = HIGH) -> dict[str, Any]:
    """reference: `profile` of the earlier data. Level, per input and for the target, in words too.

    An input's `new_share`: how much more of it than before lies in categories that were rare or
    unknown.
    """
    rows = sample(dataset)
    columns = {
        name: column
        for name, column in zip(dataset.schema.inputs, dataset.columns, strict=True)
        if name in reference["inputs"]
        and ("names" in reference["inputs"][name]) == isinstance(column, CategoricalColumn)
    }
    inputs = [
        {"name": name, **psi.judged(_column(before, columns[name], reference["rows"], rows), high)}
        for name, before in reference["inputs"].items()
        if name in columns
    ]
    inputs.sort(key=lambda fact: (-fact["psi"], fact["name"]))
    target = psi.judged(_target(reference, dataset, rows), high)
    gone = [name for name in reference["inputs"] if name not in columns]
    added = [name for name in dataset.schema.inputs if name not in reference["inputs"]]
    return {
        "level": psi.worst([*inputs, target]),
        "rows": [reference["rows"], len(rows)],
        "inputs": inputs[:MOST_SHOWN],
        "target": target,
        "gone": gone,
        "added": added,
        "words": _words(inputs, target, gone, added),
    }


def _target(reference: Mapping[str, Any], dataset: Dataset, rows: Rows) -> dict[str, Any]:
    before = reference["target"]
    target = dataset.target[rows]
    if dataset.schema.classes is None:
        column: Column = NumericColumn(target.astype(np.float64))
    else:
        column = CategoricalColumn(target.astype(np.int32), dataset.schema.classes)
    if ("names" in before) != dataset.is_classification:
        return {"psi": 0.0, "chance": 0.0}
    return _column(before, column, reference["rows"], np.arange(len(rows)))


def _column(before: Mapping[str, Any], column: Column, size: int, rows: Rows) -> dict[str, Any]:
    if isinstance(column, CategoricalColumn):
        after = named(column.codes[rows], column.categories, before["names"])
        other = after[-2] / len(rows) - before["counts"][-2] / size
        more = {"new_share": rounded(max(0.0, other), 4)}
    else:
        after, more = binned(column.values[rows], before["edges"]), {}
    return psi.index(before["counts"], after) | more


def _words(
    inputs: list[dict[str, Any]], target: dict[str, Any], gone: list[str], added: list[str]
) -> list[str]:
    moved = [fact for fact in inputs if fact["level"] != "none"]
    words = psi.words(inputs)
    words += [
        f"{fact['new_share']:.0%} more than before of {fact['name']} are new or rare categories."
        for fact in moved[:MOST_NAMED]
        if fact.get("new_share", 0) >= WARN
    ]
    if target["level"] != "none":
        words.append(f"The target has moved (PSI {target['psi']:.2f}, {target['level']}).")
    if gone:
        words.append(f"Gone: {', '.join(gone[:MOST_NAMED])}.")
    return words + ([f"Added: {', '.join(added[:MOST_NAMED])}."] if added else [])
