"""Pages of a listing: pageSize 1 to 100 (20 where none is asked for), and an opaque pageToken."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from serving.refusal import Refusal

DEFAULT_SIZE, LARGEST = 20, 100


@dataclass(frozen=True)
class Page:
    """What of a listing is wanted: `size` names that come after `after`."""

    size: int = DEFAULT_SIZE
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Page:
        """From a query; Refusal 400 for a size or token that is none."""
        try:
            size = int(query.get("pageSize") or 0)
            token = query.get("pageToken", "")
            after = base64.b64decode(token, altchars=b"-_", validate=True).decode()
        except (ValueError, binascii.Error) as error:
            raise Refusal(400, f"The page size or page token is not one: {error}.") from None
        if size < 0:
            raise Refusal(400, "The page size cannot be negative.", "page_size")
        return cls(min(size or DEFAULT_SIZE, LARGEST), after)

    def cut(self, names: list[str]) -> tuple[list[str], str]:
        """(the names of this page, the token of the next one or "") from all names, sorted."""
        later = [name for name in names if name > self.after]
        chosen = later[: self.size]
        if len(later) == len(chosen):
            return chosen, ""
        return chosen, base64.urlsafe_b64encode(chosen[-1].encode()).decode()


def listing(key: str, bodies: list[dict[str, object]], token: str) -> dict[str, object]:
    """A list answer; like Google's, an empty one is `{}`."""
    answer: dict[str, object] = {}
    if bodies:
        answer[key] = bodies
    if token:
        answer["nextPageToken"] = token
    return answer
