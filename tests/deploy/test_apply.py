"""A deploy against a Google Cloud that remembers: right once, right again, right after a fall."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from deploy.apply import Apply, Done
from deploy.cloud import Cloud
from deploy.failure import DeployFailure
from deploy.gcloud import line
from deploy.plan import Plan
from deploy.teardown import Taken, teardown
from tests.deploy.conftest import Workshop
from tests.deploy.fake_gcloud import KINDS, READS, FakeGcloud, empty

BROAD = re.compile(r"roles/owner|roles/editor|roles/viewer\b|admin|allUsers|allAuthenticatedUsers")
PLATFORMS: list[dict[str, Any]] = [
    {},
    {"platform": "vertex-ai"},
    {"platform": "ai-platform", "endpoint": "https://ml.example.com"},
]
NAMES = ["cloud-run", "vertex-ai", "ai-platform"]


def quiet(_: Any) -> None:
    """Say nothing, wait for nothing."""


def apply(plan: Plan, fake: FakeGcloud, phase: Any = None) -> Done:
    return Apply(Cloud(fake), quiet, quiet).run(plan.of(phase), plan.steps)


def take(plan: Plan, fake: FakeGcloud, *, delete_data: bool = True) -> Taken:
    return teardown(plan.steps, Cloud(fake), quiet, delete_data=delete_data)


def left(fake: FakeGcloud) -> dict[str, Any]:
    """What is still there; a deleted custom role is kept by Google for a week."""
    there = {kind: dict(fake.state[kind]) for kind in KINDS}
    there["roles"] = {k: v for k, v in there["roles"].items() if not v.get("deleted")}
    return {kind: things for kind, things in there.items() if things}


@pytest.mark.parametrize("values", PLATFORMS, ids=NAMES)
def test_a_second_run_changes_nothing(workshop: Workshop, values: dict[str, Any]) -> None:
    _, plan = workshop.prepare(**values)
    fake = workshop.cloud()
    assert apply(plan, fake).changed
    fake.log.clear()
    assert apply(plan, fake).changed == []
    assert fake.changes == []


@pytest.mark.parametrize("values", PLATFORMS, ids=NAMES)
def test_a_dry_run_is_what_an_apply_runs_up_to_names_that_the_server_makes(
    workshop: Workshop, values: dict[str, Any]
) -> None:
    _, plan = workshop.prepare(**values)
    fake = workshop.cloud()
    applied = apply(plan, fake).changed
    printed = [step.command for step in plan.steps if step.command]
    assert [tuple(words) for words in fake.changes] == applied
    assert len(printed) == len(applied)
    made_by_the_server = "|".join({name for step in plan.steps for name in step.tells})
    for planned, ran in zip(printed, applied, strict=True):
        fixed = re.split(rf"\b(?:{made_by_the_server})\b", "\0".join(planned))
        assert re.fullmatch("[^\0]+".join(map(re.escape, fixed)), "\0".join(ran)), planned


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done but not told"])
def test_a_failure_at_any_call_is_made_good_by_a_second_run(
    workshop: Workshop, after: bool
) -> None:
    _, plan = workshop.prepare(callers=["group:team@example.com"])
    whole = workshop.cloud()
    apply(plan, whole)
    assert len(whole.log) > 150
    for number, words in enumerate(whole.log, 1):
        if after and READS & set(words):
            continue  # a look that was done and not told is one that was not done
        fake = workshop.cloud(fail_at=number, after=after)
        with pytest.raises(DeployFailure, match="type the same command again"):
            apply(plan, fake)
        apply(plan, fake)
        assert fake.state == whole.state, f"call {number}"


def test_a_failure_at_any_call_of_a_teardown_is_made_good_by_a_second_one(
    workshop: Workshop,
) -> None:
    _, plan = workshop.prepare()
    start = workshop.cloud()
    apply(plan, start)
    whole = FakeGcloud(state=copy.deepcopy(start.state), root=workshop.folder)
    take(plan, whole)
    for number in range(1, len(whole.log) + 1):
        for after in (False, True):
            fake = FakeGcloud(copy.deepcopy(start.state), workshop.folder, number, after)
            with pytest.raises(DeployFailure):
                take(plan, fake)
            take(plan, fake)
            assert left(fake) == {}, f"call {number}"


@pytest.mark.parametrize("values", PLATFORMS, ids=NAMES)
def test_a_teardown_leaves_nothing(workshop: Workshop, values: dict[str, Any]) -> None:
    _, plan = workshop.prepare(**values)
    fake = workshop.cloud()
    apply(plan, fake)
    take(plan, fake)
    assert left(fake) == {}
    assert fake.state["policies"] == {}


def test_a_teardown_without_a_word_about_data_keeps_the_buckets(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    taken = take(plan, fake, delete_data=False)
    assert set(left(fake)) == {"buckets"}
    assert len(taken.kept) == 3
    apply(plan, fake)
    assert len(left(fake)["functions"]) == 4


def test_what_was_torn_down_can_be_deployed_again(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    take(plan, fake)
    apply(plan, fake)
    fake.log.clear()
    assert apply(plan, fake).changed == []
    assert not any(role.get("deleted") for role in fake.state["roles"].values())


@pytest.mark.parametrize("names", [("dev", "prod"), ("dev", "dev-2"), ("dropserve", "drop")])
def test_two_installations_live_in_one_project_and_one_goes_alone(
    workshop: Workshop, names: tuple[str, str]
) -> None:
    people = {"operators": ["me@example.com"], "callers": ["user:me@example.com"]}
    one, two = (workshop.prepare(name=name, **people)[1] for name in names)
    alone = workshop.cloud()
    apply(two, alone)
    fake = workshop.cloud()
    apply(one, fake)
    apply(two, fake)
    fake.log.clear()
    assert apply(one, fake).changed == []
    take(one, fake)
    assert fake.state | {"roles": left(fake)["roles"]} == alone.state
    fake.log.clear()
    assert apply(two, fake).changed == []


def _change_label(kind: str) -> Callable[[dict[str, Any]], None]:
    def change(state: dict[str, Any]) -> None:
        thing = next(iter(state[kind].values()))
        labels = thing.get("labels") or thing.get("userLabels") or thing["metadata"]["labels"]
        labels["dropserve-digest"] = "older"

    return change


def _delete(kind: str) -> Callable[[dict[str, Any]], None]:
    def change(state: dict[str, Any]) -> None:
        key = next(key for key in state[kind] if "eventarc" not in key)
        del state[kind][key]

    return change


def _weaken_bucket(state: dict[str, Any]) -> None:
    next(iter(state["buckets"].values()))["iamConfiguration"]["publicAccessPrevention"] = ""


def _widen_role(state: dict[str, Any]) -> None:
    next(iter(state["roles"].values()))["includedPermissions"] = ["storage.objects.get"]


def _shorten_deadline(state: dict[str, Any]) -> None:
    name = next(name for name in state["subscriptions"] if "eventarc" in name)
    state["subscriptions"][name]["ackDeadlineSeconds"] = 10


def _fail_function(state: dict[str, Any]) -> None:
    next(iter(state["functions"].values()))["state"] = "FAILED"


DRIFTS = {
    "an older function": _change_label("functions"),
    "an older service": _change_label("services"),
    "an older job": _change_label("jobs"),
    "an older alert": _change_label("alerts"),
    "an older dashboard": _change_label("dashboards"),
    "a failed function": _fail_function,
    "a short deadline": _shorten_deadline,
    "a role with other permissions": _widen_role,
    "a metric that is gone": _delete("metrics"),
    "an alert that is gone": _delete("alerts"),
    "a schedule that is gone": _delete("schedules"),
    "an account's right that is gone": lambda state: state["policies"]["projects/my-project"][
        "bindings"
    ].pop(),
}


@pytest.mark.parametrize("change", DRIFTS.values(), ids=DRIFTS)
def test_what_somebody_changed_is_put_right_and_nothing_else_is_touched(
    workshop: Workshop, change: Callable[[dict[str, Any]], None]
) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    whole = copy.deepcopy(fake.state)
    change(fake.state)
    fake.log.clear()
    assert 1 <= len(apply(plan, fake).changed) <= 2
    assert fake.state == whole


def test_a_trigger_that_somebody_deleted_comes_back_by_the_command_that_is_told(
    workshop: Workshop,
) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    whole = copy.deepcopy(fake.state)
    name = next(name for name in fake.state["triggers"] if "retrain" in name)
    trigger = fake.state["triggers"].pop(name)
    with pytest.raises(DeployFailure, match="lost its trigger") as told:
        apply(plan, fake)
    command = re.search(r"type: gcloud (.*)", str(told.value))
    assert command
    fake.state["triggers"][name] = trigger  # the fake's own deletion looks for it
    assert fake.run(command[1].split()).code == 0
    apply(plan, fake)
    assert fake.state == whole


def test_the_foundation_and_the_release_are_the_whole_in_three_runs(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    whole = workshop.cloud()
    apply(plan, whole)
    fake = workshop.cloud()
    first = apply(plan, fake, "foundation")
    assert first.waiting
    apply(plan, fake, "release")
    assert apply(plan, fake, "foundation").waiting == []
    assert fake.state == whole.state


def test_a_release_without_its_foundation_says_so(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    with pytest.raises(DeployFailure, match=r"first type: \./deploy\.sh --phase foundation"):
        apply(plan, fake, "release")
    assert fake.changes == []


def test_a_release_runs_nothing_but_builds_functions_and_run(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake, "foundation")
    fake.log.clear()
    changed = apply(plan, fake, "release").changed
    assert {words[0] for words in changed} == {"builds", "functions", "run"}
    assert not any("policy" in word for words in changed for word in words)


def test_a_passing_failure_is_tried_again_without_a_word(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud(fail_at=4, message="ERROR: ABORTED: concurrent policy changes")
    fake.fail_at = next(
        number
        for number, words in enumerate(_log(workshop, plan), 1)
        if "add-iam-policy-binding" in words
    )
    pauses: list[float] = []
    Apply(Cloud(fake), quiet, pauses.append).run(plan.steps, plan.steps)
    assert pauses == [2.0]


def _log(workshop: Workshop, plan: Plan) -> list[tuple[str, ...]]:
    fake = workshop.cloud()
    apply(plan, fake)
    return fake.log


@pytest.mark.parametrize("values", PLATFORMS, ids=NAMES)
def test_no_broad_role_and_no_public_member_is_in_any_plan(
    workshop: Workshop, values: dict[str, Any]
) -> None:
    _, plan = workshop.prepare(**values)
    for step in plan.steps:
        assert not BROAD.search(line(step.command)), line(step.command)
    for content in plan.files.values():
        assert not BROAD.search(content)


EVERYBODY = {"role": "roles/run.invoker", "members": ["allUsers"]}


def open_up(fake: FakeGcloud, service: str) -> None:
    """Somebody lets everybody call a service, by hand."""
    policy = fake.state["policies"].setdefault(f"services/dropserve-{service}", {"bindings": []})
    policy["bindings"].append(EVERYBODY)


def opened(fake: FakeGcloud, service: str) -> bool:
    """Whether everybody may call a service."""
    policy = fake.state["policies"].get(f"services/dropserve-{service}", {})
    return EVERYBODY in policy.get("bindings", [])


@pytest.mark.parametrize("service", ["predict", "retrain", "serving-data", "serving-control"])
def test_a_service_that_somebody_opened_to_everybody_is_closed_again(
    workshop: Workshop, service: str
) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    whole = copy.deepcopy(fake.state)
    open_up(fake, service)
    (closing,) = apply(plan, fake, "release").changed
    assert closing[:4] == ("run", "services", "remove-iam-policy-binding", f"dropserve-{service}")
    assert fake.state == whole


def test_who_may_not_close_a_service_is_stopped_with_the_command(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud()
    apply(plan, fake)
    open_up(fake, "predict")
    fake.log.clear()
    trial = copy.deepcopy(fake)
    apply(plan, trial, "release")
    closing = next(i for i, words in enumerate(trial.log, 1) if "--member=allUsers" in words)
    fake.fail_at, fake.message = closing, "ERROR: PERMISSION_DENIED: run.services.setIamPolicy"
    with pytest.raises(DeployFailure, match="remove-iam-policy-binding dropserve-predict"):
        apply(plan, fake, "release")


def test_a_public_predict_is_opened_by_the_foundation_and_closed_before_it_is_private(
    workshop: Workshop,
) -> None:
    _, public = workshop.prepare(public=True, settings={"PREDICT_AUTH": "id_token"})
    _, private = workshop.prepare()
    fake = workshop.cloud()
    apply(public, fake)
    assert opened(fake, "predict")
    assert not opened(fake, "retrain")
    fake.log.clear()
    assert apply(public, fake).changed == []
    changed = apply(private, fake).changed
    released = next(n for n, words in enumerate(changed) if words[2:3] == ("dropserve-predict",))
    assert "--member=allUsers" in changed[released - 1]
    assert not opened(fake, "predict")


def test_a_teardown_of_a_public_installation_leaves_nothing(workshop: Workshop) -> None:
    _, plan = workshop.prepare(public=True, settings={"PREDICT_AUTH": "api_key"})
    fake = workshop.cloud()
    apply(plan, fake)
    take(plan, fake)
    assert left(fake) == {}
    assert fake.state["policies"] == {}


def test_a_bucket_of_another_project_is_refused(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    fake = workshop.cloud()
    stranger = {"projectNumber": "999", "location": "US-CENTRAL1"}
    fake.state["buckets"][f"gs://{made.bucket('data')}"] = stranger
    with pytest.raises(DeployFailure, match="not of this installation"):
        apply(plan, fake)


def test_a_bucket_that_may_not_be_looked_at_may_be_somebody_else_s(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    fake = workshop.cloud()
    fake.state["buckets"][f"gs://{made.bucket('models')}"] = {"foreign": True}
    with pytest.raises(DeployFailure, match=r"may be somebody else's.*another --name"):
        apply(plan, fake)


@pytest.mark.parametrize("what", ["deploy", "teardown"])
def test_another_region_than_it_was_is_refused_before_anything_changes(
    workshop: Workshop, what: str
) -> None:
    _, there = workshop.prepare(region="europe-west1")
    fake = workshop.cloud()
    apply(there, fake)
    _, here = workshop.prepare()
    whole = copy.deepcopy(fake.state)
    with pytest.raises(DeployFailure, match="runs in another region than us-central1 already"):
        apply(here, fake) if what == "deploy" else take(here, fake)
    assert fake.state == whole
    take(there, fake)
    assert left(fake) == {}


def test_buckets_that_lie_elsewhere_are_told_and_stay(workshop: Workshop) -> None:
    _, there = workshop.prepare(region="europe-west1")
    _, here = workshop.prepare()
    fake = workshop.cloud()
    apply(there, fake, "foundation")  # nothing runs yet
    whole = copy.deepcopy(fake.state)
    with pytest.raises(DeployFailure, match="lies elsewhere than in us-central1"):
        apply(here, fake)
    with pytest.raises(DeployFailure, match="nothing was removed"):
        take(here, fake)
    assert fake.state == whole


def test_another_installation_elsewhere_is_no_hindrance(workshop: Workshop) -> None:
    _, one = workshop.prepare(name="one", region="europe-west1")
    _, two = workshop.prepare(name="two")
    fake = workshop.cloud()
    apply(one, fake)
    apply(two, fake)
    fake.log.clear()
    assert apply(one, fake).changed == []


def test_a_look_that_fails_in_passing_is_taken_again(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = workshop.cloud(fail_at=4, message="ERROR: RESOURCE_EXHAUSTED: Quota exceeded for reads")
    assert READS & set(_log(workshop, plan)[3])
    pauses: list[float] = []
    Apply(Cloud(fake, pauses.append), quiet, quiet).run(plan.steps, plan.steps)
    assert pauses == [2.0]


def test_a_service_account_that_somebody_else_made_is_refused(workshop: Workshop) -> None:
    made, plan = workshop.prepare()
    fake = workshop.cloud()
    fake.state["accounts"][made.email("predict")] = {"email": made.email("predict")}
    with pytest.raises(DeployFailure, match="not of this installation"):
        apply(plan, fake)


EXISTING_BUCKET = {
    "projectNumber": "123456789012",
    "location": "US-CENTRAL1",
    "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
}


def test_existing_buckets_and_accounts_are_used_and_left_alone(workshop: Workshop) -> None:
    email = "trainer@my-project.iam.gserviceaccount.com"
    _, plan = workshop.prepare(buckets={"data": "our-data"}, accounts={"retrain": email})
    fake = workshop.cloud()
    fake.state["buckets"]["gs://our-data"] = copy.deepcopy(EXISTING_BUCKET)
    fake.state["accounts"][email] = {"email": email, "description": "ours since 2019"}
    before = copy.deepcopy(fake.state)
    apply(plan, fake)
    assert fake.state["buckets"]["gs://our-data"] == EXISTING_BUCKET
    assert email in str(fake.state["policies"]["buckets/gs://our-data"])
    take(plan, fake)
    assert left(fake) == {kind: before[kind] for kind in ("buckets", "accounts")}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: state["buckets"].clear(), "our-data"),
        (lambda state: state["buckets"]["gs://our-data"].update(location="EU"), "us-central1"),
        (lambda state: state["buckets"]["gs://our-data"].update(projectNumber="9"), "not of this"),
    ],
    ids=["missing", "elsewhere", "a stranger's"],
)
def test_an_existing_bucket_that_does_not_fit_is_told(
    workshop: Workshop, change: Callable[[dict[str, Any]], Any], told: str
) -> None:
    _, plan = workshop.prepare(buckets={"data": "our-data"})
    fake = workshop.cloud()
    fake.state["buckets"]["gs://our-data"] = copy.deepcopy(EXISTING_BUCKET)
    change(fake.state)
    with pytest.raises(DeployFailure, match=told):
        apply(plan, fake)


def test_a_project_that_cannot_be_seen_is_told_first(workshop: Workshop) -> None:
    _, plan = workshop.prepare()
    fake = FakeGcloud(empty("another-project"), workshop.folder)
    with pytest.raises(DeployFailure, match="there is no project my-project"):
        apply(plan, fake)
    assert fake.changes == []
