"""Every error of the tree has an answer, and a client's mistake is never a 5xx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.core import errors
from shared.core.setting import SettingsError
from shared.web import problem
from shared.web.refusal import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| `(\w+)` \| (\d+) \|", re.MULTILINE)
REFUSAL = re.compile(r'Refusal\(\s*(\d+),\s*"(\w+)"')


def tree(parent: type[Exception]) -> Iterator[type[Exception]]:
    for child in parent.__subclasses__():
        yield child
        yield from tree(child)


STATUS = {
    "InstancesRejected": 400,
    "InvalidRequest": 400,
    "Unauthenticated": 401,
    "CallerNotListed": 403,
    "ModelNotAllowed": 403,
    "QuotaExceeded": 429,
    "ModelNotFound": 404,
    "VersionNotFound": 404,
    "ReportNotFound": 404,
    "StorageUnavailable": 503,
    "PlatformUnavailable": 503,
    "KeysUnavailable": 503,
    "PlatformBusy": 429,
    "DeadlineExceeded": 504,
    "VersionNotReady": 503,
    "NewerFormat": 503,
    "PermissionDenied": 502,
    "ArtifactRefused": 502,
}


def made(kind: type[Exception]) -> Exception:
    if kind is errors.DatasetRejected:
        return kind(errors.Finding("x", "secret"))
    if kind is errors.InstancesRejected:
        return kind(errors.Fault("/a", "secret"))
    if kind is errors.Unauthenticated:
        return kind("expired", "secret")
    return kind("secret")


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in STATUS])
def test_each_error_that_predict_meets_has_its_status(kind: type[Exception]) -> None:
    told = problem.answer(made(kind))
    body = json.loads(told.body)
    assert told.status == body["status"] == STATUS[kind.__name__]
    assert told.media_type == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail"}
    assert body["type"].startswith("urn:dropserve:problem:")
    assert ("Retry-After" in told.headers) is (told.status in (429, 503))
    assert ("WWW-Authenticate" in told.headers) is (told.status == 401)


def test_every_error_of_the_tree_has_an_answer() -> None:
    kinds = [kind for kind in tree(errors.DropserveError) if kind is not Refusal]
    assert SettingsError in kinds
    for kind in kinds:
        if kind.__module__ == errors.__name__:
            assert problem.answer(made(kind)).status in (400, 401, 403, 404, 429, 502, 503, 504)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("secret"),
        KeyError("secret"),
        errors.PermissionDenied("secret"),
        errors.StorageUnavailable("secret"),
        errors.ArtifactRefused("secret"),
    ],
)
def test_a_failure_of_ours_tells_the_caller_nothing_about_the_inside(error: Exception) -> None:
    assert b"secret" not in problem.answer(error).body


def test_a_failure_of_ours_is_told_to_the_log() -> None:
    assert "the bucket" in problem.facts(errors.PermissionDenied("the bucket"))["reason"]


def test_the_log_of_an_unforeseen_failure_holds_its_place_and_not_its_words() -> None:
    try:
        raise KeyError("canary")
    except KeyError as error:
        facts = problem.facts(error)
    assert "canary" not in facts["reason"]
    assert __file__ in facts["stack_trace"]


def test_the_log_holds_nothing_of_a_refused_request() -> None:
    for error in (
        errors.InvalidRequest("canary"),
        errors.InstancesRejected(errors.Fault("/canary", "canary")),
        errors.ModelNotFound("canary"),
        errors.Unauthenticated("audience", "canary"),
    ):
        assert "canary" not in json.dumps(problem.facts(error))


def test_a_challenge_holds_no_character_that_could_break_the_header() -> None:
    told = problem.answer(errors.Unauthenticated("x", 'bad "quote"\r\nX: y é \\'))
    assert told.headers["WWW-Authenticate"] == (
        'Bearer realm="dropserve", error="invalid_token", error_description="bad quoteX: y  "'
    )
    bare = problem.answer(errors.Unauthenticated("no_token", "none"))
    assert bare.headers["WWW-Authenticate"] == 'Bearer realm="dropserve"'


def test_the_page_lists_every_problem_with_its_status() -> None:
    page = (ROOT / "docs" / "21-predict.md").read_text(encoding="utf-8")
    listed = {code: int(status) for code, status in ROW.findall(page)}
    shown = {problem.code(made(getattr(errors, name))): STATUS[name] for name in STATUS}
    shown |= {"internal": 500, "settings": 503}
    for source in (ROOT / "shared" / "web").glob("*.py"):
        found = REFUSAL.findall(source.read_text(encoding="utf-8"))
        shown |= {code: int(status) for status, code in found if status != "499"}
    assert listed == shown
