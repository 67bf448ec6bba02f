"""The door of `predict`: an HTTP request in, one workflow asked, an HTTP answer out.

Nothing happens at import; the first request builds what all later ones share.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import functions_framework.aio
from starlette.requests import Request

from shared import wiring
from shared.logs import log
from shared.web import answer, body, header, problem, route
from shared.workflows import predict as workflow


@cache
def _predict() -> workflow.Predict:
    return workflow.Predict(wiring.object_reader(), wiring.predictor(), wiring.settings())


@functions_framework.aio.http  # selects ASGI: a plain `async def` would be run by Flask
async def predict(request: Request) -> answer.Answer:
    """Answer any request; one log line each, without tokens and without data."""
    started = time.perf_counter()
    facts: dict[str, Any] = {}
    try:
        told = await _answer(request, facts)
    except Exception as error:
        told = problem.answer(error)
        facts |= problem.facts(error)
    facts |= {"status": told.status, "seconds": round(time.perf_counter() - started, 6)}
    log("predict", severity="ERROR" if told.status >= 500 else "INFO", **facts)
    return told


async def _answer(request: Request, facts: dict[str, Any]) -> answer.Answer:
    target = route.target(request.method, request.scope["path"])
    if target is None:
        return answer.front_page()
    facts |= {"model": target.model, "version": target.version}
    headers = header.joined(request.scope["headers"])
    facts["caller"] = (await wiring.authenticator().authenticate(headers)).email
    parsed = body.parse(await body.read(headers, request.receive))
    asked = workflow.Request(target.model, target.version, parsed.instances, parsed.faults)
    prediction = await _predict()(asked)
    facts |= {"version": prediction.version, "instances": len(prediction.predictions)}
    return answer.predictions(prediction.predictions, prediction.version)
