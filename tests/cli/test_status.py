"""`./run status`, and the pages where a browser finds them."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cli.command import main
from cli.place import ROOT
from cli.up import setting
from localcloud.child import ChildCloud
from tests.cli.typed import Output

IRIS = ROOT / "examples" / "iris.csv"


def opened(url: str) -> tuple[int, str, str]:
    """As a browser: status, body, policy."""
    try:
        with urllib.request.urlopen(url) as answer:
            policy = answer.headers["Content-Security-Policy"]
            return answer.status, answer.read().decode(), policy
    except urllib.error.HTTPError as error:
        return error.code, "", ""


def test_the_status_of_a_model_says_who_is_live_and_why_and_where_its_page_is(
    local_cloud: ChildCloud, tmp_path: Path, capsys: Output
) -> None:
    state = ["--state", str(local_cloud.state)]
    bad = tmp_path / "bad.csv"
    bad.write_text("a,species\n1,x\n2,y\n3,x\noops,y\n5,x\n", encoding="utf-8")
    assert main(["drop", *state, str(IRIS), "--model", "shown"]) == 0
    assert main(["drop", *state, str(bad), "--model", "shown"]) == 1
    capsys.readouterr()
    assert main(["status", *state, "shown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("shown: v")
    assert lines[0].endswith(", the newest version that may be")
    assert "refused" in lines[1]
    assert "data/shown/bad.csv" in lines[1]
    assert "not_numeric in line 5" in lines[1]
    status, page, policy = opened(lines[-1].removeprefix("page: "))
    assert (status, policy.split(";")[0]) == (200, "default-src 'none'")
    assert "Model <bdi>shown</bdi>" in page
    report = page.split('href="../..')[1].split('"')[0]
    assert opened(local_cloud.url("googleapis") + report)[0] == 200


def test_the_status_of_all_has_a_line_for_each_and_a_page_that_leads_to_them(
    local_cloud: ChildCloud, capsys: Output
) -> None:
    state = ["--state", str(local_cloud.state)]
    assert main(["drop", *state, str(IRIS), "--model", "one_of_all"]) == 0
    capsys.readouterr()
    assert main(["status", *state]) == 0
    *models, page = capsys.readouterr().out.splitlines()
    assert any(line.startswith("one_of_all: v") for line in models)
    assert 'href="one_of_all.html"' in opened(page.removeprefix("page: "))[1]


def test_the_status_as_json_and_the_story_of_a_drop_name_the_live_version(
    local_cloud: ChildCloud, capsys: Output
) -> None:
    state = ["--state", str(local_cloud.state)]
    assert main(["drop", *state, str(IRIS), "--model", "as_data", "--json"]) == 0
    story = json.loads(capsys.readouterr().out)
    assert story["live"] == {"version": story["version"], "why": "newest", "is_this": True}
    assert next(iter(story["times"])) == "received"
    assert main(["status", *state, "as_data", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["live"]["version"] == story["version"]


def test_a_model_that_nobody_knows_is_said_with_the_nearest(
    local_cloud: ChildCloud, capsys: Output
) -> None:
    state = ["--state", str(local_cloud.state)]
    assert main(["drop", *state, str(IRIS), "--model", "nearly"]) == 0
    assert main(["status", *state, "neatly"]) == 1
    assert "did you mean nearly" in capsys.readouterr().err


def test_a_browser_is_shown_no_object_that_is_not_there(local_cloud: ChildCloud) -> None:
    assert opened(local_cloud.url("googleapis") + "/dropserve-state/status/none.html")[0] == 404


def test_a_setting_for_the_local_cloud_is_one_that_there_is() -> None:
    assert setting("NOTIFY_URL=http://127.0.0.1/?a=b") == ("NOTIFY_URL", "http://127.0.0.1/?a=b")
    with pytest.raises(argparse.ArgumentTypeError, match="did you mean NOTIFY_URL"):
        setting("NOTIFY_URI=x")
