"""ID tokens against a real certs address, with keys of our own."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.core.errors import CallerNotListed, KeysUnavailable, Unauthenticated
from shared.core.jwt import Claimed
from shared.core.principal import Principal
from shared.core.settings import Settings
from shared.gcp.certificate import over_http
from shared.gcp.id_token import TOKENS_KEPT, IdTokenAuthenticator
from tests.tokens import (
    AUDIENCE,
    CALLER,
    CertsAddress,
    claims,
    encode,
    public_key,
    published,
    token,
)

NOW = int(time.time())


class Hands:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def certs() -> Iterator[CertsAddress]:
    with CertsAddress().serving() as address:
        yield address


def settings_for(certs: CertsAddress, **changes: Any) -> Settings:
    made = Settings.from_environment(
        {
            "GOOGLE_CLOUD_PROJECT": "p",
            "DATA_BUCKET": "data",
            "MODELS_BUCKET": "models",
            "STATE_BUCKET": "state",
            "AUDIENCE": AUDIENCE,
            "ALLOWED_CALLERS": f"{CALLER}, @team.example, @crew.iam.gserviceaccount.com",
            "CERTS_URL": certs.url,
        }
    )
    return dataclasses.replace(made, **changes)


def ask(authenticator: IdTokenAuthenticator, bearer: str) -> Principal:
    return asyncio.run(authenticator.authenticate({"authorization": f"Bearer {bearer}"}))


def signed_with_a_secret() -> str:
    """The old trick: HS256 with the public key as the secret."""
    head = f"{encode({'alg': 'HS256', 'kid': 'k1'})}.{encode(claims())}"
    mac = hmac.new(public_key("k1")["n"].encode(), head.encode(), hashlib.sha256)
    return f"{head}.{encode(mac.digest())}"


def tampered() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{encode(claims(email='root@team.example'))}.{signature}"


def unsigned(algorithm: str) -> str:
    return f"{encode({'alg': algorithm, 'kid': 'k1'})}.{encode(claims())}."


REFUSED: list[tuple[str, str, str]] = [
    ("an access token", "ya29.a0AfH6SMBx", "access token"),
    ("no JWT", "abcdef", "no ID token"),
    ("two parts", "a.b", "no ID token"),
    ("five parts", "a.b.c.d.e", "no ID token"),
    ("spaces inside", "a b.c.d", "no ID token"),
    ("dots only", "..", "header is no JSON object"),
    ("endless", "a" * 20_000 + ".b.c", "no ID token"),
    ("header no base64", "a.b.c", "no base64url"),
    ("header no JSON", f"{encode(b'{')}.b.c", "header is no JSON object"),
    ("header a list", f"{encode([])}.b.c", "header is no JSON object"),
    ("header not UTF-8", f"{encode(bytes([255, 254]))}.b.c", "header is no JSON object"),
    ("header very deep", f"{encode(b'[' * 9000)}.b.c", "header is no JSON object"),
    ("alg none", unsigned("none"), "signed with none"),
    ("alg NONE", unsigned("NONE"), "signed with NONE"),
    ("no alg", token(header={"alg": None}), "signed with nothing"),
    ("alg a list", token(header={"alg": ["RS256"]}), "signed with nothing"),
    ("HS256 by the public key", signed_with_a_secret(), "signed with HS256"),
    ("RS512", token(header={"alg": "RS512"}), "signed with RS512"),
    ("critical extension", token(header={"crit": ["x"]}), "crit"),
    ("no key id", token(header={"kid": None}), "does not name its key"),
    ("key id a number", token(header={"kid": 1}), "does not name its key"),
    ("unknown key id", token(header={"kid": "k9"}), "does not publish"),
    ("another's key under a known id", token(key="k2", header={"kid": "k1"}), "signature is wrong"),
    ("tampered claims", tampered(), "signature is wrong"),
    ("signature missing", token().rpartition(".")[0] + ".", "signature is wrong"),
    ("signature cut", token()[:-8], "signature is wrong"),
    ("payload a list", token([1]), "payload is no JSON object"),
    ("payload text", token("claims"), "payload is no JSON object"),
    ("payload empty", token({}), "no audience"),
    ("another audience", token(aud="https://other.example"), "https://other.example"),
    ("audience in other letters", token(aud=AUDIENCE.upper()), "is made for"),
    ("audience and a slash", token(aud=AUDIENCE + "/"), "is made for"),
    ("audience a list", token(aud=[AUDIENCE]), "no audience"),
    ("no audience", token(aud=None), "no audience"),
    ("another issuer", token(iss="https://evil.example"), "not issued by Google"),
    ("issuer a list", token(iss=["accounts.google.com"]), "not issued by Google"),
    ("issuer with a slash", token(iss="https://accounts.google.com/"), "not issued by Google"),
    ("no issuer", token(iss=None), "not issued by Google"),
    ("expired", token(exp=NOW - 60), "expired"),
    ("expired by another key", token(key="k2", exp=NOW - 60), "expired"),
    ("expiry as text", token(exp=str(NOW + 60)), "exp is no number"),
    ("expiry true", token(exp=True), "exp is no number"),
    ("expiry not a number", token(exp=float("nan")), "exp is no number"),
    ("expiry infinite", token(exp=float("inf")), "exp is no number"),
    ("expiry beyond all floats", token(exp=10**400), "exp is no number"),
    ("expiry a list", token(exp=[NOW + 60]), "exp is no number"),
    ("no expiry", token(exp=None), "exp is no number"),
    ("issued in the future", token(iat=NOW + 600), "issued in the future"),
    ("issued as text", token(iat=str(NOW)), "iat is no number"),
    ("no issue time", token(iat=None), "iat is no number"),
    ("not valid yet", token(nbf=NOW + 600), "not valid yet"),
    ("not before as text", token(nbf="now"), "nbf is no number"),
    ("no e-mail", token(email=None), "no e-mail"),
    ("e-mail a list", token(email=[CALLER]), "no e-mail"),
    ("e-mail a domain", token(email="@team.example"), "no e-mail"),
    ("e-mail two lines", token(email=f"{CALLER}\nx@team.example"), "no e-mail"),
    ("e-mail not verified", token(email_verified=False), "not verified"),
    ("e-mail verified as text", token(email_verified="true"), "not verified"),
    ("e-mail verified not told", token(email_verified=None), "not verified"),
]


@pytest.mark.parametrize(("bearer", "told"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_token_that_proves_nothing_is_refused_and_told_why(
    certs: CertsAddress, bearer: str, told: str
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        ask(IdTokenAuthenticator(settings_for(certs)), bearer)
    assert told in str(caught.value)
    assert caught.value.has_token


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (None, "No token came"),
        ("", "No token came"),
        ("Bearer", "holds no token"),
        ("Bearer   ", "holds no token"),
        ("Basic dXNlcjpwYXNz", "must say: Bearer"),
        (token(), "must say: Bearer"),
        (f"Token {token()}", "must say: Bearer"),
        (f"Bearer {token()}, Bearer {token()}", "no ID token"),
    ],
)
def test_a_header_without_a_bearer_token_is_refused(
    certs: CertsAddress, header: str | None, told: str
) -> None:
    headers = {} if header is None else {"authorization": header}
    with pytest.raises(Unauthenticated, match=told) as caught:
        asyncio.run(IdTokenAuthenticator(settings_for(certs)).authenticate(headers))
    assert caught.value.has_token is ("No token" not in told)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"iss": "accounts.google.com"},
        {"exp": 60.5, "iat": -0.5},
        {"exp": -5, "iat": -3600},
        {"iat": 5},
        {"nbf": -5},
        {"nbf": 5},
        {"email": "anyone@team.example", "hd": "team.example"},
        {"email": "anyone@Team.example", "hd": "team.example"},
        {"email": "job@crew.iam.gserviceaccount.com"},
        {"email": CALLER.upper()},
    ],
    ids=str,
)
def test_a_good_token_names_its_caller(certs: CertsAddress, changes: dict[str, Any]) -> None:
    """Times are seconds from now."""
    now = time.time()
    later = {k: now + v if isinstance(v, int | float) else v for k, v in changes.items()}
    caller = ask(IdTokenAuthenticator(settings_for(certs)), token(**later))
    assert caller == Principal(changes.get("email", CALLER))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_in_any_case(certs: CertsAddress, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {token()}"}
    asyncio.run(IdTokenAuthenticator(settings_for(certs)).authenticate(headers))


@pytest.mark.parametrize(
    "email",
    [
        "stranger@other.example",
        "stranger@evil-team.example",
        "stranger@sub.team.example",
        "team.example@other.example",
        f"x{CALLER}",
    ],
)
def test_a_caller_who_is_not_listed_is_refused(certs: CertsAddress, email: str) -> None:
    managed = token(email=email, hd=email.rpartition("@")[2])
    with pytest.raises(CallerNotListed, match="is not among the callers"):
        ask(IdTokenAuthenticator(settings_for(certs)), managed)


@pytest.mark.parametrize("managed", [None, "", True, ["team.example"]])
def test_an_address_of_a_domain_is_not_an_account_of_that_domain(
    certs: CertsAddress, managed: Any
) -> None:
    """Whoever once read mail there can have made such an account for themselves, and keeps it."""
    permitted = settings_for(certs, caller_models=("@team.example=iris", f"{CALLER}=wine"))
    with pytest.raises(CallerNotListed):
        ask(IdTokenAuthenticator(permitted), token(email="left@team.example", hd=managed))
    own = dataclasses.replace(permitted, allowed_callers=("left@team.example",))
    caller = ask(IdTokenAuthenticator(own), token(email="left@team.example", hd=managed))
    assert caller.models == frozenset()


def test_a_caller_is_judged_only_after_the_signature(certs: CertsAddress) -> None:
    forged = token(key="k2", header={"kid": "k1"}, email="stranger@other.example")
    with pytest.raises(Unauthenticated, match="signature"):
        ask(IdTokenAuthenticator(settings_for(certs)), forged)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"audience": ()}, Unauthenticated), ({"allowed_callers": ()}, CallerNotListed)],
    ids=["audience", "allowed_callers"],
)
def test_an_empty_setting_lets_nobody_in_and_says_so(
    certs: CertsAddress,
    changes: dict[str, Any],
    error: type[Exception],
    capsys: pytest.CaptureFixture[str],
) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs, **changes))
    line = json.loads(capsys.readouterr().out)
    assert line["severity"] == "ERROR"
    assert "nobody can call predict" in line["message"]
    with pytest.raises(error):
        ask(authenticator, token())


def test_a_verified_token_is_remembered_without_another_look(certs: CertsAddress) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))
    bearer = token()
    ask(authenticator, bearer)
    certs.status = 500
    for _ in range(100):
        ask(authenticator, bearer)
        ask(authenticator, token(sub=str(_)))
    assert certs.asked == 1


def test_a_remembered_token_expires(certs: CertsAddress) -> None:
    hands = Hands()
    hands.time = time.time()
    authenticator = IdTokenAuthenticator(settings_for(certs), now=hands)
    bearer = token(exp=hands.time + 100)
    ask(authenticator, bearer)
    hands.time += 109
    ask(authenticator, bearer)
    hands.time += 2
    with pytest.raises(Unauthenticated, match="expired"):
        ask(authenticator, bearer)


def test_remembered_tokens_are_bounded(certs: CertsAddress) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))
    ask(authenticator, token())
    for number in range(TOKENS_KEPT + 10):
        past = Claimed(CALLER, "", 0.0)
        authenticator._verified[number.to_bytes(4)] = (past, Principal(CALLER))
    assert len(authenticator._verified) == TOKENS_KEPT


def test_forged_tokens_are_never_remembered(certs: CertsAddress) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            ask(authenticator, tampered())
    assert not authenticator._verified


def test_a_new_key_is_fetched_at_most_once_a_minute(certs: CertsAddress) -> None:
    hands = Hands()
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    ask(authenticator, token())
    certs.body = published("k1", "k2")
    for _ in range(5):
        with pytest.raises(Unauthenticated, match="does not publish"):
            ask(authenticator, token(key="k2"))
    assert certs.asked == 1
    hands.time += 61
    ask(authenticator, token(key="k2"))
    assert certs.asked == 2


def test_whoever_comes_with_a_new_key_while_it_is_fetched_waits_for_it(
    certs: CertsAddress,
) -> None:
    hands, asked = Hands(), asyncio.Event()

    async def fetch(url: str) -> tuple[bytes, str]:
        asked.set()
        return await over_http(url)

    authenticator = IdTokenAuthenticator(settings_for(certs), fetch=fetch, clock=hands)
    ask(authenticator, token())
    certs.body = published("k1", "k2")
    hands.time += 61

    async def crowd() -> None:
        asked.clear()
        headers = [{"authorization": f"Bearer {token(key='k2', sub=who)}"} for who in "ab"]
        first = asyncio.create_task(authenticator.authenticate(headers[0]))
        await asked.wait()
        assert await authenticator.authenticate(headers[1]) == await first

    asyncio.run(crowd())


def test_a_key_that_is_new_while_keys_cannot_be_read_is_not_called_unknown(
    certs: CertsAddress,
) -> None:
    hands = Hands()
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    ask(authenticator, token())
    certs.status = 503
    hands.time += 61
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            ask(authenticator, token(key="k2"))
        ask(authenticator, token(sub="the known key is good"))
    assert certs.asked == 2


def test_another_key_under_a_known_name_takes_the_old_tokens_with_it(certs: CertsAddress) -> None:
    hands = Hands()
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    bearer = token()
    ask(authenticator, bearer)
    certs.body = json.dumps({"keys": [{**public_key("k2"), "kid": "k1"}]}).encode()
    hands.time += 3601
    ask(authenticator, token(key="k2", header={"kid": "k1"}))
    with pytest.raises(Unauthenticated, match="signature is wrong"):
        ask(authenticator, bearer)


def test_a_withdrawn_key_takes_its_tokens_with_it(certs: CertsAddress) -> None:
    hands = Hands()
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    bearer = token()
    ask(authenticator, bearer)
    certs.body = published("k2")
    hands.time += 3601
    ask(authenticator, token(key="k2"))
    with pytest.raises(Unauthenticated, match="does not publish"):
        ask(authenticator, bearer)


def test_keys_are_read_again_when_their_publisher_says(certs: CertsAddress) -> None:
    hands = Hands()
    certs.cache_control = "public, max-age=600, must-revalidate"
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    for seconds, asked in ((0, 1), (599, 1), (2, 2)):
        hands.time += seconds
        ask(authenticator, token(sub=str(seconds)))
        assert certs.asked == asked


def test_concurrent_first_callers_share_one_fetch(certs: CertsAddress) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))

    async def crowd() -> None:
        headers = [{"authorization": f"Bearer {token(sub=str(n))}"} for n in range(20)]
        await asyncio.gather(*map(authenticator.authenticate, headers))

    asyncio.run(crowd())
    assert certs.asked == 1


def test_a_caller_who_gives_up_does_not_fail_the_others(certs: CertsAddress) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))
    headers = {"authorization": f"Bearer {token()}"}

    async def crowd() -> Principal:
        first = asyncio.create_task(authenticator.authenticate(headers))
        second = asyncio.create_task(authenticator.authenticate(headers))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(crowd()) == Principal(CALLER)


def test_known_keys_outlive_a_dead_certs_address_by_a_day(certs: CertsAddress) -> None:
    hands = Hands()
    authenticator = IdTokenAuthenticator(settings_for(certs), clock=hands)
    ask(authenticator, token())
    certs.status = 503
    hands.time += 3700
    ask(authenticator, token(sub="later"))
    asked = certs.asked
    ask(authenticator, token(sub="at once"))
    assert certs.asked == asked == 2
    hands.time += 24 * 3600
    with pytest.raises(KeysUnavailable):
        ask(authenticator, token(sub="a day later"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, published("k1")),
        (404, b"Not found"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": 7}'),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [7]}'),
        (200, b'{"keys": [{"kty": "RSA"}]}'),
        (200, b'{"keys": [{"kid": "k1", "kty": "RSA", "n": 7, "e": "AQAB"}]}'),
        (200, b'{"keys": [{"kid": "k1", "kty": "RSA", "n": "#", "e": "AQAB"}]}'),
        (200, b'{"keys": [{"kid": "k1", "kty": "RSA", "n": "", "e": ""}]}'),
        (200, b'{"keys": [{"kid": "k1", "kty": "EC", "crv": "P-256"}]}'),
        (200, b'{"k1": "-----BEGIN CERTIFICATE-----"}'),
        (200, b"\xff"),
    ],
)
def test_without_keys_nobody_gets_in_until_they_can_be_read(
    certs: CertsAddress, status: int, body: bytes
) -> None:
    authenticator = IdTokenAuthenticator(settings_for(certs))
    good, certs.status, certs.body = certs.body, status, body
    with pytest.raises(KeysUnavailable):
        ask(authenticator, token())
    certs.status, certs.body = 200, good
    ask(authenticator, token())


def test_keys_for_anything_but_our_signatures_are_passed_over(certs: CertsAddress) -> None:
    others = [
        {"kid": "elliptic", "kty": "EC", "crv": "P-256"},
        {**public_key("k2"), "use": "enc"},
        {**public_key("k2"), "alg": "RS512"},
    ]
    certs.body = json.dumps({"keys": [*others, public_key("k1")]}).encode()
    authenticator = IdTokenAuthenticator(settings_for(certs))
    ask(authenticator, token())
    with pytest.raises(Unauthenticated, match="does not publish"):
        ask(authenticator, token(key="k2"))


def test_a_certs_address_that_does_not_answer_is_a_failure_of_ours(certs: CertsAddress) -> None:
    nowhere = settings_for(certs, certs_url="http://127.0.0.1:9/certs")
    with pytest.raises(KeysUnavailable, match="did not answer"):
        ask(IdTokenAuthenticator(nowhere), token())
