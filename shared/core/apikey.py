"""API keys: made of chance, shown once, kept as digests in one object of STATE.

A key is `dsk_<id>_<secret>`. Its secret has 256 bits of chance, so a plain SHA-256 hides it as
well as any slow hash would, at no cost to a request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass

from shared.core.artifact import FORMAT, without_format
from shared.core.errors import Unauthenticated
from shared.core.permission import models_of
from shared.core.principal import Principal

KEYS_NAME = "keys/predict.json"
"""Where the digests lie in STATE."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}")
_KEY = re.compile(r"dsk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_NOBODY = "0" * 64


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key. id: in the key's text, for people and logs; name: whose it is;
    models: those it may ask, ("*",) for every one; created, revoked: RFC 3339, "" for not."""

    id: str
    sha256: str
    name: str
    models: tuple[str, ...]
    created: str
    revoked: str = ""

    @property
    def principal(self) -> Principal:
        """The caller that it proves."""
        return Principal(f"key:{self.name}", models_of(self.models))


@dataclass(frozen=True)
class Keys:
    """All keys, in the order of their making."""

    keys: tuple[ApiKey, ...] = ()

    def to_json(self) -> bytes:
        """The stored object."""
        body = {"format": FORMAT, "keys": [asdict(key) for key in self.keys]}
        return json.dumps(body, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Keys:
        """Reverse of `to_json`. Raises NewerFormat."""
        value = without_format(json.loads(data), "the API keys object")
        return cls(tuple(ApiKey(**key | {"models": tuple(key["models"])}) for key in value["keys"]))

    def find(self, text: str) -> ApiKey:
        """The key with this text, compared in constant time. Raises Unauthenticated."""
        shaped = _KEY.fullmatch(text)
        if shaped is None:
            raise Unauthenticated(
                "api_key", "The X-API-Key header holds no key of this service (dsk_..._...)."
            )
        known = next((key for key in self.keys if key.id == shaped[1]), None)
        expected = known.sha256 if known else _NOBODY
        if not hmac.compare_digest(digest(text), expected) or known is None:
            raise Unauthenticated("api_key", "No such API key was ever made here.")
        if known.revoked:
            raise Unauthenticated("api_key", f"The API key {known.id} was revoked.")
        return known


def digest(text: str) -> str:
    """What is kept of a key's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new(name: str, models: tuple[str, ...], created: str) -> tuple[str, ApiKey]:
    """A new key: its text, which nothing keeps, and what is kept. Raises ValueError."""
    if not NAME.fullmatch(name):
        raise ValueError("a key's name takes letters, digits and _ . @ -, 80 at the most")
    models_of(models)
    key_id = secrets.token_hex(6)
    text = f"dsk_{key_id}_{secrets.token_urlsafe(32)}"
    return text, ApiKey(key_id, digest(text), name, models, created)
