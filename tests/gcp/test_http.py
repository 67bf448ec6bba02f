"""The pooled client: stale connections, refused tokens, several event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from google.auth.exceptions import DefaultCredentialsError, TransportError

from shared.core.errors import PermissionDenied, PlatformUnavailable
from shared.gcp.credentials import Tokens
from shared.gcp.http import Pool, Reply
from tests.gcp.bearer import Bearer
from tests.gcp.scripted import DROP, HANG, Say, Scripted, scripted


def run(scenario: Callable[[Pool], Awaitable[object]], tokens: Tokens | None = None) -> object:
    async def main() -> object:
        pool = Pool(tokens or Tokens(Bearer), PlatformUnavailable)
        try:
            return await scenario(pool)
        finally:
            await pool.close()

    return asyncio.run(main())


def get(server: Scripted, timeout: float = 5.0) -> Callable[[Pool], Awaitable[Reply]]:
    return lambda pool: pool.send("GET", f"{server.url}/x", timeout=timeout)


def test_calls_share_a_connection() -> None:
    async def thrice(pool: Pool) -> None:
        for _ in range(3):
            assert (await get(server)(pool)).status == 200

    with scripted(Say()) as server:
        run(thrice)
        assert [heard.connection for heard in server.heard] == [1, 1, 1]


def test_a_connection_that_the_server_closed_is_replaced_without_a_word() -> None:
    async def twice(pool: Pool) -> None:
        await get(server)(pool)
        await asyncio.to_thread(server.closed.acquire)
        body = b'{"instances":[]}'
        reply = await pool.send("POST", f"{server.url}/x", timeout=5, body=body)
        assert reply.body == b"second"

    with scripted(Say(last=True), Say(body=b"second")) as server:
        run(twice)


def test_a_connection_that_breaks_under_a_request_is_replaced_once() -> None:
    async def twice(pool: Pool) -> None:
        await get(server)(pool)
        assert (await get(server)(pool)).body == b"third"

    with scripted(Say(), DROP, Say(body=b"third")) as server:
        run(twice)
    with scripted(DROP) as server:
        with pytest.raises(PlatformUnavailable):
            run(lambda pool: pool.send("POST", f"{server.url}/x", timeout=5, body=b"{}"))
        assert len(server.heard) == 2


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    with (
        scripted(Say(body=b"x" * 1000, cut=10)) as server,
        pytest.raises(PlatformUnavailable),
    ):
        run(get(server))


def test_a_refused_token_is_renewed_once() -> None:
    with scripted(Say(401), Say()) as server:
        assert run(get(server)).status == 200
        tokens = [heard.headers["authorization"] for heard in server.heard]
        assert tokens == ["Bearer token-1", "Bearer token-2"]
    with scripted(Say(401)) as server:
        assert run(get(server)).status == 401
        assert len(server.heard) == 2


def test_silence_ends_at_the_time_out() -> None:
    with scripted(HANG) as server, pytest.raises(PlatformUnavailable, match="no answer"):
        run(get(server, timeout=0.1))


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    with scripted(Say()) as server:
        gone = server.url
    with pytest.raises(PlatformUnavailable):
        run(lambda pool: pool.send("GET", f"{gone}/x", timeout=5))


def test_a_token_that_cannot_be_had_is_an_error_of_the_tree() -> None:
    def fails(error: Exception) -> Tokens:
        class Failing(Bearer):
            def refresh(self, request: object) -> None:
                raise error

        return Tokens(Failing)

    with scripted(Say()) as server:
        with pytest.raises(PermissionDenied, match="gcloud auth"):
            run(get(server), fails(DefaultCredentialsError("none")))
        with pytest.raises(PlatformUnavailable):
            run(get(server), fails(TransportError("no answer", retryable=True)))
        assert server.heard == []


def test_a_pool_lives_on_in_a_new_event_loop() -> None:
    pool = Pool(Tokens(Bearer), PlatformUnavailable)

    async def once() -> int:
        try:
            return (await get(server)(pool)).status
        finally:
            await pool.close()

    with scripted(Say()) as server:
        assert asyncio.run(once()) == 200
        assert asyncio.run(once()) == 200


def test_a_redirect_is_not_followed_with_our_token() -> None:
    with scripted(Say(302, b"", (("Location", "/elsewhere"),))) as server:
        assert run(get(server)).status == 302
        assert len(server.heard) == 1
