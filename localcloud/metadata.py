"""Answers for the Compute Engine metadata server, from which google-auth takes its tokens.

Each service account has a listening port of its own; the port that a request came in at says
whose process asks. Keys and tokens are made in localcloud.tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from localcloud.configuration import Configuration
from localcloud.tokens import LIFETIME, Tokens, unique_id
from shared.core import roles

REGION = "us-central1"
_FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
_ROOT = "/computeMetadata/v1"
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
_PORT_PREFIX = "metadata-"
_SERVING = "serving"


def accounts_by_port(configuration: Configuration) -> dict[int, tuple[str, ...]]:
    """Which accounts a metadata port hands out; the first is its default.

    The serving process runs both planes on a laptop, so its port knows both of its accounts.
    """
    return {
        port: tuple(configuration.email(account) for account in _accounts(name))
        for name, port in configuration.ports.items()
        if name.startswith(_PORT_PREFIX)
    }


def _accounts(port_name: str) -> tuple[str, ...]:
    account = port_name.removeprefix(_PORT_PREFIX)
    both = (roles.SERVING_DATA, roles.SERVING_CONTROL)
    return both if account == _SERVING else (account,)


def application(project: str, accounts: Mapping[int, tuple[str, ...]], tokens: Tokens) -> Starlette:
    """The metadata server of every account; accounts: listening port -> e-mail addresses."""
    trees = {port: _tree(project, emails) for port, emails in accounts.items()}

    async def answer(request: Request) -> Response:
        refusal = _refusal(request)
        if refusal:
            return refusal
        server = request.scope["server"]
        path = request.url.path[len(_ROOT) :]
        issued = _issue(path, request, accounts[server[1]], tokens)
        return issued or _look_up(path, request, trees[server[1]])

    async def root(_: Request) -> Response:
        return _text("computeMetadata/\n")

    return Starlette(
        routes=[
            Route("/", root),
            Route("/computeMetadata/", lambda _: _text("v1/\n")),
            Route(_ROOT, lambda _: RedirectResponse(_ROOT + "/", 301, _FLAVOR)),
            Route(_ROOT + "/{path:path}", answer),
        ]
    )


def _refusal(request: Request) -> Response | None:
    """What keeps web pages and proxies out: the same two checks as Google's."""
    if request.headers.get("metadata-flavor") != "Google":
        return _text("Missing Metadata-Flavor:Google header.", 403)
    if "x-forwarded-for" in request.headers:
        return _text("Requests with the header X-Forwarded-For are refused.", 403)
    return None


def _issue(path: str, request: Request, emails: tuple[str, ...], tokens: Tokens) -> Response | None:
    """The answer to `.../service-accounts/<account>/token` and `/identity`, else None."""
    folder, _, what = path.rpartition("/")
    parent, _, account = folder.rpartition("/")
    email = emails[0] if account == "default" else account
    if parent != "/instance/service-accounts" or email not in emails:
        return None
    if what == "token":
        grant = {
            "access_token": tokens.access(email),
            "expires_in": LIFETIME - 1,
            "token_type": "Bearer",
        }
        return JSONResponse(grant, headers=_FLAVOR)
    if what == "identity":
        return _identity(request, email, tokens)
    return None


def _identity(request: Request, email: str, tokens: Tokens) -> Response:
    audience = request.query_params.get("audience", "")
    if not audience:
        return _text("non-empty audience parameter required", 400)
    full = request.query_params.get("format") == "full"
    return _text(tokens.identity(email, audience, full=full))


def _tree(project: str, emails: tuple[str, ...]) -> dict[str, Any]:
    number = unique_id(project)[:12]
    accounts: dict[str, Any] = {
        email: {
            "aliases": ["default"] if email == emails[0] else [],
            "email": email,
            "scopes": _SCOPES,
        }
        for email in emails
    }
    return {
        "instance": {
            "id": unique_id(emails[0])[:19],
            "region": f"projects/{number}/regions/{REGION}",
            "service-accounts": {"default": accounts[emails[0]], **accounts},
            "zone": f"projects/{number}/zones/{REGION}-1",
        },
        "project": {"numeric-project-id": number, "project-id": project},
        "universe": {"universe-domain": "googleapis.com"},
    }


def _look_up(path: str, request: Request, tree: dict[str, Any]) -> Response:
    node: Any = tree
    for part in path.strip("/").split("/") if path.strip("/") else []:
        if not isinstance(node, dict) or part not in node:
            return _text(f"There is no {path} here.", 404)
        node = node[part]
    query = request.query_params
    if isinstance(node, dict) and not path.endswith("/"):
        return RedirectResponse(f"{_ROOT}{path}/?{query}".rstrip("?"), 301, _FLAVOR)
    if query.get("recursive", "").lower() == "true" or query.get("alt") == "json":
        return JSONResponse(_camel(node), headers=_FLAVOR)
    return _text(_listing(node))


def _listing(node: Any) -> str:
    if isinstance(node, dict):
        return "".join(f"{key}/\n" if isinstance(node[key], dict) else f"{key}\n" for key in node)
    return "".join(f"{line}\n" for line in node) if isinstance(node, list) else str(node)


def _camel(node: Any) -> Any:
    """Keys as the recursive JSON of the real server has them: service-accounts: serviceAccounts."""
    if not isinstance(node, dict):
        return node
    return {_camel_key(key): _camel(value) for key, value in node.items()}


def _camel_key(key: str) -> str:
    first, *rest = key.split("-")
    return key if "@" in key else first + "".join(word.capitalize() for word in rest)


def _text(text: str, status: int = 200) -> PlainTextResponse:
    return PlainTextResponse(text, status, _FLAVOR)
