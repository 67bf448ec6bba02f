"""RSA keys and ID tokens of our own making, and an address that publishes them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.address import answering

AUDIENCE = "https://predict.example"
CALLER = "caller@dropserve.example"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """One key a name, made once: making them is slow."""
    return rsa.generate_private_key(65537, 2048)


def public_key(name: str) -> dict[str, str]:
    """That key's public half, as a JSON Web Key."""
    numbers = private_key(name).public_key().public_numbers()
    known = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name}
    return {**known, "n": whole(numbers.n), "e": whole(numbers.e)}


def whole(number: int) -> str:
    """A whole number as a JSON Web Key holds it."""
    return encode(number.to_bytes((number.bit_length() + 7) // 8))


def published(*names: str) -> bytes:
    """The document at the certs address."""
    return json.dumps({"keys": [public_key(name) for name in names]}).encode()


def encode(part: Any) -> str:
    """base64url without padding, of bytes or of JSON."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """What Google puts into an ID token; a change to None takes the claim out."""
    now = int(time.time())
    made = {
        "aud": AUDIENCE,
        "azp": "1234567890",
        "email": CALLER,
        "email_verified": True,
        "exp": now + 3600,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "1234567890",
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def token(
    payload: Any = None, *, key: str = "k1", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A signed token. header: changes to its header (None takes a field out)."""
    fields = {"alg": "RS256", "kid": key, "typ": "JWT"} | (header or {})
    head = encode({name: value for name, value in fields.items() if value is not None})
    signed = f"{head}.{encode(claims(**changes) if payload is None else payload)}"
    signature = private_key(key).sign(signed.encode(), padding.PKCS1v15(), SHA256())
    return f"{signed}.{encode(signature)}"


class CertsAddress:
    """A real address on loopback. body, status, cache_control may change; `asked` counts."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        self.body = published("k1")
        self.status = 200
        self.cache_control = "public, max-age=3600"
        self.asked = 0

    @contextmanager
    def serving(self) -> Iterator[CertsAddress]:
        """While it answers."""
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address.asked += 1
                self.send_response(address.status)
                self.send_header("Cache-Control", address.cache_control)
                self.send_header("Content-Length", str(len(address.body)))
                self.end_headers()
                self.wfile.write(address.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        with answering(Handler) as url:
            self.url = f"{url}/certs"
            yield self
