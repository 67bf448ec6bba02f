"""Tokens from the local cloud's metadata server, and from one that is in trouble."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError

from localcloud.metadata import application
from localcloud.tokens import Tokens as Issuer
from shared.core.errors import PermissionDenied, StorageUnavailable
from shared.gcp import credentials, metadata
from shared.gcp.credentials import Tokens, access_tokens, credentials_error, id_tokens
from tests.asgi import served
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, Say, scripted

FIRST = "serving-data@p.iam.gserviceaccount.com"
SECOND = "serving-control@p.iam.gserviceaccount.com"
AUDIENCE = "http://127.0.0.1:9999"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def metadata_port(issuer: Issuer) -> Iterator[int]:
    inner = application("p", {1: (FIRST, SECOND)}, issuer)

    async def at_port_one(scope: Any, receive: Any, send: Any) -> None:
        await inner({**scope, "server": ("127.0.0.1", 1)}, receive, send)

    with served(at_port_one) as client:
        yield client.port


@pytest.fixture
def on_metadata_server(metadata_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{metadata_port}")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No metadata server and no key file."""
    for name in ("GCE_METADATA_HOST", "K_SERVICE", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))


@pytest.mark.usefixtures("on_metadata_server")
@pytest.mark.parametrize(("account", "email"), [(None, FIRST), (FIRST, FIRST), (SECOND, SECOND)])
def test_an_access_token_is_the_accounts_own(
    issuer: Issuer, account: str | None, email: str
) -> None:
    found = credentials.access_credentials(account)
    headers: dict[str, str] = {}
    found.before_request(None, "GET", "http://h/", headers)
    token = headers["authorization"].removeprefix("Bearer ")
    assert issuer.email_of_access_token(token) == email
    assert timedelta(minutes=50) < found.expiry - datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.usefixtures("on_metadata_server")
@pytest.mark.parametrize(("account", "email"), [(None, FIRST), (SECOND, SECOND)])
def test_an_id_token_is_for_its_audience(account: str | None, email: str) -> None:
    token = asyncio.run(id_tokens(AUDIENCE, account).token())
    claims = _claims(token)
    assert (claims["aud"], claims["email"]) == (AUDIENCE, email)


@pytest.mark.usefixtures("on_metadata_server")
def test_an_access_token_comes_asynchronously_too(issuer: Issuer) -> None:
    token = asyncio.run(access_tokens().token())
    assert issuer.email_of_access_token(token) == FIRST


@pytest.mark.usefixtures("on_metadata_server")
def test_an_account_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefreshError, match="404"):
        credentials.access_credentials("nobody@p.iam.gserviceaccount.com").refresh(None)


@pytest.mark.usefixtures("nowhere")
def test_without_any_credentials_it_is_said_how_to_get_them() -> None:
    with pytest.raises(DefaultCredentialsError) as caught:
        credentials.access_credentials()
    found = credentials_error(caught.value, StorageUnavailable)
    assert isinstance(found, PermissionDenied)
    assert "gcloud auth application-default login" in str(found)


@pytest.mark.usefixtures("nowhere")
def test_a_key_file_wins_over_the_metadata_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "user.json"
    facts = {"client_id": "i", "client_secret": "s", "refresh_token": "r"}
    key.write_text(json.dumps({"type": "authorized_user", **facts}))
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    assert type(credentials.access_credentials()).__module__ == "google.oauth2.credentials"


@pytest.mark.parametrize("trouble", [DROP, Say(503), Say(429)])
def test_a_metadata_server_in_trouble_is_asked_again(
    trouble: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Say(body=b'{"access_token":"t","expires_in":3599,"token_type":"Bearer"}')
    with scripted(trouble, good) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{server.port}")
        found = metadata.AccessCredentials("default")
        found.refresh(None)
        assert found.token == "t"
        assert server.heard[1].headers["metadata-flavor"] == "Google"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"access_token":"t"}'])
def test_an_unreadable_token_answer_is_an_error(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(Say(body=body)) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{server.port}")
        for found in (
            metadata.AccessCredentials("default"),
            metadata.IdCredentials(AUDIENCE, "default"),
        ):
            with pytest.raises(RefreshError):
                found.refresh(None)


def test_no_metadata_server_is_trouble_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "_ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{port}")
    with pytest.raises(GoogleAuthError) as caught:
        metadata.AccessCredentials("default").refresh(None)
    assert isinstance(credentials_error(caught.value, StorageUnavailable), StorageUnavailable)


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time


async def settle(tokens: Tokens) -> None:
    if tokens._renewal is not None:
        await asyncio.wait([tokens._renewal])


def test_a_token_is_fetched_once_for_all_who_wait() -> None:
    made: list[Bearer] = []
    release = threading.Event()

    class Slow(Bearer):
        def refresh(self, request: Any) -> None:
            release.wait(5)
            super().refresh(request)

    def load() -> Slow:
        made.append(Slow())
        return made[-1]

    async def main() -> list[str]:
        tokens = Tokens(load)
        waiting = [asyncio.create_task(tokens.token()) for _ in range(20)]
        await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(main()) == ["token-1"] * 20
    assert [each.refreshed for each in made] == [1]


def test_one_who_gives_up_does_not_take_the_token_from_the_others() -> None:
    release = threading.Event()

    class Slow(Bearer):
        def refresh(self, request: Any) -> None:
            release.wait(5)
            super().refresh(request)

    async def main() -> str:
        tokens = Tokens(Slow)
        impatient = asyncio.create_task(tokens.token())
        patient = asyncio.create_task(tokens.token())
        await asyncio.sleep(0)
        impatient.cancel()
        release.set()
        return await patient

    assert asyncio.run(main()) == "token-1"


def test_a_token_near_its_end_is_sent_while_the_next_one_comes() -> None:
    clock = Clock()

    async def main() -> list[str]:
        tokens = Tokens(Bearer, clock)
        seen = [await tokens.token()]
        clock.time += timedelta(minutes=57)
        seen.append(await tokens.token())
        await settle(tokens)
        seen.append(await tokens.token())
        return seen

    assert asyncio.run(main()) == ["token-1", "token-1", "token-2"]


def test_a_token_at_its_end_is_not_sent_any_more() -> None:
    clock = Clock()

    async def main() -> list[str]:
        tokens = Tokens(Bearer, clock)
        seen = [await tokens.token()]
        clock.time += timedelta(minutes=59, seconds=45)
        return [*seen, await tokens.token()]

    assert asyncio.run(main()) == ["token-1", "token-2"]


def test_a_metadata_server_that_repeats_itself_is_not_asked_at_every_call() -> None:
    clock = Clock()
    made: list[Bearer] = []

    def load() -> Bearer:
        made.append(Bearer(lifetime=timedelta(minutes=2)))
        return made[-1]

    async def main() -> None:
        tokens = Tokens(load, clock)
        for _ in range(50):
            await tokens.token()
            await settle(tokens)

    asyncio.run(main())
    assert made[0].refreshed == 1


def test_a_rejected_token_is_replaced_and_a_newer_one_is_kept() -> None:
    async def main() -> list[str]:
        tokens = Tokens(Bearer)
        first = await tokens.token()
        tokens.reject(first)
        second = await tokens.token()
        tokens.reject(first)
        return [first, second, await tokens.token()]

    assert asyncio.run(main()) == ["token-1", "token-2", "token-2"]


def test_a_failed_renewal_in_the_background_is_tried_again_later() -> None:
    clock = Clock()
    fails = [False]

    class Shaky(Bearer):
        def refresh(self, request: Any) -> None:
            if fails[0]:
                raise RefreshError("no")
            super().refresh(request)

    async def main() -> list[str]:
        tokens = Tokens(Shaky, clock)
        seen = [await tokens.token()]
        clock.time += timedelta(minutes=56, seconds=30)
        fails[0] = True
        seen.append(await tokens.token())
        await settle(tokens)
        fails[0] = False
        seen.append(await tokens.token())
        clock.time += timedelta(seconds=11)
        await tokens.token()
        await settle(tokens)
        return [*seen, await tokens.token()]

    assert asyncio.run(main()) == ["token-1", "token-1", "token-1", "token-2"]


def test_tokens_outlive_an_event_loop() -> None:
    tokens = Tokens(Bearer)
    assert asyncio.run(tokens.token()) == "token-1"
    tokens.reject("token-1")
    assert asyncio.run(tokens.token()) == "token-2"


def _claims(token: str) -> dict[str, Any]:
    from google.auth import jwt

    claims: dict[str, Any] = jwt.decode(token, verify=False)
    return claims
