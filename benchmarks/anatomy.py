"""What one predict request costs: each stage in this process, and the CPU of each process.

The stages are the function's own objects, asked here as the function asks them, against the local
cloud that runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stdout
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.cloud import Cloud
from benchmarks.peers.contest import rows
from benchmarks.peers.peer import Server, family
from shared import wiring
from shared.core.instances import accept
from shared.core.prediction import Prediction
from shared.logs import log
from shared.web import answer, body
from shared.web.site import Site
from shared.workflows.discover import Discover
from shared.workflows.predict import Predict
from shared.workflows.show import Show

REPEATED = 3_200
TURNS = 32
"""A token is seen for the first time once: there are a few for each turn."""
CONNECTIONS = 8
COUNT = 2

Step = Callable[[], Awaitable[Any]]


def show(cloud: Cloud, own: Server, tokens: Sequence[str], seconds: float) -> None:
    """Print both tables."""
    configuration = cloud.configuration
    os.environ.update(configuration.settings() | configuration.account_environment("predict"))
    wiring.reset()
    stages = asyncio.run(_stages(cloud, tokens))
    print("\n| stage of one request | us |\n|---|---|")
    for name, cost in stages.items():
        print(f"| {name} | {cost * 1e6:.1f} |")
    names = {"predict": own.process, "serving": cloud.process("serving")}
    before = {name: cpu(process) for name, process in names.items()}
    measured = own.load(rows(COUNT)).measure(CONNECTIONS, seconds)
    answered = measured.rate * seconds
    print(f"\n| CPU of one request at {CONNECTIONS} connections | us |\n|---|---|")
    for name, process in names.items():
        print(f"| {name} | {(cpu(process) - before[name]) / answered * 1e6:.0f} |")
    print(f"| the load | {measured.busy * seconds / answered * 1e6:.0f} |")


def cpu(process: int) -> float:
    """Seconds of CPU that a process and those it started have had."""
    ticks = 0
    for one in family(process):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def _stages(cloud: Cloud, tokens: Sequence[str]) -> dict[str, float]:
    """Seconds of each, medians."""
    settings, reader, predictor = wiring.settings(), wiring.object_reader(), wiring.predictor()
    ask = Predict(reader, predictor, settings)
    tell = Discover(reader, predictor, settings, ask.defaults, ask.cards)
    authenticator = wiring.authenticator()
    default = await ask.defaults.get("iris")
    card = await ask.cards.get(default.deployment_uri)
    assert card
    headers = [{"authorization": f"Bearer {token}"} for token in tokens]
    half = len(headers) // 2
    first, turns = iter(headers[:half]), cycle(headers[half:])
    sent = json.dumps({"instances": rows(COUNT)}).encode()
    parsed = body.parse(sent)
    accepted = accept(parsed.instances, card.schema)
    made = Prediction(["versicolor"] * COUNT, default.version)
    site = Site(settings, authenticator, ask, tell, Show(reader, settings), log)
    path = cloud.predict_path("iris")
    scopes = cycle([_scope(path, token, len(sent)) for token in tokens[half:]])

    async def told(work: Callable[[], Any]) -> None:
        work()

    async def hop() -> None:
        await predictor.predict("iris", default.version, accepted.rows, timeout=10)

    async def whole() -> None:
        reply = await site(next(scopes), _receiving(sent))
        assert reply.status == 200

    steps: dict[str, tuple[Step, int]] = {
        "token, seen for the first time": (
            lambda: authenticator.authenticate(next(first)),
            half,
        ),
        "token": (lambda: authenticator.authenticate(next(turns)), REPEATED),
        "parse": (lambda: told(lambda: body.parse(sent)), REPEATED),
        "validate": (lambda: told(lambda: accept(parsed.instances, card.schema)), REPEATED),
        "hop to serving and back": (hop, REPEATED),
        "answer": (lambda: told(lambda: answer.predictions(made)), REPEATED),
        "all of it, with route, trace, deadline, default, log": (whole, REPEATED),
    }
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return await _medians(steps)


async def _medians(steps: dict[str, tuple[Step, int]]) -> dict[str, float]:
    """Seconds of each step. In turns: whatever else the machine does meets all of them alike."""
    took: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(TURNS):
        for name, (step, times) in steps.items():
            for _ in range(times // TURNS):
                began = time.perf_counter()
                await step()
                took[name].append(time.perf_counter() - began)
    return {name: statistics.median(several) for name, several in took.items()}


def _scope(path: str, token: str, length: int) -> dict[str, Any]:
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
        (b"authorization", f"Bearer {token}".encode()),
    ]
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": headers,
    }


def _receiving(sent: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    return receive
