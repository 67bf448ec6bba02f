"""What each thing that runs is told by its environment: settings of shared.core and serving."""

from __future__ import annotations

from deploy.configuration import Configuration
from deploy.size import size_in_bytes
from shared.core import roles

THREADS = {"GOMP_SPINCOUNT": "10000"}
"""How long threads of a fit spin before they sleep until the others come. By default much longer,
which takes ten times as long where the processors are shared; not at all takes twice as long where
they are not. docs/decisions/0008-large-tables.md has the figures."""


def shared_settings(made: Configuration) -> dict[str, str]:
    """What all of them are told."""
    return {
        "GOOGLE_CLOUD_PROJECT": made.project,
        "DATA_BUCKET": made.bucket("data"),
        "MODELS_BUCKET": made.bucket("models"),
        "STATE_BUCKET": made.bucket("state"),
        "REGION": made.region,
        "PYTHON_VERSION": f"3.{made.runtime.removeprefix('python3')}",
        "SERVICE_ACCOUNTS": ",".join(f"{role}={made.email(role)}" for role in roles.ACCOUNTS),
        **_platform(made),
        **made.settings,
    }


def _platform(made: Configuration) -> dict[str, str]:
    if made.platform == "vertex-ai":
        return {"PLATFORM": made.platform, "KEEP_VERSIONS": "2"}
    if made.platform == "ai-platform":
        return {
            "PLATFORM": made.platform,
            "AI_PLATFORM_URL": made.endpoint,
            "AI_PLATFORM_TOKEN": made.endpoint_token,
        }
    return {
        "PLATFORM": made.platform,
        "AI_PLATFORM_URL": made.url(roles.SERVING_CONTROL),
        "AI_PLATFORM_DATA_URL": made.url(roles.SERVING_DATA),
        "AI_PLATFORM_TOKEN": "id",
    }


def environment(made: Configuration, thing: str) -> dict[str, str]:
    """What one of them is told."""
    size = made.size(thing)
    more = {
        roles.RETRAIN: {
            "FUNCTION_MEMORY_BYTES": str(size_in_bytes(size["memory"])),
            "FUNCTION_SECONDS": str(size["timeout"]),
            "TRAINING_JOB": "" if made.platform == "vertex-ai" else made.named("train"),
            **THREADS,
        },
        "train": {"TRAINING_JOB": made.named("train"), **THREADS},
        roles.BATCH_PREDICT: {"BATCH_JOB": made.named("batch")},
        "batch": {"BATCH_JOB": made.named("batch")},
        roles.PREDICT: {
            "AUDIENCE": _with(made, "AUDIENCE", made.url(roles.PREDICT)),
            "ALLOWED_CALLERS": _with(made, "ALLOWED_CALLERS", *_listed(made)),
            "PUBLIC_ENDPOINT": "yes" if made.public else "no",
        },
        "reconcile": {
            "RETRAIN_URL": made.url(roles.RETRAIN),
            "BATCH_PREDICT_URL": made.url(roles.BATCH_PREDICT),
            "DEPLOY_VERSION_URL": made.url(roles.DEPLOY_VERSION),
        },
        roles.SERVING_DATA: {"SERVING_PLANE": "data", **_served(made)},
        roles.SERVING_CONTROL: {"SERVING_PLANE": "control", **_served(made)},
    }
    told = {**shared_settings(made), **more.get(thing, {})}
    return {name: value for name, value in told.items() if value}


def _served(made: Configuration) -> dict[str, str]:
    operators = ",".join(made.operators)
    return {"HOST": "0.0.0.0", "SERVING_AUTH": "iam", "SERVING_OPERATORS": operators}


def _with(made: Configuration, name: str, *more: str) -> str:
    """A setting that takes several: what the settings file says, and what follows from the rest."""
    said = made.settings.get(name, "")
    return ",".join([*more, *([said] if said else [])])


def _listed(made: Configuration) -> list[str]:
    """The callers that predict itself must know, as far as a token's e-mail address can tell. Where
    Cloud Run checks callers, IAM decides."""
    if not made.public:
        return []
    kinds = {"user": "", "serviceAccount": "", "domain": "@"}
    pairs = [member.split(":", 1) for member in made.callers]
    return [kinds[kind] + who for kind, who in pairs if kind in kinds]
