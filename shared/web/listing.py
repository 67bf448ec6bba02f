"""Models and versions as AI Platform named them, with what callers need beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from shared.core import example
from shared.core.artifact import VERSION_NAME
from shared.core.listing import Described, Page
from shared.web.refusal import Refusal

SIZE = 20
MOST = 100


def paging(query: bytes) -> tuple[int, str]:
    """(size, start) of `?pageSize=&pageToken=`. Raises Refusal (400)."""
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    size, token = asked.get("pageSize", [""])[-1], asked.get("pageToken", [""])[-1]
    if size and not re.fullmatch("[0-9]{1,9}", size):
        raise Refusal(400, "invalid_parameter", "pageSize must be a whole number.")
    if token and not VERSION_NAME.fullmatch(token):
        raise Refusal(
            400, "invalid_parameter", "pageToken must be the nextPageToken of the page before."
        )
    return min(int(size or 0) or SIZE, MOST), token


def models(page: Page[Described], project: str) -> dict[str, Any]:
    """A list of models; ml v1 leaves out what is empty."""
    body: dict[str, Any] = {"models": [model(one, project) for one in page.items]}
    return {name: value for name, value in (body | _next(page)).items() if value}


def model(one: Described, project: str) -> dict[str, Any]:
    """A model with its live version, and where to go from here."""
    path = f"/v1/projects/{project}/models/{one.model}"
    return {
        "name": path.removeprefix("/v1/"),
        "defaultVersion": version(one, project),
        "links": {
            "predict": f"{path}:predict",
            "versions": f"{path}/versions",
            "openapi": f"{path}/openapi.json",
        },
    }


def versions(page: Page[Described], project: str) -> dict[str, Any]:
    """A list of versions."""
    body: dict[str, Any] = {"versions": [version(one, project) for one in page.items]}
    return {name: value for name, value in (body | _next(page)).items() if value}


def version(one: Described, project: str) -> dict[str, Any]:
    """A version: its schema, metrics and synthetic examples, where it has a card."""
    body: dict[str, Any] = {
        "name": f"projects/{project}/models/{one.model}/versions/{one.version}",
        "isDefault": one.is_default,
        "framework": "SCIKIT_LEARN",
    }
    card = one.card
    if card is None:
        return body
    return body | {
        "createTime": card.source.time_created,
        "estimator": card.estimator,
        "metrics": card.metrics,
        "schema": _schema(card.schema.as_dict()),
        "strict": card.strict,
        "examples": example.instances(card),
    }


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("features", "target", "classes")}


def _next(page: Page[Described]) -> dict[str, str]:
    return {"nextPageToken": page.following}
