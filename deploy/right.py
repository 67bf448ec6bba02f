"""What whoever deploys must be allowed to do, phase by phase: read off the plan's own commands.

Sources: cloud.google.com/iam/docs/roles-permissions, a page for each service, 2026-11-22; where two
roles do, the narrower one stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploy.configuration import Configuration
from deploy.gcloud import line
from deploy.plan import Plan
from deploy.section.accounts import below
from deploy.step import RELEASE, Phase, Words
from deploy.wording import project

ACT_AS = "roles/iam.serviceAccountUser"
CONSUMER = "roles/serviceusage.serviceUsageConsumer"
"""gcloud asks on the project's account."""
READER = "roles/artifactregistry.reader"
VIEWER = "roles/storage.bucketViewer"
ROLES = {
    "alpha monitoring": "roles/monitoring.editor",
    "artifacts docker images list": READER,
    "artifacts repositories": "roles/artifactregistry.admin",
    "beta monitoring": "roles/monitoring.editor",
    "builds submit": "roles/cloudbuild.builds.editor",
    "eventarc triggers describe": "roles/eventarc.viewer",
    "functions": "roles/cloudfunctions.developer",
    "functions list": "roles/cloudfunctions.viewer",
    "iam roles": "roles/iam.roleAdmin",
    "iam service-accounts": "roles/iam.serviceAccountAdmin",
    "iam service-accounts create": "roles/iam.serviceAccountCreator",
    "iam service-accounts delete": "roles/iam.serviceAccountDeleter",
    "iam service-accounts list": "roles/iam.serviceAccountCreator",
    "logging metrics": "roles/logging.configWriter",
    "monitoring dashboards": "roles/monitoring.editor",
    "projects": "roles/resourcemanager.projectIamAdmin",
    "projects describe": "",
    "pubsub": "roles/pubsub.admin",
    "run jobs": "roles/run.admin",
    "run jobs delete": "roles/run.developer",
    "run jobs deploy": "roles/run.developer",
    "run jobs get-iam-policy": "roles/run.viewer",
    "run jobs list": "roles/run.viewer",
    "run deploy": "roles/run.developer",
    "run services": "roles/run.admin",
    "run services delete": "roles/run.developer",
    "run services get-iam-policy": "roles/run.viewer",
    "run services list": "roles/run.viewer",
    "scheduler jobs": "roles/cloudscheduler.admin",
    "secrets": "roles/secretmanager.admin",
    "services": "roles/serviceusage.serviceUsageAdmin",
    "storage": "roles/storage.admin",
    "storage buckets describe": VIEWER,
}
"""Beginning of a command -> the role on the project that it takes; the longest beginning counts.
"": every other role here brings it."""
COVERED = {
    READER: {"roles/artifactregistry.admin"},
    VIEWER: {"roles/storage.admin"},
    CONSUMER: {"roles/serviceusage.serviceUsageAdmin"},
    "roles/cloudfunctions.viewer": {"roles/cloudfunctions.developer"},
    "roles/eventarc.viewer": {"roles/cloudfunctions.developer"},
    "roles/iam.serviceAccountCreator": {"roles/iam.serviceAccountAdmin"},
    "roles/iam.serviceAccountDeleter": {"roles/iam.serviceAccountAdmin"},
    "roles/run.developer": {"roles/run.admin"},
    "roles/run.viewer": {"roles/run.admin", "roles/run.developer"},
}
"""Role -> those that bring all of it that is used here."""
_ACCOUNT = re.compile(
    r"--(?:(?:run-|build-|trigger-)?service-account|oauth-service-account-email)="
    r"(?:projects/\S+/serviceAccounts/)?(\S+)"
)


def role_of(words: Words) -> str:
    """The role that a command takes. Raises KeyError for one that no plan has."""
    names = [word for word in words if not word.startswith("-")]
    for length in range(len(names), 0, -1):
        if (beginning := " ".join(names[:length])) in ROLES:
            return ROLES[beginning]
    raise KeyError(line(words))


def commands(plan: Plan, phase: Phase | None) -> Iterator[Words]:
    """All that a phase runs where nobody opened by hand what is to be closed."""
    names = {step.name: step for step in plan.steps}
    for step in plan.of(phase):
        looks = (step.read, names[step.after].read if step.after else ())
        yield from (words for words in (*looks, step.create, step.update, step.revive) if words)


def removals(plan: Plan) -> Iterator[Words]:
    """All that a teardown runs."""
    for step in plan.steps:
        yield from (words for words in (step.read, step.remove) if words)


def narrowed(found: Iterator[Words]) -> list[str]:
    """The roles that commands take, without those that another of them brings."""
    roles = {role_of(words) for words in found} - {""} | {CONSUMER}
    return sorted(role for role in roles if not COVERED.get(role, set()) & roles)


def acted_as(plan: Plan, phase: Phase | None) -> list[str]:
    """The accounts that a phase's commands name for things to run as."""
    words = [word for each in commands(plan, phase) for word in each]
    return sorted({found[1] for word in words if (found := _ACCOUNT.fullmatch(word))})


def who_deploys(made: Configuration, plan: Plan, phase: Phase | None) -> Iterator[str]:
    """The commands that give a person what a phase needs, without making them owner."""
    on_project = narrowed(commands(plan, phase))
    whole = [ACT_AS] if phase is None else []  # the accounts are not there before the first deploy
    for role in (*on_project, *whole):
        if phase != RELEASE or role not in (READER, VIEWER):  # it gets those on two things alone
            yield _bound(("projects",), made.project, role)
    if phase == RELEASE:
        yield from _places(made)
    for email in acted_as(plan, phase) if phase else ():
        yield _bound(("iam", "service-accounts"), email, ACT_AS, project(made))


def who_tears_down(made: Configuration, plan: Plan) -> Iterator[str]:
    """The commands that give what a teardown takes beside a whole deploy."""
    deploys = set(narrowed(commands(plan, None)))
    for role in narrowed(removals(plan)):
        if not ({role} | COVERED.get(role, set())) & deploys:
            yield _bound(("projects",), made.project, role)


def _places(made: Configuration) -> Iterator[str]:
    """A release looks into one repository, and puts sources below one prefix of one bucket."""
    place = (f"--location={made.region}", project(made))
    yield _bound(("artifacts", "repositories"), made.name, READER, *place, condition="")
    bucket = made.bucket("state")
    words = (("storage", "buckets"), f"gs://{bucket}")
    yield _bound(*words, VIEWER, project(made))
    narrow = f"title=source-only,expression={below(bucket, 'source/')}"
    yield _bound(*words, "roles/storage.objectCreator", project(made), condition=narrow)


def _bound(group: Words, name: str, role: str, *flags: str, condition: str = "None") -> str:
    said = (f"--condition={condition}",) if condition else ()
    who = ("--member=user:EMAIL", f"--role={role}")
    return line((*group, "add-iam-policy-binding", name, *who, *said, *flags))
