"""The metadata server, asked by google-auth itself and by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from google.auth import jwt

from shared.core import roles
from tests.localcloud.process import FLAVOR, GoogleApis, googleapis

SERVICE_ACCOUNTS = "/computeMetadata/v1/instance/service-accounts"


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleApis]:
    with googleapis(tmp_path_factory.mktemp("metadata")) as running:
        yield running


ASK_GOOGLE_AUTH = """
import json, sys
import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token

storage, certs, audience = sys.argv[1:]
credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
session = AuthorizedSession(credentials)
own = session.get(storage + "/storage/v1/b/dropserve-state/o/ledger%2Fx")
other = session.get(storage + "/storage/v1/b/dropserve-state/o/secret%2Fx")
token = id_token.fetch_id_token(Request(), audience)
claims = id_token.verify_token(token, Request(), audience, certs_url=certs)
try:
    id_token.verify_token(token, Request(), "https://other.example", certs_url=certs)
    refused = False
except (GoogleAuthError, ValueError):
    refused = True
print(json.dumps({
    "kind": type(credentials).__module__, "email": credentials.service_account_email,
    "project": project, "universe": credentials.universe_domain, "claims": claims,
    "own": own.status_code, "other": other.status_code, "refused": refused,
}))
"""


def test_google_auth_works_unmodified_and_storage_knows_whose_token_it_is(
    apis: GoogleApis,
) -> None:
    apis.put("dropserve-state", "ledger/x")
    apis.put("dropserve-state", "secret/x")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            ASK_GOOGLE_AUTH,
            apis.url,
            f"{apis.url}/oauth2/v1/certs",
            "https://a",
        ],
        env=apis.account_environment("retrain"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    email = roles.email(roles.RETRAIN, "dropserve-local")
    claims = told.pop("claims")
    assert told == {
        "kind": "google.auth.compute_engine.credentials",
        "email": email,
        "project": "dropserve-local",
        "universe": "googleapis.com",
        "own": 200,
        "other": 403,
        "refused": True,
    }
    assert (claims["email"], claims["email_verified"], claims["aud"]) == (email, True, "https://a")


@pytest.mark.parametrize("account", ["retrain", "deploy-version", "predict"])
def test_each_port_speaks_for_its_own_account_only(apis: GoogleApis, account: str) -> None:
    email = roles.email(account, "dropserve-local")
    assert apis.metadata(account, f"{SERVICE_ACCOUNTS}/default/email").text == email
    assert apis.metadata(account, f"{SERVICE_ACCOUNTS}/").text == f"default/\n{email}/\n"
    stranger = roles.email("serving-control", "dropserve-local")
    assert apis.metadata(account, f"{SERVICE_ACCOUNTS}/{stranger}/token").status == 404


def test_the_serving_port_knows_both_planes_accounts(apis: GoogleApis) -> None:
    control = roles.email(roles.SERVING_CONTROL, "dropserve-local")
    path = f"{SERVICE_ACCOUNTS}/{{}}/identity?audience=a&format=full"
    claims = [
        jwt.decode(apis.metadata("serving", path.format(who)).text, verify=False)
        for who in ("default", control)
    ]
    assert claims[0]["email"] == roles.email(roles.SERVING_DATA, "dropserve-local")
    assert claims[1]["email"] == control
    info = apis.metadata("serving", f"{SERVICE_ACCOUNTS}/{control}/?recursive=true").json
    assert (info["email"], info["aliases"]) == (control, [])


def test_a_token_comes_in_googles_form(apis: GoogleApis) -> None:
    answer = apis.metadata("retrain", f"{SERVICE_ACCOUNTS}/default/token")
    assert answer.headers["Metadata-Flavor"] == "Google"
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    assert answer.json["token_type"] == "Bearer"
    assert 3000 < answer.json["expires_in"] <= 3600


def test_an_identity_needs_an_audience_and_has_the_email_in_its_full_form(
    apis: GoogleApis,
) -> None:
    path = f"{SERVICE_ACCOUNTS}/default/identity"
    assert apis.metadata("retrain", path).status == 400
    short = jwt.decode(apis.metadata("retrain", f"{path}?audience=a").text, verify=False)
    assert "email" not in short
    full = jwt.decode(apis.metadata("retrain", f"{path}?audience=a&format=full").text, verify=False)
    assert full["email"].startswith("retrain@")


@pytest.mark.parametrize(
    "path",
    ["/computeMetadata/v1/project/project-id", f"{SERVICE_ACCOUNTS}/default/token"],
)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Metadata-Flavor": "google"}, {**FLAVOR, "X-Forwarded-For": "10.0.0.1"}],
    ids=["none", "wrong", "forwarded"],
)
def test_without_the_right_header_it_refuses(
    apis: GoogleApis, path: str, headers: dict[str, str]
) -> None:
    assert apis.metadata("retrain", path, headers).status == 403


def test_values_and_folders_read_as_on_google_cloud(apis: GoogleApis) -> None:
    def text(path: str) -> str:
        return apis.metadata("retrain", f"/computeMetadata/v1/{path}").text

    assert apis.metadata("retrain", "/", {}).headers["Metadata-Flavor"] == "Google"
    assert text("project/project-id") == "dropserve-local"
    number = text("project/numeric-project-id")
    assert number.isdigit()
    assert text("instance/region") == f"projects/{number}/regions/us-central1"
    assert text("instance/zone").startswith(f"projects/{number}/zones/us-central1-")
    assert text("universe/universe-domain") == "googleapis.com"
    assert text("instance/service-accounts/default/scopes").splitlines() == [
        "https://www.googleapis.com/auth/cloud-platform"
    ]
    assert text("") == "instance/\nproject/\nuniverse/\n"
    recursive = apis.metadata("retrain", "/computeMetadata/v1/?recursive=true").json
    assert recursive["project"]["projectId"] == "dropserve-local"
    assert recursive["instance"]["serviceAccounts"]["default"]["aliases"] == ["default"]
    moved = apis.metadata("retrain", f"{SERVICE_ACCOUNTS}/default")
    assert moved.text == "aliases\nemail\nscopes\n", "a folder without its slash is redirected"
    assert apis.metadata("retrain", "/computeMetadata/v1/instance/nothing").status == 404
