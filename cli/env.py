"""Print `export` lines for the running local cloud: eval "$(./run env)".

With them curl, the stock gcloud and google-cloud-storage work on it.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from cli.client import call_json
from cli.place import running_cloud, state_argument
from localcloud.configuration import DEVELOPER, Configuration


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `env` takes."""
    state_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print the lines."""
    for name, value in exports(running_cloud(options.state)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def token(cloud: Configuration, email: str = DEVELOPER, audience: str | None = None) -> str:
    """An ID token of a caller for the predict function."""
    query = urlencode({"email": email, "audience": audience or cloud.url("predict")})
    return str(call_json("GET", f"{cloud.url('googleapis')}/_local/identity?{query}")["token"])


def exports(cloud: Configuration) -> dict[str, str]:
    """Every variable and its value."""
    storage, platform = cloud.url("googleapis"), cloud.url("serving")
    return {
        "PREDICT_URL": cloud.url("predict"),
        "PREDICT_TOKEN": token(cloud),
        "AI_PLATFORM_URL": platform,
        "STORAGE_EMULATOR_HOST": storage,
        "DATA_BUCKET": cloud.buckets["data"],
        "MODELS_BUCKET": cloud.buckets["models"],
        "STATE_BUCKET": cloud.buckets["state"],
        "GOOGLE_CLOUD_PROJECT": cloud.project,
        "CLOUDSDK_CONFIG": str(Path(cloud.state) / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": cloud.project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_AI_PLATFORM_REGION": "global",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_ML": f"{storage}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{storage}/storage/v1/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING": f"{storage}/",
        **past_the_proxy(os.environ),
    }


def past_the_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Where the person's calls go through a proxy: what keeps those to this machine off it."""
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in environment):
        return {}
    kept = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    value = ",".join([*(word for word in kept.split(",") if word), "127.0.0.1"])
    return {"NO_PROXY": value, "no_proxy": value}
