"""The fields of ml v1's `Model` and `Version` bodies: which there are, and what they may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from serving.refusal import Refusal
from shared.core.artifact import VERSION_NAME, split_uri

_DOTTED = re.compile(r"\d{1,2}\.\d{1,3}")
_LABEL = re.compile(r"[a-z0-9_-]{0,63}")

MODEL_FIELDS = frozenset(
    {
        "description",
        "regions",
        "onlinePredictionLogging",
        "onlinePredictionConsoleLogging",
        "labels",
    }
)
VERSION_FIELDS = frozenset(
    {
        "description",
        "deploymentUri",
        "runtimeVersion",
        "pythonVersion",
        "framework",
        "machineType",
        "autoScaling",
        "manualScaling",
        "serviceAccount",
        "labels",
    }
)
_READ_ONLY = frozenset(
    {
        "name",
        "etag",
        "defaultVersion",
        "isDefault",
        "createTime",
        "lastUseTime",
        "state",
        "errorMessage",
        "lastMigrationTime",
        "lastMigrationModelId",
    }
)
_NOT_SERVED = frozenset(
    {
        "packageUris",
        "predictionClass",
        "container",
        "routes",
        "acceleratorConfig",
        "explanationConfig",
        "imageUri",
        "requestLoggingConfig",
    }
)

MODEL_MASK = {
    "description": "description",
    "labels": "labels",
    "onlinePredictionLogging": "onlinePredictionLogging",
    "onlinePredictionConsoleLogging": "onlinePredictionConsoleLogging",
    "default_version.name": "default",
    "defaultVersion.name": "default",
}
VERSION_MASK = {
    "description": "description",
    "labels": "labels",
    "autoScaling.minNodes": "autoScaling",
    "auto_scaling.min_nodes": "autoScaling",
    "manualScaling.nodes": "manualScaling",
    "manual_scaling.nodes": "manualScaling",
    "requestLoggingConfig": "requestLoggingConfig",
    "request_logging_config": "requestLoggingConfig",
}
"""updateMask path -> the field that it changes."""


def model_fields(body: dict[str, Any]) -> dict[str, Any]:
    """A new model's fields; Refusal 400 says what is wrong."""
    _known(body, MODEL_FIELDS, "model")
    regions = body.get("regions", ["us-central1"])
    if not _texts(regions) or len(regions) != 1:
        raise Refusal(400, "Exactly one region can be given.", "model.regions")
    return _checked({**_kept(body, MODEL_FIELDS), "regions": regions}, "model")


def version_fields(body: dict[str, Any]) -> dict[str, Any]:
    """A new version's fields; Refusal 400 says what is wrong."""
    _known(body, VERSION_FIELDS, "version")
    for name in sorted(_NOT_SERVED & body.keys()):
        if body[name]:
            raise Refusal(400, f"This service does not offer {name}.", f"version.{name}")
    fields = _checked(_kept(body, VERSION_FIELDS), "version")
    fields.setdefault("framework", "SCIKIT_LEARN")
    for name in ("deploymentUri", "runtimeVersion", "pythonVersion"):
        if not fields.get(name):
            raise Refusal(400, f"The field {name} is required.", f"version.{name}")
    return fields


def resource_name(body: dict[str, Any], kind: str) -> str:
    """The short name of a new model or version; Refusal 400 for an illegal one."""
    name = body.get("name")
    if not isinstance(name, str) or not VERSION_NAME.fullmatch(name):
        raise Refusal(
            400,
            "The name must start with a letter and hold letters, digits and underscores only, 128 "
            "at the most.",
            f"{kind}.name",
        )
    return name


def patch_of(
    body: dict[str, Any], mask: str, paths: dict[str, str], kind: str
) -> tuple[dict[str, Any], frozenset[str]]:
    """(new values, fields that the mask names). A named field that the body lacks is cleared."""
    wanted = [path.strip() for path in mask.split(",") if path.strip()]
    if not wanted:
        raise Refusal(400, "An update mask is required.", "update_mask")
    for path in wanted:
        if path not in paths:
            known = ", ".join(sorted(paths))
            raise Refusal(400, f"{path!r} cannot be updated; these can: {known}.", "update_mask")
    named = frozenset(paths[path] for path in wanted)
    return _checked({key: body[key] for key in named if key in body}, kind), named


def _known(body: dict[str, Any], fields: frozenset[str], kind: str) -> None:
    for name in body:
        if name not in fields | _READ_ONLY | _NOT_SERVED:
            raise Refusal(
                400,
                f"Invalid JSON payload received. Unknown name \"{name[:100]}\" at '{kind}': "
                "Cannot find field.",
            )


def _kept(body: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key in fields and value is not None}


def _checked(fields: dict[str, Any], kind: str) -> dict[str, Any]:
    for name, value in fields.items():
        problem = _CHECKS[name](value)
        if problem:
            raise Refusal(400, problem, f"{kind}.{name}")
    return fields


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and len(value) <= 2000 else "It must be a text."


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "It must be true or false."


def _object(value: Any) -> str:
    return "" if isinstance(value, dict) else "It must be an object."


def _dotted(value: Any) -> str:
    good = isinstance(value, str) and _DOTTED.fullmatch(value)
    return "" if good else "It must look like 2.11 (runtime) or 3.7 (Python)."


def _uri(value: Any) -> str:
    try:
        bucket, _ = split_uri(value if isinstance(value, str) else "")
    except ValueError:
        bucket = ""
    return "" if bucket else "It must be a directory on Cloud Storage: gs://bucket/directory/."


def _framework(value: Any) -> str:
    if value == "SCIKIT_LEARN":
        return ""
    return f"Framework {str(value)[:60]!r} is not served here; SCIKIT_LEARN is."


def _labels(value: Any) -> str:
    good = isinstance(value, dict) and all(
        isinstance(text, str) and _LABEL.fullmatch(text) for pair in value.items() for text in pair
    )
    return "" if good else "Labels hold lower-case letters, digits, - and _, 63 at the most."


def _anything(_: Any) -> str:
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "description": _text,
    "machineType": _text,
    "serviceAccount": _text,
    "regions": _anything,
    "onlinePredictionLogging": _flag,
    "onlinePredictionConsoleLogging": _flag,
    "labels": _labels,
    "default": _anything,
    "deploymentUri": _uri,
    "runtimeVersion": _dotted,
    "pythonVersion": _dotted,
    "framework": _framework,
    "autoScaling": _object,
    "manualScaling": _object,
    "requestLoggingConfig": _object,
}
