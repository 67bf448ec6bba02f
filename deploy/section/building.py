"""Images: where they are kept, how each is named and built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.binding import Resource, bind, member_of
from deploy.configuration import BUILD, Configuration
from deploy.image import dockerfile
from deploy.step import FOUNDATION, RELEASE, Step
from deploy.wording import JSON, digest, joined, labels, project, region, staged

Sources = Mapping[str, str]
"""Staged thing -> digest of its files."""


def image(made: Configuration, thing: str, sources: Sources) -> str:
    """Where an image is, named after what is in it."""
    host = f"{made.region}-docker.pkg.dev"
    name = thing.replace("_", "-")
    tag = digest(sources[thing], dockerfile(made.runtime, thing))
    return f"{host}/{made.project}/{made.name}/{name}:{tag}"


def build(made: Configuration, thing: str, sources: Sources) -> dict[str, Any]:
    """A build of Cloud Build: one image out of the staged folder."""
    name = image(made, thing, sources)
    account = made.email(BUILD)
    return {
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", name, "."]}],
        "images": [name],
        "serviceAccount": f"projects/{made.project}/serviceAccounts/{account}",
        "options": {"logging": "CLOUD_LOGGING_ONLY"},
    }


def repository_steps(made: Configuration) -> Iterator[Step]:
    """Where images are kept, and that builds may put them there."""
    words = ("artifacts", "repositories")
    place = (f"--location={made.region}", project(made))
    yield Step(
        name="image repository",
        phase=FOUNDATION,
        read=(*words, "list", *place, JSON),
        find={"name": f"projects/{made.project}/locations/{made.region}/repositories/{made.name}"},
        owned={"labels": labels(made)},
        create=(
            *words,
            "create",
            made.name,
            "--repository-format=docker",
            f"--labels={joined(labels(made))}",
            *((f"--kms-key={made.key}",) if made.key else ()),
            *place,
        ),
        remove=(*words, "delete", made.name, *place, "--quiet"),
    )
    here = Resource(words, made.name, place)
    yield bind(here, BUILD, member_of(made, BUILD), "roles/artifactregistry.writer")


def image_step(made: Configuration, thing: str, sources: Sources) -> Step:
    """Build an image that is not there yet."""
    name, _, tag = image(made, thing, sources).partition(":")
    return Step(
        name=f"image {thing}",
        phase=RELEASE,
        read=("artifacts", "docker", "images", "list", name, "--include-tags", project(made), JSON),
        find={"tags": [tag]},
        create=(
            "builds",
            "submit",
            staged(made, "images", f"{thing}.tar.gz"),
            f"--config={staged(made, f'build-{thing}.json')}",
            f"--gcs-source-staging-dir=gs://{made.bucket('state')}/source",
            region(made),
            project(made),
        ),
    )
