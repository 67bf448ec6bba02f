"""A Postman collection: import it, put a token into its variable, send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.core import example
from shared.core.listing import Described

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")

Json = dict[str, Any]


def collection(models: list[Described], project: str, auth: str, base: str) -> Json:
    """The collection of these models, with synthetic instances. base: the service's address."""
    path = f"v1/projects/{project}/models"
    items: list[Json] = [_get("Models", path), _get("OpenAPI", "openapi.json")]
    for one in models:
        items.append({"name": one.model, "item": _requests(one, f"{path}/{one.model}")})
    return {
        "info": {"name": f"dropserve {project}", "schema": SCHEMA},
        "auth": _auth(auth),
        "variable": [{"key": "baseUrl", "value": base}, {"key": "token", "value": ""}],
        "item": items,
    }


def base_url(headers: Mapping[str, str]) -> str:
    """The address that the caller reached this service by."""
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        return "https://localhost"
    scheme = headers.get("x-forwarded-proto", "http")
    return f"{scheme if scheme in ('http', 'https') else 'https'}://{host}"


def _auth(auth: str) -> Json:
    if auth == "api_key":
        pairs = {"key": "X-API-Key", "value": "{{token}}", "in": "header"}
        return {"type": "apikey", "apikey": [_pair(key, value) for key, value in pairs.items()]}
    return {"type": "bearer", "bearer": [_pair("token", "{{token}}")]}


def _pair(key: str, value: str) -> Json:
    return {"key": key, "value": value, "type": "string"}


def _requests(one: Described, path: str) -> list[Json]:
    shown = example.instances(one.card) if one.card else [{}]
    body: Json = {"instances": shown[:2]}
    made = [_post("Predict", f"{path}:predict", body)]
    if one.card:
        by_position = {"instances": [list(shown[0].values())]}
        made.append(_post("Predict by position", f"{path}:predict", by_position))
        if one.card.schema.classes is not None:
            asked = {**body, "parameters": {"probabilities": True}}
            made.append(_post("Predict with probabilities", f"{path}:predict", asked))
    pinned = f"{path}/versions/{one.version}:predict"
    made.append(_post("Predict by this version", pinned, body))
    return [*made, _get("Model", path), _get("Versions", f"{path}/versions")]


def _get(name: str, path: str) -> Json:
    return {"name": name, "request": {"method": "GET", "url": _url(path)}}


def _post(name: str, path: str, body: Json) -> Json:
    raw = {"mode": "raw", "raw": _plain(body), "options": {"raw": {"language": "json"}}}
    header = [{"key": "Content-Type", "value": "application/json"}]
    request = {"method": "POST", "header": header, "body": raw, "url": _url(path)}
    return {"name": name, "request": request}


def _plain(body: Json) -> str:
    """JSON in which Postman finds no variable of its own, whatever a column or category is named:
    `{{token}}` is the caller's. Two braces side by side stand only in texts."""
    return json.dumps(body).replace("{{", "{\\u007b")


def _url(path: str) -> Json:
    return {"raw": f"{{{{baseUrl}}}}/{path}", "host": ["{{baseUrl}}"], "path": path.split("/")}
