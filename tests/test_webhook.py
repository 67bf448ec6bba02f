"""The webhook over a real wire: what is sent, signed, taken, refused; and which address may be."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from shared.core.errors import NoticeNotTaken, NoticeRefused
from shared.core.setting import SettingsError
from shared.webhook import SIGNATURE, Webhook, webhook
from tests.hook import hook
from tests.release import settings


def test_a_notice_is_posted_as_it_is_and_signed() -> None:
    with hook() as at:
        Webhook(at.url, "key").send(b'{"a":1}', timeout=5)
        ((headers, body),) = at.requests
    assert body == b'{"a":1}'
    wanted = hmac.new(b"key", body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={wanted}"
    assert headers["Content-Type"] == "application/json"


def test_without_a_key_nothing_is_signed() -> None:
    with hook() as at:
        Webhook(at.url).send(b"{}", timeout=5)
        assert SIGNATURE not in at.requests[0][0]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_not_taken_yet(status: int) -> None:
    with hook(status) as at, pytest.raises(NoticeNotTaken):
        Webhook(at.url).send(b"{}", timeout=5)


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 410])
def test_what_will_not_pass_is_refused_and_no_redirect_is_followed(status: int) -> None:
    with hook(status) as at:
        with pytest.raises(NoticeRefused):
            Webhook(at.url).send(b"{}", timeout=5)
        assert len(at.requests) == 1


def test_nobody_there_is_not_taken_yet_and_no_key_in_the_address_is_told() -> None:
    with hook() as at:
        url = at.url
    with pytest.raises(NoticeNotTaken) as told:
        Webhook(url).send(b"{}", timeout=5)
    assert "of-the-hook" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://169.254.169.254/computeMetadata/v1/",
        "http://metadata.google.internal/",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "https://user:password@example.com/",
        "ftp://127.0.0.1/",
        "https://",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_neither_https_nor_this_machine_is_no_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="NOTIFY_URL"):
        settings(NOTIFY_URL=url)


def test_the_key_is_in_no_picture_of_the_settings() -> None:
    made = settings(NOTIFY_URL="https://example.com/x", NOTIFY_SECRET="0b-key")
    assert "0b-key" not in repr(made)
    assert webhook(made) is not None
    assert webhook(settings()) is None
