"""A request's body in, an answer's body out, in the words of AI Platform's scikit-learn server.

The raw JSON list goes to `predict`; further keys of the request become its keyword arguments.
`parameters` is ours: `{"probabilities": true}` answers label and probabilities of each instance.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from serving import probability
from serving.refusal import Refusal


class PredictionFailed(Exception):
    """The model, or what it was asked, made prediction fail. The message is for the caller."""

    @classmethod
    def of(cls, message: str, code: int) -> PredictionFailed:
        """In the server's words. code: AI Platform's PredictionErrorType."""
        return cls(f"Prediction failed: {message} (Error code: {code})")


class MissingInstances(Exception):
    """The request is no prediction request. The message is for the caller."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prediction request. extra: keyword arguments for predict."""

    body: bytes
    instances: Any
    extra: dict[str, Any]
    probabilities: bool = False

    @property
    def rows(self) -> int:
        """How many instances."""
        return len(self.instances) if isinstance(self.instances, list) else 1


def parse(body: bytes) -> Asked:
    """The request in a body. Raises MissingInstances."""
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
    return Asked(body, instances, request, probability.wanted(request.pop("parameters", None)))


def predict(estimator: Any, asked: Asked) -> list[Any]:
    """The predictions as a JSON-ready list."""
    if asked.probabilities:
        return _with_probabilities(estimator, asked)
    found = _called(estimator.predict, asked)
    if isinstance(found, np.ndarray):
        return list(found.tolist())
    if isinstance(found, list):
        return found
    raise PredictionFailed.of(
        f"Bad output type returned: {type(found).__name__}. The predict function should return "
        "either a numpy ndarray or a list.",
        3,
    )


def _called(method: Any, asked: Asked) -> Any:
    try:
        return method(asked.instances, **asked.extra)
    except Exception as error:
        raise PredictionFailed.of(f"Exception during sklearn prediction: {error}", 2) from error


def _with_probabilities(estimator: Any, asked: Asked) -> list[Any]:
    """The label is the estimator's own `predict`: asking for probabilities changes no answer."""
    if not hasattr(estimator, "predict_proba"):
        raise no_probabilities()
    labels = _called(estimator.predict, asked).tolist()
    classes = [str(name) for name in estimator.classes_.tolist()]
    return probability.labelled(labels, classes, _called(estimator.predict_proba, asked).tolist())


def no_probabilities() -> PredictionFailed:
    """A model that cannot tell them."""
    return PredictionFailed.of("This model has no probabilities.", 2)


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
        raise PredictionFailed.of(
            f"There was a problem processing the outputs: {error}", 3
        ) from error


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
