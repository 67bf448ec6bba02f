"""Downloads: ranges, headers, gzip, and reads that go on while the object changes."""

from __future__ import annotations

import gzip

import pytest
from google.api_core.exceptions import RequestRangeNotSatisfiable

TEXT = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def blob(client):
    blob = client.create_bucket("downloads").blob("dir/a b")
    blob.metadata = {"card": "card-1.json"}
    blob.upload_from_string(TEXT, content_type="application/x-test")
    return blob


def media(server, blob, prefix="/download", **headers):
    path = f"{prefix}/storage/v1/b/{blob.bucket.name}/o/dir%2Fa%20b?alt=media"
    return server.request("GET", path, headers=headers)


@pytest.mark.parametrize("prefix", ["", "/download"])
def test_bytes_come_with_what_the_object_is(server, blob, prefix):
    answer = media(server, blob, prefix)
    assert (answer.status, answer.body) == (200, TEXT)
    assert answer.headers["content-type"] == "application/x-test"
    assert answer.headers["content-length"] == str(len(TEXT))
    assert answer.headers["x-goog-generation"] == str(blob.generation)
    assert answer.headers["x-goog-metageneration"] == "1"
    assert answer.headers["x-goog-hash"] == f"crc32c={blob.crc32c},md5={blob.md5_hash}"
    assert answer.headers["x-goog-stored-content-encoding"] == "identity"
    assert answer.headers["x-goog-stored-content-length"] == str(len(TEXT))
    assert answer.headers["x-goog-meta-card"] == "card-1.json"


@pytest.mark.parametrize(
    ("asked", "expected", "said"),
    [
        ("bytes=0-9", TEXT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", TEXT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", TEXT[-24:], "bytes 1000-1023/1024"),
        ("bytes=-5000", TEXT, "bytes 0-1023/1024"),
        ("bytes=5-5", TEXT[5:6], "bytes 5-5/1024"),
        ("bytes=1000-99999", TEXT[1000:], "bytes 1000-1023/1024"),
    ],
)
def test_a_range_is_answered_with_just_that(server, blob, asked, expected, said):
    answer = media(server, blob, range=asked)
    assert (answer.status, answer.body) == (206, expected)
    assert answer.headers["content-range"] == said


@pytest.mark.parametrize(
    "asked", ["bytes=9-5", "lines=1-2", "bytes=a-b", "bytes=0-1,5-6", "bytes=-"]
)
def test_a_range_that_is_none_is_ignored(server, blob, asked):
    assert media(server, blob, range=asked).status == 200


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_behind_the_end_is_not_satisfiable(server, blob, asked):
    assert media(server, blob, range=asked).status == 416


def test_googles_client_reads_ranges(blob):
    assert blob.download_as_bytes(start=3, end=9) == TEXT[3:10]
    with pytest.raises(RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=5000)


def test_googles_client_streams_in_chunks(blob):
    with blob.open("rb", chunk_size=256 * 1024) as stream:
        assert stream.read(100) == TEXT[:100]
        stream.seek(-10, 2)
        assert stream.read() == TEXT[-10:]


def test_an_empty_object_reads_as_nothing(bucket):
    bucket.blob("a").upload_from_string(b"")
    assert bucket.blob("a").download_as_bytes() == b""


@pytest.fixture(scope="module")
def zipped(client):
    blob = client.create_bucket("zipped").blob("dir/a b")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(TEXT * 1000), content_type="text/plain")
    return blob


def test_gzip_is_taken_off_for_a_caller_that_does_not_accept_it(server, zipped):
    answer = media(server, zipped)
    assert answer.body == TEXT * 1000
    assert "content-encoding" not in answer.headers
    assert answer.headers["x-goog-stored-content-encoding"] == "gzip"


def test_gzip_stays_for_a_caller_that_accepts_it(server, zipped):
    answer = media(server, zipped, **{"accept-encoding": "gzip"})
    assert gzip.decompress(answer.body) == TEXT * 1000
    assert answer.headers["content-encoding"] == "gzip"


def test_gzip_stays_where_the_object_forbids_to_take_it_off(server, client):
    blob = client.create_bucket("no-transform").blob("dir/a b")
    blob.content_encoding, blob.cache_control = "gzip", "no-transform"
    blob.upload_from_string(gzip.compress(TEXT))
    answer = media(server, blob)
    assert (gzip.decompress(answer.body), answer.headers["content-encoding"]) == (TEXT, "gzip")


def test_googles_client_gets_the_plain_bytes_or_the_raw_ones(zipped):
    assert zipped.download_as_bytes() == TEXT * 1000
    assert gzip.decompress(zipped.download_as_bytes(raw_download=True)) == TEXT * 1000


def test_a_missing_object_says_so_in_plain_text(server, blob):
    answer = server.request("GET", "/download/storage/v1/b/downloads/o/no?alt=media")
    assert (answer.status, answer.body) == (404, b"No such object: downloads/no")


def test_a_read_under_way_is_not_cut_by_an_overwrite(server, bucket):
    import http.client

    old = b"0" * (32 << 20)
    bucket.blob("a").upload_from_string(old)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", f"/download/storage/v1/b/{bucket.name}/o/a?alt=media")
    answer = connection.getresponse()
    first = answer.read(1000)
    bucket.blob("a").upload_from_string(b"new")
    assert first + answer.read() == old
    connection.close()
    assert bucket.blob("a").download_as_bytes() == b"new"
