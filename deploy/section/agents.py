"""Rights of triggers, builds, the schedule and Google's own agents: each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import ALWAYS, bind, member_of, of_project
from deploy.configuration import BUILD, SCHEDULE, TRIGGER, Configuration
from deploy.step import FOUNDATION, Step
from deploy.wording import project

STORAGE_AGENT = "service-PROJECT_NUMBER@gs-project-accounts.iam.gserviceaccount.com"
PUBSUB_AGENT = "service-PROJECT_NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com"

PUBSUB, STORAGE = "Pub/Sub's agent", "storage agent"
REASONS = {
    (TRIGGER, "roles/eventarc.eventReceiver"): "takes the events that it hands to the functions",
    (TRIGGER, "roles/run.invoker"): "wakes the functions, which let nobody else in unasked",
    (BUILD, "roles/logging.logWriter"): "writes the log of a build",
    (BUILD, "roles/storage.objectViewer"): "reads the source that a build is given",
    (BUILD, "roles/artifactregistry.writer"): "puts the images that it built into the repository",
    (SCHEDULE, "roles/run.invoker"): "starts reconcile",
    (STORAGE, "roles/pubsub.publisher"): "Cloud Storage tells Eventarc of new objects so",
    (PUBSUB, "roles/pubsub.publisher"): "puts events that were given up with the dead letters",
    (PUBSUB, "roles/pubsub.subscriber"): "takes them from the subscription of the function",
}
"""(who, role) -> why, for all that acts for Google's own services: each right on anything."""
ON_PROJECT = (
    (TRIGGER, "roles/eventarc.eventReceiver"),
    (BUILD, "roles/logging.logWriter"),
    (BUILD, "roles/storage.objectViewer"),
    (STORAGE, "roles/pubsub.publisher"),
)
"""Those that are bound on the project; the others are bound on the one thing that they are for."""


def reason(step: Step) -> str:
    """Why a step's binding is there; "" for every other step, and for those of the roles table."""
    who = step.name.partition(" may ")[0]
    if "add-iam-policy-binding" not in step.create:
        return ""
    bindings = step.wanted["bindings"]
    return next((REASONS[who, b["role"]] for b in bindings if (who, b["role"]) in REASONS), "")


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
    for account, role in ON_PROJECT:
        if account == STORAGE:
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
