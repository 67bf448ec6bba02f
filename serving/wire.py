"""Registry records as ml v1 bodies; as in JSON from Google, default values are left out."""

from __future__ import annotations

import base64
from typing import Any

from serving.document import Held
from serving.record import Model, Operation, Version

_TYPE = "type.googleapis.com/google.cloud.ml.v1."
_EMPTY = "type.googleapis.com/google.protobuf.Empty"


def etag(generation: int) -> str:
    """An object's generation as the API's `etag`, which is bytes: base64, or clients crash."""
    return base64.b64encode(generation.to_bytes(8, "big")).decode()


def model_path(project: str, model: str) -> str:
    """`projects/P/models/M`."""
    return f"projects/{project}/models/{model}"


def version_path(project: str, model: str, version: str) -> str:
    """`projects/P/models/M/versions/V`."""
    return f"{model_path(project, model)}/versions/{version}"


def model_body(
    project: str, held: Held[Model], default_version: dict[str, Any] | None
) -> dict[str, Any]:
    """A `Model`."""
    model = held.value
    return _without_defaults(
        {
            "name": model_path(project, model.name),
            **model.fields,
            "defaultVersion": default_version,
            "etag": etag(held.generation),
        }
    )


def version_body(project: str, held: Held[Version], default: str) -> dict[str, Any]:
    """A `Version`. default: the name of the model's default version."""
    version = held.value
    return _without_defaults(
        {
            "name": version_path(project, version.model, version.name),
            **version.fields,
            "isDefault": version.name == default,
            "createTime": version.create_time,
            "state": version.state,
            "errorMessage": version.error_message,
            "etag": etag(held.generation),
        }
    )


def operation_body(project: str, operation: Operation) -> dict[str, Any]:
    """An `Operation` with its `OperationMetadata`."""
    metadata = {
        "@type": f"{_TYPE}OperationMetadata",
        "createTime": operation.create_time,
        "startTime": operation.create_time,
        "endTime": operation.end_time,
        "operationType": operation.kind,
        "modelName": model_path(project, operation.model),
        "isCancellationRequested": operation.cancelled,
        "version": operation.version and version_path(project, operation.model, operation.version),
    }
    body: dict[str, Any] = {
        "name": f"projects/{project}/operations/{operation.name}",
        "metadata": _without_defaults(metadata),
    }
    if operation.done:
        body |= {"done": True, **_outcome(operation)}
    return body


def _outcome(operation: Operation) -> dict[str, Any]:
    if operation.error:
        return {"error": operation.error}
    if operation.response is None:
        return {"response": {"@type": _EMPTY}}
    kind = "Model" if operation.kind == "UPDATE_MODEL" else "Version"
    return {"response": {"@type": _TYPE + kind, **operation.response}}


def _without_defaults(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, "", False, [], {})}
