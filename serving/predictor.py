"""Runs an estimator on a request's instances, as AI Platform's scikit-learn server did.

The raw JSON list goes to `predict`; further keys of the request become its keyword arguments.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import orjson

from serving import probability
from serving.refusal import Refusal

PARAMETERS = "parameters"


class PredictionFailed(Exception):
    """The model, or what it was asked, made prediction fail. The message is for the caller."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(f"Prediction failed: {message} (Error code: {code})")


class MissingInstances(Exception):
    """The request is no prediction request. The message is for the caller."""


def parse(body: bytes) -> tuple[Any, dict[str, Any]]:
    """(instances, keyword arguments for predict) of a request body."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MissingInstances(f"Invalid JSON payload received. {error}") from None
    if not isinstance(request, dict) or "instances" not in request:
        shown = body[:200].decode("utf-8", "replace")
        raise MissingInstances(
            f"Required field 'instances' missing in prediction server request: {shown}"
        )
    instances = request.pop("instances")
    request.pop("signature_name", None)
    return instances, request


def predict(estimator: Any, instances: Any, extra: dict[str, Any]) -> list[Any]:
    """The predictions as a JSON-ready list.

    `parameters: {"probabilities": true}`, which AI Platform did not have, asks for all classes.
    """
    if PARAMETERS in extra:
        extra = dict(extra)
        if probability.wanted(extra.pop(PARAMETERS)):
            return _probabilities(estimator, instances)
    try:
        found = estimator.predict(instances, **extra)
    except Exception as error:
        raise PredictionFailed(f"Exception during sklearn prediction: {error}", 2) from error
    if isinstance(found, np.ndarray):
        return list(found.tolist())
    if isinstance(found, list):
        return found
    raise PredictionFailed(
        f"Bad output type returned: {type(found).__name__}. The predict function should return "
        "either a numpy ndarray or a list.",
        3,
    )


def _probabilities(estimator: Any, instances: Any) -> list[Any]:
    if not hasattr(estimator, "predict_proba"):
        raise PredictionFailed("This model has no probabilities.", 2)
    try:
        return probability.of(estimator, instances)
    except Exception as error:
        raise PredictionFailed(f"Exception during sklearn prediction: {error}", 2) from error


def answer(predictions: list[Any]) -> bytes:
    """The response body. NaN and infinity, which JSON does not have, become null."""
    try:
        return orjson.dumps({"predictions": predictions})
    except TypeError:
        return _answer_of_odd_values(predictions)


def _answer_of_odd_values(predictions: list[Any]) -> bytes:
    """Integers beyond 64 bits, numpy scalars in an object array: what orjson does not take."""
    try:
        plain = [_plain(value) for value in predictions]
        return json.dumps({"predictions": plain}, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise PredictionFailed(f"There was a problem processing the outputs: {error}", 3) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    return value


def refusal(error: Exception) -> tuple[int, bytes]:
    """(status, body) of a prediction that failed: ml v1 gives a string here."""
    if isinstance(error, PredictionFailed | MissingInstances):
        return 400, orjson.dumps({"error": str(error)})
    assert isinstance(error, Refusal)
    return error.http_status, orjson.dumps(error.body())
