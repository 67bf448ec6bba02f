"""What ./deploy.sh made, as the verbs with --cloud find it.

The deployed predict service tells all of it: its environment holds the settings, buckets and
addresses among them. So nobody needs the deploy's settings file, and what is found is what runs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from cli.client import Service
from cli.failure import Failure, UsageFailure
from cli.place import ROOT
from cli.right import READ_MORE, missing
from cli.signin import SignedIn
from cli.target import Target
from deploy.configuration import Configuration, configure, read_file, refuse_overrides
from deploy.failure import DeployFailure
from deploy.gcloud import Gcloud, Runner
from shared.core import roles
from shared.core.setting import SettingsError
from shared.core.settings import Settings

PREDICT = f"-{roles.PREDICT}"
LOCATION = "cloud.googleapis.com/location"
_FUNCTIONS = {
    "RETRAIN_URL": roles.RETRAIN,
    "DEPLOY_VERSION_URL": roles.DEPLOY_VERSION,
    "BATCH_PREDICT_URL": roles.BATCH_PREDICT,
}
"""What reconcile is told besides, and predict is not."""
_SENT_TO = (
    *("storage_url", "ai_platform_url", "ai_platform_data_url", "vertex_url"),
    *("retrain_url", "batch_predict_url", "deploy_version_url", "logging_url"),
)
"""Settings that name where the person's tokens go."""


def deployed_target(options: argparse.Namespace, gcloud: Runner | None = None) -> Target:
    """The installation that was meant, as whoever is signed in to gcloud. Raises Failure."""
    try:
        refuse_overrides(os.environ)
        person = SignedIn(gcloud or Gcloud(ROOT))
        values = given(options)
        made = configure({**values, "project": values.get("project") or project_of(person)})
        service = find(made, values.get("region", ""), person)
    except DeployFailure as failure:
        raise Failure(str(failure), failure.exit_code) from failure
    url = str(service["status"]["url"])
    made = replace(made, region=region(service))
    known = settings(made, service)
    refuse_strangers(made, known, number(service))

    def access() -> dict[str, str]:
        return bearer(person.access_token()[0])

    audience = known.audience[0] if known.audience else url
    return Target(
        settings=known,
        email=person.email,
        caller=person,
        storage=Service(known.storage_url, access, missing),
        predict=Service(
            url,
            lambda: bearer(person.id_token(audience)[0]),
            kept_out(made, known, person.email),
        ),
        logging=Service(known.logging_url, access, missing),
        vertex=Service(known.vertex_url, access, missing),
        name=made.name,
        denied=lambda message: missing(message) or no_operator(person.email),
    )


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def given(options: argparse.Namespace) -> dict[str, Any]:
    """What the flags and the settings file say. Raises DeployFailure."""
    values = read_file(ROOT / f"deploy.{options.env}.toml") if options.env else {}
    typed = {
        "project": options.project,
        "name": options.installation,
        "region": options.region,
    }
    return values | {key: value for key, value in typed.items() if value}


def project_of(person: SignedIn) -> str:
    """The project that gcloud is set to. Raises UsageFailure where it is set to none."""
    if not person.project:
        raise UsageFailure("which project? add --project P, or: gcloud config set project P")
    return person.project


def find(made: Configuration, place: str, person: SignedIn) -> dict[str, Any]:
    """The predict service of an installation. place: its region, "" for wherever it is alone."""
    words = ("run", "services", "list", f"--project={made.project}", "--format=json")
    listed: list[dict[str, Any]] = person.run(words).parsed() or []
    found = [one for one in listed if one["metadata"]["name"] == made.named(roles.PREDICT)]
    here = [one for one in found if region(one) == place] if place else found
    if len(here) == 1:
        return here[0]
    raise Failure(f"{absent(made, found)}; {others(listed)}")


def absent(made: Configuration, found: list[dict[str, Any]]) -> str:
    """That an installation is not there, or not in that region."""
    if found:
        places = ", ".join(sorted(region(one) for one in found))
        return f"{made.name} runs in {places}: add --region"
    return f"there is no installation {made.name!r} in project {made.project}"


def others(listed: list[dict[str, Any]]) -> str:
    """Which installations there are."""
    names = [one["metadata"]["name"] for one in listed]
    known = sorted({n.removesuffix(PREDICT) for n in names if n.endswith(PREDICT)})
    return f"there are: {', '.join(known)}" if known else "./deploy.sh makes one"


def region(service: Mapping[str, Any]) -> str:
    """Where a service runs."""
    return str(service["metadata"].get("labels", {}).get(LOCATION, ""))


def number(service: Mapping[str, Any]) -> str:
    """The number of the project that a service runs in."""
    return str(service["metadata"].get("namespace", ""))


def settings(made: Configuration, service: Mapping[str, Any]) -> Settings:
    """What the service was told, and where the other functions are. Raises Failure."""
    container = service["spec"]["template"]["spec"]["containers"][0]
    told = {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}
    addresses = {
        name: made.url(function).replace("PROJECT_NUMBER", number(service))
        for name, function in _FUNCTIONS.items()
    }
    try:
        return Settings.from_environment({**addresses, **told})
    except SettingsError as error:
        raise Failure(f"{service['metadata']['name']} is not ours, or too old: {error}") from error


def refuse_strangers(made: Configuration, known: Settings, project: str) -> None:
    """Raises Failure where the person's tokens would go to none of Google's APIs and none of ours.

    Whoever may change the service's environment could otherwise collect them, and a person's ID
    token is good for every Cloud Run service. project: its number.
    """
    ours = {made.url(role).replace("PROJECT_NUMBER", project) for role in roles.ACCOUNTS}
    for name in _SENT_TO:
        address = str(getattr(known, name))
        parts = urlsplit(address)
        host = parts.hostname or ""
        loopback = host in ("127.0.0.1", "localhost", "::1")
        googles = parts.scheme == "https" and host.endswith(".googleapis.com")
        if address and not (loopback or googles or address in {made.endpoint, *ours}):
            raise Failure(
                f"{made.name} names {address} as its {name}, which is neither Google's nor the "
                "installation's, so your token is not sent there; if it is the endpoint you mean, "
                "say so: endpoint = ... in deploy.ENV.toml, and --env ENV"
            )


def no_operator(email: str) -> str:
    """What to do where the prediction platform refuses the person."""
    return f". {email} is not listed under operators (docs/31-quickstart-cloud.md); {READ_MORE}"


def kept_out(made: Configuration, known: Settings, email: str) -> Callable[[str], str]:
    """What to do where predict does not take the person's call."""
    if known.predict_auth == "api_key":
        return lambda _: (
            ". It takes API keys: ./run keys create NAME --cloud, then docs/21-predict.md"
        )
    if known.predict_auth == "id_token":
        return lambda _: (
            ". It takes ID tokens that were made for it, which gcloud makes of service accounts "
            "only: gcloud config set auth/impersonate_service_account ACCOUNT"
        )
    return lambda _: (
        f". {email} needs roles/run.invoker on {made.named(roles.PREDICT)}: list it under callers "
        f"(docs/31-quickstart-cloud.md) and deploy; {READ_MORE}"
    )
