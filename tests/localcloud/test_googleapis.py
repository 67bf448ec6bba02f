"""The one process: what it answers, whom it refuses, and what a kill -9 leaves."""

from __future__ import annotations

import http.server
import json
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.auth import jwt

from localcloud.eventarc import ACCOUNT
from shared.core import roles
from tests.localcloud.process import FLAVOR, GoogleApis, call, googleapis

ADMIN = (
    "/_local/ready",
    "/_local/identity?email=a@b.c&audience=x",
    "/_local/eventarc/statistics",
    "/_local/eventarc/dead-letters",
)


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleApis]:
    with googleapis(tmp_path_factory.mktemp("googleapis")) as running:
        yield running


class Function:
    """A trigger's end in this process: an HTTP server whose answers a test decides."""

    def __init__(self, port: int, answer: Callable[[str], int]) -> None:
        self.taken: queue.Queue[str] = queue.Queue()
        self.tokens: list[str] = []
        function = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = json.loads(self.rfile.read(int(self.headers["content-length"])))
                function.tokens.append(self.headers["authorization"].removeprefix("Bearer "))
                function.taken.put(data["name"])
                try:
                    self.send_response(answer(data["name"]))
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> str:
        return self.taken.get(timeout=15)


@contextmanager
def function(port: int, answer: Callable[[str], int] = lambda _: 200) -> Iterator[Function]:
    running = Function(port, answer)
    try:
        yield running
    finally:
        running.server.shutdown()
        running.server.server_close()


def test_an_upload_reaches_the_function_with_a_token_for_its_address(apis: GoogleApis) -> None:
    configuration = apis.configuration
    with function(configuration.ports["retrain"]) as retrain:
        apis.put(configuration.buckets["data"], "data/iris/a.csv")
        assert retrain.next() == "data/iris/a.csv"
        apis.idle()
    certificates = call(f"{apis.url}/oauth2/v1/certs")
    assert "max-age" in certificates.headers["Cache-Control"]
    address = configuration.triggers["retrain"][1]
    claims = jwt.decode(retrain.tokens[0], certs=certificates.json, audience=address)
    assert claims["email"] == roles.email(ACCOUNT, configuration.project)


def test_two_triggers_on_one_bucket_both_get_each_event(tmp_path: Path) -> None:
    buckets = dict.fromkeys(("data", "models", "state"), "everything")
    with googleapis(tmp_path, buckets=buckets) as apis:
        ports = apis.configuration.ports
        with function(ports["retrain"]) as one, function(ports["deploy_version"]) as other:
            apis.put("everything", "data/data.csv")
            assert one.next() == other.next() == "data/data.csv"
            apis.idle()
        assert call(f"{apis.url}/_local/eventarc/statistics").json["delivered"] == 2


def test_no_event_is_lost_by_kill_9_in_the_middle_of_deliveries(tmp_path: Path) -> None:
    gate = threading.Event()

    def answer(name: str) -> int:
        if name.endswith("0.csv"):
            gate.wait(30)
        return 200

    names = [f"data/{number}.csv" for number in range(25)]
    with googleapis(tmp_path) as apis, function(apis.configuration.ports["retrain"], answer) as fn:
        for name in names:
            apis.put("dropserve-data", name)
        taken = [fn.next() for _ in names]
        apis.kill()
        apis.start()
        again = [fn.next() for _ in range(3)]
        gate.set()
        apis.idle()
        while not fn.taken.empty():
            again.append(fn.next())
        assert sorted(taken) == sorted(names)
        assert {"data/0.csv", "data/10.csv", "data/20.csv"} <= set(again)
        apis.kill()
        apis.start()
        apis.idle()
        assert fn.taken.empty(), "what was acknowledged does not come again"


def test_no_event_is_lost_by_kill_9_right_after_the_upload_or_at_any_other_moment(
    tmp_path: Path,
) -> None:
    with googleapis(tmp_path) as apis:
        accepted = []
        for turn in range(4):
            for number in range(5):
                name = f"data/{turn}-{number}.csv"
                apis.put("dropserve-data", name)
                accepted.append(name)
            apis.kill()
            apis.start()
        with function(apis.configuration.ports["retrain"]) as retrain:
            apis.idle()
            delivered = {retrain.next() for _ in range(retrain.taken.qsize())}
        assert delivered == set(accepted)


FUNCTION = """
import functions_framework

@functions_framework.cloud_event
def take(event):
    if event["subject"].endswith("first.csv") and not seen:
        seen.append(event["id"])
        raise RuntimeError("not yet")
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"{event['type']} {event['bucket']} {event.data['name']}\\n")

seen = []
LOG = {log!r}
"""


def test_a_functions_framework_process_understands_the_events(
    apis: GoogleApis, tmp_path: Path
) -> None:
    log = tmp_path / "taken"
    source = tmp_path / "main.py"
    source.write_text(FUNCTION.replace("{log!r}", repr(str(log))), encoding="utf-8")
    port = apis.configuration.ports["deploy_version"]
    apis.put("dropserve-models", "models/iris/naïve name/first.csv")
    apis.put("dropserve-models", "models/iris/second.csv")
    command = ["-m", "functions_framework", "--target", "take", "--source", str(source)]
    running = subprocess.Popen(
        [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)],
        env={**apis.account_environment("deploy-version"), "THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        apis.idle()
    finally:
        running.terminate()
        running.wait(20)
    kind = "google.cloud.storage.object.v1.finalized dropserve-models"
    assert sorted(log.read_text(encoding="utf-8").splitlines()) == [
        f"{kind} models/iris/naïve name/first.csv",
        f"{kind} models/iris/second.csv",
    ]


def test_switches_turn_at_run_time_and_unknown_ones_are_named(apis: GoogleApis) -> None:
    url = f"{apis.url}/_local/eventarc/switches"
    with function(apis.configuration.ports["retrain"]) as retrain:
        assert call(url, {"duplicates": 3, "shuffle": 5}).json["duplicates"] == 3
        apis.put("dropserve-data", "data/tripled.csv")
        assert [retrain.next() for _ in range(3)] == ["data/tripled.csv"] * 3
        apis.idle()
    answer = call(url, {"duplicate": 3})
    assert answer.status == 400
    assert "duplicates" in answer.json["error"]["message"]
    for wrong in (
        {"duplicates": 0},
        {"drop_share": 2},
        {"shuffle": "x"},
        [1],
        {"drop_share": None},
    ):
        assert call(url, wrong).status == 400
    assert call(url, {"duplicates": 1, "shuffle": None}).json == call(url).json


def test_dead_letters_are_listed_and_driven_again_over_http(tmp_path: Path) -> None:
    with googleapis(tmp_path, time_scale=1e-7) as apis:
        apis.put("dropserve-data", "data/a.csv")
        apis.idle()
        (letter,) = call(f"{apis.url}/_local/eventarc/dead-letters").json["dead_letters"]
        assert letter["object"].startswith("gs://dropserve-data/data/a.csv#")
        with function(apis.configuration.ports["retrain"]) as retrain:
            redrive = f"{apis.url}/_local/eventarc/redrive"
            assert call(redrive, {"ids": "all"}).status == 400
            assert call(redrive, b"").json == {"redriven": 1}
            assert retrain.next() == "data/a.csv"
            apis.idle()
        assert call(f"{apis.url}/_local/eventarc/dead-letters").json == {"dead_letters": []}
        _, output = apis.end()
        messages = [json.loads(line)["message"] for line in output.splitlines()]
        assert "event given up: a dead letter" in messages
        assert "event delivered" in messages


def test_waiting_for_idle_ends_at_its_timeout(tmp_path: Path) -> None:
    with googleapis(tmp_path, time_scale=1.0) as apis:
        assert call(f"{apis.url}/_local/eventarc/idle?timeout=0").status == 200
        apis.put("dropserve-data", "data/a.csv")
        answer = call(f"{apis.url}/_local/eventarc/idle?timeout=0.05")
        assert (answer.status, answer.json) == (504, {"idle": False, "pending": 1})
        assert call(f"{apis.url}/_local/eventarc/idle?timeout=soon").status == 400


def test_an_identity_for_people_verifies_and_a_rotation_changes_the_key(tmp_path: Path) -> None:
    with googleapis(tmp_path) as apis:

        def identity() -> str:
            query = "email=developer@dropserve.example&audience=https://a"
            return str(call(f"{apis.url}/_local/identity?{query}").json["token"])

        def certificates() -> dict[str, str]:
            found: dict[str, str] = call(f"{apis.url}/oauth2/v1/certs").json
            return found

        old = identity()
        rotated = call(f"{apis.url}/_local/metadata/rotate", {})
        new = identity()
        assert jwt.decode_header(new)["kid"] == rotated.json["kid"]
        for token in (old, new):
            claims = jwt.decode(token, certs=certificates(), audience="https://a")
            assert claims["email"] == "developer@dropserve.example"
        call(f"{apis.url}/_local/metadata/rotate", {"forget": True})
        assert set(certificates()).isdisjoint(jwt.decode_header(t)["kid"] for t in (old, new))
        keys = call(f"{apis.url}/oauth2/v3/certs").json["keys"]
        assert [key["kid"] for key in keys] == list(certificates())
        assert call(f"{apis.url}/_local/identity?email=a@b.c").status == 400


@pytest.mark.parametrize("path", [*ADMIN, "/storage/v1/b", "/oauth2/v1/certs"])
def test_a_foreign_host_is_refused(apis: GoogleApis, path: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""):
        assert call(apis.url + path, headers={"Host": host}).status == 403
    for host in ("localhost", "127.0.0.1:1", "[::1]:80"):
        assert call(apis.url + path, headers={"Host": host}).status == 200


def test_the_metadata_ports_refuse_a_foreign_host_too(apis: GoogleApis) -> None:
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert apis.metadata("retrain", path, {**FLAVOR, "Host": "evil.example"}).status == 403


@pytest.mark.parametrize("path", ADMIN)
@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:8080", "null"])
def test_a_web_page_gets_no_answer_from_the_local_routes(
    apis: GoogleApis, path: str, origin: str
) -> None:
    answer = call(apis.url + path, headers={"Origin": origin})
    assert answer.status == 403
    assert "token" not in answer.json


def test_a_foreign_web_page_cannot_drop_a_file(apis: GoogleApis) -> None:
    path = "/upload/storage/v1/b/dropserve-data/o?uploadType=media&name=data/evil.csv"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = call(apis.url + path, b"a", {"Content-Type": "text/plain", **headers})
        assert refused.status == 403
    found = call(f"{apis.url}/storage/v1/b/dropserve-data/o?prefix=data/evil").json
    assert "items" not in found


def test_a_bad_access_token_is_refused_by_storage(apis: GoogleApis) -> None:
    for authorization in ("Bearer nonsense", "Basic dXNlcjpwYXNz"):
        answer = call(f"{apis.url}/storage/v1/b", headers={"Authorization": authorization})
        assert answer.status == 401


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_even_while_a_function_takes_its_time(
    tmp_path: Path, number: signal.Signals
) -> None:
    gate = threading.Event()

    def answer(_: str) -> int:
        gate.wait(30)
        return 200

    with googleapis(tmp_path) as apis, function(apis.configuration.ports["retrain"], answer) as fn:
        apis.put("dropserve-data", "data/a.csv")
        fn.next()
        began = time.monotonic()
        code, output = apis.end(number)
        gate.set()
        assert code == 0, output
        assert time.monotonic() - began < 5
        lines = [json.loads(line) for line in output.splitlines()]
        assert lines[-1]["message"] == "google apis stopped"


def test_a_busy_port_is_told_with_its_number(tmp_path: Path) -> None:
    apis = GoogleApis(tmp_path)
    port = apis.configuration.ports["metadata-predict"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(AssertionError, match=f"port {port} on 127.0.0.1 cannot be used"):
            apis.start()


def test_no_token_is_ever_written_to_the_log(tmp_path: Path) -> None:
    with googleapis(tmp_path) as apis, function(apis.configuration.ports["retrain"]) as retrain:
        apis.put("dropserve-data", "data/a.csv")
        retrain.next()
        apis.idle()
        token = apis.metadata(
            "retrain", "/computeMetadata/v1/instance/service-accounts/default/token"
        ).json["access_token"]
        _, output = apis.end()
        assert token not in output
        assert retrain.tokens[0] not in output
        facts = [json.loads(line) for line in output.splitlines()]
        (delivered,) = [fact for fact in facts if fact["message"] == "event delivered"]
        assert delivered["trigger"] == "retrain"
        assert delivered["status"] == 200
        assert delivered["seconds"] < 15
