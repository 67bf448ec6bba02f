"""Who calls: tokens verified here or by Cloud Run, and the person at the keyboard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from serving.caller import KEYBOARD, MANAGE
from serving.configuration import Configuration
from serving.identity import VerifiedHere, identity_of
from serving.refusal import Refusal
from shared.core import roles
from shared.core.errors import CallerNotListed, Unauthenticated
from shared.core.setting import SettingsError
from shared.gcp.cloud_run import REMOVED
from tests import tokens
from tests.serving.world import ENVIRONMENT, PROJECT, NamedInTheHeader, World

CONTROL, DATA = "https://control.example", "https://data.example"


def scope(peer: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    sent = {"host": "127.0.0.1:8080", **headers}
    named = [(k.replace("_", "-").encode(), v.encode()) for k, v in sent.items()]
    return {"headers": named, "client": (peer, 4000)}


def asked(identity: Any, **arguments: Any) -> Any:
    return asyncio.run(identity.of(scope(**arguments)))


@pytest.fixture
def local() -> VerifiedHere:
    return VerifiedHere(NamedInTheHeader(), World().caller)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost"])
def test_no_token_on_this_machine_is_the_person_here(
    local: VerifiedHere, peer: str, host: str
) -> None:
    assert asked(local, peer=peer, host=host) is KEYBOARD


@pytest.mark.parametrize("peer", ["10.0.0.1", "2001:db8::1", ""])
def test_no_token_from_elsewhere_is_nobody(peer: str) -> None:
    identity = identity_of(Configuration.from_environment(ENVIRONMENT))
    with pytest.raises(Unauthenticated):
        asked(identity, peer=peer)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8080"},
        {"host": ""},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://[bad"},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_a_web_page_is_not_the_person_here(local: VerifiedHere, headers: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="web page"):
        asked(local, **headers)


@pytest.mark.parametrize("name", ["x_forwarded_for", "forwarded", "x_forwarded_host", "x_real_ip"])
def test_whoever_comes_through_a_proxy_is_not_the_person_here(
    local: VerifiedHere, name: str
) -> None:
    with pytest.raises(Refusal, match="proxy"):
        asked(local, **{name: "203.0.113.7"})


def test_a_page_of_this_machine_is(local: VerifiedHere) -> None:
    assert asked(local, origin="http://localhost:3000", sec_fetch_site="same-site") is KEYBOARD


def verified(address: tokens.CertsAddress, **environment: str) -> Any:
    return identity_of(
        Configuration.from_environment(
            {
                **ENVIRONMENT,
                "AI_PLATFORM_URL": CONTROL,
                "AI_PLATFORM_DATA_URL": DATA,
                "CERTS_URL": address.url,
                **environment,
            }
        )
    )


def bearer(email: str, audience: str, **changes: Any) -> str:
    return "Bearer " + tokens.token(email=email, aud=audience, **changes)


@pytest.mark.parametrize("audience", [CONTROL, DATA])
def test_a_token_for_either_plane_is_taken(audience: str) -> None:
    address = tokens.CertsAddress()
    email = roles.email(roles.DEPLOY_VERSION, PROJECT)
    with address.serving():
        caller = asked(verified(address), authorization=bearer(email, audience))
    assert MANAGE in caller.rights
    assert not caller.chooses


def test_a_token_for_another_audience_is_not() -> None:
    address = tokens.CertsAddress()
    email = roles.email(roles.DEPLOY_VERSION, PROJECT)
    token = bearer(email, "https://other.example")
    with address.serving(), pytest.raises(Unauthenticated, match=r"other\.example"):
        asked(verified(address), authorization=token)


def test_a_good_token_of_somebody_who_is_not_listed_is_refused() -> None:
    address = tokens.CertsAddress()
    token = bearer("stranger@dropserve.example", CONTROL)
    with address.serving(), pytest.raises(CallerNotListed):
        asked(verified(address), authorization=token)


def test_an_operator_signs_what_they_choose() -> None:
    address = tokens.CertsAddress()
    email = "operator@dropserve.example"
    with address.serving():
        identity = verified(address, SERVING_OPERATORS=f"a@b.example, {email}")
        caller = asked(identity, authorization=bearer(email, CONTROL))
    assert (caller.by, caller.chooses) == (email, True)


CLOUD_RUN = {"K_SERVICE": "serving", "K_REVISION": "serving-1", "K_CONFIGURATION": "serving"}
PREDICT = roles.email(roles.PREDICT, PROJECT)
OPERATOR = "operator@dropserve.example"


def cloud_run(**changes: Any) -> str:
    """A token as Cloud Run passes it on: checked, and without its signature."""
    head = tokens.encode({"alg": "RS256", "kid": "k"})
    return f"Bearer {head}.{tokens.encode(tokens.claims(**changes))}.{REMOVED}"


@pytest.fixture
def on_cloud_run() -> Any:
    told = {**ENVIRONMENT, "SERVING_AUTH": "iam", "SERVING_OPERATORS": OPERATOR}
    return identity_of(Configuration.from_environment(told), CLOUD_RUN)


def test_on_cloud_run_the_email_is_read(on_cloud_run: Any) -> None:
    assert asked(on_cloud_run, authorization=cloud_run(email=PREDICT)).by == PREDICT


def test_on_cloud_run_the_header_that_was_checked_counts(on_cloud_run: Any) -> None:
    caller = asked(
        on_cloud_run,
        authorization=cloud_run(email=OPERATOR),
        x_serverless_authorization=cloud_run(email=PREDICT),
    )
    assert caller.by == PREDICT


def test_on_cloud_run_a_stranger_has_no_rights(on_cloud_run: Any) -> None:
    assert asked(on_cloud_run, authorization=cloud_run(email="a@b.example")).rights == frozenset()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer x"},
        {"authorization": cloud_run(email_verified=None)},
        {"authorization": cloud_run(email=None)},
        {"authorization": bearer(OPERATOR, CONTROL)},
        {"authorization": cloud_run(email=OPERATOR, exp=1)},
        {"authorization": cloud_run(email=OPERATOR, iss="https://evil.example")},
        {"authorization": cloud_run(email=OPERATOR), "x_serverless_authorization": ""},
    ],
    # Names, since a token in a test's name would be another one in every process that runs it.
    ids=[
        "none",
        "no token",
        "not verified",
        "nobody's",
        "signature left",
        "expired",
        "another issuer",
        "checked one empty",
    ],
)
def test_on_cloud_run_nobody_is_the_person_at_the_keyboard(
    on_cloud_run: Any, headers: dict[str, str]
) -> None:
    with pytest.raises(Unauthenticated):
        asked(on_cloud_run, **headers)


@pytest.mark.parametrize("name", [b"authorization", b"x-serverless-authorization"])
def test_of_two_tokens_in_one_header_none_is_chosen(on_cloud_run: Any, name: bytes) -> None:
    checked, forged = cloud_run(email=PREDICT), cloud_run(email=OPERATOR)
    twice = {**scope(), "headers": [(name, checked.encode()), (name, forged.encode())]}
    with pytest.raises(Unauthenticated):
        asyncio.run(on_cloud_run.of(twice))


@pytest.mark.parametrize("missing", CLOUD_RUN)
def test_serving_does_not_start_where_nobody_checks_callers(missing: str) -> None:
    told = Configuration.from_environment({**ENVIRONMENT, "SERVING_AUTH": "iam"})
    with pytest.raises(SettingsError, match="SERVING_AUTH=iam works on Cloud Run only"):
        identity_of(told, {**CLOUD_RUN, missing: ""})
