"""One job's program: archives unpacked, the module run, each of its lines stamped."""

from __future__ import annotations

import http.server
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.ml import task
from localcloud.ml.job import Job

TASK = b"""
import sys, numpy
print("words", *sys.argv[1:])
print("careful", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""
REQUIRES = b"numpy>=1\nno-such-thing==1\n\n[extra]\nneither-this\n"
Output = pytest.CaptureFixture[str]


def source_archive(**files: bytes) -> bytes:
    """A `.tar.gz` as `setup.py sdist` makes it."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for name, content in files.items():
            member = tarfile.TarInfo(f"trainer-0.0.0/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return data.getvalue()


def wheel(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return data.getvalue()


PACKAGE = {
    "trainer/__init__.py": b"",
    "trainer/task.py": TASK,
    "trainer.egg-info/requires.txt": REQUIRES,
}
ARCHIVES = {
    "t.tar.gz": source_archive(**PACKAGE),
    "t.whl": wheel(**PACKAGE),
    "evil.tar.gz": source_archive(**{"../../../evil.py": b""}),
    "torn.tar.gz": source_archive(**PACKAGE)[:200],
}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answers downloads as the JSON API does."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2].removesuffix("?alt=media")
            found = ARCHIVES.get(name)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever).start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


def run(folder: Path, archive: str, *args: str) -> int:
    body = {"packageUris": [f"gs://staging/{archive}"], "pythonModule": "trainer.task"}
    job = Job.of({"jobId": "a_job", "trainingInput": body | {"args": list(args)}}, "")
    file = folder / "a_job.json"
    file.write_bytes(job.to_json())
    return task.main([str(file), str(folder / "a_job")])


def lines(capsys: Output) -> list[tuple[str, str]]:
    """(severity, message) of every line, each of which tells its time."""
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["time"].startswith("20") for line in told)
    return [(line["severity"], line["message"]) for line in told]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("archive", ["t.tar.gz", "t.whl"])
def test_a_package_is_run_and_its_lines_are_told(
    archive: str, tmp_path: Path, capsys: Output
) -> None:
    assert run(tmp_path, archive, "0", "--rate", "1") == 0
    told = lines(capsys)
    assert ("INFO", "words 0 --rate 1") in told
    assert ("ERROR", "careful") in told
    assert told[-1] == ("INFO", "the job succeeded")
    warned = [message for severity, message in told if severity == "WARNING"]
    assert warned == ["no-such-thing is required by the package and not installed here"]


@pytest.mark.usefixtures("store")
def test_its_exit_code_is_the_module_s(tmp_path: Path, capsys: Output) -> None:
    assert run(tmp_path, "t.tar.gz", "7") == 7
    assert lines(capsys)[-1] == ("INFO", "the job ended with exit code 7")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("archive", "words"),
    [
        ("none.tar.gz", "gs://staging/none.tar.gz cannot be read: HTTP 404"),
        ("torn.tar.gz", "torn.tar.gz cannot be unpacked: "),
        ("evil.tar.gz", "evil.tar.gz cannot be unpacked: "),
    ],
)
def test_a_package_that_cannot_be_had_ends_the_job(
    archive: str, words: str, tmp_path: Path, capsys: Output
) -> None:
    assert run(tmp_path, archive, "0") == task.BAD_PACKAGE
    severity, message = lines(capsys)[-2]
    assert severity == "ERROR"
    assert message.startswith(words)
    assert not list(tmp_path.parent.glob("evil.py"))
