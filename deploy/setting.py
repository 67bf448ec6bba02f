"""Reads `[settings]` as the functions and services will, before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.core.capacity import CAPACITY
from shared.core.settings import SETTINGS
from shared.core.suggestion import suggestion

SAID_ELSEWHERE = {
    "AI_PLATFORM_TOKEN": "endpoint_token",
    "AI_PLATFORM_URL": "endpoint",
    "BATCH_JOB": "",
    "BATCH_PREDICT_URL": "",
    "DATA_BUCKET": "data under [buckets]",
    "DEPLOY_VERSION_URL": "",
    "FUNCTION_MEMORY_BYTES": "memory under [sizes.retrain]",
    "FUNCTION_SECONDS": "timeout under [sizes.retrain]",
    "GOOGLE_CLOUD_PROJECT": "project",
    "MODELS_BUCKET": "models under [buckets]",
    "PLATFORM": "platform",
    "PUBLIC_ENDPOINT": "public",
    "PYTHON_VERSION": "runtime",
    "REGION": "region",
    "RETRAIN_URL": "",
    "SERVICE_ACCOUNTS": "[accounts]",
    "STATE_BUCKET": "state under [buckets]",
    "TRAINING_JOB": "",
    "VERTEX_JOB_IMAGE": "",
    "VERTEX_JOB_KEY": "key",
    "VERTEX_JOB_MACHINE_TYPE": "machine under [sizes.train]",
    "VERTEX_JOB_SECONDS": "timeout under [sizes.train]",
}
"""Settings that a deploy tells by itself -> the key that decides on them, "" for none."""


def setting_problems(given: Mapping[str, str]) -> Iterator[str]:
    """What cannot be meant by `[settings]`."""
    known = {setting.name: setting for setting in (*SETTINGS, *CAPACITY)}
    for name, text in given.items():
        if name not in known:
            yield f"settings.{name} is unknown; {suggestion(name, list(known))}"
        elif name in SAID_ELSEWHERE:
            key = SAID_ELSEWHERE[name]
            yield f"settings.{name}: a deploy tells it; " + (
                f"say {key}" if key else "leave it out"
            )
        elif text:
            try:
                known[name].read(text)
            except ValueError as error:
                yield f"settings.{name} {text[:80]!r}: {error}. {known[name].help}"
