"""What must not become a version: a bad CSV, and half an upload."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import ROOT, Cloud
from shared.core.source import Source
from tests.asgi import Client

IRIS = ROOT / "examples" / "iris.csv"


def statistics(cloud: Cloud) -> dict[str, Any]:
    """What Eventarc has done so far, once no event is under way."""
    assert cloud.idle()
    told: dict[str, Any] = json.loads(
        cloud.call("googleapis", "GET", "/_local/eventarc/statistics")[1]
    )
    return told


def default_of(cloud: Cloud, model: str) -> str:
    default = cloud.default(model)
    assert default is not None
    return default.version


def test_a_bad_csv_is_refused_once_and_the_old_version_keeps_serving(
    own_cloud: Cloud, tmp_path: Path
) -> None:
    good = own_cloud.drop("data/refusing/iris.csv", IRIS.read_bytes())
    assert own_cloud.settled("refusing", good)["state"] == "live"
    live, before = default_of(own_cloud, "refusing"), statistics(own_cloud)
    file = tmp_path / "bad.csv"
    lines = IRIS.read_text(encoding="utf-8").splitlines()
    lines[7] = lines[7].replace(lines[7].split(",")[1], "wide", 1)
    file.write_text("\n".join(lines), encoding="utf-8")

    words = ["drop", str(file), "--model", "refusing", "--state", str(own_cloud.state)]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    shown = done.stdout + done.stderr
    assert "line 8, column 'sepal_width'" in shown
    assert "Traceback" not in shown
    (source,) = [s for s in own_cloud.sources("refusing") if s.name.endswith("/bad.csv")]
    assert_one_delivery_and_one_story(own_cloud, source, before)
    assert default_of(own_cloud, "refusing") == live
    assert answers_by(own_cloud, "refusing") == live


def assert_one_delivery_and_one_story(cloud: Cloud, source: Source, before: dict[str, Any]) -> None:
    after = statistics(cloud)
    assert after["triggers"]["retrain"]["delivered"] == (
        before["triggers"]["retrain"]["delivered"] + 1
    )
    assert (after["failed"], after["dead"]) == (before["failed"], before["dead"])
    assert len(cloud.versions("refusing")) == 1
    story = cloud.story("refusing", source)
    assert [step["step"] for step in story["steps"]] == ["received", "refused"]
    (finding,) = story["findings"]
    assert (finding["line"], finding["column"]) == (8, "sepal_width")
    stories = {name.split("/")[2] for name in cloud.names("state", "ledger/refusing/")}
    assert len(stories) == 2


def answers_by(cloud: Cloud, model: str) -> str:
    """The version that the predict function answers by."""
    body = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4]]}).encode()
    bearer = f"Bearer {cloud.token()}"
    path = cloud.predict_path(model)
    status, answer = cloud.call("predict", "POST", path, body, Authorization=bearer)
    assert status == 200
    return str(json.loads(answer)["model_version"])


OBJECTS = "/upload/storage/v1/b/{bucket}/o?name=data%2Fcut%2F{name}.csv&uploadType={kind}"
PARTS = (
    b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/csv\r\n\r\n",
    b"\r\n--b--\r\n",
)


def sent(cloud: Cloud, how: str, data: bytes, *, whole: bool) -> bytes:
    """Upload in one request, or half of it and then hang up; what was answered."""
    head, body = "", data
    if how == "multipart":
        head, body = "Content-Type: multipart/related; boundary=b\r\n", data.join(PARTS)
    if how == "chunked":
        head += "Transfer-Encoding: chunked"
        body = b"%x\r\n%b\r\n" % (len(data), data)
        end = b"0\r\n\r\n"
    else:
        head += f"Content-Length: {len(body)}"
        body, end = body[: len(body) // 2], body[len(body) // 2 :]
    path = target(cloud, how, "multipart" if how == "multipart" else "media")
    lines = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n\r\n"
    address = ("127.0.0.1", cloud.configuration.ports["googleapis"])
    with socket.create_connection(address) as connection:
        connection.sendall(lines.encode() + body + (end if whole else b""))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def target(cloud: Cloud, name: str, kind: str) -> str:
    return OBJECTS.format(bucket=cloud.configuration.buckets["data"], name=name, kind=kind)


@pytest.mark.parametrize("how", ["media", "chunked", "multipart"])
def test_an_upload_that_is_cut_half_way_leaves_no_object_and_no_event(
    own_cloud: Cloud, how: str
) -> None:
    data, before = IRIS.read_bytes(), statistics(own_cloud)
    assert b" 200 " not in sent(own_cloud, how, data, whole=False)
    assert_nothing_came(own_cloud, how, before)
    assert b" 200 " in sent(own_cloud, how, data, whole=True)
    assert own_cloud.read("data", f"data/cut/{how}.csv") == data


def assert_nothing_came(cloud: Cloud, name: str, before: dict[str, Any]) -> None:
    assert cloud.read("data", f"data/cut/{name}.csv") is None
    assert statistics(cloud)["triggers"] == before["triggers"]


@pytest.mark.parametrize("part", [0, 1000])
def test_a_resumable_upload_that_is_not_finished_leaves_no_object_and_no_event(
    own_cloud: Cloud, part: int
) -> None:
    data, before = IRIS.read_bytes(), statistics(own_cloud)
    client = Client(own_cloud.configuration.ports["googleapis"])
    name = f"resumed_{part}"
    began = client.send("POST", target(own_cloud, name, "resumable"), {})
    session = began.headers["location"].removeprefix(own_cloud.configuration.url("googleapis"))
    if part:
        span = {"Content-Range": f"bytes 0-{part - 1}/{len(data)}"}
        assert client.send("PUT", session, data[:part], span).status == 308
    assert_nothing_came(own_cloud, name, before)
    span = {"Content-Range": f"bytes {part}-{len(data) - 1}/{len(data)}"}
    assert client.send("PUT", session, data[part:], span).status == 200
    assert own_cloud.read("data", f"data/cut/{name}.csv") == data
