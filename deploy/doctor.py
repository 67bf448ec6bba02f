"""Says what keeps a deploy from working, each with the command that mends it. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deploy.configuration import Configuration
from deploy.gcloud import Runner, line
from deploy.section.accounts import accounts
from deploy.section.project import apis
from deploy.section.secrets import secret_names
from deploy.step import RELEASE, Phase, Words
from deploy.wording import JSON, project

OLDEST_GCLOUD = 500
"""The first gcloud that has every command of the plan."""
POLICIES: dict[str, str] = {
    "iam.allowedPolicyMemberDomains": "callers outside your domain cannot be given predict",
    "gcp.resourceLocations": "buckets and functions may live in the listed places only",
    "run.allowedIngress": "predict and serving are reached only as the policy says",
    "iam.disableServiceAccountCreation": "accounts cannot be made: name existing ones in the "
    "settings file",
    "storage.publicAccessPrevention": "fine: the buckets are private anyway",
    "gcp.restrictNonCmekServices": "name a key in the settings file: key = ...",
    "run.allowedVPCEgress": "name a connector in the settings file: connector = ...",
}
"""Organisation policies that bite, and how it is felt."""
HARMLESS = {"storage.publicAccessPrevention"}


@dataclass(frozen=True)
class Finding:
    """One precondition. fix: the command that mends it, or ""."""

    fine: bool
    what: str
    fix: str = ""


@dataclass(frozen=True)
class Question:
    """A look at Google Cloud. judge: its parsed answer (None: it failed) -> findings."""

    words: Words
    judge: Callable[[Configuration, Any], Iterator[Finding]]


def _signed_in(_: Configuration, answer: Any) -> Iterator[Finding]:
    active = [each["account"] for each in answer or () if each.get("status") == "ACTIVE"]
    yield Finding(
        bool(active),
        f"signed in as {active[0]}" if active else "nobody is signed in",
        "gcloud auth login",
    )


def _new_enough(_: Configuration, answer: Any) -> Iterator[Finding]:
    version = str((answer or {}).get("Google Cloud SDK", "0"))
    major = int(version.partition(".")[0] or 0)
    yield Finding(major >= OLDEST_GCLOUD, f"gcloud {version}", "gcloud components update")
    parts = {part for part in ("alpha", "beta") if part not in (answer or {})}
    yield Finding(
        not parts,
        "gcloud has alpha and beta (alerts need them)",
        f"gcloud components install {' '.join(sorted(parts))}",
    )


def _project(made: Configuration, answer: Any) -> Iterator[Finding]:
    active = (answer or {}).get("lifecycleState", "ACTIVE" if answer else "") == "ACTIVE"
    yield Finding(active, f"project {made.project}", "gcloud projects list")


def _billing(made: Configuration, answer: Any) -> Iterator[Finding]:
    yield Finding(
        bool((answer or {}).get("billingEnabled")),
        "billing is on",
        f"gcloud billing projects link {made.project} --billing-account=ACCOUNT_ID",
    )


def _apis(made: Configuration, answer: Any) -> Iterator[Finding]:
    on = {each.get("config", {}).get("name") for each in answer or ()}
    for name in apis(made):
        yield Finding(name in on, f"API {name}", f"gcloud services enable {name} {project(made)}")


def _buckets(made: Configuration, kind: str) -> Callable[[Configuration, Any], Iterator[Finding]]:
    def judge(_: Configuration, answer: Any) -> Iterator[Finding]:
        bucket = f"gs://{made.bucket(kind)}"
        if answer is None:
            existing = kind in made.buckets
            made_later = f"bucket {kind}: {bucket} is not there yet; a deploy makes it"
            place = f"gcloud storage buckets create {bucket} --location={made.place}"
            yield Finding(not existing, made_later, f"{place} {project(made)}")
            return
        location = str(answer.get("location", "")).lower()
        yield Finding(
            location == made.place,
            f"bucket {kind} lies in {location}, the triggers in {made.place}",
            f'./deploy.sh {made.project}  # with location = "{location}" in the settings file',
        )
        uniform = answer.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {})
        yield Finding(
            bool(uniform.get("enabled")),
            f"bucket {kind} has uniform access (rights by prefix need it)",
            f"gcloud storage buckets update {bucket} --uniform-bucket-level-access",
        )

    return judge


def _rights(made: Configuration, answer: Any) -> Iterator[Finding]:
    bound = {
        (binding.get("role"), member)
        for binding in (answer or {}).get("bindings", ())
        for member in binding.get("members", ())
    }
    agents = [
        role
        for role, member in bound
        if role == "roles/pubsub.publisher" and "@gs-project-accounts." in member
    ]
    yield Finding(
        bool(agents),
        "Cloud Storage's agent may publish (events reach Eventarc); a deploy grants it",
        f"./deploy.sh --phase foundation --name={made.name} --region={made.region} {made.project}",
    )
    for role, member in sorted(bound):
        if member.startswith("deleted:") and f":{made.name}-" in member:
            yield Finding(
                False,
                f"a right of an account that was deleted: {role} for {member}",
                line(
                    (
                        "projects",
                        "remove-iam-policy-binding",
                        made.project,
                        f"--member={member}",
                        f"--role={role}",
                        "--all",
                    )
                ),
            )


def _accounts(made: Configuration, answer: Any) -> Iterator[Finding]:
    there = {each.get("email"): each for each in answer or ()}
    for account in accounts(made):
        email = made.email(account)
        if email not in there:
            missing = account in made.accounts
            yield Finding(
                not missing,
                f"account {account}: {email} is not there yet; a deploy makes it",
                f"gcloud iam service-accounts create {email.partition('@')[0]} {project(made)}",
            )
        else:
            yield Finding(
                not there[email].get("disabled"),
                f"account {account}",
                f"gcloud iam service-accounts enable {email} {project(made)}",
            )


def _policies(made: Configuration, answer: Any) -> Iterator[Finding]:
    for each in answer or ():
        name = str(each.get("constraint") or each.get("name", "")).rpartition("/")[2]
        if name in POLICIES:
            yield Finding(
                name in HARMLESS,
                f"organisation policy {name}: {POLICIES[name]}",
                f"gcloud org-policies describe {name} --effective {project(made)}",
            )


def _quota(made: Configuration, answer: Any) -> Iterator[Finding]:
    """Cloud Run's own bound on what all instances of a region may have."""
    wanted = sum(int(made.size(thing)["max"]) for thing in ("retrain", "predict", "serving-data"))
    for each in answer or ():
        if each.get("metric") != "run.googleapis.com/cpu_allocation":
            continue
        for place in each.get("dimensionsInfos", ()):
            if made.region in place.get("applicableLocations", (made.region,)):
                bound = int(place.get("details", {}).get("value", 0)) / 1000
                yield Finding(
                    bound >= wanted,
                    f"quota of CPUs for Cloud Run in {made.region}: {bound:g}, wanted {wanted}",
                    f"open https://console.cloud.google.com/iam-admin/quotas?project={made.project}",
                )


def questions(made: Configuration, phase: Phase | None = None) -> Iterator[Question]:
    """Everything that is looked at, in order; for a release alone, what whoever does it may see."""
    here = project(made)
    yield Question(("version", JSON), _new_enough)
    yield Question(("auth", "list", JSON), _signed_in)
    yield Question(("projects", "describe", made.project, JSON), _project)
    yield Question(("services", "list", "--enabled", here, JSON), _apis)
    yield _bucket(made, "state")
    if phase == RELEASE:
        return
    yield _bucket(made, "data")
    yield _bucket(made, "models")
    yield Question(("billing", "projects", "describe", made.project, JSON), _billing)
    yield Question(("iam", "service-accounts", "list", here, JSON), _accounts)
    yield Question(("projects", "get-iam-policy", made.project, JSON), _rights)
    yield Question(("org-policies", "list", here, JSON), _policies)
    quota = ("beta", "quotas", "info", "list", "--service=run.googleapis.com", here, JSON)
    yield Question(quota, _quota)
    for name in secret_names(made):
        yield Question(("secrets", "describe", name, project(made), JSON), _secret(name))


def _bucket(made: Configuration, kind: str) -> Question:
    bucket = f"gs://{made.bucket(kind)}"
    words = ("storage", "buckets", "describe", bucket, "--raw", project(made), JSON)
    return Question(words, _buckets(made, kind))


def _secret(name: str) -> Callable[[Configuration, Any], Iterator[Finding]]:
    def judge(made: Configuration, answer: Any) -> Iterator[Finding]:
        mend = f"printf %s VALUE | gcloud secrets create {name} --data-file=- {project(made)}"
        yield Finding(bool(answer), f"secret {name}", mend)

    return judge


def commands(made: Configuration) -> Iterator[Words]:
    """The commands that doctor runs."""
    yield from (question.words for question in questions(made))


def examine(made: Configuration, runner: Runner, phase: Phase | None = None) -> Iterator[Finding]:
    """Every finding, as it is found. What may not be looked at is a finding too."""
    for question in questions(made, phase):
        result = runner.run(question.words)
        if result.code and not result.absent:
            why = result.err.strip().splitlines()[-1:] or ["it failed"]
            yield Finding(False, f"could not look: {why[0]}", line(question.words))
            continue
        yield from question.judge(made, None if result.code else result.parsed())
