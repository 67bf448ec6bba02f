"""Sends an event to a function's address, as Eventarc does: a POST that the function may take."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from shared.core.cloudevent import headers
from shared.core.errors import EventNotTaken
from shared.core.event import ObjectFinalized
from shared.core.source import Source
from shared.gcp.credentials import credentials_error

_TIMEOUT_SECONDS = (5.0, 600.0)
"""The function answers when it is done, which may be a whole training."""


class FunctionSender:
    """`EventSender` by HTTP. functions: (bucket, prefix of names) -> the address of the function
    that acts on these objects, "" where that is unknown."""

    def __init__(
        self,
        functions: Mapping[tuple[str, str], str],
        credentials: Callable[[str], Credentials],
    ) -> None:
        self._functions, self._credentials = functions, credentials
        self._sessions: dict[str, AuthorizedSession] = {}

    def send(self, event: ObjectFinalized) -> None:
        """Raises EventNotTaken, PermissionDenied."""
        body = json.dumps(event.as_data())
        sent = headers(f"reconcile-{uuid.uuid4().hex}", body)
        for url in self._addresses(event.source):
            try:
                answer = self._session(url).post(
                    url, data=body.encode(), headers=sent, timeout=_TIMEOUT_SECONDS
                )
            except GoogleAuthError as error:
                raise credentials_error(error, EventNotTaken) from error
            except requests.RequestException as error:
                raise EventNotTaken(f"{url}: {type(error).__name__}: {error}") from error
            if not answer.ok:
                raise EventNotTaken(f"{url} answered {answer.status_code}")

    def close(self) -> None:
        """Close the idle connections."""
        for session in self._sessions.values():
            session.close()

    def _addresses(self, source: Source) -> Iterator[str]:
        for (bucket, prefix), url in self._functions.items():
            if url and source.bucket == bucket and source.name.startswith(prefix):
                yield url

    def _session(self, url: str) -> AuthorizedSession:
        if url not in self._sessions:
            self._sessions[url] = AuthorizedSession(self._credentials(url))
        return self._sessions[url]
