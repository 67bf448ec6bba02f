"""The data plane on Vertex AI, over pooled connections: each version at its own endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.core.cache import Bounded
from shared.core.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelNotFound,
    PermanentError,
    PlatformUnavailable,
    VersionNotFound,
    VersionNotReady,
)
from shared.core.retry import Retry
from shared.gcp import body
from shared.gcp.connection import Reply
from shared.gcp.credentials import Tokens
from shared.gcp.http import Pool
from shared.gcp.status import Answer, platform_error, predictions
from shared.gcp.vertex.image import LABELS_ONLY, Image
from shared.gcp.vertex.name import CHOSEN_LABEL, Location, is_name

_LOOK_UP_SECONDS = 5.0
_KEPT = 1024


@dataclass(frozen=True, slots=True)
class _Served:
    """What an endpoint serves. number: the upload that was chosen for it, "" before."""

    number: str
    deployment_uri: str
    deployed: bool


class VertexPredictor:
    """`Predictor` over one pooled HTTP client. tokens: access tokens; image: what versions
    run in.

    Which upload a version is gets looked up once for each version and process; an answer that
    names another one is never passed on.
    """

    def __init__(
        self,
        url: str,
        location: Location,
        tokens: Tokens,
        image: Image,
        retry: Retry | None = None,
    ) -> None:
        self._url, self._location, self._image = f"{url}/v1", location, image
        self._pool = Pool(tokens, PlatformUnavailable, DeadlineExceeded)
        self._retry = retry or Retry()
        self._known: Bounded[tuple[str, str], _Served] = Bounded(_KEPT)

    async def predict(
        self,
        model: str,
        version: str,
        instances: list[Any],
        *,
        timeout: float,
        probabilities: bool = False,
    ) -> list[Any]:
        """Predictions of exactly that version; VersionNotFound where its endpoint answers with
        another one, so that whoever asks resolves, validates and asks again."""
        if probabilities and not self._image.probabilities:
            raise InvalidRequest(LABELS_ONLY)
        sent = body.asked(instances, probabilities=probabilities)
        return await self._retry(lambda left: self._ask(model, version, sent, left), timeout)

    async def _ask(self, model: str, version: str, sent: bytes, timeout: float) -> list[Any]:
        served = self._known.get((model, version)) or await self._look(model, version)
        if not served.deployed:
            raise VersionNotReady(f"version {version} of {model} is not deployed yet")
        url = f"{self._endpoint(model, version)}:predict"
        reply = await self._pool.send("POST", url, timeout=timeout, body=sent)
        if reply.status != 200:
            raise await self._refused(reply, model, version)
        answer = body.answered(reply.body)
        if _number(answer) != served.number:
            served = await self._look(model, version)
            if _number(answer) != served.number:
                raise VersionNotFound(f"another version answers for {version} of {model}")
        return predictions(answer)

    async def deployment_uri(self, model: str, version: str) -> str:
        """Where the version's files lie: one GET."""
        return (await self._look(model, version)).deployment_uri

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _look(self, model: str, version: str) -> _Served:
        self._known.pop((model, version), None)
        if not is_name(model, version):
            raise await self._missing(model, version)
        url = self._endpoint(model, version)
        reply = await self._pool.send("GET", url, timeout=_LOOK_UP_SECONDS)
        if reply.status == 404:
            raise await self._missing(model, version)
        if reply.status != 200:
            raise platform_error(reply.status, Answer.parse(reply.body), VersionNotFound)
        served = _served(body.answered(reply.body), url)
        if served.deployed:
            self._known[model, version] = served
        return served

    async def _refused(self, reply: Reply, model: str, version: str) -> Exception:
        """The sklearn image's own refusals and an endpoint with nothing on it are told alike."""
        answer = Answer.parse(reply.body)
        if reply.status == 404:
            self._known.pop((model, version), None)
            return await self._missing(model, version)
        if answer.status == "FAILED_PRECONDITION":
            served = await self._look(model, version)
            return (InvalidRequest if served.deployed else VersionNotReady)(answer.message)
        return platform_error(reply.status, answer, VersionNotFound)

    async def _missing(self, model: str, version: str) -> PermanentError:
        if is_name(model):
            url = f"{self._url}/{self._location.model(model)}"
            reply = await self._pool.send("GET", url, timeout=_LOOK_UP_SECONDS)
            if reply.status != 404:
                return VersionNotFound(
                    f"version {version} of {model} has no endpoint of its own: on Vertex AI only "
                    "a version that is deployed answers"
                )
        return ModelNotFound(f"no model {model}")

    def _endpoint(self, model: str, version: str) -> str:
        return f"{self._url}/{self._location.endpoint(model, version)}"


def _served(endpoint: Any, url: str) -> _Served:
    if not isinstance(endpoint, dict) or not endpoint.get("description"):
        raise PlatformUnavailable(f"{url} does not tell the version's directory")
    number = endpoint.get("labels", {}).get(CHOSEN_LABEL, "")
    deployed = bool(endpoint.get("trafficSplit"))
    return _Served(number, str(endpoint["description"]), deployed)


def _number(answer: Any) -> str:
    return str(answer.get("modelVersionId", "")) if isinstance(answer, dict) else ""
