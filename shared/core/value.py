"""How the text of a setting becomes its value; a ValueError says what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from shared.core import roles
from shared.core.artifact import MODEL_NAME
from shared.core.permission import Permissions


def text(raw: str) -> str:
    """The text as it stands."""
    return raw


def words(raw: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def positive(raw: str) -> float:
    """A number above 0."""
    number = _number(raw)
    if not 0 < number < float("inf"):
        raise ValueError("must be above 0")
    return number


def from_zero(raw: str) -> float:
    """A number from 0."""
    number = _number(raw)
    if not number >= 0:
        raise ValueError("must be 0 or more")
    return number


def whole(raw: str) -> int:
    """A whole number from 1."""
    number = _whole(raw)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


def count(raw: str) -> int:
    """A whole number from 0."""
    number = _whole(raw)
    if number < 0:
        raise ValueError("must be 0 or more")
    return number


def share(raw: str) -> float:
    """A part of the whole, not nothing."""
    number = _number(raw)
    if not 0 < number <= 1:
        raise ValueError("must be above 0 and 1 at the most")
    return number


def part(raw: str) -> float:
    """A share that may be nothing."""
    number = _number(raw)
    if not 0 <= number <= 1:
        raise ValueError("must be from 0 to 1")
    return number


def permissions(raw: str) -> tuple[str, ...]:
    """Words that shared.core.permission understands."""
    Permissions.of(words(raw))
    return words(raw)


def accounts(raw: str) -> tuple[str, ...]:
    """ROLE=E-MAIL, for the roles of shared.core.roles."""
    for word in words(raw):
        role, _, address = word.partition("=")
        if role not in roles.ACCOUNTS or "@" not in address:
            raise ValueError(f"{word!r} is not ROLE=E-MAIL")
    return words(raw)


def url(raw: str) -> str:
    """An http or https address, without a slash at its end."""
    if not re.fullmatch(r"https?://[^\s/]+(/.*)?", raw):
        raise ValueError("must be an http:// or https:// address")
    return raw.rstrip("/")


def optional_url(raw: str) -> str:
    """The same, or nothing."""
    return url(raw) if raw else ""


def hook(raw: str) -> str:
    """A webhook's address. Not http beyond this machine: neither what is told nor the metadata
    server, which answers http only, is anybody's to reach through a setting."""
    parts = urlsplit(raw)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    good = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if raw and not (good and parts.hostname and "@" not in parts.netloc):
        raise ValueError("must be an https:// address (http:// to this machine only), without user")
    return raw


def model(raw: str) -> str:
    """The name of a model."""
    if not MODEL_NAME.fullmatch(raw):
        raise ValueError("must be a lower-case letter, then letters, digits, underscores")
    return raw


def one_of(*known: str) -> Callable[[str], str]:
    """One of these words."""

    def check(raw: str) -> str:
        if raw not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return raw

    return check


def _number(raw: str) -> float:
    try:
        return float(raw)
    except ValueError:
        raise ValueError("must be a number") from None


def _whole(raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise ValueError("must be a whole number") from None
