"""Services stay closed to whoever was not let in: what was opened to everybody is shut again."""

from __future__ import annotations

from deploy.binding import of_service
from deploy.configuration import Configuration
from deploy.shape import none_of
from deploy.step import RELEASE, Step
from deploy.wording import JSON

EVERYBODY = "allUsers"
INVOKER = "roles/run.invoker"


def closed_step(made: Configuration, service: str) -> Step:
    """A look at a service before it is released, which changes nothing where all is well.

    Before, since a release may bring settings that count on Cloud Run to let nobody in.
    """
    here = of_service(made, service)
    return Step(
        name=f"{service} is closed to everybody",
        phase=RELEASE,
        read=(*here.group, "get-iam-policy", here.name, *here.flags, JSON),
        wanted={"bindings": none_of({"members": [EVERYBODY]})},
        mend=(
            *(*here.group, "remove-iam-policy-binding", here.name),
            *(f"--member={EVERYBODY}", f"--role={INVOKER}", *here.flags, JSON),
        ),
        echoes=True,
    )
