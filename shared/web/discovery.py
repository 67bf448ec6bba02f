"""The handlers that tell what there is: models, versions, OpenAPI, Postman."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from shared.core.artifact import VERSION_NAME
from shared.core.listing import Described, Page
from shared.core.settings import Settings
from shared.web import listing, openapi, postman
from shared.web.answer import Answer
from shared.web.document import document
from shared.web.exchange import Exchange

LISTED = 100
"""Models in a Postman collection."""


class Discover(Protocol):
    """The workflow behind it."""

    async def models(
        self, may_ask: Callable[[str], bool], size: int, start: str = ""
    ) -> Page[Described]:
        """The live versions of the models that a caller may ask."""

    async def model(self, model: str) -> Described:
        """A model's live version."""

    async def version(self, model: str, version: str) -> Described:
        """One version."""

    async def versions(self, model: str, size: int, start: str = "") -> Page[Described]:
        """A model's versions, the newest first."""


class Discovery:
    """One handler for each route that is read."""

    def __init__(self, settings: Settings, discover: Discover) -> None:
        self._project = settings.google_cloud_project
        self._auth = settings.predict_auth
        self._discover = discover

    async def models(self, exchange: Exchange) -> Answer:
        """GET /v1/projects/P/models."""
        page = await self._discover.models(may_ask(exchange), *listing.paging(exchange.query))
        return document(listing.models(page, self._project), exchange.headers)

    async def model(self, exchange: Exchange) -> Answer:
        """GET .../models/M."""
        one = await self._discover.model(exchange.name("model"))
        exchange.facts["model"] = one.model
        return document(listing.model(one, self._project), exchange.headers)

    async def versions(self, exchange: Exchange) -> Answer:
        """GET .../models/M/versions."""
        size, start = listing.paging(exchange.query)
        page = await self._discover.versions(exchange.name("model"), size, start)
        return document(listing.versions(page, self._project), exchange.headers)

    async def version(self, exchange: Exchange) -> Answer:
        """GET .../models/M/versions/V."""
        one = await self._discover.version(exchange.name("model"), exchange.name("version"))
        exchange.facts |= {"model": one.model, "version": one.version}
        return document(listing.version(one, self._project), exchange.headers)

    async def openapi(self, exchange: Exchange) -> Answer:
        """GET /openapi.json: nothing of any model."""
        return document(openapi.general(self._auth), exchange.headers)

    async def model_openapi(self, exchange: Exchange) -> Answer:
        """GET .../models/M/openapi.json."""
        one = await self._discover.model(exchange.name("model"))
        return document(openapi.of_model(one, self._project, self._auth), exchange.headers)

    async def postman(self, exchange: Exchange) -> Answer:
        """GET /postman.json: the models that the caller may ask."""
        page = await self._discover.models(may_ask(exchange), LISTED)
        base = postman.base_url(exchange.headers)
        made = postman.collection(page.items, self._project, self._auth, base)
        return document(made, exchange.headers)


def may_ask(exchange: Exchange) -> Callable[[str], bool]:
    """Whether the caller may ask a model, and whether that is one's name at all."""
    principal = exchange.principal
    return lambda model: bool(VERSION_NAME.fullmatch(model)) and principal.may_ask(model)
