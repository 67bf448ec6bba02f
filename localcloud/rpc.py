"""What Google's JSON APIs have in common: a JSON object as the body, pages, google.rpc's errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]
Thing = TypeVar("Thing")
PAGE = 100


class Refused(Exception):
    """status: google.rpc's code as HTTP and word."""

    def __init__(self, status: int, word: str, message: str) -> None:
        super().__init__(message)
        self.status, self.word = status, word


def told(endpoint: Endpoint) -> Endpoint:
    """Errors in google.rpc's form."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refused:
            return refusal(refused.status, refused.word, str(refused))
        except PermissionError as error:
            return refusal(401, "UNAUTHENTICATED", str(error))
        except ValueError as error:
            return refusal(400, "INVALID_ARGUMENT", str(error))

    return answer


def refusal(status: int, word: str, message: str) -> Response:
    """One error as an answer."""
    return JSONResponse({"error": {"code": status, "message": message, "status": word}}, status)


async def json_object(request: Request) -> dict[str, Any]:
    """The body; an empty one is an empty object. Raises ValueError."""
    body = await request.body()
    value = json.loads(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def page(things: list[Thing], query: Mapping[str, str]) -> tuple[list[Thing], dict[str, str]]:
    """One page of a listing, and what tells of the next: its token is the number of its first."""
    first = int(query.get("pageToken") or 0)
    size = min(int(query.get("pageSize") or PAGE), PAGE)
    more = {"nextPageToken": str(first + size)} if first + size < len(things) else {}
    return things[first : first + size], more
