"""The data plane of AI Platform (ml v1) on the request path, over pooled connections."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from shared.core.errors import (
    DeadlineExceeded,
    ModelNotFound,
    PermanentError,
    PlatformUnavailable,
    RetryableError,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.retry import Retry
from shared.gcp import body
from shared.gcp.connection import Reply
from shared.gcp.credentials import Tokens
from shared.gcp.http import Pool
from shared.gcp.status import Answer, platform_error, predictions

_LOOK_UP_SECONDS = 5.0


class PlatformPredictor:
    """`Predictor` over one pooled HTTP client. tokens: access or ID tokens for `url`."""

    def __init__(self, url: str, project: str, tokens: Tokens, retry: Retry | None = None) -> None:
        self._models = f"{url}/v1/projects/{quote(project, safe='')}/models"
        self._pool = Pool(tokens, PlatformUnavailable, DeadlineExceeded)
        self._retry = retry or Retry()

    async def predict(
        self,
        model: str,
        version: str,
        instances: list[Any],
        *,
        timeout: float,
        probabilities: bool = False,
    ) -> list[Any]:
        """Predictions of exactly that version, tried again while the platform is unavailable.

        An answer that says it comes from another version is PlatformUnavailable, never passed on.
        """
        sent = body.asked(instances, probabilities=probabilities)
        return await self._retry(lambda left: self._ask(model, version, sent, left), timeout)

    async def _ask(self, model: str, version: str, sent: bytes, timeout: float) -> list[Any]:
        url = f"{self._version(model, version)}:predict"
        reply = await self._pool.send("POST", url, timeout=timeout, body=sent)
        if reply.status != 200:
            raise await self._refused(reply, model)
        answered = reply.headers.get("X-Model-Version", version).rsplit("/", 1)[-1]
        if answered != version:
            raise PlatformUnavailable(f"version {answered} answered for {version} of {model}")
        return predictions(body.answered(reply.body))

    async def deployment_uri(self, model: str, version: str) -> str:
        """Where the version's files lie: one GET."""
        url = self._version(model, version)
        reply = await self._pool.send("GET", url, timeout=_LOOK_UP_SECONDS)
        if reply.status != 200:
            raise await self._refused(reply, model)
        answer = body.answered(reply.body)
        if not isinstance(answer, dict) or not answer.get("deploymentUri"):
            raise PlatformUnavailable(f"{url} tells no deploymentUri")
        return str(answer["deploymentUri"])

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _refused(self, reply: Reply, model: str) -> Exception:
        answer = Answer.parse(reply.body)
        if answer.status == "FAILED_PRECONDITION":
            return VersionNotReady(answer.message)
        missing: type[PermanentError] = VersionNotFound
        if reply.status == 404 and not await self._has_model(model):
            missing = ModelNotFound
        error = platform_error(reply.status, answer, missing)
        if isinstance(error, RetryableError):
            error.retry_after = _pause(reply)
        return error

    async def _has_model(self, model: str) -> bool:
        url = f"{self._models}/{quote(model, safe='')}"
        reply = await self._pool.send("GET", url, timeout=_LOOK_UP_SECONDS)
        return reply.status != 404

    def _version(self, model: str, version: str) -> str:
        return f"{self._models}/{quote(model, safe='')}/versions/{quote(version, safe='')}"


def _pause(reply: Reply) -> float | None:
    """The seconds of Retry-After; its other form, a date, is nobody's who runs a model."""
    told = re.fullmatch(r"\s*(\d{1,6})\s*", reply.headers.get("Retry-After", ""))
    return float(told[1]) if told else None
