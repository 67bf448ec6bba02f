"""API keys: who gets in by which, how soon a revoked one is worth nothing, what is read when."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from shared.core.apikey import KEYS_NAME, Keys
from shared.core.errors import InvalidRequest, PreconditionFailed, Unauthenticated
from shared.core.principal import Principal
from shared.core.setting import SettingsError
from shared.gcp.api_key import ApiKeyAuthenticator
from shared.workflows.keys import KeyRing
from tests.fakes.store import FakeObjectReader, FakeObjectStore
from tests.gcp.test_cloud_run import CLOUD_RUN
from tests.release import settings
from tests.tokens import token


class World:
    """Keys in a store, and a predict function's authenticator over it."""

    def __init__(self) -> None:
        self.store = FakeObjectStore()
        self.time = 1000.0
        self.ring = KeyRing(self.store, "state", lambda: datetime(2026, 11, 22, 13, tzinfo=UTC))
        self.authenticator = ApiKeyAuthenticator(
            settings(), FakeObjectReader(self.store), {}, clock=lambda: self.time
        )

    def ask(self, text: str | None, **headers: str) -> Principal:
        sent = headers if text is None else {**headers, "x-api-key": text}
        return asyncio.run(self.authenticator.authenticate(sent))

    def reads(self) -> int:
        calls, self.store.calls = self.store.calls, []
        return len(calls)


@pytest.fixture
def world() -> World:
    return World()


def test_a_key_proves_its_name_and_models(world: World) -> None:
    shop, _ = world.ring.create("web-shop", ("iris",))
    every, _ = world.ring.create("ops", ("*",))
    assert world.ask(shop) == Principal("key:web-shop", frozenset({"iris"}))
    assert world.ask(every) == Principal("key:ops", None)


def test_several_keys_of_one_name_are_good_at_once(world: World) -> None:
    old, kept = world.ring.create("web-shop", ("*",))
    fresh, _ = world.ring.create("web-shop", ("*",))
    assert world.ask(old) == world.ask(fresh)
    world.ring.revoke(kept.id)
    world.time += 11
    assert world.ask(fresh).email == "key:web-shop"


def test_a_revoked_key_is_worth_nothing_after_ten_seconds(world: World) -> None:
    text, kept = world.ring.create("web-shop", ("*",))
    world.ask(text)
    assert world.ring.revoke(kept.id).revoked == "2026-11-22T13:00:00Z"
    world.time += 10.001
    with pytest.raises(Unauthenticated, match=f"{kept.id} was revoked") as caught:
        world.ask(text)
    assert text not in str(caught.value)


def test_a_warm_request_reads_nothing(world: World) -> None:
    text, _ = world.ring.create("web-shop", ("*",))
    world.ask(text)
    world.reads()
    for _ in range(100):
        world.ask(text)
        with pytest.raises(Unauthenticated):
            world.ask("dsk_" + "0" * 12 + "_" + "x" * 43)
    assert world.reads() == 0
    world.time += 10.001
    world.ask(text)
    assert world.reads() == 1


def test_a_key_made_where_there_were_none_counts_too(world: World) -> None:
    with pytest.raises(Unauthenticated):
        world.ask("dsk_" + "0" * 12 + "_" + "x" * 43)
    text, _ = world.ring.create("web-shop", ("*",))
    world.time += 10.001
    assert world.ask(text)


def changed(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (changed, "No such API key"),
        (lambda text: text.replace("dsk_", "dsk_0", 1)[:-1], "holds no key"),
        (lambda text: text[:4] + "0" * 12 + text[16:], "No such API key"),
        (lambda text: text.upper(), "holds no key"),
        (lambda text: f"{text}, {text}", "holds no key"),
        (lambda text: f" {text}", "holds no key"),
        (lambda text: f"{text}\n", "holds no key"),
        (lambda text: text[:-1], "holds no key"),
        (lambda _: "x" * 100_000, "holds no key"),
        (lambda _: "\udcff", "holds no key"),
        (lambda _: token(), "holds no key"),
        (lambda _: "", "Send the header X-API-Key"),
    ],
)
def test_anything_else_is_refused_and_told_why(world: World, forge: object, told: str) -> None:
    text, _ = world.ring.create("web-shop", ("*",))
    with pytest.raises(Unauthenticated, match=told) as caught:
        world.ask(forge(text))  # type: ignore[operator]
    assert text not in str(caught.value)


def test_a_token_where_a_key_belongs_is_told_apart(world: World) -> None:
    with pytest.raises(Unauthenticated, match="Authorization header means nothing here") as caught:
        world.ask(None, authorization=f"Bearer {token()}")
    assert not caught.value.has_token


def test_nothing_that_is_kept_gives_a_key_away(world: World) -> None:
    text, kept = world.ring.create("web-shop", ("iris",))
    data = world.store.read("state", KEYS_NAME)[0]
    assert text.rpartition("_")[2].encode() not in data
    assert Keys.from_json(data).keys == world.ring.list() == (kept,)


@pytest.mark.parametrize(("name", "models"), [("", ("*",)), ("a b", ("*",)), ("a", ("no-name",))])
def test_a_key_needs_a_name_and_names_of_models(
    world: World, name: str, models: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidRequest):
        world.ring.create(name, models)


def test_an_unknown_key_cannot_be_revoked(world: World) -> None:
    with pytest.raises(InvalidRequest, match="keys list"):
        world.ring.revoke("none")


def test_keys_made_at_once_are_all_kept(world: World) -> None:
    other = KeyRing(world.store, "state", lambda: datetime(2026, 11, 22, tzinfo=UTC))

    def meanwhile(operation: str, bucket: str, name: str) -> None:
        if operation == "write":
            world.store.on_call = None
            other.create("second", ("*",))

    world.store.on_call = meanwhile
    world.ring.create("first", ("*",))
    assert [key.name for key in world.ring.list()] == ["second", "first"]


def test_a_lost_answer_makes_no_second_key(world: World) -> None:
    def lose(operation: str, bucket: str, name: str) -> None:
        if operation == "write":
            world.store.on_answer = None
            raise PreconditionFailed("a retry met its own effect")

    world.store.on_answer = lose
    text, _ = world.ring.create("web-shop", ("*",))
    assert len(world.ring.list()) == 1
    assert world.ask(text)


def test_on_cloud_run_the_public_endpoint_must_be_said() -> None:
    reader = FakeObjectReader(FakeObjectStore())
    with pytest.raises(SettingsError, match="PUBLIC_ENDPOINT=yes"):
        ApiKeyAuthenticator(settings(), reader, CLOUD_RUN)
    ApiKeyAuthenticator(settings(PUBLIC_ENDPOINT="yes"), reader, CLOUD_RUN)
