"""The proxy of ./run open: who comes through, and what comes back."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from benchmarks.cloud import Cloud
from cli.client import Service
from cli.command import main
from cli.failure import Failure
from cli.place import ROOT
from cli.target import Target, local_target
from cli.view.gate import ENTRY
from cli.view.server import ADDRESS, application, listen
from localcloud.child import ChildCloud
from tests.browser import ABSENT, PROGRAM, started, tab
from tests.cli.upstream import Upstream

IRIS = (ROOT / "examples" / "iris.csv").read_bytes()

ASKED = """(() => {
    const asked = new XMLHttpRequest();
    asked.open("GET", "/openapi.json", false);
    asked.send();
    return asked.status;
})()"""
"""A request by a script of the page itself."""


class Browser:
    """A browser that keeps one cookie. address: the proxy's."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.address = urlsplit(link).netloc
        self.cookie = ""

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body. Underscores in names of headers are hyphens."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"Cookie": self.cookie} if self.cookie else {}
        connection.request(method, path, body, {**own, **named})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def enter(self) -> Browser:
        """Open the link, as a person pastes it."""
        status, headers, _ = self.ask(self.link.split(self.address)[1], Sec_Fetch_Site="none")
        assert status == 303
        self.cookie = headers["set-cookie"].partition(";")[0]
        return self


@contextmanager
def opened(target: Target) -> Iterator[Browser]:
    """A browser before the proxy, which is on a port of its own."""
    listener = listen()
    app = application(target, f"http://{ADDRESS}:{listener.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Browser(app.link())
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """What stands in for predict and says what it was asked."""
    with Upstream().serving() as made:
        yield made


@pytest.fixture
def target(local_cloud: ChildCloud, upstream: Upstream) -> Target:
    """The local cloud's buckets, and the upstream as predict."""
    predict = Service(upstream.url, lambda: {"Authorization": f"Bearer {upstream.token()}"})
    return replace(local_target(local_cloud.configuration), predict=predict)


@pytest.fixture
def browser(target: Target) -> Iterator[Browser]:
    with opened(target) as made:
        yield made


def test_without_the_cookie_nothing_comes_through(browser: Browser, upstream: Upstream) -> None:
    assert browser.ask("/")[0] == 403
    assert browser.ask("/_open/")[0] == 403
    browser.cookie = f"dropserve_open_{browser.address.rpartition(':')[2]}=guessed"
    assert browser.ask("/v1/projects/p/models/m:predict", "POST", b"{}")[0] == 403
    assert upstream.asked == []


def test_the_link_is_good_once(browser: Browser) -> None:
    path = browser.link.split(browser.address)[1]
    assert browser.ask(f"{ENTRY}?key=guessed")[0] == 403
    assert browser.ask(path, "HEAD")[0] == 403, "a look ahead does not use it up"
    browser.enter()
    assert browser.ask("/_open/")[0] == 200
    assert browser.ask(path)[0] == 403


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(browser: Browser) -> None:
    _, headers, _ = browser.ask(browser.link.split(browser.address)[1])
    kept = headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=strict" in kept
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:80"}, 421),
        ({"Host": "localhost"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
def test_other_names_and_other_pages_are_refused_with_the_cookie_too(
    browser: Browser, upstream: Upstream, headers: dict[str, str], status: int
) -> None:
    browser.enter()
    assert browser.ask("/", **headers)[0] == status
    assert browser.ask("/", "POST", b"{}", **headers)[0] == status
    assert upstream.asked == []


def test_a_request_goes_on_in_the_person_s_name_and_otherwise_as_it_is(
    browser: Browser, upstream: Upstream
) -> None:
    browser.enter()
    own = f"http://{browser.address}"
    status, headers, content = browser.ask(
        "/v1/a%2Fb?x=1&y=%20",
        "POST",
        b'{"instances": []}',
        Origin=own,
        Referer=f"{own}/",
        Authorization="Bearer mine",
        Content_Type="application/json",
        X_Request="kept",
    )
    assert (status, headers["x-model-version"]) == (200, "v1")
    assert "set-cookie" not in headers
    (asked,) = upstream.asked
    assert (asked.method, asked.path, asked.body) == (
        "POST",
        "/v1/a%2Fb?x=1&y=%20",
        b'{"instances": []}',
    )
    assert asked.headers["authorization"] == "Bearer token-1"
    assert asked.headers["x-request"] == "kept"
    assert asked.headers["host"] == urlsplit(upstream.url).netloc
    assert not {"cookie", "origin", "referer"} & set(asked.headers)
    assert content == b"answered"


def test_each_request_carries_the_token_of_that_moment(
    browser: Browser, upstream: Upstream
) -> None:
    browser.enter()
    for _ in range(2):
        browser.ask("/")
    tokens = [asked.headers["authorization"] for asked in upstream.asked]
    assert tokens == ["Bearer token-1", "Bearer token-2"]


def test_an_answer_comes_piece_by_piece(browser: Browser, upstream: Upstream) -> None:
    browser.enter()
    connection = http.client.HTTPConnection(browser.address, timeout=30)
    connection.request("GET", "/slow", headers={"Cookie": browser.cookie})
    answer = connection.getresponse()
    assert answer.read(5) == b"first", "it is here while the rest has not been sent"
    upstream.go_on.set()
    assert answer.read() == b"second"
    connection.close()


def test_a_status_page_and_the_report_that_it_links_come_out_of_the_buckets(
    local_cloud: ChildCloud,
) -> None:
    cloud = Cloud(local_cloud.state)
    assert cloud.settled("opened", cloud.drop("data/opened/iris.csv", IRIS))["state"] == "live"
    assert main(["status", "opened", "--state", str(local_cloud.state)]) == 0  # writes them
    with opened(local_target(local_cloud.configuration)) as browser:
        begin = browser.enter().ask("/_open/")[2].decode()
        status_of_all = re.findall(r'href="(/_open/[^"]+)"', begin)[0]
        assert browser.ask(status_of_all)[0] == 200
        page = status_of_all.replace("index.html", "opened.html")
        status, headers, content = browser.ask(page)
        assert status == 200
        assert "sandbox" in headers["content-security-policy"]
        assert headers["content-type"].startswith("text/html")
        report = re.findall(r'href="\.\./\.\.(/[^"]+)"', content.decode())[0]
        status, headers, content = browser.ask(f"/_open{report}")
        assert (status, "sandbox" in headers["content-security-policy"]) == (200, True)
        models = local_cloud.configuration.buckets["models"]
        body = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4]]}).encode()
        project = local_cloud.configuration.project
        path = f"/v1/projects/{project}/models/opened:predict"
        status, _, content = browser.ask(path, "POST", body, Content_Type="application/json")
        assert json.loads(content)["predictions"] == ["versicolor"]
        directory = report.rpartition("/")[0].removeprefix(f"/{models}/")
        assert browser.ask(f"/_open/{models}/{directory}/model.joblib")[0] == 404


@pytest.mark.parametrize("path", ["defaults/opened.json", "keys/keys.json", "ledger/x/y/z.json"])
def test_nothing_else_of_the_state_bucket_is_shown(
    browser: Browser, target: Target, path: str
) -> None:
    status, _, content = browser.enter().ask(f"/_open/{target.settings.state_bucket}/{path}")
    assert (status, b"Only status pages" in content) == (404, True)


def refused() -> dict[str, str]:
    raise Failure("nobody is signed in to gcloud here, or no longer; type: gcloud auth login")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda s: replace(s, url="http://127.0.0.1:9"), 502, "No answer from http://127.0.0.1:9"),
        (lambda s: replace(s, proof=refused), 502, "gcloud auth login"),
        (
            lambda s: replace(s, url=s.url + "/forbidden", denied=lambda _: ". roles/run.invoker"),
            403,
            "roles/run.invoker",
        ),
    ],
)
def test_what_keeps_an_answer_away_is_told_on_a_page(
    target: Target, change: Callable[[Service], Any], status: int, said: str
) -> None:
    with opened(replace(target, predict=change(target.predict))) as browser:
        got, headers, content = browser.enter().ask("/")
    assert (got, headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert said in content.decode()


def test_a_refusal_that_predict_itself_explains_comes_as_it_is(
    target: Target, upstream: Upstream
) -> None:
    other = replace(target.predict, url=f"{upstream.url}/problem")
    with opened(replace(target, predict=other)) as browser:
        got, headers, content = browser.enter().ask("/")
    assert (got, headers["content-type"]) == (403, "application/problem+json")
    assert json.loads(content) == {"detail": "not listed"}


def test_ctrl_c_ends_it_and_a_port_that_is_taken_is_told(local_cloud: ChildCloud) -> None:
    words = [sys.executable, "-m", "cli", "open", "--state", str(local_cloud.state)]
    taken = str(local_cloud.configuration.ports["predict"])
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline()
        assert re.fullmatch(r"open http://127\.0\.0\.1:\d+/_open/enter\?key=\S{43}\n", link)
        assert Browser(link.split()[1]).enter().ask("/_open/")[0] == 200
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=30)
    assert (process.returncode, complained) == (0, "")
    done = subprocess.run(
        [*words, "--port", taken], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, f"port {taken} cannot be used" in done.stderr) == (1, True)


@pytest.mark.skipif(PROGRAM is None, reason=ABSENT)
def test_a_real_browser_comes_in_by_the_link_and_looks_around(
    local_cloud: ChildCloud, tmp_path: Path
) -> None:
    async def look(link: str) -> tuple[list[str], str]:
        with started(tmp_path) as chromium:
            async with tab(chromium) as page:
                await page.open(link)
                texts = [await page.value("location.pathname"), await page.value(ASKED)]
                await page.open(f"http://{urlsplit(link).netloc}/_open/")
                texts.append(await page.value("document.querySelector('li').textContent"))
                return texts, await page.value("document.cookie")

    with opened(local_target(local_cloud.configuration)) as browser:
        texts, cookie = asyncio.run(look(browser.link))
    assert (texts, cookie) == (["/", 200, "Ask for predictions"], "")
