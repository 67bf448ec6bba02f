"""A model's own process: loads one model file through the allow-list and answers requests."""

from __future__ import annotations

import socket
from typing import IO, Any

from serving.predictor import MissingInstances, PredictionFailed, answer, parse, predict
from serving.sandbox.confinement import allow_cpu, confine
from serving.sandbox.frame import HEAD, Kind, frame
from shared.artifacts.loading import load
from shared.core.errors import ArtifactRefused


def serve(channel: socket.socket, memory_bytes: int, max_bytes: int, load_seconds: int) -> None:
    """Answer until the other end closes."""
    reading = channel.makefile("rb")
    confine(memory_bytes)
    estimator: Any = None
    while (asked := _next(reading)) is not None:
        kind, payload = asked
        if kind is Kind.LOAD:
            allow_cpu(load_seconds)
            estimator, told = _loaded(payload, max_bytes)
            allow_cpu(None)
        else:
            told = _answered(estimator, payload)
        channel.sendall(told)


def _next(reading: IO[bytes]) -> tuple[Kind, bytes] | None:
    head = reading.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, size = HEAD.unpack(head)
    payload = reading.read(size)
    return (Kind(kind), payload) if len(payload) == size else None


def _loaded(data: bytes, max_bytes: int) -> tuple[Any, bytes]:
    try:
        estimator = load(data, max_bytes)
        _check_kind(estimator)
    except ArtifactRefused as error:
        return None, frame(Kind.REFUSED, str(error).encode())
    return estimator, frame(Kind.DONE, b"")


def _answered(estimator: Any, body: bytes) -> bytes:
    try:
        return frame(Kind.DONE, answer(predict(estimator, parse(body))))
    except (PredictionFailed, MissingInstances) as error:
        return frame(Kind.FAILED, str(error).encode("utf-8", "replace"))


def _check_kind(estimator: Any) -> None:
    kind = type(estimator)
    if "sklearn" not in kind.__module__ or not hasattr(estimator, "predict"):
        raise ArtifactRefused(
            f"Invalid model type detected: {kind.__module__}.{kind.__name__}. Please make sure the "
            "model is a scikit-learn estimator that predicts."
        )
