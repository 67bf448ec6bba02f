"""Secrets of Secret Manager: they are there already, and only who sends notices may read them.

No command holds a value: things that run are given `SETTING=SECRET:VERSION`, and Google puts the
value into their environment when they start.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import ALWAYS, Resource, bind, member_of
from deploy.configuration import Configuration
from deploy.step import FOUNDATION, Step
from deploy.wording import JSON, joined, project
from shared.core import roles
from shared.core.settings import SECRETS

ACCESSOR = "roles/secretmanager.secretAccessor"
LATEST = "latest"
TELLERS = (roles.RETRAIN, roles.DEPLOY_VERSION, roles.RECONCILE)
"""Accounts that send notices; the training job runs as the first of them."""
TOLD = (roles.RETRAIN, roles.DEPLOY_VERSION, "train", "reconcile")
"""What runs as them."""


def secret_steps(made: Configuration) -> Iterator[Step]:
    """Look at each secret, and let each account that sends notices read it."""
    for name in secret_names(made):
        yield Step(
            name=f"secret {name}",
            phase=FOUNDATION,
            read=("secrets", "describe", name, project(made), JSON),
            lacking=f"secrets names {name}, which is not there; type: printf %s VALUE | gcloud "
            f"secrets create {name} --data-file=- {project(made)}",
        )
        here = Resource(("secrets",), name, (project(made),), conditions=True)
        for account in TELLERS:
            foreign = account in made.accounts
            expression, title = (ALWAYS, made.named("notices")) if foreign else ("", "")
            member = member_of(made, account)
            yield bind(here, account, member, ACCESSOR, expression=expression, title=title)


def secret_flags(made: Configuration, thing: str) -> tuple[str, ...]:
    """What a command says of the secrets of a thing that runs; none are left from before."""
    if thing not in TOLD:
        return ()
    pairs = {name: _with_version(text) for name, text in sorted(made.secrets.items())}
    return (f"--set-secrets={joined(pairs)}",) if pairs else ("--clear-secrets",)


def without_secrets(made: Configuration, thing: str, told: dict[str, str]) -> dict[str, str]:
    """An environment without what comes from Secret Manager, or is none of the thing's business."""
    kept_back = SECRETS if thing not in TOLD else frozenset(made.secrets)
    return {name: value for name, value in told.items() if name not in kept_back}


def secret_names(made: Configuration) -> list[str]:
    """The secrets that the settings name."""
    return sorted({text.partition(":")[0] for text in made.secrets.values()})


def _with_version(text: str) -> str:
    return text if ":" in text else f"{text}:{LATEST}"
