"""IAM bindings as steps: a member, a role, a resource, perhaps a condition."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.configuration import Configuration
from deploy.shape import ABSENT
from deploy.step import FOUNDATION, Phase, Step, Words
from deploy.wording import JSON, project, region

ALWAYS = 'request.time > timestamp("2020-01-01T00:00:00Z")'
"""A condition that always holds: its title marks a binding as ours where the member is not."""


@dataclass(frozen=True)
class Resource:
    """What has an IAM policy: the gcloud group, the name in it, its flags."""

    group: Words
    name: str
    flags: Words
    conditions: bool = False
    """Whether its bindings may carry a condition, so that gcloud wants to be told of none."""


def of_project(made: Configuration) -> Resource:
    """The project's own policy."""
    return Resource(("projects",), made.project, (), conditions=True)


def of_bucket(made: Configuration, kind: str) -> Resource:
    """A bucket's policy."""
    bucket = f"gs://{made.bucket(kind)}"
    return Resource(("storage", "buckets"), bucket, (project(made),), conditions=True)


def of_account(made: Configuration, account: str) -> Resource:
    """A service account's own policy: who may act as it."""
    group = ("iam", "service-accounts")
    return Resource(group, made.email(account), (project(made),), conditions=True)


def of_service(made: Configuration, service: str) -> Resource:
    """A Cloud Run service's policy; a function is one too."""
    return Resource(("run", "services"), made.named(service), (project(made), region(made)))


def of_job(made: Configuration, job: str) -> Resource:
    """A Cloud Run job's policy."""
    return Resource(("run", "jobs"), made.named(job), (project(made), region(made)))


def member_of(made: Configuration, account: str) -> str:
    """A service account as a member."""
    return f"serviceAccount:{made.email(account)}"


def bind(
    resource: Resource,
    who: str,
    member: str,
    role: str,
    *,
    expression: str = "",
    title: str = "",
    phase: Phase = FOUNDATION,
    after: str = "",
) -> Step:
    """A binding. who: the member in the step's name."""
    condition = f"expression={expression},title={title}" if expression else ""
    given = {"title": title, "expression": expression} if expression else ABSENT
    said = condition or ("None" if resource.conditions else "")
    binding = (
        resource.name,
        f"--member={member}",
        f"--role={role}",
        *((f"--condition={said}",) if said else ()),
        *resource.flags,
        JSON,
    )
    shape = {"bindings": [{"role": role, "members": [member], "condition": given}]}
    return Step(
        name=f"{who} may {title or role.rpartition('/')[2]} on {resource.name}",
        phase=phase,
        read=(*resource.group, "get-iam-policy", resource.name, *resource.flags, JSON),
        find=shape,
        wanted=shape,
        create=(*resource.group, "add-iam-policy-binding", *binding),
        remove=(*resource.group, "remove-iam-policy-binding", *binding),
        after=after,
        echoes=True,
    )
