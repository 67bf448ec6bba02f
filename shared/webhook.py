"""Posts notices to the address of a setting, over the standard library alone.

No redirect is followed, and of the answer nothing but its status is read.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from urllib.parse import urlsplit

from shared.core.errors import NoticeNotTaken, NoticeRefused
from shared.core.settings import Settings

SIGNATURE = "X-Dropserve-Signature-256"
"""`sha256=` and the hex HMAC-SHA256 of the body under NOTIFY_SECRET."""

_LATER = (408, 425, 429)


class Webhook:
    """`Notifier` over HTTP: one POST a notice. secret: "" leaves it unsigned."""

    def __init__(self, url: str, secret: str = "") -> None:
        self._url, self._secret = urlsplit(url), secret.encode()

    def send(self, body: bytes, *, timeout: float) -> None:
        """Raises NoticeNotTaken, or NoticeRefused for good. timeout: of each wait on the wire."""
        place = f"{self._url.scheme}://{self._url.netloc}"  # the path may hold a secret
        try:
            status = self._post(body, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise NoticeNotTaken(f"{place} does not answer: {type(error).__name__}") from error
        if 200 <= status < 300:
            return
        if status in _LATER or status >= 500:
            raise NoticeNotTaken(f"{place} answers {status}")
        raise NoticeRefused(f"{place} answers {status}")

    def _post(self, body: bytes, timeout: float) -> int:
        host, port = self._url.hostname or "", self._url.port
        connection = (
            http.client.HTTPSConnection(
                host, port, timeout=timeout, context=ssl.create_default_context()
            )
            if self._url.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=timeout)
        )
        path = f"{self._url.path or '/'}{f'?{self._url.query}' if self._url.query else ''}"
        try:
            connection.request("POST", path, body, self._headers(body))
            return connection.getresponse().status
        finally:
            connection.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        told = {"Content-Type": "application/json", "User-Agent": "dropserve"}
        if self._secret:
            digest = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
            told[SIGNATURE] = f"sha256={digest}"
        return told


def webhook(settings: Settings) -> Webhook | None:
    """The webhook of the settings, None where there is none."""
    return Webhook(settings.notify_url, settings.notify_secret) if settings.notify_url else None
