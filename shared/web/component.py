"""The parts that OpenAPI documents share: schemas, parameters, headers."""

from __future__ import annotations

from typing import Any

from shared.core.artifact import VERSION_NAME
from shared.core.schema import Feature, Schema

Json = dict[str, Any]

NAME = {"type": "string", "pattern": f"^{VERSION_NAME.pattern}$"}
_TEXT = {"type": "string"}


def ref(name: str) -> Json:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(where: str, name: str, schema: Json, description: str) -> Json:
    made = {"name": name, "in": where, "schema": schema, "description": description}
    return made | ({"required": True} if where == "path" else {})


PARAMETERS: Json = {
    "project": _parameter("path", "project", {**_TEXT, "minLength": 1}, "Not looked at."),
    "model": _parameter("path", "model", NAME, "The model's name."),
    "version": _parameter("path", "version", NAME, "The version's name."),
    "pageSize": _parameter(
        "query", "pageSize", {"type": "integer", "minimum": 1, "maximum": 100}, "20 unless told."
    ),
    "pageToken": _parameter("query", "pageToken", NAME, "`nextPageToken` of the page before."),
    "timeout": _parameter(
        "header",
        "X-Request-Timeout",
        {"type": "number", "minimum": 0.001, "maximum": 60, "default": 10},
        "Seconds for the whole answer.",
    ),
    "requestId": _parameter(
        "header", "X-Request-Id", _TEXT, "Comes back, stands in problems and in the log."
    ),
    "traceparent": _parameter("header", "traceparent", _TEXT, "W3C trace context."),
}

HEADERS: Json = {
    "X-Request-Id": {"schema": _TEXT},
    "traceparent": {"schema": _TEXT},
}

PROBLEM_RESPONSE: Json = {
    "description": "What went wrong (RFC 9457).",
    "content": {"application/problem+json": {"schema": ref("Problem")}},
}

_FAULT = {
    "type": "object",
    "required": ["pointer", "message"],
    "properties": {"pointer": _TEXT, "message": _TEXT},
}


def _answer(kind: str, item: Json) -> Json:
    return {
        "type": "object",
        "required": ["predictions", "model_version", "kind"],
        "properties": {
            "predictions": {"type": "array", "items": item},
            "model_version": _TEXT,
            "kind": {"const": kind},
            "warnings": {"type": "array", "items": ref("Warning")},
            "warning_count": {"type": "integer"},
        },
    }


def _probabilities(label: Json, shares: Json) -> Json:
    properties = {"label": label, "probabilities": shares}
    return {"type": "object", "required": ["label", "probabilities"], "properties": properties}


_SHARE = {
    "description": "null where the numbers sent are too large for the model to tell.",
    "type": ["number", "null"],
    "minimum": 0,
    "maximum": 1,
}
_LABELS = {"type": ["string", "number", "boolean"]}
ANSWERS: Json = {
    "LabelAnswer": _answer("label", _LABELS),
    "NumberAnswer": _answer("number", {"type": ["number", "null"]}),
    "ProbabilitiesAnswer": _answer(
        "probabilities",
        _probabilities(_LABELS, {"type": "object", "additionalProperties": _SHARE}),
    ),
    "RawAnswer": _answer("raw", {}),
}
"""Every form of an answer, told apart by `kind`."""


def answers(classes: tuple[str, ...] | None) -> Json:
    """The forms that one model's answers have."""
    if classes is None:
        return {"NumberAnswer": ANSWERS["NumberAnswer"]}
    label = {"type": "string", "enum": list(classes)}
    shares = {
        "type": "object",
        "required": list(classes),
        "properties": dict.fromkeys(classes, _SHARE),
    }
    return {
        "LabelAnswer": _answer("label", label),
        "ProbabilitiesAnswer": _answer("probabilities", _probabilities(label, shares)),
    }


def schemas(instance: Json, forms: Json) -> Json:
    """All schemas, for these instances and these forms of answers."""
    kinds = {form["properties"]["kind"]["const"]: name for name, form in forms.items()}
    return {
        "Instance": instance,
        "Parameters": _PARAMETERS_SCHEMA,
        "PredictRequest": {
            "type": "object",
            "required": ["instances"],
            "properties": {
                "instances": {"type": "array", "minItems": 1, "items": ref("Instance")},
                "parameters": ref("Parameters"),
                "signature_name": {"description": "Let pass for old clients, never looked at."},
            },
            "additionalProperties": False,
        },
        "Answer": {
            "oneOf": [ref(name) for name in forms],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {kind: ref(name)["$ref"] for kind, name in kinds.items()},
            },
        },
        **forms,
        "Warning": _FAULT,
        "Problem": _PROBLEM,
        **_LISTS,
    }


_PARAMETERS_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "probabilities": {"type": "boolean", "default": False},
        "strict": {"type": "boolean"},
    },
    "additionalProperties": False,
}
_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:dropserve:problem:[a-z_]+$"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": {"type": "array", "minItems": 1, "items": _FAULT},
    },
}
_LISTS: Json = {
    "Version": {
        "type": "object",
        "required": ["name", "isDefault"],
        "properties": {
            "name": _TEXT,
            "isDefault": {"type": "boolean"},
            "framework": _TEXT,
            "createTime": _TEXT,
            "estimator": {"type": "object"},
            "metrics": {"type": "object"},
            "schema": {"type": "object"},
            "strict": {"type": "boolean"},
            "examples": {"type": "array", "items": {"type": "object"}},
        },
    },
    "Model": {
        "type": "object",
        "required": ["name", "defaultVersion", "links"],
        "properties": {
            "name": _TEXT,
            "defaultVersion": ref("Version"),
            "links": {"type": "object", "additionalProperties": _TEXT},
        },
    },
    "Finding": {
        "type": "object",
        "properties": {
            "code": _TEXT,
            "message": _TEXT,
            "line": {"type": "integer"},
            "column": _TEXT,
        },
    },
    "Drop": {
        "type": "object",
        "required": ["file", "createTime", "updateTime", "findings", "warnings", "hasReport"],
        "properties": {
            **dict.fromkeys(("drop", "state", "version", "code", "reason", "collected"), _TEXT),
            **dict.fromkeys(("file", "createTime", "updateTime"), _TEXT),
            "held": {"type": "array", "items": _TEXT},
            "metrics": {"type": "object"},
            "findings": {"type": "array", "items": ref("Finding")},
            "findingCount": {"type": "integer"},
            "warnings": {"type": "array", "items": ref("Finding")},
            "hasReport": {"type": "boolean"},
        },
    },
    "Story": {
        "type": "object",
        "required": ["name", "live", "drops", "total", "ignored"],
        "properties": {
            "name": _TEXT,
            "live": {
                "type": ["object", "null"],
                "properties": {"version": _TEXT, "why": _TEXT},
            },
            "drops": {"type": "array", "items": ref("Drop")},
            "total": {"type": "number"},
            "ignored": {"type": "array", "items": {"type": "object"}},
        },
    },
    "StoryList": {
        "type": "object",
        "required": ["models"],
        "properties": {
            "models": {
                "type": "array",
                "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT}},
            },
        },
    },
    "ModelList": {
        "type": "object",
        "properties": {
            "models": {"type": "array", "items": ref("Model")},
            "nextPageToken": _TEXT,
        },
    },
    "VersionList": {
        "type": "object",
        "properties": {
            "versions": {"type": "array", "items": ref("Version")},
            "nextPageToken": _TEXT,
        },
    },
}


def instance(schema: Schema) -> Json:
    """An instance of one model, in both forms."""
    values = [_value(feature) for feature in schema.features]
    names = list(schema.names)
    return {
        "anyOf": [
            {
                "title": "by name",
                "type": "object",
                "required": names,
                "properties": dict(zip(names, values, strict=True)),
                "additionalProperties": False,
            },
            {
                "title": "by position",
                "type": "array",
                "prefixItems": values,
                "items": False,
                "minItems": len(values),
                "maxItems": len(values),
            },
        ]
    }


def _value(feature: Feature) -> Json:
    """A feature. Ranges and categories are what training saw, not limits."""
    made: Json = {"title": feature.name, **_type(feature)}
    if feature.minimum is not None and feature.maximum is not None:
        made["x-training-range"] = [feature.minimum, feature.maximum]
    if feature.categories:
        made["x-frequent-categories"] = list(feature.categories)
    return made


def _type(feature: Feature) -> Json:
    if feature.kind in ("numeric", "categorical"):
        name = "number" if feature.kind == "numeric" else "string"
        return {"type": [name, "null"]} if feature.nullable else {"type": name}
    if feature.kind == "boolean":
        return {"enum": [True, False, 0, 1, *([None] if feature.nullable else [])]}
    forms: list[Json] = [{**_TEXT, "format": "date"}, {**_TEXT, "format": "date-time"}]
    return {"anyOf": [*forms, *([{"type": "null"}] if feature.nullable else [])]}
