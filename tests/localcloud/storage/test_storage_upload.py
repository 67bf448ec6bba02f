"""Uploads: in one request, in many, streamed, corrupt, cut."""

from __future__ import annotations

import io
import json
import socket

import pytest
from google.api_core.exceptions import GoogleAPIError
from google.cloud.storage.exceptions import InvalidResponse

MEGABYTE = 1 << 20


def multipart(
    line_end: str, mark: str = "===============1==", media: bytes = b"a,b\r\n1,2\r"
) -> bytes:
    head = ["--" + mark, "content-type: application/json", "", json.dumps(METADATA)]
    head += ["--" + mark, "content-type: text/csv", "", ""]
    return line_end.join(head).encode() + media + f"{line_end}--{mark}--{line_end}".encode()


METADATA = {"name": "from/json.csv", "metadata": {"k": "v"}}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
@pytest.mark.parametrize("prefix", ["/upload", "/resumable/upload"])
def test_a_multipart_upload_is_read_whatever_its_line_ends_and_quotes(
    server, bucket, line_end, quote, prefix
):
    content_type = f"multipart/related; boundary={quote}==============={1}=={quote}"
    answer = server.request(
        "POST",
        f"{prefix}/storage/v1/b/{bucket.name}/o?uploadType=multipart&alt=json",
        multipart(line_end),
        {"content-type": content_type},
    )
    assert answer.status == 200
    blob = bucket.get_blob("from/json.csv")
    assert (blob.content_type, blob.metadata) == ("text/csv", {"k": "v"})
    assert blob.download_as_bytes() == b"a,b\r\n1,2\r"


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", multipart("\r\n")[:-20], multipart("\n")[:40], multipart("\n") + b"x" * 99],
)
def test_a_malformed_multipart_upload_is_refused(server, bucket, body):
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart"
    headers = {"content-type": "multipart/related; boundary='===============1=='"}
    assert server.request("POST", path, body, headers).status == 400
    assert list(bucket.list_blobs()) == []


def test_an_unknown_upload_type_is_refused(server, bucket):
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=carrier-pigeon&name=a"
    assert server.request("POST", path, b"x").status == 400


def test_media_that_looks_like_a_boundary_is_kept(bucket):
    data = b"\r\n--===============\r\n--" * 5000
    bucket.blob("a").upload_from_string(data)
    assert bucket.blob("a").download_as_bytes() == data


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, MEGABYTE - 1, 3 * MEGABYTE])
def test_a_resumable_upload_in_chunks_arrives_whole(bucket, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    blob = bucket.blob("a", chunk_size=256 * 1024)
    blob.metadata = {"k": "v"}
    blob.upload_from_file(io.BytesIO(data), size=size, checksum="crc32c")
    assert bucket.blob("a").download_as_bytes(checksum="md5") == data
    assert bucket.get_blob("a").metadata == {"k": "v"}


def test_a_stream_of_unknown_length_arrives_whole(bucket):
    with bucket.blob("a").open("wb", chunk_size=256 * 1024) as stream:
        for _ in range(70):
            stream.write(b"0123456789" * 1000)
    assert bucket.blob("a").download_as_bytes() == b"0123456789" * 70_000


def test_a_stream_that_ends_on_a_chunk_arrives_whole(bucket):
    with bucket.blob("a").open("wb", chunk_size=256 * 1024) as stream:
        stream.write(b"x" * 512 * 1024)
    assert bucket.get_blob("a").size == 512 * 1024


def test_a_large_file_goes_up_and_down_unchanged(bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"0123456789abcdef" * (20 * MEGABYTE // 16))
    bucket.blob("a").upload_from_filename(source, checksum="md5")
    bucket.blob("a").download_to_filename(target, checksum="crc32c")
    assert target.read_bytes() == source.read_bytes()


def start(server, bucket, query="", **headers):
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&name=a{query}"
    answer = server.request("POST", path, b"{}", headers)
    assert answer.status == 200
    return answer.headers["location"].removeprefix(server.url)


def send(server, session, data, content_range):
    return server.request("PUT", session, data, {"content-range": content_range})


def test_a_session_tells_how_much_has_arrived(server, bucket):
    session = start(server, bucket)
    empty = send(server, session, b"", "bytes */*")
    assert (empty.status, empty.headers.get("range")) == (308, None)
    half = send(server, session, b"x" * 262144, "bytes 0-262143/*")
    assert (half.status, half.headers["range"]) == (308, "bytes=0-262143")
    assert send(server, session, b"", "bytes */300000").headers["range"] == "bytes=0-262143"
    done = send(server, session, b"y" * 37856, "bytes 262144-299999/300000")
    assert (done.status, done.json["size"]) == (200, "300000")
    again = send(server, session, b"", "bytes */*")
    assert (again.status, again.json["generation"]) == (200, done.json["generation"])


def test_bytes_sent_twice_count_once(server, bucket):
    session = start(server, bucket)
    send(server, session, b"abcdef", "bytes 0-5/*")
    done = send(server, session, b"defghi", "bytes 3-8/9")
    assert done.status == 200
    assert bucket.blob("a").download_as_bytes() == b"abcdefghi"


def test_bytes_after_a_gap_are_not_taken(server, bucket):
    session = start(server, bucket)
    answer = send(server, session, b"def", "bytes 3-5/6")
    assert (answer.status, answer.headers.get("range")) == (308, None)
    assert bucket.get_blob("a") is None


def test_a_session_without_content_range_takes_all_at_once(server, bucket):
    session = start(server, bucket)
    assert server.request("PUT", session, b"whole").json["size"] == "5"


def test_a_cancelled_session_is_gone(server, bucket):
    session = start(server, bucket)
    assert server.request("DELETE", session).status == 499
    assert send(server, session, b"", "bytes */*").status == 404


def test_a_session_checks_its_precondition_at_the_end_too(server, bucket):
    session = start(server, bucket, "&ifGenerationMatch=0")
    bucket.blob("a").upload_from_string(b"was faster")
    assert send(server, session, b"late", "bytes 0-3/4").status == 412
    assert bucket.blob("a").download_as_bytes() == b"was faster"


def test_a_session_whose_precondition_fails_is_not_started(server, bucket):
    bucket.blob("a").upload_from_string(b"there")
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&name=a&ifGenerationMatch=0"
    assert server.request("POST", path, b"{}").status == 412


@pytest.mark.parametrize("wrong", ["crc32c=AAAAAA==", "md5=1B2M2Y8AsgTpgAmY7PhCfg=="])
def test_corrupt_bytes_are_refused(server, bucket, wrong):
    answer = server.put(bucket.name, "a", b"hello", **{"x-goog-hash": wrong})
    assert answer.status == 400
    assert "doesn't match calculated" in answer.json["error"]["message"]
    session = start(server, bucket, **{"x-goog-hash": wrong})
    assert send(server, session, b"hello", "bytes 0-4/5").status == 400
    assert list(bucket.list_blobs()) == []


def test_a_checksum_in_the_metadata_is_checked(bucket):
    blob = bucket.blob("a")
    blob.md5_hash = "1B2M2Y8AsgTpgAmY7PhCfg=="
    with pytest.raises((GoogleAPIError, InvalidResponse)):
        blob.upload_from_string(b"hello")
    assert bucket.get_blob("a") is None


@pytest.mark.parametrize("kind", ["media", "multipart"])
def test_an_upload_cut_half_way_leaves_nothing(server, bucket, kind):
    head = (
        f"POST /upload/storage/v1/b/{bucket.name}/o?uploadType={kind}&name=a HTTP/1.1\r\n"
        "host: x\r\ncontent-length: 1000000\r\n"
        "content-type: multipart/related; boundary===============1==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + multipart("\r\n")[:-30] + b"x" * 500_000)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    assert list(bucket.list_blobs()) == []
    assert list(server.storage.uploads.iterdir()) == []


def test_overwriting_leaves_one_file_and_deleting_none(server, bucket):
    before = set(server.storage.objects.iterdir())
    for _ in range(3):
        bucket.blob("a").upload_from_string(b"x")
    assert len(set(server.storage.objects.iterdir()) - before) == 1
    bucket.blob("a").delete()
    assert set(server.storage.objects.iterdir()) == before


def test_more_bytes_than_announced_are_refused(server, bucket):
    session = start(server, bucket)
    assert send(server, session, b"abcdef", "bytes 0-5/3").status == 400
    assert bucket.get_blob("a") is None
    assert send(server, session, b"abc", "bytes 0-2/3").status == 200


def test_two_requests_of_one_session_at_once_do_not_mix(server, bucket):
    session = start(server, bucket)
    head = f"PUT {session} HTTP/1.1\r\nhost: x\r\ncontent-range: bytes 0-9/10\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(f"{head}content-length: 10\r\n\r\n01234".encode())
        asked = (send(server, session, b"", "bytes */10").status for _ in range(200))
        assert 503 in asked  # 308 until the first request has been seen
        slow.sendall(b"56789")
        assert b"200 OK" in slow.recv(65536)
    assert bucket.blob("a").download_as_bytes() == b"0123456789"
