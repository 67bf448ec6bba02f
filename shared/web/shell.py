"""The page for people: static files that hold no data, and the policy that keeps them so."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path

from shared.core.page.style import SHEET
from shared.web.answer import Answer
from shared.web.document import unchanged_or
from shared.web.exchange import Exchange
from shared.web.refusal import Refusal

FOLDER = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}

PLAIN = (
    b"dropserve predict: POST /v1/projects/PROJECT/models/MODEL:predict "
    b'with {"instances": [...]}. Everything it takes and answers: GET /openapi.json. '
    b"Open this address in a browser for the page.\n"
)


class Shell:
    """Serves the page's files, each read when it is first asked for."""

    async def front(self, exchange: Exchange) -> Answer:
        """GET /: the page for browsers, a sentence for programs."""
        if "text/html" in exchange.headers.get("accept", ""):
            return _file("index.html", exchange)
        return Answer(200, PLAIN, "text/plain; charset=utf-8", {"Vary": "Accept"})

    async def file(self, exchange: Exchange) -> Answer:
        """GET /page/FILE."""
        return _file(exchange.name("file"), exchange)


def _file(name: str, exchange: Exchange) -> Answer:
    data = _read(name)
    if data is None:
        raise Refusal(404, "no_such_path", "The page has no such file.")
    return unchanged_or(data, _kind(name), exchange.headers, headers())


@functools.cache
def _files() -> frozenset[str]:
    return frozenset(path.name for path in FOLDER.iterdir() if path.suffix in KINDS)


@functools.cache
def _bytes(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def _read(name: str) -> bytes | None:
    return _bytes(name) if name in _files() else None


def _kind(name: str) -> str:
    return f"{KINDS[Path(name).suffix]}; charset=utf-8"


@functools.cache
def headers() -> dict[str, str]:
    """What goes out with every file of the page."""
    return {
        "Content-Security-Policy": policy(),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }


def policy() -> str:
    """Files of this address only, no inline script or style, no text that becomes markup. A report
    is shown in a frame without scripts, its style sheet allowed by its digest."""
    digest = base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'sha256-{digest}'",
            "img-src 'self'",
            "connect-src 'self'",
            "frame-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
