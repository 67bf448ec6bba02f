"""Many callers at once, much data in little memory, and `kill -9` at any moment."""

from __future__ import annotations

import http.client
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from google.api_core.exceptions import PreconditionFailed

from tests.localcloud.storage.storage_server import serving

SERVER = """
import socket, sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from localcloud.storage import Access, Storage, routes
storage = Storage(Path(sys.argv[1]))
storage.ensure_bucket("bkt")
app = Starlette(routes=routes(storage, lambda headers: None, Access("p", {})))
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(128)
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
uvicorn.Server(config).run(sockets=[listener])
"""


class Process:
    """A local storage in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(root)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def put(self, name, data, query=""):
        path = f"/upload/storage/v1/b/bkt/o?uploadType=media&name={name}{query}"
        return self.request("POST", path, data)

    def peak_memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def test_of_twenty_racing_creators_one_wins(server, bucket):
    def create(number):
        try:
            with server.client() as client:
                blob = client.bucket(bucket.name).blob("a")
                blob.upload_from_string(str(number), if_generation_match=0)
        except PreconditionFailed:
            return None
        return number

    with ThreadPoolExecutor(20) as pool:
        winners = [number for number in pool.map(create, range(20)) if number is not None]
    assert len(winners) == 1
    assert bucket.blob("a").download_as_bytes() == str(winners[0]).encode()


def test_twenty_threads_put_and_get_without_an_error(server, bucket):
    def work(thread):
        with server.client() as client:
            for number in range(50):
                blob = client.bucket(bucket.name).blob(f"{thread}/{number}")
                blob.upload_from_string(f"{thread} {number}")
                assert blob.download_as_bytes() == f"{thread} {number}".encode()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    assert sum(1 for _ in bucket.list_blobs()) == 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to read memory")
@pytest.mark.parametrize("kind", ["media", "resumable"])
def test_a_large_object_stays_out_of_memory(tmp_path, kind):
    size, piece = 200 << 20, b"0123456789abcdef" * 65536
    pieces = (piece for _ in range(size // len(piece)))
    length = {"content-length": str(size)}
    with Process(tmp_path) as storage:
        storage.put("warm", piece)
        before = storage.peak_memory()
        path = f"/upload/storage/v1/b/bkt/o?uploadType={kind}&name=large"
        if kind == "resumable":
            session = storage.request("POST", path, b"{}")[2]["location"]
            path = session[session.index("/upload/") :]
        method = "PUT" if kind == "resumable" else "POST"
        assert storage.request(method, path, pieces, length)[0] == 200
        connection = http.client.HTTPConnection("127.0.0.1", storage.port, timeout=60)
        connection.request("GET", "/download/storage/v1/b/bkt/o/large?alt=media")
        answer, total = connection.getresponse(), 0
        while data := answer.read(1 << 20):
            total += len(data)
        connection.close()
        assert total == size
        assert storage.peak_memory() - before < 16


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path):
    acknowledged, lock = {}, threading.Lock()

    def write(storage, thread):
        for number in range(10_000):
            name, data = f"{thread}-{number % 7}", f"{thread} {number}".encode() * 500
            try:
                status, *_ = storage.put(name, data)
            except (OSError, http.client.HTTPException):
                with lock:  # whether it counts is open: either is right
                    acknowledged[name] = {acknowledged.get(name), data}
                return
            assert status == 200
            with lock:
                acknowledged[name] = data

    for moment in (0.15, 0.3):
        with Process(tmp_path) as storage:
            threads = [
                threading.Thread(target=write, args=(storage, thread)) for thread in range(4)
            ]
            for thread in threads:
                thread.start()
            threads[0].join(moment)
            storage.kill()
            for thread in threads:
                thread.join()
            (tmp_path / "objects" / "stray").write_bytes(b"x")
        with Process(tmp_path) as storage:
            for name, expected in list(acknowledged.items()):
                status, found, _ = storage.request("GET", f"/storage/v1/b/bkt/o/{name}?alt=media")
                found = found if status == 200 else None
                assert found in expected if isinstance(expected, set) else found == expected
                acknowledged[name] = found
            database = sqlite3.connect(tmp_path / "storage.sqlite")
            rows = {file for (file,) in database.execute("SELECT file FROM objects")}
            events = database.execute("SELECT COUNT(*) FROM outbox").fetchone()[0]
            database.close()
            assert rows == {path.name for path in (tmp_path / "objects").iterdir()}
            assert list((tmp_path / "uploads").iterdir()) == []
            assert events >= len(rows) > 0


def test_a_resumable_session_survives_kill_9(tmp_path):
    first, second = b"a" * (1 << 20), b"b" * (1 << 20)
    with Process(tmp_path) as storage:
        path = "/upload/storage/v1/b/bkt/o?uploadType=resumable&name=a"
        session = storage.request("POST", path, b"{}")[2]["location"]
        session = session[session.index("/upload/") :]
        sent = storage.request("PUT", session, first, {"content-range": "bytes 0-1048575/*"})
        assert sent[0] == 308
    with Process(tmp_path) as storage:
        status, _, headers = storage.request("PUT", session, b"", {"content-range": "bytes */*"})
        assert (status, headers["range"]) == (308, "bytes=0-1048575")
        rest = {"content-range": "bytes 1048576-2097151/2097152"}
        assert storage.request("PUT", session, second, rest)[0] == 200
        _, found, _ = storage.request("GET", "/storage/v1/b/bkt/o/a?alt=media")
        assert found == first + second


def test_everything_is_there_after_a_restart(tmp_path):
    with serving(tmp_path) as server, server.client() as client:
        server.storage.ensure_bucket("data-bkt")
        bucket = client.bucket("data-bkt")
        blob = bucket.blob("a")
        blob.metadata = {"k": "v"}
        blob.upload_from_string(b"one")
    with serving(tmp_path) as server, server.client() as client:
        server.storage.ensure_bucket("data-bkt")
        again = client.bucket("data-bkt").get_blob("a")
        assert (again.generation, again.metadata) == (blob.generation, {"k": "v"})
        assert again.download_as_bytes() == b"one"
        assert [event["name"] for event in server.events()] == ["a"]
        other = client.bucket("data-bkt").blob("b")
        other.upload_from_string(b"two")
        assert other.generation > blob.generation
