"""How to call the version: a line to copy, with made-up values that it answers."""

from __future__ import annotations

import json
import shlex
from datetime import date, timedelta
from typing import Any

from shared.core.schema import DATE_PARTS
from shared.training.reporting.facts import Facts
from shared.training.reporting.markup import Markup, code, element, paragraph

EPOCH = date(1970, 1, 1)

LONGEST = 3_000
"""A body longer than this is nothing to copy from a page."""

MOST_NAMED = 12
"""With more features than this an instance is sent by position."""


def how_to_call(card: Facts) -> list[Markup]:
    """The curl line and the answer, of this very version."""
    golden = card.part("golden")
    instances, predictions = golden.raw("instances"), golden.raw("predictions")
    if not (isinstance(instances, list) and instances and isinstance(instances[0], list)):
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


def _curl(card: Facts, body: str) -> str:
    path = f"models/{card.text('model')}/versions/{card.text('version')}:predict"
    url = f'"$PREDICT_URL/v1/projects/$GOOGLE_CLOUD_PROJECT/{path}"'
    return f'curl -H "Authorization: Bearer $PREDICT_TOKEN" -d {shlex.quote(body)} {url}'


def _answer(card: Facts, predictions: Any) -> list[Markup]:
    """What comes back; with dates that is not known, since their parts are made up one by one."""
    if not (isinstance(predictions, list) and predictions) or _has_dates(card):
        return []
    answer = _json({"predictions": predictions[:1], "model_version": card.text("version")})
    return [paragraph("It answers:"), element("pre", element("code", answer))]


def _instance(card: Facts, values: list[Any]) -> Any:
    """As a caller sends it: by name where that can be read, else by position."""
    features = card.part("schema").objects("features")
    cells: list[Any] = []
    left = list(values)
    for feature in features:
        kind, cell = feature.text("kind"), left[:1]
        left = left[len(DATE_PARTS) if kind == "date" else 1 :]
        cells += [_date(one) if kind == "date" else one for one in cell]
    names = [feature.text("name") for feature in features]
    readable = len(set(names)) == len(names) == len(cells) <= MOST_NAMED
    return dict(zip(names, cells, strict=True)) if readable else cells


def _date(days: Any) -> str | None:
    """Days since 1970-01-01 as an ISO date; None where it is none."""
    try:
        return (EPOCH + timedelta(days=int(days))).isoformat()
    except (TypeError, ValueError, OverflowError):
        return None


def _has_dates(card: Facts) -> bool:
    return any(f.text("kind") == "date" for f in card.part("schema").objects("features"))


def _json(value: Any) -> str:
    """In ASCII: whatever is invisible is escaped, and what is copied is what is seen."""
    return json.dumps(value, ensure_ascii=True)
