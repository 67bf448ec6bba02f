"""How live requests differ from the training data, by the card's distributions: status data.

Plain Python on some thousand instances: whoever reconciles needs no numpy. Nothing that was sent
comes out, only shares and the names of features.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shared.core import date, psi
from shared.core.card import Card
from shared.core.schema import DATE_PARTS, Feature, Schema

MOST_SHOWN = 50
NOTABLE = 0.1
"""From which share on unknown categories, and numbers out of range, are told in words."""

Json = dict[str, Any]


def compare(card: Card, lines: Sequence[Json], least: int, high: float) -> Json:
    """The sampled requests (lines of the log, of the card's version) beside the training data.

    least: instances from which on anything is said. high: index from which on it is drift.
    """
    schema = card.schema
    rows = [row for line in lines for row in _rows(line, schema)]
    times = sorted(str(line["at"]) for line in lines)
    told: Json = {
        "version": card.version,
        "from": _moment(times[0]) if times else None,
        "to": _moment(times[-1]) if times else None,
        "requests": len(lines),
        "instances": len(rows),
        "least": least,
    }
    if len(rows) < least:
        return told
    profile = card.facts.get("profile") or {}
    inputs = [fact for one in _features(schema, rows) for fact in _compared(*one, profile, high)]
    inputs.sort(key=lambda fact: (-fact.get("psi", 0.0), fact["name"]))
    answers = _answers(schema, lines, profile, high)
    known = [fact for fact in (*inputs, answers) if "level" in fact]
    return told | {
        "level": psi.worst(known),
        "inputs": inputs[:MOST_SHOWN],
        "answers": answers,
        "words": _words(inputs, answers),
    }


def _moment(text: str) -> str:
    return text.replace("+00:00", "Z")


def _rows(line: Json, schema: Schema) -> Iterable[Sequence[Any]]:
    for instance in line["instances"]:
        yield instance if isinstance(instance, list) else [instance[n] for n in schema.names]


def _features(
    schema: Schema, rows: Sequence[Sequence[Any]]
) -> Iterable[tuple[Feature, Sequence[Any]]]:
    return zip(schema.features, zip(*rows, strict=True), strict=True)


def _compared(
    feature: Feature, column: Sequence[Any], profile: Json, high: float
) -> Iterable[Json]:
    """One feature: a fact for each of the model's inputs that it is."""
    before = profile.get("inputs", {})
    more = _beyond(feature, column)
    if feature.kind != "date":
        yield {"name": feature.name, **_index(before.get(feature.name), column, high), **more}
        return
    parts = [None if value is None else date.numbers(value) for value in column]
    for place, suffix in enumerate(DATE_PARTS):
        name = feature.name + suffix
        values = [part[place] if part else None for part in parts]
        yield {"name": name, **_index(before.get(name), values, high)}


def _beyond(feature: Feature, column: Sequence[Any]) -> Json:
    """Shares of what training did not see."""
    low, top = feature.minimum, feature.maximum
    given = [value for value in column if value is not None]
    if feature.kind == "numeric" and low is not None and top is not None:
        return {"outside": _share(given, lambda value: not low <= value <= top)}
    if feature.kind == "categorical" and feature.categories:
        return {"unknown": _share(given, lambda value: value not in feature.known)}
    return {}


def _share(values: Sequence[Any], is_so: Callable[[Any], bool]) -> float:
    return round(sum(map(is_so, values)) / len(values), 4) if values else 0.0


def _index(before: Json | None, values: Sequence[Any], high: float) -> Json:
    """The index of a column, {} where training left no distribution of it."""
    if not before:
        return {}
    counted = _named if "names" in before else _binned
    return psi.judged(psi.index(before["counts"], counted(before, values)), high)


def _binned(before: Json, values: Sequence[Any]) -> list[int]:
    edges = before["edges"]
    counts = [0] * (len(edges) + 2)
    for value in values:
        counts[-1 if value is None else bisect_left(edges, value)] += 1
    return counts


def _named(before: Json, values: Sequence[Any]) -> list[int]:
    places = {name: place for place, name in enumerate(before["names"])}
    counts = [0] * (len(places) + 2)
    for value in values:
        counts[-1 if value is None else places.get(value, len(places))] += 1
    return counts


def _answers(schema: Schema, lines: Sequence[Json], profile: Json, high: float) -> Json:
    """What was answered, beside the target of the training data."""
    values = [
        answer["label"] if isinstance(answer, dict) else answer
        for line in lines
        for answer in line["predictions"]
    ]
    before = profile.get("target")
    is_same = before is not None and ("names" in before) == (schema.classes is not None)
    return _index(before if is_same else None, values, high)


def _words(inputs: Sequence[Json], answers: Json) -> list[str]:
    told = psi.words(inputs)
    for key, where in (
        ("unknown", "are categories that training did not see often"),
        ("outside", "lie outside the range of the training data"),
    ):
        odd = sorted(inputs, key=lambda fact: -fact.get(key, 0.0))[: psi.MOST_NAMED]
        told += [
            f"{fact[key]:.0%} of {fact['name']} {where}."
            for fact in odd
            if fact.get(key, 0) >= NOTABLE
        ]
    if answers.get("level", "none") != "none":
        told.append(f"The answers have moved (PSI {answers['psi']:.2f}, {answers['level']}).")
    return told
