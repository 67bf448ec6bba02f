"""The pages about the cloud are complete: every alert, every state, every key, every option."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields

import pytest

from deploy.alert import alerts
from deploy.command import VERBS, Person, main, parser
from deploy.configuration import Configuration, configure
from deploy.environment import THREADS, environment
from deploy.section.agents import ON_PROJECT, REASONS, reason
from deploy.section.running import TRIGGERS
from deploy.section.vertex import vertex_steps
from deploy.size import SIZES
from deploy.stage import ROOT
from serving.configuration import SERVING_SETTINGS
from shared.core import roles
from shared.core.ledger import STEPS
from shared.core.settings import SETTINGS
from tests.deploy.conftest import Workshop

QUICKSTART = (ROOT / "docs" / "31-quickstart-cloud.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "33-operations.md").read_text(encoding="utf-8")
MADE = configure({"project": "my-project", "notify": "ops@example.com"})


def test_every_alert_has_its_part_of_the_runbook_and_every_part_its_alert() -> None:
    part = OPERATIONS.partition("## Alerts\n")[2].partition("\n## ")[0]
    anchors = re.findall(r"^### ([a-z0-9-]+)$", part, re.MULTILINE)
    assert sorted(anchors) == sorted(alert.key for alert in alerts(MADE))


def test_every_alert_of_the_plan_links_its_part_of_the_runbook(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    for alert in alerts(MADE):
        assert f"docs/33-operations.md#{alert.key}" in plan.files[f"alert-{alert.key}.json"]
    made = [name for name in plan.files if name.startswith("alert-")]
    assert len(made) == len(alerts(MADE)) == 9


def test_every_state_of_the_ledger_says_what_to_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\|.*\S.*\|$", OPERATIONS, re.MULTILINE)
    assert sorted(rows) == sorted(STEPS)


def test_every_key_of_the_settings_file_is_told() -> None:
    table = QUICKSTART.partition("| key | means |")[2]
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE))))
    assert {field.name for field in fields(Configuration)} == told


def test_the_settings_file_of_the_page_works() -> None:
    text = QUICKSTART.partition("--env dev`:\n")[2].partition("\n| key")[0]
    configure(tomllib.loads(text))


@pytest.mark.parametrize(
    "words", re.findall(r"^    \./deploy\.sh (.*?)(?: +#.*)?$", QUICKSTART, re.M)
)
def test_every_deploy_command_of_the_page_is_understood(words: str) -> None:
    verb, *rest = words.split()
    verb, rest = (verb, rest) if verb in VERBS else ("", words.split())
    assert parser(verb).parse_args(rest).project == "my-project"


def test_every_option_is_told() -> None:
    options = {o for a in parser("")._actions for o in a.option_strings if o.startswith("--")}
    assert {o for o in options - {"--help", "--endpoint"} if f"`{o}" not in QUICKSTART} == set()


RIGHTS = (ROOT / "docs" / "35-rights.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("platform", ["cloud-run", "vertex-ai"])
def test_every_right_of_who_acts_for_google_s_services_has_its_reason_on_the_page(
    workshop: Workshop, platform: str
) -> None:
    made, plan = workshop.prepare(platform=platform)
    own = {f"serviceAccount:{made.email(account)}" for account in roles.ACCOUNTS}
    bound = [step for step in plan.steps if "add-iam-policy-binding" in step.create]
    others = [s for s in bound if s.wanted["bindings"][0]["members"][0] not in own]
    assert {reason(step) for step in others} == set(REASONS.values())
    assert [step.name for step in bound if reason(step) and step not in others] == []
    for (who, role), why in REASONS.items():
        assert f"| {who} | `{role.removeprefix('roles/')}` | {why} |" in RIGHTS


def test_a_dry_run_tells_the_reasons_beside_the_commands(workshop: Workshop) -> None:
    said: list[str] = []
    noted: list[str] = []
    person = Person(said.append, lambda _: "", note=noted.append, root=workshop.folder)
    assert main(["--dry-run", "my-project"], {}, workshop.cloud(), person) == 0
    assert all(text.startswith("gcloud ") for text in said)
    assert {text.rpartition(": ")[2] for text in noted} == set(REASONS.values())


def test_every_right_on_the_project_has_its_reason(workshop: Workshop) -> None:
    for platform in ("cloud-run", "vertex-ai"):
        made, plan = workshop.prepare(platform=platform)
        bound = [s for s in plan.steps if s.create[:2] == ("projects", "add-iam-policy-binding")]
        known = {(step.create[3], step.create[4]) for step in vertex_steps(made)}
        others = [s for s in bound if (s.create[3], s.create[4]) not in known]
        assert len(others) == len(ON_PROJECT)


@pytest.mark.parametrize("settings", [{}, {"SAMPLE_SHARE": "0"}, {"SAMPLE_SHARE": "0.1"}], ids=str)
def test_rights_on_buckets_are_the_rows_of_the_table_and_no_others(
    workshop: Workshop, settings: dict[str, str]
) -> None:
    made, plan = workshop.prepare(settings=settings)
    permissions = {
        step.name.removeprefix("custom role "): frozenset(step.wanted["includedPermissions"])
        for step in plan.steps
        if step.name.startswith("custom role ")
    }
    granted = set()
    for step in plan.steps:
        if step.create[:3] == ("storage", "buckets", "add-iam-policy-binding"):
            (binding,) = step.wanted["bindings"]
            prefix = re.search(r"/objects/(.*?)\"", binding["condition"]["expression"])
            for permission in permissions[binding["role"].rpartition("/")[2]]:
                who = binding["members"][0].partition(":")[2]
                below = prefix[1] if prefix else ""
                granted.add((who, step.create[3], below, permission))
    wanted = set()
    for grant in roles.in_force(made.settings):
        for permission in grant.permissions:
            below = "" if permission == roles.LIST else grant.prefix
            bucket = f"gs://{made.bucket(grant.bucket)}"
            wanted.add((made.email(grant.account), bucket, below, permission))
    assert granted == wanted
    kept = {who for who, _, below, _ in granted if below == "samples/"}
    emails = {made.email(roles.PREDICT), made.email(roles.RECONCILE)}
    assert kept == (emails if settings.get("SAMPLE_SHARE") == "0.1" else set())


def test_sampled_requests_are_deleted_when_their_time_is_over(workshop: Workshop) -> None:
    for settings, days in (({}, 30), ({"SAMPLE_DAYS": "7"}, 7)):
        _, plan = workshop.prepare(settings=settings)
        rules = json.loads(plan.files["lifecycle-state.json"])["rule"]
        gone = {"age": days, "matchesPrefix": ["samples/"]}
        assert [rule["condition"] for rule in rules if rule["action"]["type"] == "Delete"] == [gone]


def test_calls_between_services_are_the_table_and_no_others(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    bound = {
        (step.wanted["bindings"][0]["members"][0].partition(":")[2], step.create[3])
        for step in plan.steps
        if step.create[:3] == ("run", "services", "add-iam-policy-binding")
    }
    wanted = {(made.email(call.caller), made.named(call.service)) for call in roles.CALLS}
    triggers = {(made.email("trigger"), made.named(f)) for f in TRIGGERS}
    assert bound == wanted | triggers


def test_every_setting_that_a_plan_gives_is_one_that_is_read(workshop: Workshop) -> None:
    known = {setting.name for setting in (*SETTINGS, *SERVING_SETTINGS)} | set(THREADS)
    for values in ({}, {"platform": "vertex-ai"}, {"operators": ["ops@example.com"]}):
        made, _ = workshop.prepare(**values)
        for thing in SIZES:
            told = environment(made, thing)
            assert set(told) <= known
            assert {s.name for s in SETTINGS if s.default is None} <= set(told)


@pytest.mark.parametrize("platform", ["cloud-run", "vertex-ai"])
def test_operators_get_what_the_verbs_need_and_the_page_tells(
    workshop: Workshop, platform: str
) -> None:
    who = {"me@example.com": "user", "ops@my-project.iam.gserviceaccount.com": "serviceAccount"}
    _, plan = workshop.prepare(operators=[*who], platform=platform)
    people = (
        (ROOT / "docs" / "35-rights.md").read_text(encoding="utf-8").partition("## People\n")[2]
    )
    told = set(re.findall(r"`([a-z]+\.[a-zA-Z]+)`", people.partition("\n## ")[0]))
    told -= {"aiplatform.user"} if platform == "cloud-run" else set()
    verbs = OPERATIONS.partition("## Verbs\n")[2].partition("\n## ")[0]
    for email, kind in who.items():
        steps = [step for step in plan.steps if f"--member={kind}:{email}" in step.create]
        flags = [word for step in steps for word in step.create]
        given = {word.partition("roles/")[2] for word in flags if word.startswith("--role=")}
        assert given == told
        assert set(re.findall(r"`roles/([a-z]+\.[a-zA-Z]+)`", verbs)) - given == {
            "storage.objectViewer",  # objectUser has all of it
            *({"aiplatform.user"} - given),
        }
