"""The examples for automated deployments hold to their schemas, and hold no key.

tests/docs/test_commands.py asks gcloud about the commands of the page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.command import parser
from deploy.configuration import ACCOUNTS, SCHEDULE

ROOT = Path(__file__).resolve().parent.parent.parent
CI = ROOT / "examples" / "ci"
PAGE = (ROOT / "docs" / "32-automation.md").read_text(encoding="utf-8")
SCHEMAS = {
    "github.yml": "vendor.github-workflows",
    "cloudbuild.yaml": "vendor.cloudbuild",
    "dependabot.yml": "vendor.dependabot",
}


def loaded(name: str) -> dict[str, Any]:
    """One of the files."""
    found = YAML(typ="safe", pure=True).load((CI / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps() -> Iterator[dict[str, Any]]:
    """Every step of every job of the workflow."""
    for job in loaded("github.yml")["jobs"].values():
        yield from job["steps"]


def validate(file: Path, schema: str) -> subprocess.CompletedProcess[str]:
    """What check-jsonschema says, by a schema that it carries."""
    words = ["-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_every_example_has_its_schema() -> None:
    assert sorted(SCHEMAS) == sorted(path.name for path in CI.iterdir())


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_example_holds_to_its_published_schema(name: str) -> None:
    done = validate(CI / name, SCHEMAS[name])
    assert done.returncode == 0, done.stdout


def test_a_workflow_with_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "github.yml"
    text = (CI / "github.yml").read_text(encoding="utf-8")
    file.write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    assert validate(file, SCHEMAS["github.yml"]).returncode == 1


def test_every_action_is_pinned_by_commit_with_its_version_beside_it() -> None:
    lines = re.findall(r"uses: (.*)", (CI / "github.yml").read_text(encoding="utf-8"))
    assert len(lines) == sum("uses" in step for step in steps()) == 6
    for line in lines:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_images_of_the_build_are_pinned_by_version() -> None:
    for step in loaded("cloudbuild.yaml")["steps"]:
        assert re.search(r":\d+\.\d+(\.\d+)?(-slim)?$", step["name"])


def test_no_example_holds_or_asks_for_a_key() -> None:
    for path in (*CI.iterdir(), ROOT / "docs" / "32-automation.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"credentials_json|secrets\.|keys create|BEGIN PRIVATE", text)


def test_only_the_release_may_ask_for_an_identity_and_nobody_may_write() -> None:
    workflow = loaded("github.yml")
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert "permissions" not in jobs["check"]
    assert jobs["release"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["release"]["needs"] == "check"
    assert "pull_request_target" not in str(workflow)


def test_nothing_that_a_stranger_can_name_is_put_into_a_shell() -> None:
    for step in steps():
        assert "${{" not in step.get("run", "")


def test_both_check_before_they_release_and_release_only() -> None:
    github = [step["run"] for step in steps() if "run" in step]
    build = [step["script"] for step in loaded("cloudbuild.yaml")["steps"]]
    for first, second in (github, build):
        assert "./run check" in first
        words = re.search(r"\./deploy\.sh (.*)", second)
        assert words
        options = parser("").parse_args(words[1].replace('"', "").split())
        assert options.phase == "release"


def test_no_role_of_the_page_is_a_broad_one() -> None:
    roles = re.findall(r"--role=(\S+)", PAGE)
    assert len(roles) > 8
    assert [r for r in roles if re.search(r"owner|editor$|admin", r.lower())] == [
        "roles/cloudbuild.builds.editor"  # of builds alone
    ]


def test_the_page_lets_it_act_as_every_account_that_a_release_names() -> None:
    found = re.search(r"for account in (.*); do", PAGE)
    assert found
    assert sorted(found[1].split()) == sorted(set(ACCOUNTS) - {SCHEDULE})


def test_the_provider_trusts_one_repository_one_branch_one_environment() -> None:
    found = re.search(r"--attribute-condition='([^']*)'", PAGE)
    assert found
    terms = [term.split(" == ")[0] for term in found[1].split(" && ")]
    claims = ("repository_id", "repository_owner_id", "ref", "environment")
    assert terms == [f"assertion.{claim}" for claim in claims]
    assert loaded("github.yml")["jobs"]["release"]["environment"] == "production"
