"""google-api-python-client made fit for several threads, with pooled connections."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    VersionNotReady,
)
from shared.gcp.credentials import credentials_error
from shared.gcp.status import Answer, platform_error

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 4.0


@dataclass(frozen=True)
class Resources:
    """The resources of ml v1. Kept, because the library makes each anew (0.6 ms) when asked."""

    projects: Any
    models: Any
    versions: Any
    operations: Any

    @classmethod
    def of(cls, address: str) -> Resources:
        """From the discovery document in the library."""
        projects = build(
            "ml",
            "v1",
            http=httplib2.Http(),
            client_options={"api_endpoint": address},
            static_discovery=True,
            cache_discovery=False,
        ).projects()
        models = projects.models()
        return cls(projects, models, models.versions(), projects.operations())


class MachineLearning:
    """The ml v1 client of one address. Everything it raises is an error of the tree.

    httplib2 connections serve one thread at a time, so each call borrows one; the discovery
    document comes with the library and is read at the first call. timeout: seconds of one try;
    deadline: seconds after which no further try begins.
    """

    def __init__(
        self, url: str, credentials: Credentials, *, timeout: float = 30.0, deadline: float = 10.0
    ) -> None:
        self._url = url
        self._credentials = credentials
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
                self._resources = Resources.of(f"{self._url}/")
            return self._resources

    def call(self, make: Callable[[Resources], Any], missing: type[PermanentError]) -> Any:
        """Make a request, send it, and again while the platform is unavailable.

        Only for calls that may be repeated, which all of ours are. missing: what 404 means.
        """
        end = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._once(make, missing)
            except PlatformUnavailable:
                wait = random.uniform(0, pause)
                if time.monotonic() + wait > end:
                    raise
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def close(self) -> None:
        """Close the idle connections. The next call opens new ones."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _once(self, make: Callable[[Resources], Any], missing: type[PermanentError]) -> Any:
        connection = self._borrow()
        try:
            request = make(self.resources)
            answer = request.execute(http=connection)
        except HttpError as error:
            self._idle.put(connection)
            raise _refused(error, missing) from error
        except Exception as error:
            connection.close()
            raise translate(error, self._url) from error
        self._idle.put(connection)
        if not isinstance(answer, dict):
            raise PlatformUnavailable(f"{self._url}: the platform's answer is no JSON object")
        return answer

    def _borrow(self) -> AuthorizedHttp:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return AuthorizedHttp(self._credentials, httplib2.Http(timeout=self._timeout))


def translate(error: Exception, place: str) -> DropserveError:
    """The error of the tree for whatever a call raises without an answer of the platform."""
    if isinstance(error, GoogleAuthError):
        return credentials_error(error, PlatformUnavailable)
    if isinstance(error, TypeError):
        return InvalidRequest(f"{place}: {error}")  # a name that no path of ml v1 can hold
    if isinstance(error, _BROKEN):
        return PlatformUnavailable(f"{place}: {type(error).__name__}: {error}")
    raise error


_BROKEN = (OSError, httplib2.HttpLib2Error, http.client.HTTPException, Error, ValueError)
"""No answer, or one that is no JSON (a ValueError)."""


def _refused(error: HttpError, missing: type[PermanentError]) -> DropserveError:
    answer = Answer.parse(error.content)
    if answer.status == "FAILED_PRECONDITION" and error.uri.split("?")[0].endswith(":predict"):
        return VersionNotReady(answer.message)
    return platform_error(error.status_code, answer, missing)
