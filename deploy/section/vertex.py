"""Rights on Vertex AI, where that serves and trains: roles of our own on the project.

Who creates a custom job says as whom it runs, and must be allowed to act as that account: retrain's
jobs run as retrain, so it gets that right on itself and on no other account.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import bind, member_of, of_account, of_project
from deploy.configuration import Configuration
from deploy.section.accounts import custom_role
from deploy.step import Step
from shared.core import roles

ACT_AS = "roles/iam.serviceAccountUser"

ASKS = frozenset(
    f"aiplatform.{verb}" for verb in ("endpoints.get", "endpoints.predict", "models.get")
)
"""What `predict` may: ask a version, and tell a missing model from a missing version."""
RELEASES = ASKS | frozenset(
    f"aiplatform.{verb}"
    for verb in (
        "endpoints.create",
        "endpoints.delete",
        "endpoints.deploy",
        "endpoints.list",
        "endpoints.undeploy",
        "endpoints.update",
        "models.delete",
        "models.list",
        "models.update",
        "models.upload",
        "operations.list",
    )
)
"""What a release, a rollback and a deletion take. Getting an operation takes the right to get its
endpoint or model. Source: cloud.google.com/vertex-ai/docs/general/iam-permissions."""

TRAINS = frozenset(f"aiplatform.customJobs.{verb}" for verb in ("cancel", "create", "list"))
"""What handing a drop over to a custom job takes."""

_ROLES = {"vertex_ask": ASKS, "vertex_release": RELEASES, "vertex_train": TRAINS}
_HOLDERS = {
    roles.PREDICT: "vertex_ask",
    roles.BATCH_PREDICT: "vertex_ask",
    roles.DEPLOY_VERSION: "vertex_release",
    roles.RECONCILE: "vertex_release",
    **dict.fromkeys(sorted(roles.JOB_STARTERS), "vertex_train"),
}


def vertex_steps(made: Configuration) -> Iterator[Step]:
    """Nothing where something else serves."""
    if made.platform != "vertex-ai":
        return
    names = {role: f"{made.name.replace('-', '_')}_{role}" for role in _ROLES}
    for role, permissions in _ROLES.items():
        yield custom_role(made, names[role], permissions)
    for account, role in _HOLDERS.items():
        name = f"projects/{made.project}/roles/{names[role]}"
        yield bind(of_project(made), account, member_of(made, account), name)
    trainer = member_of(made, roles.RETRAIN)
    yield bind(of_account(made, roles.RETRAIN), roles.RETRAIN, trainer, ACT_AS)
