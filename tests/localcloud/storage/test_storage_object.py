"""Objects through google-cloud-storage: put, get, stat, list, delete, preconditions, events."""

from __future__ import annotations

import pytest
from google.api_core.exceptions import NotFound, PreconditionFailed

ODD_NAMES = [
    "data/iris/iris.csv",
    "with space and #hash?query=1&x",
    "percent%2Fencoded",
    "../../etc/passwd",
    "a/../b",
    "trailing/",
    "//double",
    "🌸/ü/日本",
    "plus+and'quotes\"",
    "x" * 1024,
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_object_name_is_opaque(bucket, name):
    bucket.blob(name).upload_from_string(name.encode())
    assert bucket.get_blob(name).name == name
    assert bucket.blob(name).download_as_bytes() == name.encode()
    assert [blob.name for blob in bucket.list_blobs()] == [name]
    bucket.blob(name).delete()
    assert not bucket.blob(name).exists()


@pytest.mark.parametrize("name", ["x" * 1025, "line\nfeed", ".", ".."])
def test_a_name_that_google_refuses_is_refused(server, bucket, name):
    from urllib.parse import quote

    assert server.put(bucket.name, quote(name, safe=""), b"x").status == 400


def test_an_upload_returns_true_checksums_size_and_generation(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"hello", content_type="text/csv")
    assert (blob.size, blob.content_type, blob.metageneration) == (5, "text/csv", 1)
    assert (blob.md5_hash, blob.crc32c) == ("XUFAKrxLKna5cZ2REBfFkg==", "mnG7TA==")
    assert blob.generation > 10**15


def test_generations_of_a_name_grow(bucket):
    blob, seen = bucket.blob("a"), []
    for _ in range(20):
        blob.upload_from_string(b"x")
        seen.append(blob.generation)
    assert seen == sorted(set(seen))


def test_a_missing_object_is_not_found(bucket):
    assert bucket.get_blob("nothing") is None
    with pytest.raises(NotFound, match="No such object"):
        bucket.blob("nothing").download_as_bytes()
    with pytest.raises(NotFound):
        bucket.blob("nothing").delete()


def test_a_missing_bucket_is_not_found(client):
    with pytest.raises(NotFound):
        client.bucket("no-such-bucket").blob("a").upload_from_string(b"x")
    with pytest.raises(NotFound):
        list(client.bucket("no-such-bucket").list_blobs())


def test_a_read_pinned_to_an_old_generation_is_not_found(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one")
    old = blob.generation
    assert bucket.blob("a", generation=old).download_as_bytes() == b"one"
    bucket.blob("a").upload_from_string(b"two")
    assert bucket.get_blob("a", generation=old) is None
    with pytest.raises(NotFound):
        bucket.blob("a", generation=old).download_as_bytes()


def test_a_second_write_with_the_same_precondition_is_refused(bucket):
    bucket.blob("a").upload_from_string(b"one", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("a").upload_from_string(b"two", if_generation_match=0)
    assert bucket.blob("a").download_as_bytes() == b"one"


@pytest.mark.parametrize("given", ["if_generation_match", "if_metageneration_match"])
def test_a_precondition_that_does_not_hold_refuses_every_verb(bucket, given):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one")
    wrong = {given: 7}
    for verb in (
        lambda: bucket.blob("a").upload_from_string(b"two", **wrong),
        lambda: bucket.blob("a").download_as_bytes(**wrong),
        lambda: bucket.blob("a").reload(**wrong),
        lambda: bucket.blob("a").patch(**wrong),
        lambda: bucket.blob("a").delete(**wrong),
    ):
        with pytest.raises(PreconditionFailed):
            verb()
    assert bucket.blob("a").download_as_bytes() == b"one"


def test_a_precondition_that_holds_lets_every_verb_pass(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one", if_generation_match=0)
    blob.upload_from_string(b"two", if_generation_match=blob.generation)
    here = {"if_generation_match": blob.generation, "if_metageneration_match": 1}
    assert bucket.blob("a").download_as_bytes(**here) == b"two"
    blob.metadata = {"k": "v"}
    blob.patch(**here)
    bucket.blob("a").delete(if_generation_match=blob.generation, if_metageneration_match=2)
    assert bucket.get_blob("a") is None


def test_generation_not_match_tells_a_reader_that_nothing_changed(server, bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one")
    path = f"/storage/v1/b/{bucket.name}/o/a?ifGenerationNotMatch="
    assert server.request("GET", f"{path}{blob.generation}&alt=media").status == 304
    assert server.request("GET", f"{path}{blob.generation}").status == 304
    assert server.request("GET", f"{path}1&alt=media").body == b"one"


def test_generation_not_match_refuses_a_write(bucket):
    blob = bucket.blob("a")
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"one", if_generation_not_match=0)
    blob.upload_from_string(b"one")
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"two", if_generation_not_match=blob.generation)


def test_patching_metadata_bumps_the_metageneration_only(bucket):
    blob = bucket.blob("a")
    blob.metadata = {"kept": "1", "gone": "2"}
    blob.upload_from_string(b"one")
    generation = blob.generation
    blob.metadata = {"gone": None, "new": "3"}
    blob.content_language = "en"
    blob.patch()
    found = bucket.get_blob("a")
    assert (found.generation, found.metageneration) == (generation, 2)
    assert found.metadata == {"kept": "1", "new": "3"}
    assert found.content_language == "en"
    assert found.updated >= found.time_created


def test_an_update_replaces_custom_metadata(bucket):
    blob = bucket.blob("a")
    blob.metadata = {"old": "1"}
    blob.upload_from_string(b"one")
    blob.metadata = {"new": "2"}
    blob.update()
    assert bucket.get_blob("a").metadata == {"new": "2"}


def test_deletes_many_in_one_batch(client, bucket):
    for name in "abc":
        bucket.blob(name).upload_from_string(b"x")
    with client.batch():
        for name in "abc":
            bucket.blob(name).delete()
    assert list(bucket.list_blobs()) == []


def test_a_batch_tells_each_failure(bucket):
    bucket.blob("a").upload_from_string(b"x")
    failed = []
    bucket.delete_blobs([bucket.blob("missing"), bucket.blob("a")], on_error=failed.append)
    assert [blob.name for blob in failed] == ["missing"]
    assert bucket.get_blob("a") is None


def test_a_batch_with_a_failure_raises_it_and_does_the_rest(client, bucket):
    bucket.blob("a").upload_from_string(b"x")
    batch = client.batch()
    with pytest.raises(NotFound), batch:  # noqa: PT012
        bucket.blob("missing").delete()
        bucket.blob("a").delete()
    assert bucket.get_blob("a") is None


def test_a_create_and_an_overwrite_each_leave_a_finalize_event(server, bucket):
    before, calls = len(server.events()), len(server.finalized)
    blob = bucket.blob("a")
    blob.metadata = {"k": "v"}
    blob.upload_from_string(b"one")
    blob.upload_from_string(b"four")
    created, overwritten = server.events()[before:]
    assert len(server.finalized) == calls + 2
    assert overwritten["generation"] == str(blob.generation)
    assert created["generation"] < overwritten["generation"]
    assert created["metadata"] == {"k": "v"}
    assert created["id"] == f"{bucket.name}/a/{created['generation']}"
    assert overwritten["size"] == "4"
    assert set(created) >= {
        "kind", "bucket", "name", "metageneration", "contentType", "timeCreated", "updated",
        "storageClass", "md5Hash", "crc32c", "etag", "selfLink", "mediaLink",
    }  # fmt: skip


def test_neither_a_patch_nor_a_delete_nor_a_refused_write_is_finalized(server, bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one")
    before = len(server.events())
    blob.metadata = {"k": "v"}
    blob.patch()
    with pytest.raises(PreconditionFailed):
        bucket.blob("a").upload_from_string(b"two", if_generation_match=0)
    blob.delete()
    assert len(server.events()) == before
