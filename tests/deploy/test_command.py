"""The command line of deploy.sh: what is refused early, and the program as people start it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy import command, configuration
from deploy.command import Person, main
from deploy.configuration import LONGEST_NAME, configure, read_file
from deploy.cost import Prices, idle
from deploy.environment import environment
from deploy.failure import DeployFailure
from deploy.stage import ROOT
from tests.deploy.conftest import Workshop
from tests.deploy.fake_gcloud import FakeGcloud, install


class Listener:
    """A person who hears everything and gives one answer to every question."""

    def __init__(self, answer: str, root: Path) -> None:
        self.heard: list[str] = []
        self.person = Person(self.heard.append, self._asked, root)
        self.answer = answer

    def _asked(self, question: str) -> str:
        self.heard.append(question)
        return self.answer


def call(
    *words: str, fake: FakeGcloud | None = None, answer: str = ""
) -> tuple[int, list[str], FakeGcloud]:
    """One command line in this process."""
    cloud = fake or FakeGcloud()
    listener = Listener(answer, cloud.root)
    return main(list(words), {}, cloud, listener.person), listener.heard, cloud


ODD_NAMES = [
    "",
    "Dev",
    "9dev",
    "dev_1",
    "dev-",
    "-dev",
    "d--v",
    "dév",
    "de v",
    "a" * 30,
    "a;rm",
    "a/b",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_refused_before_anything_is_asked(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, cloud = call(f"--name={name}", "my-project")
    assert code == 2
    assert cloud.log == []
    assert "name" in capsys.readouterr().err


@pytest.mark.parametrize("project", ["My-Project", "p", "example.com:p", "-project", "project_1"])
def test_an_odd_project_is_refused_before_anything_is_asked(project: str) -> None:
    code, _, cloud = call("--", project)
    assert code == 2
    assert cloud.log == []


@pytest.mark.parametrize(
    "words",
    [
        ("--region=us", "my-project"),
        ("--platform=cloudrun", "my-project"),
        ("--notify=nobody", "my-project"),
        ("--endpoint=https://ml.example.com", "my-project"),
        ("--platform=ai-platform", "--endpoint=https://ml.googleapis.com", "my-project"),
        (),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...]) -> None:
    code, _, cloud = call(*words)
    assert code == 2
    assert cloud.log == []


def test_the_longest_name_makes_the_longest_account() -> None:
    made = configure({"project": "my-project", "name": "a" * LONGEST_NAME})
    longest = max(made.email(account).partition("@")[0] for account in configuration.ACCOUNTS)
    assert len(max(longest, key=len)) <= 30
    assert any(
        len(made.email(account).partition("@")[0]) == 30 for account in configuration.ACCOUNTS
    )


def test_ai_platform_without_an_endpoint_is_refused_with_the_day_it_was_shut_down(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("--platform=ai-platform", "my-project")[0] == 2
    assert "2025-01-31" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("docter", "my-project"), "did you mean ./deploy.sh doctor?"),
        (
            ("my-project", "--delete-data"),
            "'--delete-data' is not understood by ./deploy.sh; --help",
        ),
        (("teardown", "my-project", "now"), "'now' is not understood by ./deploy.sh teardown"),
        (("doctor", "--dry-run", "my-project"), "'--dry-run' is not understood"),
        (("cost", "--gb=5", "my-project"), "--gb is the size of --drops together"),
        (("cost", "--drops=-1", "my-project"), "0 or more"),
    ],
    ids=str,
)
def test_what_is_mistyped_is_told_and_nothing_is_asked(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, cloud = call(*words)
    assert (code, cloud.log) == (2, [])
    assert told in capsys.readouterr().err


def test_a_gcloud_that_is_pointed_elsewhere_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    pointed = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": "http://127.0.0.1:1/"}
    cloud = FakeGcloud()
    for words in (["my-project"], ["--dry-run", "my-project"], ["teardown", "my-project"]):
        assert main(words, pointed, cloud) == 1
    assert cloud.log == []
    assert "unset CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE" in capsys.readouterr().err


def test_what_a_local_cloud_set_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    local = {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_ML": "http://127.0.0.1:1/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CONFIG": "/tmp/state/gcloud",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    }
    for left_out in ("", "CLOUDSDK_API_ENDPOINT_OVERRIDES_ML"):  # who unset no more than that
        known = {name: value for name, value in local.items() if name != left_out}
        assert main(["my-project"], known, FakeGcloud()) == 1
        told = capsys.readouterr().err.partition("unset ")[2].split()
        assert sorted(told) == sorted(known)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("projct = 'x'", "did you mean project"),
        ("project =", "not TOML"),
    ],
)
def test_a_settings_file_that_is_wrong_says_where(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "deploy.test.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DeployFailure, match=told):
        read_file(file)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"settings": {"TARGET_NAME": "y"}}, "did you mean TARGET_NAMES"),
        ({"sizes": {"retrian": {}}}, "did you mean retrain"),
        ({"accounts": {"predict": "nobody"}}, "accounts.predict"),
        ({"buckets": {"data": "gs://x"}}, "without gs://"),
        ({"callers": ["allUsers"]}, "callers 'allUsers'"),
        ({"public": True}, "PREDICT_AUTH"),
        ({"public": True, "settings": {"PREDICT_AUTH": "iam"}}, "PREDICT_AUTH"),
        ({"settings": {"PREDICT_AUTH": "api_key"}}, "public = true"),
    ],
)
def test_settings_that_do_not_work_are_told(values: dict[str, Any], told: str) -> None:
    with pytest.raises(DeployFailure, match=told):
        configure({"project": "my-project", **values})


def test_flags_count_more_than_the_settings_file(tmp_path: Path) -> None:
    text = "project = 'my-project'\nname = 'dev'\nregion = 'europe-west1'\n"
    (tmp_path / "deploy.dev.toml").write_text(text, encoding="utf-8")
    options = command.parser("").parse_args(["--env=dev", "--region=us-east1"])
    made = command.configuration(options, tmp_path)
    assert (made.project, made.name, made.region) == ("my-project", "dev", "us-east1")


def test_a_dry_run_prints_one_gcloud_command_a_line_and_asks_nothing(workshop: Workshop) -> None:
    code, heard, cloud = call("--dry-run", "my-project", fake=workshop.cloud())
    assert code == 0
    assert cloud.log == []
    assert len(heard) > 80
    assert all(text.startswith("gcloud ") and "\n" not in text for text in heard)


def test_only_the_typed_name_deletes_data(workshop: Workshop) -> None:
    fake = workshop.cloud()
    assert call("my-project", fake=fake)[0] == 0
    code, heard, _ = call("teardown", "--delete-data", "my-project", fake=fake, answer="yes")
    assert code == 1
    assert "my-project-dropserve-data" in heard[0]
    assert len(fake.state["buckets"]) == 3
    code, heard, _ = call("teardown", "my-project", fake=fake)
    assert sum(text.startswith("kept: bucket") for text in heard) == 3
    code, _, _ = call("teardown", "--delete-data", "my-project", fake=fake, answer="dropserve")
    assert code == 0
    assert fake.state["buckets"] == {}


def test_doctor_names_a_command_for_everything_that_is_wrong() -> None:
    code, heard, cloud = call("doctor", "my-project")
    assert code == 1
    assert cloud.changes == []
    wrong = [number for number, text in enumerate(heard) if text.startswith("WRONG")]
    assert len(wrong) > 10
    for number in wrong:
        assert heard[number + 1].strip().startswith(("gcloud ", "./deploy.sh", "open "))


def test_doctor_finds_nothing_wrong_after_a_deploy(workshop: Workshop) -> None:
    fake = workshop.cloud()
    call("my-project", fake=fake)
    fake.state["healthy"] = True
    code, heard, _ = call("doctor", "my-project", fake=fake)
    assert [text for text in heard if text.startswith("WRONG")] == []
    assert code == 0


def test_doctor_says_what_is_not_as_it_was_deployed(workshop: Workshop) -> None:
    fake = workshop.cloud()
    call("my-project", fake=fake)
    fake.state["healthy"] = True
    words = ("doctor", "--deployed", "my-project")
    code, heard, _ = call(*words, fake=fake)
    assert code == 0
    assert any(text.endswith("things of the plan are as planned") for text in heard)
    del fake.state["metrics"]["dropserve-pin-too-old"]
    name = next(name for name in fake.state["subscriptions"] if "eventarc" in name)
    fake.state["subscriptions"][name]["ackDeadlineSeconds"] = 10
    function = next(one for one in fake.state["functions"].values() if "predict" in one["name"])
    function["state"] = "FAILED"
    fake.log.clear()
    code, heard, _ = call(*words, fake=fake)
    assert (code, fake.changes) == (1, [])
    told = [text for text in heard if text.startswith("WRONG")]
    assert len(told) == 3
    assert "WRONG metric pin-too-old: is not there" in told
    assert any(text.startswith("WRONG deliveries to") for text in told)
    assert heard[heard.index(told[0]) + 1].strip() == "./deploy.sh my-project"
    call("my-project", fake=fake)
    assert call(*words, fake=fake)[0] == 0


def test_what_hangs_on_a_thing_that_is_missing_is_not_told_besides(workshop: Workshop) -> None:
    fake = workshop.cloud()
    call("my-project", fake=fake)
    fake.state["healthy"] = True
    key = next(key for key in fake.state["functions"] if key.endswith("-retrain"))
    del fake.state["functions"][key]
    heard = call("doctor", "--deployed", "--region=us-central1", "my-project", fake=fake)[1]
    told = [text for text in heard if text.startswith("WRONG")]
    assert told == ["WRONG function retrain: is not there"]
    assert "./deploy.sh --region=us-central1 my-project" in heard[heard.index(told[0]) + 1]


def test_a_teardown_of_nothing_asks_for_the_name(workshop: Workshop) -> None:
    fake = workshop.cloud()
    call("my-project", fake=fake)
    code, heard, _ = call("teardown", "--name=dropsrve", "my-project", fake=fake)
    assert code == 0
    assert "nothing of dropsrve is in my-project: is that the name?" in heard
    assert fake.state["functions"]


PRICES = tomllib.loads((ROOT / "deploy" / "prices.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", [n for n in PRICES if isinstance(PRICES[n], dict)])
def test_every_price_is_used_and_has_its_page(table: str) -> None:
    names = PRICES[table].keys() - {"page", "unseen"}
    code = (ROOT / "deploy" / "cost.py").read_text(encoding="utf-8")
    assert table == "taken" or PRICES[table]["page"].startswith("https://cloud.google.com/")
    assert set(PRICES[table].get("unseen", ())) <= names
    if table not in ("run", "job"):  # their names are put together
        assert {name for name in names if f'"{table}.{name}"' not in code} == set()


def test_cost_tells_which_prices_nobody_has_compared() -> None:
    heard = call("cost", "my-project")[1]
    assert "vertex.training_hour" in heard[-1]
    assert "storage.gb_month" not in heard[-1]


def test_cost_tells_its_sums_and_their_date() -> None:
    code, heard, cloud = call("cost", "--drops=100", "--gb=1", "--rps=5", "my-project")
    assert code == 0
    assert cloud.log == []
    sums = [float(text.split()[0].replace(",", "")) for text in heard if text.endswith("in all")]
    deploying, idle, thousand, month = sums
    assert 0 < thousand < deploying < idle < month
    assert month == pytest.approx(idle + 12_960 * thousand, rel=0.2)
    assert "2026-11-22" in heard[0]


def test_reconcile_costs_by_its_schedule(tmp_path: Path) -> None:
    costs = []
    for schedule in ("*/10 * * * *", "0 * * * *"):
        made = configure({"project": "my-project", "schedule": schedule})
        (cost,) = (one.amount for one in idle(made, Prices()) if one.name == "reconcile")
        costs.append(cost)
    assert costs[0] == pytest.approx(6 * costs[1])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that a script may write into."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    shutil.copy(ROOT / "deploy.sh", tmp_path)
    for name in ("functions", "serving", "shared"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def _script(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLOUDSDK_")},
        "PATH": f"{checkout}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        [str(checkout / "deploy.sh"), *words],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_tells_its_progress_and_goes_on_where_it_failed(checkout: Path) -> None:
    state = install(checkout, ROOT, FakeGcloud(fail_at=8))
    first = _script(checkout, "my-project")
    assert first.returncode == 1
    assert "type the same command again" in first.stderr
    assert "done in" in first.stdout
    kept = json.loads(state.read_text(encoding="utf-8"))
    state.write_text(json.dumps({**kept, "fail_at": 24}), encoding="utf-8")
    second = _script(checkout, "my-project")
    assert second.returncode == 1
    assert first.stdout.count("done in") < second.stdout.count("\n")
    assert second.stdout.count("as it must be") >= first.stdout.count("done in")


def test_the_script_says_what_is_wrong_in_one_line(checkout: Path) -> None:
    install(checkout, ROOT, FakeGcloud())
    done = _script(checkout, "--name=Dev", "my-project")
    assert done.returncode == 2
    assert done.stderr.startswith("error: name 'Dev'")
    assert "Traceback" not in done.stderr


def test_how_much_serving_takes_can_be_set_and_reaches_it() -> None:
    made = configure({"project": "my-project", "settings": {"MAX_MODELS": "1000"}})
    assert environment(made, "serving-control")["MAX_MODELS"] == "1000"
