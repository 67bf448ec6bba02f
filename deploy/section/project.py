"""The project: its number, and the APIs that are switched on."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.configuration import Configuration
from deploy.shape import none_of, other_than
from deploy.step import FOUNDATION, Step
from deploy.wording import JSON, LABEL, project
from shared.core import roles

APIS = (
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudscheduler",
    "eventarc",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "storage",
)

LOCATION = "cloud.googleapis.com/location"
"""Label by which Cloud Run tells where a service is."""


def apis(made: Configuration) -> tuple[str, ...]:
    """Everything that must be switched on."""
    more = [
        name
        for name, needed in (
            ("aiplatform", made.platform == "vertex-ai"),
            ("secretmanager", bool(made.secrets)),
        )
        if needed
    ]
    return tuple(f"{name}.googleapis.com" for name in (*APIS, *more))


def project_steps(made: Configuration) -> Iterator[Step]:
    """Its number is asked for in both phases; the APIs stay on for whoever else uses them."""
    yield Step(
        name="project",
        phase=None,
        read=("projects", "describe", made.project, JSON),
        tells={"PROJECT_NUMBER": "projectNumber"},
        lacking=f"there is no project {made.project}, or you may not see it: gcloud projects list",
    )
    wanted = apis(made)
    yield Step(
        name="APIs",
        phase=FOUNDATION,
        read=("services", "list", "--enabled", project(made), JSON),
        find=[{"config": {"name": name}} for name in wanted],
        whole=True,
        create=("services", "enable", *wanted, project(made)),
    )
    yield Step(
        name="in one region",
        phase=None,
        read=("run", "services", "list", project(made), JSON),
        whole=True,
        fixed=none_of(
            {
                "metadata": {
                    "name": made.named(roles.PREDICT),
                    "labels": {LABEL: made.name, LOCATION: other_than(made.region)},
                }
            }
        ),
        lacking=f"{made.name} runs in another region than {made.region} already, with the same "
        f"accounts: add --region, or take another --name. To see: gcloud run services list "
        f"{project(made)}",
    )
