"""Requests made by chance, with one word hidden in any of their fields."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.functions.corpus import LIST, ROW
from tests.tokens import token

HEADERS = (
    "Authorization", "X-API-Key", "X-Serverless-Authorization", "Content-Type", "Content-Encoding",
    "X-Request-Timeout", "traceparent", "X-Cloud-Trace-Context", "Origin", "Host", "User-Agent",
    "Cookie", "Accept", "If-None-Match", "Referer", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Anything", "Access-Control-Request-Method", "Range", "Forwarded", "tracestate",
)  # fmt: skip
"""Every header but X-Request-Id, which is there to come back and to be logged."""

PATHS = (
    "/v1/projects/p/models/iris:predict",
    "/v1/projects/p/models/iris/versions/v1:predict",
    "/v1/projects/p/models/iris",
    "/v1/projects/p/models",
    "/v1/projects/p/models/iris/versions",
    "/openapi.json",
    "/postman.json",
    "/",
)


@dataclass(frozen=True)
class Shot:
    """One request. named: the word is a member's name, which the pointer of a fault must say."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    named: bool = False


class Fuzz:
    """Shots, the same ones for the same seed."""

    def __init__(self, seed: int, word: str) -> None:
        self._chance = random.Random(seed)
        self._word = word

    def shot(self) -> Shot:
        """The next one."""
        kinds = (self._value, self._name, self._header, self._header, self._path, self._raw)
        return self._chance.choice(kinds)()

    def _value(self) -> Shot:
        body: Any = {"instances": [self._instance(), self._instance()]}
        if self._chance.random() < 0.4:
            body["parameters"] = self._chance.choice(
                ({"strict": True}, {"probabilities": True}, self._word, {"strict": self._word})
            )
        if self._chance.random() < 0.1:
            body["instances"] = self._word
        return self._post(json.dumps(body).encode())

    def _instance(self) -> Any:
        row: Any = dict(ROW) if self._chance.random() < 0.5 else list(LIST)
        keys = list(row) if isinstance(row, dict) else range(len(row))
        for key in keys:
            if self._chance.random() < 0.5:
                row[key] = self._junk()
        return row if self._chance.random() < 0.9 else self._junk()

    def _junk(self) -> Any:
        word = self._word
        made: tuple[Callable[[], Any], ...] = (
            lambda: word,
            lambda: f"{word}{self._chance.random()}",
            lambda: [word, [word]],
            lambda: f"2026-11-22{word}",
            lambda: word * 50,
            lambda: None,
            lambda: self._chance.uniform(-1e9, 1e9),
        )
        return self._chance.choice(made)()

    def _name(self) -> Shot:
        word = self._word
        body: Any = self._chance.choice(
            (
                {"instances": [{**ROW, word: 1}]},
                {"instances": [LIST], word: word},
                {"instances": [LIST], "parameters": {word: word}},
                {word: [LIST]},
            )
        )
        return self._post(json.dumps(body).encode(), named=True)

    def _header(self) -> Shot:
        name = self._chance.choice(HEADERS)
        value = self._chance.choice(
            (self._word, f"Bearer {self._word}", f"Bearer {self._word}.{self._word}.{self._word}",
             f"application/{self._word}", f"{self._word}; charset={self._word}", f"5{self._word}")
        )  # fmt: skip
        shot = self._post(json.dumps({"instances": [LIST]}).encode())
        method = self._chance.choice(("POST", "GET", "OPTIONS"))
        path = self._chance.choice(PATHS)
        return Shot(method, path, shot.body, {**shot.headers, name: value})

    def _path(self) -> Shot:
        path = self._chance.choice(PATHS)
        parts = path.split("/")
        place = self._chance.randrange(1, len(parts))
        parts[place] = self._chance.choice((self._word, parts[place] + self._word))
        path = self._chance.choice(("/".join(parts), f"{path}?{self._word}={self._word}",
                                    f"{path}?pageSize={self._word}", f"{path}/{self._word}",
                                    path.replace("iris", self._word)))  # fmt: skip
        shot = self._post(json.dumps({"instances": [LIST]}).encode())
        return Shot(self._chance.choice(("POST", "GET", "PUT")), path, shot.body, shot.headers)

    def _raw(self) -> Shot:
        body = json.dumps({"instances": [ROW]}).encode()
        place = self._chance.randrange(len(body))
        return self._post(body[:place] + self._word.encode() + body[place:], named=True)

    def _post(self, body: bytes, *, named: bool = False) -> Shot:
        headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
        return Shot("POST", PATHS[0], body, headers, named)
