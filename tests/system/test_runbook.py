"""The runbook's commands without a checkout, as they stand on the page, by the real gcloud."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.cloud import ROOT, Cloud
from cli.command import main
from shared.core.default import Default

PAGE = (ROOT / "docs" / "33-operations.md").read_text(encoding="utf-8")
CSV = (ROOT / "examples" / "iris.csv").read_bytes()
ME = "operator@example.com"
ACCOUNT = "ME=$(gcloud config get-value account)"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.gcloud,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="there is no gcloud on PATH"),
]


def block(heading: str, word: str) -> str:
    """The indented block of a part of the page that holds a word."""
    part = PAGE.partition(f"### {heading}\n")[2].partition("\n#")[0]
    blocks = [text for text in part.split("\n\n") if text.startswith("    ") and word in text]
    assert len(blocks) == 1, heading
    return textwrap.dedent(blocks[0])


class Operator:
    """A person with a shell, gcloud and no checkout. environment: of `./run env`."""

    def __init__(self, cloud: Cloud, environment: dict[str, str], folder: Path) -> None:
        self._cloud = cloud
        self._environment = {**environment, "CLOUDSDK_CORE_ACCOUNT": ME}
        self._folder = folder

    def type(self, script: str, model: str, version: str = "") -> subprocess.CompletedProcess[str]:
        """Lines of the page after those that name project and buckets."""
        known = self._cloud.configuration
        named = {
            **{"P": known.project, "M": model, "V": version},
            **{kind.upper(): f"gs://{known.buckets[kind]}" for kind in ("models", "state")},
        }
        return subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=self._folder,
            env={**self._environment, **named},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def operator(cloud: Cloud, environment: dict[str, str], tmp_path: Path) -> Operator:
    return Operator(cloud, environment, tmp_path)


def reconcile(cloud: Cloud, model: str) -> None:
    """As the job does on its schedule."""
    assert main(["reconcile", model, "--state", str(cloud.state)]) == 0


def dropped(cloud: Cloud, model: str) -> str:
    """The version of a new drop."""
    story = cloud.settled(model, cloud.drop(f"data/{model}/iris.csv", CSV))
    return str(story["version"])


def default(cloud: Cloud, model: str) -> Default:
    found = cloud.default(model)
    assert found is not None
    return found


def test_a_rollback_by_the_object_stays_until_somebody_lets_go(
    cloud: Cloud, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = dropped(cloud, "by_object"), dropped(cloud, "by_object")
    before = default(cloud, "by_object")
    done = operator.type(block("Rollback", "WAS="), "by_object", first)
    assert done.returncode == 0, done.stderr
    now = default(cloud, "by_object")
    assert (now.version, now.previous, now.pinned_by) == (first, second, ME)
    assert now.deployment_uri == before.deployment_uri.replace(second[1:], first[1:])
    reconcile(cloud, "by_object")
    third = dropped(cloud, "by_object")
    assert default(cloud, "by_object") == now
    assert main(["versions", "by_object", "--state", str(cloud.state)]) == 0
    assert f"pinned by {ME} since" in capsys.readouterr().out
    let_go = block("Freeze", "frozen_by").replace("frozen_by", "pinned_by")
    done = operator.type(
        let_go.replace("ME=$(gcloud config get-value account)", "ME="), "by_object"
    )
    assert done.returncode == 0, done.stderr
    reconcile(cloud, "by_object")
    after = default(cloud, "by_object")
    assert (after.version, after.pinned_by) == (third, "")


def test_the_last_good_csv_is_trained_again(cloud: Cloud, operator: Operator) -> None:
    first = dropped(cloud, "mended")
    lines = block("default-not-ready", "storage cp").replace("FILE.csv", "iris.csv")
    script = lines.replace("P-NAME-data", cloud.configuration.buckets["data"])
    done = operator.type(script.replace("/M/", "/$M/"), "mended")
    assert done.returncode == 0, done.stderr
    story = cloud.settled("mended", cloud.sources("mended")[-1])
    assert story["state"] == "live"
    assert default(cloud, "mended").version == story["version"] != first


def test_why_drops_were_refused_and_who_pinned_is_read_as_the_page_says(
    cloud: Cloud, operator: Operator
) -> None:
    dropped(cloud, "told")
    cloud.settled("told", cloud.drop("data/told/bad.csv", b"1,2,a\n3,4,b\n"))
    for heading, shown in (
        ("refused-twice", '"step": "refused"'),
        ("pin-too-old", '"pinned_by": ""'),
        ("requests-drifted", '"drops"'),
    ):
        line = block(heading, "storage cat").replace("gs://P-NAME-state", "$STATE")
        done = operator.type(line.replace("'", '"').replace("/M", "/$M"), "told")
        assert shown in done.stdout, done.stderr
    line = block("drop-not-settled", "logging read").replace("/M/", "/told/")
    done = operator.type(line.replace("--project=P", "--project=$P"), "told")
    assert "told: refused" in done.stdout, done.stderr


def test_a_freeze_by_the_object_holds_and_ends(cloud: Cloud, operator: Operator) -> None:
    first = dropped(cloud, "frozen_by_hand")
    freeze = block("Freeze", "frozen_by")
    done = operator.type(freeze, "frozen_by_hand")
    assert done.returncode == 0, done.stderr
    second = dropped(cloud, "frozen_by_hand")
    reconcile(cloud, "frozen_by_hand")
    now = default(cloud, "frozen_by_hand")
    assert (now.version, now.frozen_by, now.order is None) == (first, ME, False)
    thaw = freeze.replace(ACCOUNT, "ME=")
    assert operator.type(thaw, "frozen_by_hand").returncode == 0
    reconcile(cloud, "frozen_by_hand")
    assert default(cloud, "frozen_by_hand").version == second


def test_what_was_written_meanwhile_is_not_overwritten(cloud: Cloud, operator: Operator) -> None:
    dropped(cloud, "raced")
    lines = block("Freeze", "frozen_by").replace(ACCOUNT, f"ME={ME}").splitlines()
    verb = shlex.join([sys.executable, "-m", "cli", "freeze", "--state", str(cloud.state), "raced"])
    between = f"(cd {shlex.quote(str(ROOT))} && {verb})"
    done = operator.type("\n".join([*lines[:-1], between, lines[-1]]), "raced")
    assert done.returncode != 0
    assert "412" in done.stderr or "pre-condition" in done.stderr.lower(), done.stderr
    assert default(cloud, "raced").frozen_by not in ("", ME)


def test_a_rollback_through_serving_pins_too(cloud: Cloud, operator: Operator) -> None:
    first = dropped(cloud, "by_serving")
    dropped(cloud, "by_serving")
    script = block("Rollback", "set-default").replace(
        "http://127.0.0.1:9090/", f"{cloud.configuration.url('serving')}/"
    )
    done = operator.type(script, "by_serving", first)
    assert done.returncode == 0, done.stderr
    reconcile(cloud, "by_serving")
    now = default(cloud, "by_serving")
    assert (now.version, bool(now.pinned_by)) == (first, True)
