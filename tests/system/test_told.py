"""What the whole loop tells and keeps to itself: the webhook, and an e-mail address in the data."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import Cloud
from cli.command import main
from shared.core import artifact
from shared.core.source import Source
from tests.hook import Hook, hook

CANARY = "canary.bird@coalmine.example"
ROWS = 400
SECRET = "the-hooks-own-key"

Told = tuple[Cloud, Hook]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A local cloud of its own, whose webhook is a real server here."""
    folder = tmp_path_factory.mktemp("told")
    with hook() as at:
        settings = {"NOTIFY_URL": at.url, "NOTIFY_SECRET": SECRET}
        with clouds.local_cloud(folder, environment=settings) as cloud:
            yield cloud, at


def table(extra: str, cells: dict[int, str], other: str = "red,green,blue") -> bytes:
    """A CSV that teaches a model something, with a column more. cells: what stands in it where."""
    dice = random.Random(7)
    words = other.split(",")
    lines = [f"size,weight,{extra},label"]
    for row in range(ROWS):
        label = row % 2
        size, weight = dice.gauss(3 * label, 1), dice.gauss(label, 1)
        cell = cells.get(row, words[row % len(words)])
        lines.append(f"{size:.3f},{weight:.3f},{cell},{'big' if label else 'small'}")
    return "\n".join(lines).encode() + b"\n"


def texts() -> str:
    """Free text, no two alike."""
    return ",".join(f"note {number} about it {number * 7919}" for number in range(ROWS))


THREE = {3: CANARY, 150: CANARY, 333: CANARY}
TABLES = {
    "text": table("remark", THREE, texts()),
    "categorical": table("colour", THREE),
    "headerlike": table("colour", {0: CANARY, 1: "colour", 2: CANARY, 399: CANARY}),
}
REFUSED = {
    "numeric": table("colour", THREE, "1.5,2.5,3.5"),
    "ragged": table("colour", {3: f"{CANARY},{CANARY}", 9: CANARY}),
    "quote": table("colour", {3: f'"{CANARY}', 9: CANARY}),
    "first": f"{CANARY},1.5,small\n".encode() * 3 + b"x,2.5,big\n" * 20,
}


def settle(cloud: Cloud, model: str, data: bytes) -> tuple[Source, str]:
    source = cloud.drop(f"data/{model}/drop.csv", data)
    return source, cloud.settled(model, source)["state"]


def everything(cloud: Cloud) -> Iterator[tuple[str, bytes]]:
    """Every object of MODELS and STATE with its metadata, and every log."""
    for kind in ("models", "state"):
        for item in cloud.objects(kind, ""):
            content = cloud.read(kind, item["name"])
            assert content is not None
            yield f"{kind} {item['name']}", content + repr(item).encode()
    for log in sorted((cloud.state / "logs").rglob("*")):
        if log.is_file():
            yield f"log {log.name}", log.read_bytes()


def test_an_address_in_the_data_is_in_nothing_that_is_written_but_the_model(told: Told) -> None:
    cloud, at = told
    states = {name: settle(cloud, f"canary_{name}", data)[1] for name, data in TABLES.items()}
    assert set(states.values()) == {"live"}, states
    refused = {name: settle(cloud, f"canary_{name}", data)[1] for name, data in REFUSED.items()}
    assert set(refused.values()) == {"refused"}, refused
    again, state = settle(cloud, "canary_categorical", TABLES["categorical"].replace(b"3", b"4"))
    assert state in ("live", "ready", "refused"), again
    assert cloud.idle()
    seen = dict(everything(cloud))
    kinds = ("card-", "report-", ".onnx", "ledger/", "status/", "notices/", "inputs.json", "log ")
    for kind in kinds:
        assert any(kind in name for name in seen), kind
    wanted = (CANARY.encode(), base64.b64encode(CANARY.encode()), b"coalmine")
    leaks = [
        name
        for name, data in seen.items()
        if not name.endswith("model.joblib") and any(word in data for word in wanted)
    ]
    assert leaks == [], leaks
    assert all(CANARY.encode() not in body for _, body in at.requests)


def test_the_look_for_the_address_would_find_it(told: Told) -> None:
    cloud, _ = told
    cloud.drop("status/leak.json", CANARY.encode(), "state")
    try:
        found = [name for name, data in everything(cloud) if CANARY.encode() in data]
        assert "state status/leak.json" in found
    finally:
        path = f"/storage/v1/b/{cloud.configuration.buckets['state']}/o/status%2Fleak.json"
        assert cloud.call("googleapis", "DELETE", path)[0] == 204


def test_the_webhook_is_told_of_live_refused_and_rolled_back_and_each_is_signed(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud, at = told
    at.requests.clear()
    iris = (clouds.ROOT / "examples" / "iris.csv").read_bytes()
    first, _ = settle(cloud, "heard", iris)
    at.told(1)
    settle(cloud, "heard", b"a,species\n1,x\n2,y\n3,x\noops,y\n")
    second, state = settle(cloud, "heard", iris + iris.splitlines()[1] + b"\n")
    assert state == "live"
    at.told(3)
    assert main(["rollback", "heard", "--state", str(cloud.state)]) == 0
    capsys.readouterr()
    notices = at.told(4)
    assert [one["kind"] for one in notices] == ["live", "refused", "live", "rolled_back"]
    assert notices[0]["file"] == first.uri
    assert notices[3]["version"] == artifact.version_name(first)
    assert notices[3]["replaced"] == artifact.version_name(second)
    assert all(
        headers["X-Dropserve-Signature-256"].startswith("sha256=") for headers, _ in at.requests
    )
    assert SECRET.encode() not in b"".join(body for _, body in at.requests)
    page = cloud.read("state", artifact.status_name("heard")) or b""
    assert b"pinned by" in page
    assert notices[0]["link"].endswith("/status/heard.html")


def test_a_webhook_that_fails_at_first_gets_it_and_the_key_is_in_no_log(told: Told) -> None:
    cloud, at = told
    at.requests.clear()
    at.statuses[:] = [503, 429]
    settle(cloud, "stubborn", b"nothing\n")
    notices = at.told(3)
    assert len({one["id"] for one in notices}) == 1
    assert cloud.idle()
    logs = b"".join(data for name, data in everything(cloud) if name.startswith("log "))
    assert b'"notice": "refused"' in logs
    assert SECRET.encode() not in logs
    assert b"of-the-hook" not in logs
