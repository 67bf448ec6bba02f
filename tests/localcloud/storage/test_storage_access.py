"""The table of shared/core/roles.py, enforced for each service account."""

from __future__ import annotations

import json

import pytest

from localcloud.configuration import Configuration
from localcloud.storage import Access
from shared.core import roles
from shared.core.roles import CREATE, DELETE, GET, LIST
from tests.localcloud.storage.storage_server import BUCKETS, PROJECT, serving

PERMISSIONS = (GET, LIST, CREATE, DELETE)
PLACES = [(kind, prefix) for kind in BUCKETS for prefix in sorted({g.prefix for g in roles.GRANTS})]


def account_of(name):
    return {"authorization": f"Bearer {roles.email(name, PROJECT)}"}


def attempt(server, bucket, prefix, permission, headers):
    """The status of the one call that takes just that permission."""
    name = f"{prefix}x%20{permission}".replace("/", "%2F")
    upload = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"
    if permission == CREATE:
        server.request("DELETE", f"/storage/v1/b/{bucket}/o/{name}")
        return server.request("POST", upload, b"x", headers).status
    server.request("POST", upload, b"x")
    if permission == LIST:
        return server.request(
            "GET", f"/storage/v1/b/{bucket}/o?prefix={prefix}", None, headers
        ).status
    method = "GET" if permission == GET else "DELETE"
    return server.request(method, f"/storage/v1/b/{bucket}/o/{name}", None, headers).status


@pytest.mark.parametrize("account", roles.ACCOUNTS)
def test_an_account_may_do_what_the_table_says_and_nothing_else(server, account):
    for kind, prefix in PLACES:
        for permission in PERMISSIONS:
            status = attempt(server, BUCKETS[kind], prefix, permission, account_of(account))
            granted = roles.allowed(account, kind, f"{prefix}x", permission)
            assert (status < 300) is granted, (kind, prefix, permission, status)
            assert granted or status == 403


@pytest.mark.parametrize("account", roles.ACCOUNTS)
def test_no_account_may_touch_buckets_or_change_metadata(server, account):
    server.put("models-bkt", "models%2Fm%2Fx", b"x")
    for method, path in (
        ("GET", "/storage/v1/b?project=p"),
        ("POST", "/storage/v1/b?project=p"),
        ("GET", "/storage/v1/b/models-bkt"),
        ("PATCH", "/storage/v1/b/models-bkt"),
        ("DELETE", "/storage/v1/b/models-bkt"),
        ("GET", "/storage/v1/b/models-bkt/notificationConfigs"),
        ("GET", "/storage/v1/b/models-bkt/o"),
        ("PATCH", "/storage/v1/b/models-bkt/o/models%2Fm%2Fx"),
    ):
        answer = server.request(method, path, b"{}", account_of(account))
        assert answer.status == 403, (method, path)


@pytest.mark.parametrize("account", roles.ACCOUNTS)
def test_in_a_persons_own_bucket_servings_data_plane_may_read_and_nobody_else_anything(
    server, account
):
    server.storage.ensure_bucket("staging-bkt")
    for permission in PERMISSIONS:
        status = attempt(server, "staging-bkt", "digest/", permission, account_of(account))
        granted = account == roles.SERVING_DATA and permission in roles.READ
        assert status == 200 if granted else status == 403, permission


def test_a_refusal_has_googles_words(server):
    email = roles.email(roles.PREDICT, PROJECT)
    answer = server.put("models-bkt", "models%2Fm%2Fx", b"x", authorization=f"Bearer {email}")
    error = answer.json["error"]
    assert (answer.status, error["code"], error["errors"][0]["reason"]) == (403, 403, "forbidden")
    assert error["message"] == (
        f"{email} does not have storage.objects.create access to the Google Cloud Storage object. "
        "Permission 'storage.objects.create' denied on resource (or it may not exist)."
    )


def test_a_bad_token_is_401(server):
    answer = server.request("GET", "/storage/v1/b", headers={"authorization": "Bearer bad"})
    assert answer.status == 401
    assert answer.json["error"]["errors"][0]["reason"] == "authError"


@pytest.mark.parametrize("email", ["stranger@example.com", "retrain@other.iam.gserviceaccount.com"])
def test_whoever_is_not_in_the_table_may_do_nothing(server, email):
    server.put("data-bkt", "data%2Fx", b"x")
    headers = {"authorization": f"Bearer {email}"}
    for path in ("/storage/v1/b/data-bkt/o/data%2Fx", "/storage/v1/b/data-bkt/o?prefix=data/"):
        assert server.request("GET", path, headers=headers).status == 403


def test_creating_is_not_overwriting(server):
    headers = account_of(roles.RETRAIN)
    name = "models%2Fm%2Fcreated"
    assert server.put("models-bkt", name, b"1", **headers).status == 200
    overwritten = server.put("models-bkt", name, b"2", **headers)
    assert overwritten.status == 403
    assert DELETE in overwritten.json["error"]["message"]
    again = server.put("models-bkt", name, b"2", "&ifGenerationMatch=0", **headers)
    assert again.status == 412


@pytest.mark.parametrize(("permissions", "status"), [({GET}, 403), ({GET, LIST}, 404)])
def test_absence_is_told_only_to_those_who_may_list(tmp_path, permissions, status):
    """Google answers 403 for a missing object to a caller without storage.objects.list."""
    grant = roles.Grant(roles.PREDICT, "state", "defaults/", frozenset(permissions), "a test")
    with serving(tmp_path, (grant,)) as server:
        server.storage.ensure_bucket("state-bkt")
        server.put("state-bkt", "defaults%2Fthere", b"x")
        path = "/storage/v1/b/state-bkt/o/defaults%2F"
        headers = account_of(roles.PREDICT)
        assert server.request("GET", f"{path}there", headers=headers).status == 200
        assert server.request("GET", f"{path}missing", headers=headers).status == status
        missing = server.request("GET", f"{path}missing?alt=media", headers=headers)
        assert missing.status == status


def test_one_right_can_be_taken_away_and_given_back(server):
    server.put("data-bkt", "data%2Fx", b"x")
    path, headers = "/storage/v1/b/data-bkt/o/data%2Fx", account_of(roles.RETRAIN)
    revoked = [[roles.RETRAIN, "data", "data/", GET]]
    for rights, status in ((revoked, 403), ([], 200)):
        body = json.dumps({"revoked": rights})
        answer = server.request("POST", "/_local/storage/switches", body)
        assert answer.json["revoked"] == rights
        assert server.request("GET", path, headers=headers).status == status


def test_a_batch_and_a_session_act_for_their_caller(server):
    headers = account_of(roles.RETRAIN)
    path = "/upload/storage/v1/b/models-bkt/o?uploadType=resumable&name="
    assert server.request("POST", f"{path}elsewhere", b"{}", headers).status == 403
    started = server.request("POST", f"{path}models%2Fm%2Fsession", b"{}", headers)
    session = started.headers["location"].removeprefix(server.url)
    server.put("models-bkt", "models%2Fm%2Fsession", b"was faster")
    assert server.request("PUT", session, b"x").status == 403
    part = "DELETE /storage/v1/b/models-bkt/o/models%2Fm%2Fsession HTTP/1.1"
    batch = f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n\r\n--b--"
    kind = {"content-type": "multipart/mixed; boundary=b"}
    answer = server.request("POST", "/batch/storage/v1", batch, headers | kind)
    assert b"HTTP/1.1 403" in answer.body


def test_a_copy_takes_rights_at_both_ends(server):
    server.put("data-bkt", "data%2Fcopied", b"x")
    headers = account_of(roles.RETRAIN)
    path = "/storage/v1/b/data-bkt/o/data%2Fcopied/copyTo/b/{}/o/{}"
    mine = path.format("models-bkt", "models%2Fm%2Fcopied")
    assert server.request("POST", mine, b"{}", headers).status == 200
    assert server.request("POST", path.format("data-bkt", "data%2Fy"), b"{}", headers).status == 403
    other = account_of(roles.DEPLOY_VERSION)
    ledger = path.format("state-bkt", "ledger%2Fy")
    assert server.request("POST", ledger, b"{}", other).status == 403


def test_three_kinds_may_share_one_bucket():
    access = Access.of(Configuration(".", {}, PROJECT, dict.fromkeys(BUCKETS, "one")))
    email = roles.email(roles.RETRAIN, PROJECT)
    assert access.allows(email, "one", "data/x.csv", GET)
    assert access.allows(email, "one", "leases/x", DELETE)
    assert not access.allows(email, "one", "data/x.csv", CREATE)
    assert not access.allows(email, "other", "data/x.csv", GET)


def test_rights_asked_for_are_those_of_the_table(server):
    path = f"/storage/v1/b/models-bkt/iam/testPermissions?permissions={GET}&permissions={CREATE}"
    assert server.request("GET", path).json["permissions"] == [GET, CREATE]
    answer = server.request("GET", path, headers=account_of(roles.PREDICT))
    assert "permissions" not in json.loads(answer.body)
