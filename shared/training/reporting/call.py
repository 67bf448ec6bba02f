"""How to call the version: a line to copy, with made-up values that it answers."""

from __future__ import annotations

import json
import shlex
from typing import Any

from shared.core import date
from shared.core.artifact import MODEL_NAME, VERSION_NAME
from shared.core.page.facts import Facts
from shared.core.page.markup import Markup, code, element, joined, paragraph, whole
from shared.core.schema import DATE_PARTS

BREAK = Markup(" \\\n")

LONGEST = 3_000
"""A body longer than this is nothing to copy from a page."""

MOST_NAMED = 12
"""With more features than this an instance is sent by position."""


def how_to_call(card: Facts) -> list[Markup]:
    """The curl line and the answer, of this very version."""
    golden = card.part("golden")
    instances, predictions = golden.raw("instances"), golden.raw("predictions")
    some = isinstance(instances, list) and instances and isinstance(instances[0], list)
    if not some or not _is_named(card):
        return []
    body = _json({"instances": [_instance(card, instances[0])]})
    if len(body) > LONGEST:
        return [
            paragraph(
                "An instance of this model is too long for a page: the card has some under ",
                code("golden.instances"),
                ".",
            )
        ]
    return [
        paragraph("With the variables that ", code("./run env"), " prints:"),
        element("pre", element("code", _curl(card, body))),
        *_answer(card, predictions),
        paragraph(
            "The values are made up from the middle of the data; they are nobody's row. Without ",
            code("/versions/..."),
            " in the path the live version answers.",
            class_="soft small",
        ),
    ]


def _curl(card: Facts, body: str) -> Markup:
    path = f"models/{card.text('model')}/versions/{card.text('version')}:predict"
    return joined(
        'curl -H "Authorization: Bearer $PREDICT_TOKEN"',
        BREAK,
        whole(f"-d {shlex.quote(body)}"),
        BREAK,
        whole(f'"$PREDICT_URL/v1/projects/$GOOGLE_CLOUD_PROJECT/{path}"'),
    )


def _is_named(card: Facts) -> bool:
    """Whether model and version are what they must be, and so harmless to a shell."""
    model, version = card.text("model"), card.text("version")
    return bool(MODEL_NAME.fullmatch(model) and VERSION_NAME.fullmatch(version))


def _answer(card: Facts, predictions: Any) -> list[Markup]:
    """What comes back; with dates that is not known, since their parts are made up one by one."""
    if not (isinstance(predictions, list) and predictions) or _has_dates(card):
        return []
    told = {"predictions": predictions[:1], "model_version": card.text("version")}
    kind = "number" if card.part("schema").raw("classes") is None else "label"
    answer = _json(told | {"kind": kind})
    return [paragraph("It answers:"), element("pre", element("code", whole(answer)))]


def _instance(card: Facts, values: list[Any]) -> Any:
    """As a caller sends it: by name where that can be read, else by position."""
    features = card.part("schema").objects("features")
    cells: list[Any] = []
    left = list(values)
    for feature in features:
        kind, cell = feature.text("kind"), left[:1]
        left = left[len(DATE_PARTS) if kind == "date" else 1 :]
        cells += [_sent(one, kind) for one in cell]
    names = [feature.text("name") for feature in features]
    readable = len(set(names)) == len(names) == len(cells) <= MOST_NAMED
    return dict(zip(names, cells, strict=True)) if readable else cells


def _sent(cell: Any, kind: str) -> Any:
    if kind == "date":
        return date.text(cell) if isinstance(cell, int | float) else None
    return bool(cell) if kind == "boolean" and cell in (0, 1) else cell


def _has_dates(card: Facts) -> bool:
    return any(f.text("kind") == "date" for f in card.part("schema").objects("features"))


def _json(value: Any) -> str:
    """In ASCII: whatever is invisible is escaped, and what is copied is what is seen."""
    return json.dumps(value, ensure_ascii=True)
