"""HTTP statuses and error bodies become errors of the tree."""

from __future__ import annotations

import pytest

from shared.core.errors import (
    AlreadyExists,
    DropserveError,
    InvalidRequest,
    ObjectNotFound,
    PermissionDenied,
    PlatformBusy,
    PlatformUnavailable,
    PreconditionFailed,
    StorageUnavailable,
    VersionNotFound,
)
from shared.gcp.status import Answer, platform_error, predictions, storage_error


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, PermissionDenied),
        (403, PermissionDenied),
        (404, ObjectNotFound),
        (408, StorageUnavailable),
        (409, StorageUnavailable),
        (412, PreconditionFailed),
        (413, InvalidRequest),
        (429, StorageUnavailable),
        (500, StorageUnavailable),
        (503, StorageUnavailable),
    ],
)
def test_a_status_of_the_store_has_its_error(status: int, error: type[DropserveError]) -> None:
    assert type(storage_error(status, "why")) is error


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, PermissionDenied),
        (403, PermissionDenied),
        (404, VersionNotFound),
        (409, AlreadyExists),
        (429, PlatformBusy),
        (500, PlatformUnavailable),
        (504, PlatformUnavailable),
    ],
)
def test_a_status_of_the_platform_has_its_error(status: int, error: type[DropserveError]) -> None:
    assert type(platform_error(status, Answer("", "why"), VersionNotFound)) is error


def test_a_409_that_says_aborted_may_be_repeated() -> None:
    answer = Answer("ABORTED", "why")
    assert type(platform_error(409, answer, VersionNotFound)) is PlatformUnavailable


def test_every_status_that_is_no_success_has_an_error_that_tells_the_message() -> None:
    for status in [*range(100, 200), *range(300, 600)]:
        assert "why" in str(storage_error(status, "why"))
        assert "why" in str(platform_error(status, Answer("", "why"), VersionNotFound))


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}', ("NOT_FOUND", "gone")),
        (b'{"error":"Prediction failed"}', ("", "Prediction failed")),
        (b'{"error":{"code":500}}', ("", "")),
        (b"<html>Bad gateway</html>", ("", "<html>Bad gateway</html>")),
        (b"[1]", ("", "[1]")),
        (b"\xff" * 400, ("", "\ufffd" * 300)),
        (b"", ("", "")),
    ],
)
def test_any_error_body_is_read(body: bytes, answer: tuple[str, str]) -> None:
    assert Answer.parse(body) == Answer(*answer)


def test_a_good_status_with_an_error_text_is_a_refusal() -> None:
    with pytest.raises(InvalidRequest, match="code: 2"):
        predictions({"error": "Failed to run the provided model (Error code: 2)"})


@pytest.mark.parametrize("answer", [{}, [], None, {"predictions": "no list"}])
def test_an_answer_without_predictions_is_no_answer(answer: object) -> None:
    with pytest.raises(PlatformUnavailable):
        predictions(answer)
