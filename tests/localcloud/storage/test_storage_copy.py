"""Copy, rewrite, compose, move."""

from __future__ import annotations

import json

import pytest
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed


@pytest.fixture
def source(bucket):
    blob = bucket.blob("source")
    blob.metadata = {"k": "v"}
    blob.upload_from_string(b"hello", content_type="text/x-hello")
    return blob


def test_a_copy_is_a_new_object_with_the_same_bytes_and_metadata(bucket, source):
    copied = bucket.copy_blob(source, bucket, "target")
    assert copied.generation > source.generation
    found = bucket.get_blob("target")
    assert (found.md5_hash, found.crc32c) == (source.md5_hash, source.crc32c)
    assert (found.content_type, found.metadata) == ("text/x-hello", {"k": "v"})
    source.delete()
    assert bucket.blob("target").download_as_bytes() == b"hello"


def test_a_copy_may_go_to_another_bucket(server, bucket, source):
    other = bucket.client.bucket("data-bkt")
    bucket.copy_blob(source, other, "target")
    assert other.blob("target").download_as_bytes() == b"hello"


def test_a_copy_pins_its_source_and_its_target(bucket, source):
    with pytest.raises(NotFound):
        bucket.copy_blob(source, bucket, "t", source_generation=1)
    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "t", if_source_generation_match=1)
    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "source", if_generation_match=0)
    with pytest.raises(NotFound):
        bucket.copy_blob(bucket.blob("no"), bucket, "t")
    assert bucket.get_blob("t") is None


def test_a_rewrite_is_done_in_one_step(bucket, source):
    token, rewritten, total = bucket.blob("target").rewrite(source)
    assert (token, rewritten, total) == (None, 5, 5)
    assert bucket.blob("target").download_as_bytes() == b"hello"


def test_a_rewrite_can_change_the_storage_class(bucket, source):
    source.update_storage_class("NEARLINE")
    found = bucket.get_blob("source")
    assert found.storage_class == "NEARLINE"
    assert found.download_as_bytes() == b"hello"


def test_a_composition_is_its_parts_in_order(bucket):
    for name in "abc":
        bucket.blob(name).upload_from_string(name * 3)
    whole = bucket.blob("whole")
    whole.content_type = "text/plain"
    whole.compose([bucket.blob(name) for name in "cab"])
    assert whole.download_as_bytes() == b"cccaaabbb"
    assert (whole.component_count, whole.md5_hash) == (3, None)
    assert whole.content_type == "text/plain"
    whole.compose([whole, bucket.blob("a")])
    assert bucket.get_blob("whole").component_count == 4


def test_a_copy_of_a_composition_stays_one(bucket):
    bucket.blob("a").upload_from_string(b"aaa")
    whole = bucket.blob("whole")
    whole.compose([bucket.blob("a"), bucket.blob("a")])
    bucket.copy_blob(whole, bucket, "copy")
    found = bucket.get_blob("copy")
    assert (found.component_count, found.md5_hash, found.crc32c) == (2, None, whole.crc32c)


def test_a_composition_has_at_most_32_parts(bucket, source):
    with pytest.raises(BadRequest, match="32"):
        bucket.blob("whole").compose([source] * 33)
    bucket.blob("whole").compose([source] * 32)
    assert bucket.get_blob("whole").size == 160


def test_a_composition_pins_its_parts_and_its_target(bucket, source):
    whole = bucket.blob("whole")
    with pytest.raises(PreconditionFailed):
        whole.compose([source], if_source_generation_match=[1])
    whole.compose([source], if_source_generation_match=[source.generation], if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        whole.compose([source], if_generation_match=0)
    with pytest.raises(NotFound):
        whole.compose([bucket.blob("no")])


def test_a_move_renames(server, bucket, source):
    moved = bucket.move_blob(source, "moved")
    assert moved.metadata == {"k": "v"}
    assert [blob.name for blob in bucket.list_blobs()] == ["moved"]
    assert bucket.blob("moved").download_as_bytes() == b"hello"


def test_a_move_keeps_its_preconditions(bucket, source):
    bucket.blob("taken").upload_from_string(b"x")
    with pytest.raises(PreconditionFailed):
        bucket.move_blob(source, "taken", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.move_blob(source, "free", if_source_generation_match=1)
    with pytest.raises(NotFound):
        bucket.move_blob(bucket.blob("no"), "free")
    assert {blob.name for blob in bucket.list_blobs()} == {"source", "taken"}


def test_rename_of_googles_client_works(bucket, source):
    bucket.rename_blob(source, "renamed")
    assert [blob.name for blob in bucket.list_blobs()] == ["renamed"]


def test_each_of_them_is_finalized(server, bucket, source):
    before = len(server.events())
    bucket.copy_blob(source, bucket, "copied")
    bucket.blob("rewritten").rewrite(source)
    bucket.blob("composed").compose([source, source])
    bucket.move_blob(source, "moved")
    events = server.events()[before:]
    assert [event["name"] for event in events] == ["copied", "rewritten", "composed", "moved"]
    assert "md5Hash" not in events[2]
    assert json.dumps(events[3]["metadata"]) == '{"k": "v"}'
