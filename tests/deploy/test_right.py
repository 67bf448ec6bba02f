"""The rights of whoever deploys are those that the plan's commands take, phase by phase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.plan import Plan
from deploy.right import (
    COVERED,
    ROLES,
    acted_as,
    commands,
    narrowed,
    removals,
    role_of,
    who_deploys,
    who_tears_down,
)
from deploy.stage import ROOT
from deploy.step import Words
from tests.deploy.conftest import Workshop
from tests.deploy.test_apply import apply
from tests.deploy.test_command import call
from tests.deploy.test_lint import PLANS

PAGE = (ROOT / "docs" / "32-automation.md").read_text(encoding="utf-8")
DEPLOYER = "serviceAccount:dropserve-deployer@my-project.iam.gserviceaccount.com"


def every(plan: Plan) -> Iterator[Words]:
    """Every command of a plan but those that close what somebody opened."""
    yield from commands(plan, None)
    yield from removals(plan)


def test_every_command_of_every_plan_has_its_role_and_every_row_a_command(
    workshop: Workshop,
) -> None:
    used = set()
    for values in PLANS:
        for words in every(workshop.prepare(**values)[1]):
            role_of(words)
            names = " ".join(word for word in words if not word.startswith("-"))
            used.add(max((row for row in ROLES if f"{names} ".startswith(f"{row} ")), key=len))
    assert set(ROLES) - used == set()
    assert {role for roles in COVERED.values() for role in roles} <= set(ROLES.values()) | {
        "roles/serviceusage.serviceUsageAdmin"
    }


def test_a_command_that_no_plan_has_has_no_role() -> None:
    with pytest.raises(KeyError, match="gcloud compute instances list"):
        role_of(("compute", "instances", "list"))


def test_a_release_takes_no_right_to_give_rights(workshop: Workshop) -> None:
    for values in PLANS:
        _, plan = workshop.prepare(**values)
        assert narrowed(commands(plan, "release")) == [
            "roles/artifactregistry.reader",
            "roles/cloudbuild.builds.editor",
            "roles/cloudfunctions.developer",
            "roles/run.developer",
            "roles/serviceusage.serviceUsageConsumer",
            "roles/storage.bucketViewer",
        ]


def test_a_release_of_what_is_there_writes_no_policy_and_asks_for_none(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    for thing in (*fake.state["functions"].values(),):
        thing["labels"]["dropserve-digest"] = "older"
    for thing in (*fake.state["services"].values(), *fake.state["jobs"].values()):
        thing["metadata"]["labels"]["dropserve-digest"] = "older"
    changed = apply(plan, fake, "release").changed
    assert len(changed) > 8
    written = [word for words in changed for word in words]
    assert [word for word in written if re.search(r"iam-policy|unauthenticated", word)] == []
    assert made.name in str(changed)


def test_the_foundation_gives_rights_and_a_whole_deploy_takes_both(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    foundation, whole = (narrowed(commands(plan, phase)) for phase in ("foundation", None))
    assert {"roles/run.admin", "roles/pubsub.admin", "roles/artifactregistry.admin"} <= set(
        foundation
    )
    assert "roles/cloudbuild.builds.editor" not in foundation
    assert "roles/run.developer" not in whole
    assert {"roles/cloudbuild.builds.editor", "roles/cloudfunctions.developer"} <= set(whole)


@pytest.mark.parametrize(
    ("values", "role"),
    [
        ({"secrets": {"NOTIFY_URL": "hook"}}, "roles/secretmanager.admin"),
        ({"platform": "vertex-ai"}, "roles/iam.serviceAccountAdmin"),
    ],
)
def test_what_only_some_installations_have_is_asked_for_there_only(
    workshop: Workshop, values: dict[str, Any], role: str
) -> None:
    plain, more = (workshop.prepare(**one)[1] for one in ({}, values))
    assert role not in narrowed(commands(plain, None))
    assert role in narrowed(commands(more, None))


def test_a_teardown_takes_the_deletion_of_accounts_besides(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    (command,) = who_tears_down(made, plan)
    assert "--role=roles/iam.serviceAccountDeleter" in command


def test_the_accounts_are_those_that_a_phase_names(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    assert acted_as(plan, "foundation") == [made.email("schedule")]
    names = {
        email.removeprefix("dropserve-").partition("@")[0] for email in acted_as(plan, "release")
    }
    assert names == {
        *("retrain", "deploy-version", "predict", "batch-predict"),
        *("serving-data", "serving-control", "reconcile", "trigger", "build"),
    }


def granted_on_the_page() -> set[str]:
    """The grants of the page to the account that releases, its loop unrolled."""
    part = PAGE.partition("## 2. ")[2].partition("\n## ")[0]
    loop = re.search(r"for account in (.*); do\n(.*)\n", part)
    assert loop
    each = [loop[2].replace("$account", account) for account in loop[1].split()]
    lines = [*part.splitlines(), *each]
    found = {text.strip() for text in lines if "add-iam-policy-binding" in text}
    return {text for text in found if "$account" not in text}


def plainly(command: str) -> frozenset[str]:
    """A command as its words, in whatever order and quoting, about whomever."""
    text = command.replace(f"--member={DEPLOYER}", "--member=user:EMAIL")
    return frozenset(re.sub(r"'", "", text).split())


def test_doctor_names_for_a_release_what_the_page_about_releases_grants() -> None:
    heard = call("doctor", "--phase=release", "my-project")[1]
    told = {plainly(text.strip()) for text in heard if "add-iam-policy-binding" in text}
    page = {plainly(text) for text in granted_on_the_page()}
    own = {words for words in page if "--role=roles/logging.logWriter" in words}
    assert len(own) == 1  # of the trigger that starts the release, which is none of ours
    assert told == page - own


def test_doctor_for_a_release_looks_at_nothing_that_a_release_may_not_see(
    workshop: Workshop,
) -> None:
    fake = workshop.cloud()
    assert call("my-project", fake=fake)[0] == 0
    fake.state["healthy"] = True
    fake.log.clear()
    code, heard, _ = call("doctor", "--phase=release", "my-project", fake=fake)
    assert code == 0
    assert [text for text in heard if text.startswith("WRONG")] == []
    assert not any("get-iam-policy" in words or "org-policies" in words for words in fake.log)
    assert any("roles/run.developer" in text for text in heard)


def test_every_grant_that_doctor_names_is_of_this_phase(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    foundation = "\n".join(who_deploys(made, plan, "foundation"))
    assert "roles/cloudbuild" not in foundation
    assert foundation.count("roles/iam.serviceAccountUser") == 1
    whole = "\n".join(who_deploys(made, plan, None))
    assert whole.count("roles/iam.serviceAccountUser") == 1
    assert "service-accounts add-iam-policy-binding" not in whole
