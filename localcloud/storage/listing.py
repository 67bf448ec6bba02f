"""Listing: prefix, delimiter, offsets, glob and pages, in the order of names as bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud.storage.error import invalid
from localcloud.storage.glob import Glob
from localcloud.storage.precondition import integer
from localcloud.storage.resource import Stored
from localcloud.storage.store import Storage

LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Query:
    """What to list. start: names from here on; end: names before it, "" for no end."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    limit: int = LARGEST_PAGE
    glob: Glob | None = None
    trailing: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Query:
        """From a request. Raises ApiError (400)."""
        limit = integer(query, "maxResults")
        if limit is not None and limit < 0:
            raise invalid("Invalid argument: maxResults is negative.")
        prefix = query.get("prefix", "")
        token = _decode(query.get("pageToken", ""))
        return cls(
            prefix,
            query.get("delimiter", ""),
            max(prefix, query.get("startOffset", ""), token, key=str.encode),
            query.get("endOffset", ""),
            min(limit or LARGEST_PAGE, LARGEST_PAGE),
            Glob(query["matchGlob"]) if query.get("matchGlob") else None,
            query.get("includeTrailingDelimiter", "").lower() == "true",
        )


@dataclass
class Page:
    """One page. token: where the next one starts, "" at the end."""

    items: list[Stored] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    token: str = ""

    def __len__(self) -> int:
        return len(self.items) + len(self.prefixes)


def find(storage: Storage, bucket: str, query: Query) -> Page:
    """A page of the objects of a bucket."""
    page, start = Page(), query.start
    while True:
        batch = storage.scan(bucket, start, query.limit + 1)
        for stored in batch:
            name = stored.name
            if not name.startswith(query.prefix) or (query.end and _at_or_after(name, query.end)):
                return page
            if query.glob and not query.glob.matches(name):
                start = name + "\0"
                continue
            if len(page) == query.limit:
                page.token = _encode(name)
                return page
            group = _group(name, query)
            if group is None or (query.trailing and name == group):
                page.items.append(stored)
            if group is not None:
                page.prefixes.append(group)
                behind = _behind(group)
                if behind is None:
                    return page
                start = behind
                break
            start = name + "\0"
        else:
            if len(batch) <= query.limit:
                return page


def _group(name: str, query: Query) -> str | None:
    if not query.delimiter:
        return None
    end = name.find(query.delimiter, len(query.prefix))
    return name[: end + len(query.delimiter)] if end >= 0 else None


def _behind(group: str) -> str | None:
    """The first text behind all names that begin with `group`; None: nothing can be."""
    stem = group.rstrip("\U0010ffff")
    if not stem:
        return None
    last = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if last == 0xD800 else last)


def _at_or_after(name: str, end: str) -> bool:
    return name.encode() >= end.encode()


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        raise invalid("Invalid argument: pageToken.") from None
