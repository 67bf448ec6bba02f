"""The project: its number, and the APIs that are switched on."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.configuration import Configuration
from deploy.step import FOUNDATION, RELEASE, Step
from deploy.wording import JSON, project

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
        phase=RELEASE,
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
