"""google-api-python-client made fit for several threads, with pooled connections, for any API."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from shared.core.errors import (
    DropserveError,
    InvalidRequest,
    PermanentError,
    PlatformUnavailable,
)
from shared.gcp.credentials import credentials_error

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 4.0

Resources = TypeVar("Resources")
Refused = Callable[[HttpError, type[PermanentError]], DropserveError]


class DiscoveryClient(Generic[Resources]):
    """One API at one address. Everything it raises is an error of the tree.

    httplib2 connections serve one thread at a time, so each call borrows one; the discovery
    document comes with the library and is read at the first call. make: the resources that are
    asked for, which the library would make anew each time; refused: what an answer that is no
    success means. timeout: seconds of one try; deadline: seconds after which no further try begins.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        make: Callable[[str], Resources],
        refused: Refused,
        *,
        timeout: float = 30.0,
        deadline: float = 10.0,
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._make = make
        self._refused = refused
        self._timeout = timeout
        self._deadline = deadline
        self._idle: queue.LifoQueue[AuthorizedHttp] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._resources: Resources | None = None

    @property
    def resources(self) -> Resources:
        """What makes requests for `call`."""
        with self._lock:
            if self._resources is None:
                self._resources = self._make(f"{self._url}/")
            return self._resources

    def call(self, make: Callable[[Resources], Any], missing: type[PermanentError]) -> Any:
        """Make a request, send it, and again while the platform is unavailable.

        Only for calls that may be repeated. missing: what 404 means.
        """
        end = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return self.call_once(make, missing)
            except PlatformUnavailable:
                wait = random.uniform(0, pause)
                if time.monotonic() + wait > end:
                    raise
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def call_once(self, make: Callable[[Resources], Any], missing: type[PermanentError]) -> Any:
        """Make a request and send it; whoever calls knows what it means to send it again."""
        connection = self._borrow()
        try:
            request = make(self.resources)
            answer = request.execute(http=connection)
        except HttpError as error:
            self._idle.put(connection)
            raise self._refused(error, missing) from error
        except Exception as error:
            connection.close()
            raise translate(error, self._url) from error
        self._idle.put(connection)
        if not isinstance(answer, dict):
            raise PlatformUnavailable(f"{self._url}: the platform's answer is no JSON object")
        return answer

    def close(self) -> None:
        """Close the idle connections. The next call opens new ones."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _borrow(self) -> AuthorizedHttp:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            plain = httplib2.Http(timeout=self._timeout)
            plain.follow_redirects = False  # whoever answers is whom we asked
            return AuthorizedHttp(self._credentials, plain)


def service(name: str, version: str, address: str) -> Any:
    """The resources of an API, from the discovery document in the library."""
    return build(
        name,
        version,
        http=httplib2.Http(),
        client_options={"api_endpoint": address},
        static_discovery=True,
        cache_discovery=False,
    )


def translate(error: Exception, place: str) -> DropserveError:
    """The error of the tree for whatever a call raises without an answer of the platform."""
    if isinstance(error, GoogleAuthError):
        return credentials_error(error, PlatformUnavailable)
    if isinstance(error, TypeError):
        return InvalidRequest(f"{place}: {error}")  # a name that no path of the API can hold
    if isinstance(error, _BROKEN):
        return PlatformUnavailable(f"{place}: {type(error).__name__}: {error}")
    raise error


_BROKEN = (OSError, httplib2.HttpLib2Error, http.client.HTTPException, Error, ValueError)
"""No answer, or one that is no JSON (a ValueError)."""
