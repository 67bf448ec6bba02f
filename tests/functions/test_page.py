"""The page's files, and what it reads beside the lists: stories and reports, under the caller's
rights."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deploy.stage import sources
from shared import wiring
from shared.core import artifact, roles
from shared.core.artifact import CARD_METADATA, MODEL_FILE
from shared.gcp.id_token import IdTokenAuthenticator
from shared.status import data
from shared.web.shell import FOLDER
from tests.functions.test_discovery import MODELS, get
from tests.functions.test_predict import World, address, problem, server, world
from tests.status.statuses import full
from tests.tokens import CALLER

__all__ = ["address", "server", "world"]

FILES = sorted(path.name for path in FOLDER.iterdir())
REPORT = b"<!DOCTYPE html><title>report</title>"
PERSON = "ana@people.example"


def put_status(world: World, model: str = "iris", **changes: Any) -> None:
    status = full("petal", drops=4) | {"model": model} | changes
    world.store.put("state", artifact.status_name(model, "json"), data.to_json(status))


def put_report(world: World, version: str) -> str:
    """A report as retrain leaves it; the folder."""
    folder = artifact.directory_of_version("iris", version)
    assert folder
    card = world.store.stat("models", folder + MODEL_FILE).metadata[CARD_METADATA]
    world.store.put("models", folder + artifact.report_name(card), REPORT)
    return folder


def test_a_browser_gets_the_page_and_a_program_a_sentence(world: World) -> None:
    page = world.client.send("GET", "/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.body == (FOLDER / "index.html").read_bytes()
    sentence = world.client.send("GET", "/", headers={"Accept": "*/*"})
    assert sentence.headers["content-type"] == "text/plain; charset=utf-8"
    assert page.headers["vary"] == sentence.headers["vary"] == "Accept"


@pytest.mark.parametrize("name", [name for name in FILES if name != "index.html"])
def test_a_file_of_the_page_is_sent_once_and_then_confirmed(world: World, name: str) -> None:
    first = world.client.send("GET", f"/page/{name}")
    assert first.body == (FOLDER / name).read_bytes()
    assert first.headers["x-content-type-options"] == "nosniff"
    again = world.client.send(
        "GET", f"/page/{name}", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["absent.js", "shell.py", "..%2fshell.py", "main.js.map", "index.html"]
)
def test_no_other_file_is_sent(world: World, name: str) -> None:
    assert problem(world.client.send("GET", f"/page/{name}"))["status"] == 404


def test_the_policy_allows_the_pages_own_files_and_nothing_else(world: World) -> None:
    page = world.client.send("GET", "/", headers={"Accept": "text/html"})
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["trusted-types"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]


def test_the_page_is_staged_with_predict_and_with_nothing_else() -> None:
    for name, wanted in (("predict", set(FILES)), ("retrain", set()), ("serving", set())):
        staged = {path.name for inside, path in sources(name) if "/web/page/" in inside}
        assert staged == wanted, name


def test_a_models_story_is_told_without_people_buckets_and_ledger(world: World) -> None:
    put_status(world, live={"version": "v1", "why": "pinned", "pinned_by": PERSON})
    reply = get(world, f"{MODELS}/iris/status")
    told = reply.json
    assert told["live"] == {"version": "v1", "why": "pinned"}
    assert [drop["file"] for drop in told["drops"]] == ["data/iris/petal.csv"] * 4
    refused = next(drop for drop in told["drops"] if drop["state"] == "refused")
    assert refused["findings"][0]["line"] == 7
    assert refused["findingCount"] == 9
    assert PERSON.encode() not in reply.body
    assert set(json.dumps(told).split('"')).isdisjoint({"by", "bucket", "directory", "entries"})


def test_a_model_that_nothing_is_told_of_is_not_there(world: World) -> None:
    assert problem(get(world, f"{MODELS}/iris/status"))["type"].endswith(":model_not_found")


def test_an_unreadable_status_tells_nothing_and_a_newer_one_is_waited_for(world: World) -> None:
    name = artifact.status_name("iris", "json")
    world.store.put("state", name, b"{")
    assert get(world, f"{MODELS}/iris/status").json["drops"] == []
    world.store.put("state", name, b'{"format": 99}')
    assert problem(get(world, f"{MODELS}/iris/status"))["type"].endswith(":newer_format")


def test_models_with_a_story_are_listed_also_where_nothing_is_live(world: World) -> None:
    assert get(world, "/v1/projects/p/status").json == {"models": []}
    for model in ("wine", "index"):
        put_status(world, model)
    world.store.put("state", artifact.status_name("wine"), b"a page")
    world.store.put("state", artifact.status_name(kind="json"), b"of all models")
    names = [one["name"] for one in get(world, "/v1/projects/p/status").json["models"]]
    assert names == ["projects/p/models/index", "projects/p/models/wine"]


def test_a_report_is_streamed_and_may_do_nothing(world: World) -> None:
    version = world.release(1)
    put_report(world, version)
    reply = get(world, f"{MODELS}/iris/versions/{version}/report")
    assert (reply.body, reply.headers["content-type"]) == (REPORT, "text/html; charset=utf-8")
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("; sandbox")
    again = get(
        world, f"{MODELS}/iris/versions/{version}/report", If_None_Match=reply.headers["etag"]
    )
    assert again.status == 304


def test_the_report_of_a_collected_version_is_still_there(world: World) -> None:
    version = world.release(1)
    folder = put_report(world, version)
    generation = world.store.stat("models", folder + MODEL_FILE).generation
    world.store.delete("models", folder + MODEL_FILE, if_generation_match=generation)
    assert get(world, f"{MODELS}/iris/versions/{version}/report").body == REPORT


@pytest.mark.parametrize(
    "named",
    ["model.joblib", "inputs.json", "seen-0123456789abcdef.bin", "../x.json", "card-.json"],
)
def test_a_report_is_never_another_file_of_the_model(world: World, named: str) -> None:
    """Whoever may write the directory says which card there is: a report lies beside that."""
    version = world.release(1)
    folder = put_report(world, version)
    world.store.put("models", folder + artifact.report_name(named), b"rows of the data")
    world.store.put("models", folder + MODEL_FILE, b"rows", **{CARD_METADATA: named})
    reply = get(world, f"{MODELS}/iris/versions/{version}/report")
    assert (problem(reply)["status"], b"rows" in reply.body) == (502, False)


@pytest.mark.parametrize("version", ["v1", "v20260101_000009_00000000", ""])
def test_where_there_is_no_report_that_is_said(world: World, version: str) -> None:
    asked = version or world.release(1)
    told = problem(get(world, f"{MODELS}/iris/versions/{asked}/report"))
    assert told["type"].endswith(":report_not_found")


def test_whoever_may_not_ask_a_model_is_told_nothing_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = world.release(1)
    put_report(world, version)
    put_status(world)
    paths = [f"{MODELS}/iris/status", f"{MODELS}/iris/versions/{version}/report"]
    made = replace(wiring.settings(), caller_models=(f"{CALLER}=rose",))
    authenticator = IdTokenAuthenticator(made)
    monkeypatch.setattr(wiring, "authenticator", lambda: authenticator)
    for path in paths:
        assert problem(get(world, path))["status"] == 403
    assert get(world, "/v1/projects/p/status").json == {"models": []}
    for path in [*paths, "/v1/projects/p/status"]:
        assert problem(get(world, path, Authorization=""))["status"] == 401


def test_predict_may_read_what_the_page_shows_and_no_more() -> None:
    def may(bucket: roles.Bucket, name: str, permission: str) -> bool:
        return roles.allowed(roles.PREDICT, bucket, name, permission)

    assert may("state", "status/iris.json", roles.GET)
    assert may("models", "models/iris/model_x/report-1.html", roles.GET)
    for name in ("ledger/iris/x/10_received.json", "notices/x", "leases/x", "predictions/x"):
        assert not may("state", name, roles.GET)
    for permission in (roles.CREATE, roles.DELETE):
        assert not may("state", "status/iris.json", permission)
    assert not may("data", "data/iris/iris.csv", roles.GET)
