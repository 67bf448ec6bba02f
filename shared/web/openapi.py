"""OpenAPI 3.1 of the predict API: one document for all models, one for each from its columns."""

from __future__ import annotations

from typing import Any

from shared.core import example
from shared.core.listing import Described
from shared.web import component
from shared.web.component import Json, ref

_PROJECT = "/v1/projects/{project}"
_MODEL = f"{_PROJECT}/models/{{model}}"
_VERSION = f"{_MODEL}/versions/{{version}}"


def general(auth: str) -> Json:
    """The document of the whole API. auth: the setting PREDICT_AUTH."""
    instance = {
        "description": "By feature name in any order, or values in the model's order.",
        "type": ["object", "array"],
    }
    paths = {
        f"{_MODEL}:predict": _post("predict", ref("PredictRequest"), ref("Answer"), "model"),
        f"{_VERSION}:predict": _post(
            "predictByVersion", ref("PredictRequest"), ref("Answer"), "model", "version"
        ),
        f"{_PROJECT}/models": _get("listModels", ref("ModelList"), paged=True),
        _MODEL: _get("getModel", ref("Model"), "model"),
        f"{_MODEL}/versions": _get("listVersions", ref("VersionList"), "model", paged=True),
        _VERSION: _get("getVersion", ref("Version"), "model", "version"),
        f"{_VERSION}/report": _get("getReport", None, "model", "version"),
        f"{_PROJECT}/status": _get("listStories", ref("StoryList")),
        f"{_MODEL}/status": _get("getStory", ref("Story"), "model"),
        f"{_MODEL}/openapi.json": _get("getModelOpenApi", {"type": "object"}, "model"),
        "/openapi.json": _public("getOpenApi"),
        "/postman.json": {"get": _operation("getPostman", {"type": "object"}, ())},
    }
    schemas = component.schemas(instance, component.ANSWERS)
    return _document("dropserve predict", "1", auth, paths, schemas)


def of_model(one: Described, project: str, auth: str) -> Json:
    """The document of one model, from its live version's columns and classes."""
    card = one.card
    path = f"/v1/projects/{project}/models/{one.model}"
    operation = _operation("predict", ref("Answer"), (), ref("PredictRequest"))
    instance: Json = {"type": ["object", "array"]}
    answers = component.ANSWERS
    if card is not None:
        instance = component.instance(card.schema)
        answers = component.answers(card.schema.classes)
        media = operation["requestBody"]["content"]["application/json"]
        media["example"] = {"instances": example.instances(card)[:1]}
        told = example.prediction(card)
        if told is not None:
            kind = "number" if card.schema.classes is None else "label"
            answer = operation["responses"]["200"]["content"]["application/json"]
            answer["example"] = {
                "predictions": [told],
                "model_version": one.version,
                "kind": kind,
            }
    schemas = component.schemas(instance, answers)
    used = {"PredictRequest", "Instance", "Parameters", "Answer", "Warning", "Problem", *answers}
    kept = {name: schema for name, schema in schemas.items() if name in used}
    paths = {f"{path}:predict": {"post": operation}}
    return _document(f"The model {one.model}", one.version, auth, paths, kept)


def _document(title: str, version: str, auth: str, paths: Json, schemas: Json) -> Json:
    scheme: Json = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    if auth == "api_key":
        scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "security": [{"caller": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": component.PARAMETERS,
            "headers": component.HEADERS,
            "responses": {"Problem": component.PROBLEM_RESPONSE},
            "securitySchemes": {"caller": scheme},
        },
    }


def _post(name: str, request: Json, answer: Json, *names: str) -> Json:
    return {"post": _operation(name, answer, ("project", *names), request)}


def _get(name: str, answer: Json | None, *names: str, paged: bool = False) -> Json:
    more = ("pageSize", "pageToken") if paged else ()
    return {"get": _operation(name, answer, ("project", *names, *more))}


def _public(name: str) -> Json:
    return {"get": _operation(name, {"type": "object"}, ()) | {"security": []}}


def _operation(
    name: str, answer: Json | None, parameters: tuple[str, ...], request: Json | None = None
) -> Json:
    """One operation; every failure is a problem, whatever its status. answer None: a page."""
    page: Json = {"text/html": {"schema": {"type": "string"}}}
    made: dict[str, Any] = {
        "operationId": name,
        "parameters": [
            {"$ref": f"#/components/parameters/{each}"}
            for each in (*parameters, "timeout", "requestId", "traceparent")
        ],
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": {
                    each: {"$ref": f"#/components/headers/{each}"} for each in component.HEADERS
                },
                "content": {"application/json": {"schema": answer}} if answer else page,
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if request is not None:
        content = {"application/json": {"schema": request}}
        made["requestBody"] = {"required": True, "content": content}
    return made
