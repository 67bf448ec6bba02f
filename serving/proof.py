"""Asking the data plane to prove a version: over HTTP, or in this process where both planes are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from serving.bridge import wait
from serving.creation import Proof, Prove
from serving.wire import version_path
from shared.core.errors import ArtifactRefused, PermissionDenied, PlatformUnavailable
from shared.gcp.http import Pool

SECONDS = 120.0


class HttpProof:
    """The data plane at an address, called with the control plane's own ID token."""

    def __init__(self, url: str, project: str, pool: Pool) -> None:
        self._url = url
        self._project = project
        self._pool = pool

    async def prove(self, model: str, version: str) -> Proof:
        """Raises ArtifactRefused, PermissionDenied, PlatformUnavailable."""
        url = f"{self._url}/v1/{version_path(self._project, model, version)}:prove"
        reply = await self._pool.send("POST", url, timeout=SECONDS, body=b"{}")
        if reply.status != 200:
            raise PlatformUnavailable(f"the data plane answered {reply.status} to {url}")
        answer = orjson.loads(reply.body)
        if "refused" in answer:
            raise ArtifactRefused(answer["refused"])
        if "denied" in answer:
            raise PermissionDenied(answer["denied"])
        golden, card = answer["golden"], answer.get("card")
        return Proof(int(answer["generation"]), answer["order"], golden, card)


def from_threads(
    prove: Callable[[str, str], Coroutine[Any, Any, Proof]], loop: asyncio.AbstractEventLoop
) -> Prove:
    """The same, to be called from the control plane's threads."""

    def ask(model: str, version: str) -> Proof:
        return wait(prove(model, version), loop, SECONDS)

    return ask
