"""A model in memory: proven by its golden requests, and knowing what a prediction costs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from serving.predictor import PredictionFailed, answer, predict
from shared.artifacts.reading import ModelDirectory
from shared.core.errors import ArtifactRefused

_WEIGHT = 0.2


@dataclass
class LoadedModel:
    """A model that may answer. seconds_per_row: a running mean, None while nothing is known."""

    directory: ModelDirectory
    seconds_per_row: float | None = field(default=None)

    @property
    def size(self) -> int:
        """Bytes of its file."""
        return self.directory.meta.size

    def estimate(self, rows: int) -> float:
        """Seconds that a request of so many rows will take."""
        return float("inf") if self.seconds_per_row is None else self.seconds_per_row * rows

    def respond(self, instances: Any, extra: dict[str, Any]) -> bytes:
        """The response body for a request. Raises PredictionFailed."""
        started = time.perf_counter()
        body = answer(predict(self.directory.estimator, instances, extra))
        rows = len(instances) if isinstance(instances, list) and instances else 1
        cost = (time.perf_counter() - started) / rows
        known = self.seconds_per_row
        self.seconds_per_row = cost if known is None else known + _WEIGHT * (cost - known)
        return body

    def prove(self) -> int:
        """Answer the card's golden requests as callers will ask; how many. ArtifactRefused."""
        _check_kind(self.directory.estimator)
        card = self.directory.card
        if card is None:
            return 0
        golden = card.golden
        try:
            self.respond(golden.instances, {})
            self.seconds_per_row = None  # the first call pays for imports; the second tells
            body = self.respond(golden.instances, {})
        except PredictionFailed as error:
            raise ArtifactRefused(f"the golden requests fail: {error}") from error
        if not golden.agrees(orjson.loads(body)["predictions"]):
            raise ArtifactRefused(
                "the golden requests are answered differently from how the model answered when it "
                "was trained"
            )
        return len(golden.instances)


def _check_kind(estimator: Any) -> None:
    kind = type(estimator)
    if "sklearn" not in kind.__module__ or not hasattr(estimator, "predict"):
        raise ArtifactRefused(
            f"Invalid model type detected: {kind.__module__}.{kind.__name__}. Please make sure the "
            "model is a scikit-learn estimator that predicts."
        )
