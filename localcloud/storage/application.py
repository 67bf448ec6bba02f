"""The storage API over HTTP: which request goes to which handler, and how refusals look.

Paths are split before they are decoded: an object name may hold anything, `%2F` included.
"""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from localcloud.caller import Authenticate
from localcloud.storage import batch, browse, bucket, copy, notification, object, resumable, upload
from localcloud.storage.access import Access, Caller
from localcloud.storage.call import Call, stream
from localcloud.storage.error import (
    ApiError,
    Disconnected,
    NotModified,
    not_implemented,
    unauthorized,
)
from localcloud.storage.media import Media
from localcloud.storage.store import Storage
from localcloud.storage.table import Table

PREFIXES = (
    "storage/v1",
    "upload/storage/v1",
    "resumable/upload/storage/v1",
    "download/storage/v1",
)


_TARGET = "b/{target_bucket}/o/{target}"


def _table() -> Table:
    table = Table()
    for methods, path, handler in (
        ("POST", "storage/v1/b", bucket.insert),
        ("GET", "storage/v1/b", bucket.list_buckets),
        ("GET", "storage/v1/b/{bucket}", bucket.get),
        ("PATCH PUT", "storage/v1/b/{bucket}", bucket.patch),
        ("DELETE", "storage/v1/b/{bucket}", bucket.delete),
        ("GET", "storage/v1/b/{bucket}/storageLayout", bucket.storage_layout),
        ("GET", "storage/v1/b/{bucket}/managedFolders", bucket.managed_folders),
        ("GET", "storage/v1/b/{bucket}/iam", bucket.policy),
        ("GET", "storage/v1/b/{bucket}/iam/testPermissions", bucket.test_permissions),
        ("POST", "storage/v1/b/{bucket}/notificationConfigs", notification.insert),
        ("GET", "storage/v1/b/{bucket}/notificationConfigs", notification.list_all),
        ("GET", "storage/v1/b/{bucket}/notificationConfigs/{notification}", notification.get),
        ("DELETE", "storage/v1/b/{bucket}/notificationConfigs/{notification}", notification.delete),
        ("GET", "storage/v1/projects/{project}/serviceAccount", bucket.service_account),
        ("GET", "storage/v1/b/{bucket}/o", object.list_objects),
        ("GET", "storage/v1/b/{bucket}/o/{object}", object.get),
        ("PATCH PUT", "storage/v1/b/{bucket}/o/{object}", object.patch),
        ("DELETE", "storage/v1/b/{bucket}/o/{object}", object.delete),
        ("POST", "storage/v1/b/{bucket}/o/{object}/compose", copy.compose),
        ("POST", f"storage/v1/b/{{bucket}}/o/{{source}}/copyTo/{_TARGET}", copy.copy),
        ("POST", f"storage/v1/b/{{bucket}}/o/{{source}}/rewriteTo/{_TARGET}", copy.rewrite),
        ("POST", "storage/v1/b/{bucket}/o/{source}/moveTo/o/{target}", copy.move),
        ("GET", "download/storage/v1/b/{bucket}/o/{object}", object.download),
        ("POST", "upload/storage/v1/b/{bucket}/o", upload.insert),
        ("PUT", "upload/storage/v1/b/{bucket}/o", resumable.go_on),
        ("DELETE", "upload/storage/v1/b/{bucket}/o", resumable.cancel),
        ("POST", "resumable/upload/storage/v1/b/{bucket}/o", upload.insert),
        ("PUT", "resumable/upload/storage/v1/b/{bucket}/o", resumable.go_on),
        ("DELETE", "resumable/upload/storage/v1/b/{bucket}/o", resumable.cancel),
    ):
        table.add(methods.split(), path, handler)
    return table


class Application:
    """The ASGI application of one `Storage`."""

    def __init__(self, storage: Storage, authenticate: Authenticate, access: Access) -> None:
        self.storage = storage
        self.authenticate = authenticate
        self.access = access
        self.table = _table()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        fault = self.storage.switches.strike(scope["method"], f"{path}?{query}")
        if fault and not fault.after:
            return await _fail(fault.status, scope, receive, send)
        try:
            response = await self._answer(scope, receive, path, query)
        except Disconnected:
            return None
        if fault:
            if isinstance(response, Media):
                response.close()
            return await _fail(fault.status, scope, receive, send)
        return await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, path: str, query: str) -> Response:
        headers = Headers(scope=scope)
        try:
            email = self.authenticate(headers)
        except PermissionError:
            return refusal(unauthorized())
        call = Call(
            self.storage,
            Caller(email, self.access),
            scope["method"],
            query,
            headers,
            f"{scope['scheme']}://{headers.get('host', 'localhost')}",
            stream(receive),
        )
        return await self.dispatch(call, path)

    async def dispatch(self, call: Call, path: str) -> Response:
        """Find the handler and let it answer; refusals are answers too."""
        try:
            return await self._handle(call, path)
        except ApiError as error:
            return refusal(error, call.query.get("alt") == "media")
        except NotModified:
            return Response(status_code=304)

    async def _handle(self, call: Call, path: str) -> Response:
        if call.method == "POST" and path.rstrip("/") == "/batch/storage/v1":
            return await batch.answer_all(call, self.dispatch)
        found = self.table.find(call.method, path.strip("/").split("/"))
        if found is None:
            raise not_implemented(call.method, unquote(path))
        handler, call.place = found
        return await handler(call)


def refusal(error: ApiError, plain: bool = False) -> Response:
    """A refusal as an answer; reads of bytes get plain text, as from Google."""
    if plain and error.status == 404:
        return Response(error.message, 404, media_type="text/html; charset=UTF-8")
    return JSONResponse(error.body(), error.status)


async def _fail(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as a broken store would; 0 drops the connection."""
    if status:
        error = ApiError(status, "Backend Error (switched on).", "backendError")
        return await refusal(error)(scope, receive, send)
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("a fault was switched on: the connection is dropped")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)
    return None


def routes(storage: Storage, authenticate: Authenticate, access: Access) -> list[Mount | Route]:
    """Everything that Google's clients ask of storage, for an application that answers more."""
    application = Application(storage, authenticate, access)
    return [
        Route("/batch/storage/v1", application),
        *(Mount(f"/{prefix}", app=application) for prefix in PREFIXES),
        browse.route(storage),
    ]


def admin_routes(storage: Storage) -> list[Route]:
    """`/_local/storage/switches`: GET shows the test switches, POST sets some. Loopback only."""

    async def switches(request: Request) -> Response:
        if request.client and request.client.host not in ("127.0.0.1", "::1", "testclient"):
            return Response(status_code=403)
        try:
            if request.method == "POST":
                storage.switches.change(await request.json())
        except (ApiError, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(storage.switches.as_dict())

    return [Route("/_local/storage/switches", switches, methods=["GET", "POST"])]
