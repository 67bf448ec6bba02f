"""What operators need for the verbs of `./run` with --cloud. Callers have theirs with the calls."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import ALWAYS, Resource, bind, of_bucket, of_project
from deploy.configuration import BUCKETS, Configuration
from deploy.section.accounts import accounts
from deploy.section.events import may_call
from deploy.step import Step
from shared.core import roles

ON_THE_PROJECT = {
    "roles/run.viewer": "finds the installation and its settings",
    "roles/logging.viewer": "reads its logs",
}
ON_BUCKETS = "roles/storage.objectUser"
"""Drops and forgets, chooses defaults, makes keys."""
INVOKED = (
    *(roles.PREDICT, roles.SERVING_CONTROL),
    *(roles.RETRAIN, roles.DEPLOY_VERSION, roles.BATCH_PREDICT),
)
"""Asks, sees versions; reconcile sends lost events to the last three."""
ON_VERTEX_AI = "roles/aiplatform.user"


def member_of_person(email: str) -> str:
    """An operator as an IAM member: a person, or the service account they act as."""
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return f"{kind}:{email}"


def people_steps(made: Configuration) -> Iterator[Step]:
    """Each operator's rights."""
    for email in made.operators:
        member = member_of_person(email)
        vertex = (ON_VERTEX_AI,) if made.platform == "vertex-ai" else ()
        for role in (*ON_THE_PROJECT, *vertex):
            yield _marked(made, of_project(made), email, role)
        for kind in BUCKETS:
            yield _marked(made, of_bucket(made, kind), email, ON_BUCKETS)
        for service in INVOKED:
            if service in accounts(made):
                yield may_call(made, email, member, service)


def _marked(made: Configuration, resource: Resource, email: str, role: str) -> Step:
    """A binding that another installation's operator, and a grant by hand, can stand beside."""
    title = made.named(f"operator-{role.rpartition('/')[2].replace('.', '-')}")
    member = member_of_person(email)
    return bind(resource, email, member, role, expression=ALWAYS, title=title)
