"""The handlers that show what became of drops, and reports, to those who may ask the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from shared.core.settings import Settings
from shared.web import story
from shared.web.answer import Answer
from shared.web.discovery import may_ask
from shared.web.document import document, unchanged_or
from shared.web.exchange import Exchange

REPORT_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""A report runs nothing and reaches nothing, whoever wrote it; its own policy is stricter still."""


class Show(Protocol):
    """The workflow behind it."""

    async def stories(self, may_ask: Callable[[str], bool]) -> list[str]:
        """Models of which anything was ever dropped."""

    async def story(self, model: str) -> dict[str, Any]:
        """The status of one."""

    async def report(self, model: str, version: str) -> bytes:
        """The page about a version."""


class Showing:
    """One handler for each route."""

    def __init__(self, settings: Settings, show: Show) -> None:
        self._project = settings.google_cloud_project
        self._show = show

    async def stories(self, exchange: Exchange) -> Answer:
        """GET /v1/projects/P/status."""
        models = await self._show.stories(may_ask(exchange))
        return document(story.models(models, self._project), exchange.headers)

    async def story(self, exchange: Exchange) -> Answer:
        """GET .../models/M/status."""
        model = exchange.name("model")
        told = await self._show.story(model)
        exchange.facts["model"] = model
        return document(story.story(model, told, self._project), exchange.headers)

    async def report(self, exchange: Exchange) -> Answer:
        """GET .../models/M/versions/V/report."""
        model, version = exchange.name("model"), exchange.name("version")
        data = await self._show.report(model, version)
        exchange.facts |= {"model": model, "version": version}
        return unchanged_or(data, "text/html; charset=utf-8", exchange.headers, REPORT_HEADERS)
