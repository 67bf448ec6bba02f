"""An HTTP answer, sent straight over ASGI: the framework awaits whatever a function returns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.core.prediction import Prediction

Message = MutableMapping[str, Any]

BODILESS = (204, 304)
"""Answers that tell no length: a 304's would have to be that of the document itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers (names and values in Latin-1, as HTTP has them)."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self,
        _scope: Message,
        _receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Send it."""
        headers = [] if self.status in BODILESS else [(b"content-length", b"%d" % len(self.body))]
        if self.body:
            headers.append((b"content-type", self.media_type.encode("latin-1")))
        headers += [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers.items()
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def predictions(made: Prediction) -> Answer:
    """The predictions, what they are, and the version that made them in body and header."""
    body: dict[str, Any] = {
        "predictions": made.predictions,
        "model_version": made.version,
        "kind": made.kind,
    }
    if made.warned:
        body["warnings"] = [vars(warning) for warning in made.warnings]
        body["warning_count"] = made.warned
    return Answer(200, orjson.dumps(body), headers={"X-Model-Version": made.version})
