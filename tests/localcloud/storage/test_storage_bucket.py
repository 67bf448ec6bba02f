"""Buckets, their settings, and what the local storage does not answer."""

from __future__ import annotations

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed


def test_a_bucket_is_created_read_listed_and_deleted(client):
    bucket = client.create_bucket("first-bucket", location="europe-west1")
    assert client.get_bucket("first-bucket").location == "europe-west1"
    assert "first-bucket" in {found.name for found in client.list_buckets()}
    assert [found.name for found in client.list_buckets(prefix="first-")] == ["first-bucket"]
    bucket.delete()
    assert client.lookup_bucket("first-bucket") is None


def test_buckets_come_in_pages(client):
    names = {client.create_bucket(f"paged-{number}").name for number in range(5)}
    found = client.list_buckets(prefix="paged-", page_size=2)
    assert {bucket.name for bucket in found} == names


def test_a_taken_name_is_a_conflict(client, bucket):
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)


@pytest.mark.parametrize("name", ["ab", "Upper", "-a-b", "a b c", "x" * 64])
def test_a_bad_bucket_name_is_refused(server, name):
    answer = server.request("POST", "/storage/v1/b?project=p", f'{{"name": "{name}"}}')
    assert answer.status == 400


def test_a_bucket_that_is_not_empty_stays(bucket):
    bucket.blob("a").upload_from_string(b"x")
    with pytest.raises(Conflict, match="not empty"):
        bucket.delete()
    bucket.delete(force=True)
    assert not bucket.exists()


def test_labels_are_kept_and_bump_the_metageneration(client, bucket):
    bucket.labels = {"team": "one", "old": "x"}
    bucket.patch()
    bucket.labels = {"team": "two"}
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert (found.labels, found.metageneration) == ({"team": "two"}, 3)
    with pytest.raises(PreconditionFailed):
        bucket.patch(if_metageneration_match=1)


def test_other_settings_are_kept(client, bucket):
    bucket.versioning_enabled = False
    bucket.cors = [{"origin": ["*"], "method": ["GET"]}]
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert found.cors == [{"origin": ["*"], "method": ["GET"]}]
    assert found.iam_configuration.uniform_bucket_level_access_enabled


def test_what_a_bucket_is_cannot_be_changed(server, bucket):
    path = f"/storage/v1/b/{bucket.name}"
    server.request("PATCH", path, '{"name": "other", "metageneration": "9", "kind": "x"}')
    answer = server.request("GET", path).json
    assert answer["name"] == answer["id"] == bucket.name
    assert (answer["metageneration"], answer["kind"]) == ("2", "storage#bucket")


def test_notifications_are_kept_per_bucket(bucket):
    made = bucket.notification(topic_name="drops", payload_format="JSON_API_V1")
    made.create()
    bucket.notification(topic_name="more").create()
    assert [found.notification_id for found in bucket.list_notifications()] == ["1", "2"]
    assert bucket.get_notification("1").payload_format == "JSON_API_V1"
    made.delete()
    assert not made.exists()
    assert [found.notification_id for found in bucket.list_notifications()] == ["2"]


def test_the_policy_can_be_read_and_rights_asked_for(bucket):
    assert bucket.get_iam_policy().version == 1
    asked = ["storage.objects.get", "storage.objects.create"]
    assert bucket.test_iam_permissions(asked) == asked


def test_the_storage_layout_is_flat(server, bucket):
    answer = server.request("GET", f"/storage/v1/b/{bucket.name}/storageLayout").json
    assert answer["hierarchicalNamespace"] == {"enabled": False}
    folders = server.request("GET", f"/storage/v1/b/{bucket.name}/managedFolders").json
    assert "items" not in folders


def test_the_stores_own_account_has_an_address(client):
    assert "@" in client.get_service_account_email()


@pytest.mark.parametrize("path", ["", "/storageLayout", "/iam", "/notificationConfigs", "/o"])
def test_a_missing_bucket_is_not_found(server, client, path):
    assert server.request("GET", f"/storage/v1/b/no-such-bucket{path}").status == 404
    with pytest.raises(NotFound):
        client.get_bucket("no-such-bucket")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/storage/v1/b/data-bkt/o/a/acl"),
        ("POST", "/storage/v1/b/data-bkt/lockRetentionPolicy"),
        ("PUT", "/storage/v1/b/data-bkt/iam"),
        ("GET", "/storage/v1/projects/p/hmacKeys"),
        ("DELETE", "/storage/v1/b"),
    ],
)
def test_what_is_not_answered_says_so_by_name(server, method, path):
    answer = server.request(method, path)
    assert answer.status == 501
    assert f"{method} {path}" in answer.json["error"]["message"]


def test_a_body_that_is_no_json_is_refused(server, client, bucket):
    assert server.request("POST", "/storage/v1/b?project=p", "{").status == 400
    assert server.request("PATCH", f"/storage/v1/b/{bucket.name}", "[1]").status == 400
    blob = bucket.blob("a")
    blob.upload_from_string(b"x")
    blob.metadata = {"number": 1}
    server.request("PATCH", blob.path, '{"metadata": {"k": {"deep": 1}}}')
    with pytest.raises(BadRequest):
        client._connection.api_request("PATCH", blob.path, data={"metadata": {"k": [1]}})
