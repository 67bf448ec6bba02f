"""The door of `predict`: an HTTP request in, the site asked, an HTTP answer out.

Nothing happens at import; the first request builds what all later ones share.
"""

from __future__ import annotations

from functools import cache

import functions_framework.aio
from starlette.applications import Starlette
from starlette.requests import Request

from shared import wiring
from shared.logs import log
from shared.web import problem, site
from shared.web.answer import Answer
from shared.web.sample import Sampler
from shared.web.takeover import take_over
from shared.workflows import predict as workflow
from shared.workflows.discover import Discover
from shared.workflows.show import Show


@cache
def _site(app: Starlette) -> site.Site:
    settings, reader, predictor = wiring.settings(), wiring.object_reader(), wiring.predictor()
    ask = workflow.Predict(reader, predictor, settings)
    tell = Discover(reader, predictor, settings, ask.defaults, ask.cards)
    show = Show(reader, settings)
    made = site.Site(settings, wiring.authenticator(), ask, tell, show, log, _sampler())
    take_over(app, made)
    return made


def _sampler() -> Sampler | None:
    settings = wiring.settings()
    if not settings.sample_share:
        return None
    return Sampler(wiring.object_creator(), settings.state_bucket, settings.sample_share, log)


@functions_framework.aio.http  # selects ASGI: a plain `async def` would be run by Flask
async def predict(request: Request) -> Answer:
    """Answer any request; one log line each, without tokens and without data."""
    try:
        made = _site(request.app)
    except Exception as error:
        log("predict cannot start", severity="ERROR", **problem.facts(error))
        return problem.answer(error)
    return await made(request.scope, request.receive)
