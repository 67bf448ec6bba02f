"""`matchGlob` of a listing: `*`, `**`, `?`, `[a-z]`, `{a,b}` as Google Cloud Storage reads them."""

from __future__ import annotations

import re

from localcloud.storage.error import invalid

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|\{[^{}]*\}|\\.|.", re.DOTALL)


class Glob:
    """A compiled pattern. `*` and `?` stop at a slash, `**` does not."""

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(_translate(pattern), re.DOTALL)
        except re.error:
            raise invalid(f"Invalid glob: {pattern[:80]!r}") from None

    def matches(self, name: str) -> bool:
        """Whether the whole name fits."""
        return self._pattern.fullmatch(name) is not None


def _translate(pattern: str) -> str:
    return "".join(_one(token) for token in _TOKEN.findall(pattern))


def _one(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token == "**":
        return ".*"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token[0] == "[" and len(token) > 1:
        return "[" + token[1:-1].replace("\\", "\\\\").replace("!", "^", token[1] == "!") + "]"
    if token[0] == "{" and len(token) > 1:
        return "(?:" + "|".join(_translate(part) for part in token[1:-1].split(",")) + ")"
    return re.escape(token[-1])
