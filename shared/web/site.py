"""The site: finds the route, asks who calls, has the handler answer, and tells the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from shared.core.errors import DeadlineExceeded
from shared.core.prediction import Prediction, Request
from shared.core.principal import Authenticator
from shared.core.quota import Quota
from shared.core.settings import Settings
from shared.web import answer, body, deadline, problem, route
from shared.web.answer import Answer
from shared.web.body import Receive
from shared.web.cors import Cors
from shared.web.discovery import Discover, Discovery
from shared.web.exchange import Exchange
from shared.web.sample import Sampler
from shared.web.shell import Shell
from shared.web.showing import Show, Showing

Handler = Callable[[Exchange], Awaitable[Answer]]
Predict = Callable[[Request], Awaitable[Prediction]]


class Site:
    """All that `predict` answers. log: gets one line for each request. sampler: keeps some of
    them."""

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        predict: Predict,
        discover: Discover,
        show: Show,
        log: Callable[..., None],
        sampler: Sampler | None = None,
    ) -> None:
        self._project = settings.google_cloud_project
        self._cors = Cors(settings.cors_origins)
        self._quota = Quota(settings.quota_per_minute)
        self._authenticator = authenticator
        self._predict = predict
        self._log = log
        self._sampler = sampler
        told, shown, shell = Discovery(settings, discover), Showing(settings, show), Shell()
        self._handlers: dict[str, Handler] = {
            "front": shell.front,
            "file": shell.file,
            "predict": self._predicted,
            "models": told.models,
            "model": told.model,
            "model_openapi": told.model_openapi,
            "versions": told.versions,
            "version": told.version,
            "openapi": told.openapi,
            "postman": told.postman,
            "stories": shown.stories,
            "story": shown.story,
            "report": shown.report,
        }

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive) -> Answer:
        """Answer any request, whatever happens; one log line each."""
        exchange = Exchange.begin(scope, receive)
        try:
            told = await self._in_time(exchange)
        except Exception as error:
            told = problem.answer(error, exchange.trace.request)
            exchange.facts |= problem.facts(error)
        told.headers["X-Request-Id"] = exchange.trace.request
        told.headers["traceparent"] = exchange.trace.parent
        told.headers.update(self._cors.headers(exchange.headers, told.headers.get("Vary", "")))
        self._log("predict", **exchange.line(told, self._project))
        return told

    async def answered(self) -> None:
        """An answer was sent."""
        if self._sampler:
            await self._sampler.answered()

    async def end(self) -> None:
        """The process is to end."""
        if self._sampler:
            await self._sampler.end()

    async def _in_time(self, exchange: Exchange) -> Answer:
        exchange.timeout = deadline.seconds(exchange.headers)
        try:
            async with asyncio.timeout(exchange.timeout):
                return await self._handled(exchange)
        except TimeoutError as error:
            raise DeadlineExceeded(f"no answer in {exchange.timeout:g} s") from error

    async def _handled(self, exchange: Exchange) -> Answer:
        told = self._cors.preflight(exchange.method, exchange.headers)
        if told is not None:
            return told
        exchange.found = found = route.find(exchange.method, exchange.path)
        if not found.route.is_public:
            await self._admit(exchange, found.names.get("model"))
        return await self._handlers[found.route.name](exchange)

    async def _admit(self, exchange: Exchange, model: str | None) -> None:
        """Let the caller in: known, within its quota, and allowed to ask that model."""
        principal = await self._authenticator.authenticate(exchange.headers)
        exchange.principal = principal
        exchange.facts["caller"] = principal.email
        self._quota.take(principal.email)
        if model is not None:
            principal.require(model)

    async def _predicted(self, exchange: Exchange) -> Answer:
        assert exchange.found is not None
        names = exchange.found.names
        parsed = body.parse(await body.read(exchange.headers, exchange.receive))
        asked = Request(
            names["model"],
            names.get("version"),
            parsed.instances,
            parsed.faults,
            parsed.parameters,
            exchange.timeout,
        )
        prediction = await self._predict(asked)
        if self._sampler:
            self._sampler.take(asked, prediction)
        exchange.facts |= {
            "model": asked.model,
            "version": prediction.version,
            "instances": len(prediction.predictions),
        }
        if prediction.warned:
            exchange.facts["warnings"] = prediction.warned
        return answer.predictions(prediction)
