"""iam mode: only what Cloud Run has checked counts, whatever else is forged beside it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from shared.core.errors import CallerNotListed, DropserveError, Unauthenticated
from shared.core.principal import Principal
from shared.core.setting import SettingsError
from shared.gcp.cloud_run import REMOVED, CloudRunAuthenticator
from tests.release import settings
from tests.tokens import CALLER, claims, encode, token

CLOUD_RUN = {"K_SERVICE": "predict", "K_REVISION": "predict-1", "K_CONFIGURATION": "predict"}
BOSS = "boss@team.example"
NOW = int(time.time())


def checked(payload: Any = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token as Cloud Run passes it on."""
    return f"{token(payload, header=header, **changes).rpartition('.')[0]}.{REMOVED}"


def ask(headers: dict[str, str], **changes: str) -> Principal:
    authenticator = CloudRunAuthenticator(settings(**changes), CLOUD_RUN)
    return asyncio.run(authenticator.authenticate(headers))


def bearer(text: str) -> str:
    return f"Bearer {text}"


GOOD = bearer(checked())
FORGED = bearer(checked(email=BOSS))

CASES: list[tuple[str, dict[str, str], str]] = [
    # what, headers, the caller or what the refusal says
    ("checked", {"authorization": GOOD}, CALLER),
    ("checked, serverless", {"x-serverless-authorization": GOOD}, CALLER),
    ("any audience", {"authorization": bearer(checked(aud="https://x.example"))}, CALLER),
    ("short issuer", {"authorization": bearer(checked(iss="accounts.google.com"))}, CALLER),
    (
        "forged Authorization beside the checked one",
        {"x-serverless-authorization": GOOD, "authorization": FORGED},
        CALLER,
    ),
    (
        "Authorization of another kind beside the checked one",
        {"x-serverless-authorization": GOOD, "authorization": "Basic YTpi"},
        CALLER,
    ),
    (
        "signed Authorization beside the checked one",
        {"x-serverless-authorization": GOOD, "authorization": bearer(token(email=BOSS))},
        CALLER,
    ),
    (
        "empty serverless beside a forged one",
        {"x-serverless-authorization": "", "authorization": FORGED},
        "No token came",
    ),
    (
        "broken serverless beside a forged one",
        {"x-serverless-authorization": "Bearer x", "authorization": FORGED},
        "no ID token",
    ),
    (
        "unchecked serverless beside a forged one",
        {"x-serverless-authorization": bearer(token()), "authorization": FORGED},
        "has not checked",
    ),
    (
        "two serverless ones",
        {"x-serverless-authorization": f"{FORGED}, {GOOD}"},
        "no ID token",
    ),
    ("two Authorizations", {"authorization": f"{FORGED}, {GOOD}"}, "no ID token"),
    ("still signed", {"authorization": bearer(token())}, "has not checked"),
    (
        "signature cut off",
        {"authorization": bearer(checked().removesuffix(REMOVED))},
        "has not checked",
    ),
    ("signature in other letters", {"authorization": GOOD[:-1] + "e"}, "has not checked"),
    ("signature and more", {"authorization": GOOD + "A"}, "has not checked"),
    ("four parts", {"authorization": f"{GOOD}.{REMOVED}"}, "no ID token"),
    ("the words alone", {"authorization": bearer(REMOVED)}, "no ID token"),
    ("only the e-mail header of IAP", {"x-goog-authenticated-user-email": BOSS}, "No token came"),
    ("nothing", {}, "No token came"),
    ("an API key", {"x-api-key": "dsk_1"}, "No token came"),
    ("Basic", {"authorization": "Basic YTpi"}, "must say: Bearer"),
    ("an access token", {"authorization": "Bearer ya29.x"}, "access token"),
    ("expired", {"authorization": bearer(checked(exp=NOW - 60))}, "expired"),
    ("no expiry", {"authorization": bearer(checked(exp=None))}, "exp is no number"),
    ("issued later", {"authorization": bearer(checked(iat=NOW + 600))}, "in the future"),
    ("another issuer", {"authorization": bearer(checked(iss="https://x.example"))}, "by Google"),
    ("no e-mail", {"authorization": bearer(checked(email=None))}, "no e-mail"),
    ("two e-mails", {"authorization": bearer(checked(email=[BOSS]))}, "no e-mail"),
    ("e-mail not verified", {"authorization": bearer(checked(email_verified=False))}, "verified"),
    ("alg none", {"authorization": bearer(checked(header={"alg": "none"}))}, "signed with none"),
    ("claims a list", {"authorization": bearer(checked([1]))}, "no JSON object"),
    (
        "claims of two tokens",
        {"authorization": bearer(f"{encode({'alg': 'RS256', 'kid': 'k'})}.{encode(claims())}")},
        "no ID token",
    ),
]


@pytest.mark.parametrize(("headers", "told"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_only_the_token_that_cloud_run_checked_counts(headers: dict[str, str], told: str) -> None:
    try:
        found = ask(headers).email
    except Unauthenticated as error:
        found = str(error)
    assert told in found
    assert BOSS not in found


def test_a_list_of_callers_narrows_what_iam_lets_through() -> None:
    assert ask({"authorization": GOOD}, ALLOWED_CALLERS=CALLER) == Principal(CALLER)
    with pytest.raises(CallerNotListed):
        ask({"authorization": GOOD}, ALLOWED_CALLERS=BOSS)


def test_a_domain_stands_for_the_accounts_that_it_manages() -> None:
    known = checked(email=BOSS, hd="team.example")
    assert ask({"authorization": bearer(known)}, ALLOWED_CALLERS="@team.example").email == BOSS
    with pytest.raises(CallerNotListed):
        ask({"authorization": FORGED}, ALLOWED_CALLERS="@team.example")


def test_a_caller_has_the_models_of_its_row() -> None:
    caller = ask({"authorization": GOOD}, CALLER_MODELS=f"{CALLER}=iris")
    assert (caller.may_ask("iris"), caller.may_ask("wine")) == (True, False)


@pytest.mark.parametrize("missing", CLOUD_RUN)
def test_it_does_not_start_where_nobody_checks_callers(missing: str) -> None:
    environment = {name: value for name, value in CLOUD_RUN.items() if name != missing}
    with pytest.raises(SettingsError, match="works on Cloud Run only"):
        CloudRunAuthenticator(settings(), environment)


def test_it_does_not_start_where_something_stands_in_for_cloud_run() -> None:
    with pytest.raises(SettingsError, match="id_token"):
        CloudRunAuthenticator(settings(), {**CLOUD_RUN, "GCE_METADATA_HOST": "127.0.0.1:1"})


def test_it_does_not_start_at_a_public_endpoint() -> None:
    with pytest.raises(SettingsError, match="nobody would check") as caught:
        CloudRunAuthenticator(settings(PUBLIC_ENDPOINT="yes"), CLOUD_RUN)
    assert isinstance(caught.value, DropserveError)
