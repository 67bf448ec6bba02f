"""The object store: Google Cloud Storage, or whatever answers for it at the address given.

Every call names a generation or a precondition, so every call may be tried again: connection
failures, 429 and 5xx are, with jittered back-off inside `deadline` seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from typing import Any, BinaryIO, cast
from urllib.parse import quote

import urllib3
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.adapters import HTTPAdapter

from shared.core.errors import (
    DropserveError,
    InvalidRequest,
    ObjectNotFound,
    StorageUnavailable,
)
from shared.core.ports import ObjectMeta
from shared.gcp.credentials import credentials_error
from shared.gcp.status import Answer, storage_error
from shared.gcp.stream import MediaStream, PieceStream

_CONNECTIONS = 32
_TIMEOUT_SECONDS = (5.0, 30.0)
_STREAM_BUFFER = 256 * 1024
_UPLOAD_PIECE = 8 << 20
_ATTEMPTS_AT_A_MOVING_OBJECT = 5
_FIELDS = "bucket,name,generation,metageneration,size,timeCreated,crc32c,contentType,metadata"


_BROKEN = (OSError, GoogleAPICallError, DataCorruption, urllib3.exceptions.HTTPError)
"""What says that no proper answer came; the errors of `requests` are OSErrors."""


class GoogleObjectStore:
    """`ObjectStore` over google-cloud-storage. Safe for threads; connects at the first call.

    A write or delete that is tried again after its answer was lost meets its own effect and
    raises PreconditionFailed or ObjectNotFound: the caller reads back, as the port says.
    """

    def __init__(
        self, url: str, project: str, credentials: Credentials, *, deadline: float = 20.0
    ) -> None:
        self._url = url
        self._project = project
        self._credentials = credentials
        self._retry: Retry = DEFAULT_RETRY.with_delay(0.1, 4.0, 2.0).with_timeout(deadline)
        self._call: dict[str, Any] = {"retry": self._retry, "timeout": _TIMEOUT_SECONDS}

    def stat(self, bucket: str, name: str, generation: int | None = None) -> ObjectMeta:
        """Metadata: one request."""
        with _translated(bucket, name, generation):
            blob = self._bucket(bucket).blob(name, generation=generation)
            blob.reload(**self._call)
            return _meta(blob)

    def read(
        self, bucket: str, name: str, generation: int | None = None
    ) -> tuple[bytes, ObjectMeta]:
        """Metadata, then the bytes of that generation: two requests, checked by crc32c.

        A media answer is not documented to carry the time of creation and the custom metadata.
        """
        for _ in range(_ATTEMPTS_AT_A_MOVING_OBJECT):
            meta = self.stat(bucket, name, generation)
            try:
                return self._download(meta), meta
            except ObjectNotFound:
                if generation is not None:
                    raise
        raise StorageUnavailable(f"gs://{bucket}/{name} changes faster than it can be read")

    def open(self, bucket: str, name: str, generation: int) -> BinaryIO:
        """A stream of one request, continued at the same generation where it breaks off."""
        url = (
            f"{self._url}/download/storage/v1/b/{quote(bucket, safe='')}"
            f"/o/{_quoted(name)}?alt=media&generation={generation}"
        )
        translated = functools.partial(_translated, bucket, name, generation)
        stream = MediaStream(self._session, url, translated, _TIMEOUT_SECONDS, self._retry)
        return cast("BinaryIO", BufferedReader(stream, _STREAM_BUFFER))

    def write(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectMeta:
        """Upload with its crc32c, which the store checks: one request up to 8 MB.

        What is not found there is the bucket: a setting is wrong, or the bucket is yet to be made.
        """
        try:
            with _translated(bucket, name):
                blob = self._bucket(bucket).blob(name)
                if metadata:
                    blob.metadata = dict(metadata)
                blob.upload_from_string(
                    data,
                    content_type=content_type,
                    if_generation_match=if_generation_match,
                    checksum="crc32c",
                    **self._call,
                )
                return _meta(blob)
        except ObjectNotFound as error:
            raise StorageUnavailable(f"there may be no bucket {bucket}: {error}") from error

    def write_stream(
        self,
        bucket: str,
        name: str,
        pieces: Iterator[bytes],
        *,
        if_generation_match: int,
        content_type: str = "application/octet-stream",
    ) -> ObjectMeta:
        """A resumable upload, 8 MB a request; left to lapse where `pieces` raises."""
        try:
            with _translated(bucket, name):
                blob = self._bucket(bucket).blob(name, chunk_size=_UPLOAD_PIECE)
                blob.upload_from_file(
                    PieceStream(pieces),
                    content_type=content_type,
                    if_generation_match=if_generation_match,
                    checksum="crc32c",
                    **self._call,
                )
                return _meta(blob)
        except ObjectNotFound as error:
            raise StorageUnavailable(f"there may be no bucket {bucket}: {error}") from error

    def delete(self, bucket: str, name: str, *, if_generation_match: int) -> None:
        """Delete: one request."""
        with _translated(bucket, name):
            blob = self._bucket(bucket).blob(name)
            blob.delete(if_generation_match=if_generation_match, **self._call)

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectMeta]:
        """Live objects, a page of up to 1000 at a time."""
        with _translated(bucket, prefix):
            blobs = self._client.list_blobs(
                bucket, prefix=prefix, fields=f"nextPageToken,items({_FIELDS})", **self._call
            )
            yield from map(_meta, blobs)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _download(self, meta: ObjectMeta) -> bytes:
        with _translated(meta.bucket, meta.name, meta.generation):
            blob = self._bucket(meta.bucket).blob(meta.name, generation=meta.generation)
            return cast("bytes", blob.download_as_bytes(checksum="crc32c", **self._call))

    def _bucket(self, name: str) -> Any:
        return self._client.bucket(name)

    @functools.cached_property
    def _session(self) -> AuthorizedSession:
        session = AuthorizedSession(self._credentials)
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
        return session

    @functools.cached_property
    def _client(self) -> Any:
        client = storage.Client(
            project=self._project,
            credentials=self._credentials,
            client_options=ClientOptions(api_endpoint=self._url),
            _http=self._session,
        )
        # Otherwise it GETs each bucket in a thread of its own, for spans that nobody records:
        # a request more, and a right (storage.buckets.get) that no account of ours has.
        client._bucket_metadata_cache = None
        return client


def _meta(blob: Any) -> ObjectMeta:
    facts = blob._properties  # blob's own attributes parse times and lose digits of them
    try:
        return ObjectMeta(
            bucket=facts["bucket"],
            name=facts["name"],
            generation=int(facts["generation"]),
            metageneration=int(facts["metageneration"]),
            size=int(facts["size"]),
            time_created=facts["timeCreated"],
            crc32c=facts.get("crc32c", ""),
            content_type=facts.get("contentType", "application/octet-stream"),
            metadata=dict(facts.get("metadata") or {}),
        )
    except KeyError as error:
        raise StorageUnavailable(f"{blob.name}: the store's answer lacks {error}") from error


def _quoted(name: str) -> str:
    try:
        return quote(name, safe="")
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"{name!r} cannot be an object's name: {error}") from error


@contextmanager
def _translated(bucket: str, name: str, generation: int | None = None) -> Iterator[None]:
    """Only errors of the tree come out; each says which object."""
    printable = name.encode("utf-8", "backslashreplace").decode()
    place = f"gs://{bucket}/{printable}" + (f"#{generation}" if generation is not None else "")
    try:
        yield
    except DropserveError:
        raise
    except Exception as error:
        raise translate(error, place) from error


def translate(error: Exception, place: str) -> DropserveError:
    """The error of the tree for whatever the store's client raises. Re-raises what is a bug."""
    cause = error.cause if isinstance(error, RetryError) else error
    if isinstance(cause, GoogleAPICallError) and cause.code is not None:
        return storage_error(int(cause.code), f"{place}: {_said(cause)}")
    if isinstance(cause, InvalidResponse):
        return storage_error(cause.response.status_code, f"{place}: {cause}")
    if isinstance(cause, GoogleAuthError):
        return credentials_error(cause, lambda text: StorageUnavailable(f"{place}: {text}"))
    if isinstance(cause, _BROKEN):
        return StorageUnavailable(f"{place}: {type(cause).__name__}: {cause}")
    if isinstance(cause, ValueError):
        return InvalidRequest(f"{place}: {cause}")
    raise error


def _said(error: GoogleAPICallError) -> str:
    """The store's own words; `error.message` wraps them in the request's address."""
    response = error.response
    return (response is not None and Answer.parse(response.content).message) or error.message
