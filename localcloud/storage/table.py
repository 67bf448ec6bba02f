"""The table of routes: method and path pattern to handler, over the undecoded parts of a path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote

from starlette.responses import Response

from localcloud.storage.call import Call
from localcloud.storage.error import invalid

Handler = Callable[[Call], Awaitable[Response]]


class Table:
    """Patterns like `storage/v1/b/{bucket}/o/{object}`."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], list[tuple[list[str], Handler]]] = {}

    def add(self, methods: Sequence[str], pattern: str, handler: Handler) -> None:
        """Add a row for each method."""
        parts = pattern.split("/")
        for method in methods:
            self._rows.setdefault((method, len(parts)), []).append((parts, handler))

    def find(self, method: str, path: Sequence[str]) -> tuple[Handler, dict[str, str]] | None:
        """The handler and the decoded parts that stand for `{...}`."""
        method = "GET" if method == "HEAD" else method
        for parts, handler in self._rows.get((method, len(path)), ()):
            place = _match(parts, path)
            if place is not None:
                return handler, place
        return None


def _match(parts: Sequence[str], path: Sequence[str]) -> dict[str, str] | None:
    place = {}
    for part, given in zip(parts, path, strict=True):
        if part[0] == "{":
            place[part[1:-1]] = _decoded(given)
        elif part != given:
            return None
    return place


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise invalid("Invalid path: it is not UTF-8.") from None
