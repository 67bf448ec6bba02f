"""Secrets: named, never told; read by the accounts that send notices and by no other."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.apply import Apply
from deploy.cloud import Cloud
from deploy.configuration import configure
from deploy.failure import DeployFailure
from deploy.gcloud import line
from deploy.section.secrets import ACCESSOR
from tests.deploy.conftest import Workshop
from tests.deploy.fake_gcloud import FakeGcloud
from tests.deploy.test_apply import apply, left, quiet, take

VALUES: dict[str, Any] = {
    "secrets": {"NOTIFY_URL": "hook", "NOTIFY_SECRET": "sign:3"},
}
TELLERS = ("retrain", "deploy-version", "reconcile")


def cloud(workshop: Workshop) -> FakeGcloud:
    fake = workshop.cloud()
    fake.state["secrets"] = {"hook": {"name": "hook"}, "sign": {"name": "sign"}}
    return fake


def given(fake: FakeGcloud) -> dict[str, dict[str, str]]:
    """What runs with secrets -> those it has."""
    there = {**fake.state["functions"], **fake.state["jobs"], **fake.state["services"]}
    found = {key.rpartition("/")[2]: there[key].get("secrets") for key in sorted(there)}
    functions = {key.rpartition("/")[2]: one for key, one in fake.state["functions"].items()}
    found |= {name: one["secrets"] for name, one in functions.items()}
    return {name: secrets for name, secrets in found.items() if secrets}


@pytest.mark.parametrize("platform", ["cloud-run", "vertex-ai"])
def test_only_what_sends_notices_is_given_the_secrets(workshop: Workshop, platform: str) -> None:
    made, plan = workshop.prepare(platform=platform, **VALUES)
    fake = cloud(workshop)
    apply(plan, fake)
    wanted = {"NOTIFY_URL": "hook:latest", "NOTIFY_SECRET": "sign:3"}
    train = () if platform == "vertex-ai" else ("train",)
    assert given(fake) == {made.named(thing): wanted for thing in (*TELLERS, *train)}
    for secret in ("hook", "sign"):
        bindings = fake.state["policies"][f"secrets/{secret}"]["bindings"]
        assert {each["role"] for each in bindings} == {ACCESSOR}
        readers = sorted(who for each in bindings for who in each["members"])
        assert readers == sorted(f"serviceAccount:{made.email(each)}" for each in TELLERS)
    assert apply(plan, fake).changed == []


def test_without_any_right_to_a_secret_the_plan_does_not_come_to_its_end(
    workshop: Workshop,
) -> None:
    """The grants are needed: nothing starts whose account may not read what it is given."""
    _, plan = workshop.prepare(**VALUES)
    for step in [step for step in plan.steps if step.create[:1] == ("secrets",)]:
        others = [each for each in plan.steps if each is not step]
        with pytest.raises(DeployFailure, match="Permission denied on secret"):
            Apply(Cloud(cloud(workshop)), quiet, quiet).run(others, others)


def test_no_other_thing_is_told_where_the_webhook_is(workshop: Workshop) -> None:
    address = "https://hooks.example.com/T0/B0/xyzzy"
    made, plan = workshop.prepare(settings={"NOTIFY_URL": address})
    telling = [step.name for step in plan.steps if address in line(step.command)]
    assert sorted(telling) == [
        "function deploy-version",
        "function retrain",
        "job reconcile",
        "job train",
    ]
    assert "--clear-secrets" in next(s for s in plan.steps if s.name == "job train").create
    assert made.secrets == {}


def test_a_secret_that_is_not_there_is_told_with_the_command_that_makes_it(
    workshop: Workshop,
) -> None:
    _, plan = workshop.prepare(**VALUES)
    with pytest.raises(DeployFailure, match="gcloud secrets create hook --data-file=-"):
        apply(plan, workshop.cloud())


def test_a_teardown_takes_the_rights_and_leaves_the_secrets(workshop: Workshop) -> None:
    _, plan = workshop.prepare(**VALUES)
    fake = cloud(workshop)
    apply(plan, fake)
    take(plan, fake)
    assert left(fake) == {"secrets": {"hook": {"name": "hook"}, "sign": {"name": "sign"}}}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"settings": {"NOTIFY_SECRET": "hunter2"}}, "Secret Manager"),
        ({"secrets": {"TARGET_NAMES": "x"}}, "secrets.TARGET_NAMES"),
        ({"secrets": {"NOTIFY_SECRET": "a b"}}, "NAME:VERSION"),
        ({"secrets": {"NOTIFY_SECRET": "a:0"}}, "NAME:VERSION"),
    ],
)
def test_what_would_tell_a_secret_or_names_none_is_refused(
    values: dict[str, Any], told: str
) -> None:
    with pytest.raises(DeployFailure) as caught:
        configure({"project": "my-project", **values})
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)
