"""Cards that the trainer made of messy tables, for tests of the page: nothing in them is made up.

Ids, a date, text, gaps, two categories; a second drop against a live first one, with drift.
"""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import joblib

from shared.core.source import Source
from shared.training.inputs import File, Inputs, Reference
from shared.training.judging.seen import Seen
from shared.training.rival import Rival
from shared.training.trainer import Trained, train

PLAIN = ("plan", "age", "spent", "left")
ROWS = 260


def table(names: tuple[str, ...], *, regression: bool, moved: float = 0.0) -> bytes:
    """A CSV under these names: a category, two numbers, the target; and what is left out."""
    chance = random.Random(moved)
    plan, age, spent, left = names
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "joined", "note", plan, age, spent, left])
    for row in range(ROWS):
        old, money = chance.gauss(40 + moved, 9), chance.expovariate(0.01)
        kind = chance.randrange(3)
        stays = old + 12 * (kind == 1) + chance.gauss(0, 4) > 42
        label = f"{old * 3 + money / 9:.1f}" if regression else f"{plan} {'no' if stays else 'yes'}"
        cells = [f"{old:.1f}" if chance.random() > 0.04 else "", f"{money:.2f}"]
        note = f"customer number {row} wrote us a letter about the thing {row * 7}"
        date = f"2026-{row % 12 + 1:02d}-{row % 28 + 1:02d}"
        writer.writerow([row, date, note, f"{plan} {'abc'[kind]}", *cells, label])
    return text.getvalue().encode()


def _trained(
    data: bytes, target: str, toml: str, generation: int, rival: Rival | None = None
) -> Trained:
    source = Source("data", "data/m/t.csv", generation, f"2026-11-22T13:0{generation}:00.250Z")
    file = File(source, len(data))
    champion = Reference("v1", "models/m/v1/", "card-0.json", "", 1) if rival else None
    said = {"target": target, "gate": "accept"}
    inputs = Inputs("m", source, (file,), (), "", said, toml=toml, champion=champion)
    return train(inputs, lambda _: io.BytesIO(data), lambda _: rival or Rival("v1"))


def card(names: tuple[str, ...] = PLAIN, *, regression: bool = False) -> dict[str, Any]:
    """The card of the second drop, as the bucket holds it."""
    toml = 'task = "regression"\n' if regression else ""
    first = _trained(table(names, regression=regression), names[-1], toml, 1)
    model = joblib.load(io.BytesIO(first.files["model.joblib"]))
    seen = Seen.from_bytes(next(d for n, d in first.files.items() if n.startswith("seen-")))
    rival = Rival("v1", first.card, model, seen)
    data = table(names, regression=regression, moved=9.0)
    told: dict[str, Any] = json.loads(_trained(data, names[-1], toml, 2, rival).card.to_json())
    return told
