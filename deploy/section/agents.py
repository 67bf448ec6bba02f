"""Rights of triggers, builds and Google's own agents on the project: each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import ALWAYS, bind, member_of, of_project
from deploy.configuration import BUILD, TRIGGER, Configuration
from deploy.step import FOUNDATION, Step
from deploy.wording import project

STORAGE_AGENT = "service-PROJECT_NUMBER@gs-project-accounts.iam.gserviceaccount.com"
PUBSUB_AGENT = "service-PROJECT_NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com"

REASONS = {
    (TRIGGER, "roles/eventarc.eventReceiver"): "takes the events that it hands to the functions",
    (BUILD, "roles/logging.logWriter"): "writes the log of a build",
    (
        BUILD,
        "roles/storage.objectViewer",
    ): "reads the source that a build is given",
    ("storage agent", "roles/pubsub.publisher"): "Cloud Storage tells Eventarc of new objects so",
}
"""(account, role) -> why, for each right on the project."""


def agent_steps(made: Configuration) -> Iterator[Step]:
    """The bindings. Those of Google's agents carry a title: each installation has its own."""
    yield Step(
        name="storage agent",
        phase=FOUNDATION,
        read=("storage", "service-agent", project(made)),
        lacking="Cloud Storage has no service agent here; type: gcloud storage service-agent "
        f"{project(made)}",
    )
    here = of_project(made)
    for account, role in REASONS:
        if account == "storage agent":
            member, expression, title = f"serviceAccount:{STORAGE_AGENT}", ALWAYS, "tell-eventarc"
        else:
            member = member_of(made, account)
            reads = role == "roles/storage.objectViewer"
            foreign = account in made.accounts
            expression = _sources(made) if reads else ALWAYS if foreign else ""
            title = "read-sources" if reads else role.rpartition(".")[2]
        titled = made.named(title) if expression else ""
        yield bind(here, account, member, role, expression=expression, title=titled)


def _sources(made: Configuration) -> str:
    """Where functions' and images' sources are put for a build."""
    places = (
        f"gcf-v2-sources-PROJECT_NUMBER-{made.region}/",
        f"gcf-v2-uploads-PROJECT_NUMBER.{made.region}.cloudfunctions.appspot.com/",
        f"{made.bucket('state')}/objects/source/",
    )
    return " || ".join(f'resource.name.startsWith("projects/_/buckets/{p}")' for p in places)
