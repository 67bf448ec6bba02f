"""Tokens: who made them, how long they are good, and what a restart and a rotation change."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from localcloud.tokens import LIFETIME, Tokens, unique_id

EMAIL = "retrain@p.iam.gserviceaccount.com"


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_an_access_token_tells_its_account_and_nothing_to_anybody_else(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "keys")
    assert tokens.email_of_access_token(tokens.access(EMAIL)) == EMAIL
    stranger = Tokens(tmp_path / "other keys")
    with pytest.raises(PermissionError):
        stranger.email_of_access_token(tokens.access(EMAIL))


@pytest.mark.parametrize("token", ["", "x", "ya29.local.", "ya29.local.e30.e30", "a.b.c", "ä.ö"])
def test_what_is_no_access_token_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(PermissionError):
        Tokens(tmp_path).email_of_access_token(token)


def test_a_changed_access_token_is_refused(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.access(EMAIL)
    for at in (len("ya29.local.") + 3, len(token) - 2):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(PermissionError):
            tokens.email_of_access_token(token[:at] + other + token[at + 1 :])


def test_an_access_token_is_good_for_an_hour(tmp_path: Path) -> None:
    clock = Clock(1_000_000)
    tokens = Tokens(tmp_path, clock)
    token = tokens.access(EMAIL)
    clock.now += LIFETIME - 1
    assert tokens.email_of_access_token(token) == EMAIL
    clock.now += 1
    with pytest.raises(PermissionError, match="expired"):
        tokens.email_of_access_token(token)


def test_tokens_outlive_the_process_that_made_them(tmp_path: Path) -> None:
    before = Tokens(tmp_path)
    access, identity = before.access(EMAIL), before.identity(EMAIL, "https://a")
    after = Tokens(tmp_path)
    assert after.email_of_access_token(access) == EMAIL
    assert jwt.decode(identity, certs=after.certificates(), audience="https://a")["email"] == EMAIL


def test_an_id_token_has_googles_claims(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    claims = jwt.decode(
        tokens.identity(EMAIL, "https://a"), certs=tokens.certificates(), audience="https://a"
    )
    assert claims["exp"] - claims["iat"] == LIFETIME
    assert {key: claims[key] for key in claims if key not in ("exp", "iat")} == {
        "aud": "https://a",
        "azp": unique_id(EMAIL),
        "email": EMAIL,
        "email_verified": True,
        "iss": "https://accounts.google.com",
        "sub": unique_id(EMAIL),
    }
    assert len(unique_id(EMAIL)) == 21
    assert unique_id(EMAIL) != unique_id("x" + EMAIL)


@pytest.mark.parametrize(
    ("email", "domain"),
    [("me@team.example", "team.example"), ("me@gmail.com", None), (EMAIL, None)],
)
def test_only_accounts_that_an_organisation_manages_name_it(
    tmp_path: Path, email: str, domain: str | None
) -> None:
    claims = jwt.decode(Tokens(tmp_path).identity(email, "a"), verify=False)
    assert claims.get("hd") == domain


def test_the_short_form_of_an_id_token_has_no_email(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    assert "email" not in jwt.decode(tokens.identity(EMAIL, "a", full=False), verify=False)
    assert "email" in jwt.decode(tokens.identity(EMAIL, "a"), verify=False)


def test_an_id_token_is_given_again_until_five_minutes_before_its_end(tmp_path: Path) -> None:
    clock = Clock(1_000_000)
    tokens = Tokens(tmp_path, clock)
    first = tokens.identity(EMAIL, "a")
    clock.now += LIFETIME - 301
    assert tokens.identity(EMAIL, "a") == first
    clock.now += 1
    assert tokens.identity(EMAIL, "a") != first
    assert tokens.identity(EMAIL, "b") != tokens.identity(EMAIL, "a")


def test_after_a_rotation_old_tokens_hold_until_the_key_is_forgotten(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    old = tokens.identity(EMAIL, "a")
    kid = tokens.rotate()
    new = tokens.identity(EMAIL, "a")
    assert jwt.decode_header(new)["kid"] == kid != jwt.decode_header(old)["kid"]
    for token in (old, new):
        assert jwt.decode(token, certs=tokens.certificates(), audience="a")
    assert set(Tokens(tmp_path).certificates()) == set(tokens.certificates())
    tokens.rotate(forget=True)
    for token in (old, new):
        with pytest.raises(GoogleAuthError):
            jwt.decode(token, certs=tokens.certificates(), audience="a")
    assert len(Tokens(tmp_path).certificates()) == 1


def test_only_the_two_newest_keys_are_published(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    kids = [tokens.keys.current.kid] + [tokens.rotate() for _ in range(3)]
    assert set(tokens.certificates()) == set(kids[-2:])
    assert [key["kid"] for key in tokens.key_set()["keys"]] == kids[-2:]
    assert len(list(tmp_path.glob("*.pem"))) == 2


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    tokens = Tokens(folder)
    tokens.rotate()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
