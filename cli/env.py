"""Print `export` lines for the running local cloud: eval "$(./run env)".

With them curl, the stock gcloud and google-cloud-storage work on it. With --cloud they are those of
an installation on Google Cloud, whose token is yours and ends within the hour.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from cli.client import call_json
from cli.place import running_cloud
from cli.target import Target, is_deployed, resolve, target_arguments
from localcloud.configuration import DEVELOPER, Configuration


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `env` takes."""
    target_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the lines."""
    if is_deployed(options):
        found = deployed_exports(resolve(options))
        if "STORAGE_EMULATOR_HOST" in os.environ:  # of a local cloud, looked at before
            print("unset STORAGE_EMULATOR_HOST")
    else:
        found = exports(running_cloud(options.state))
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def deployed_exports(target: Target) -> dict[str, str]:
    """The variables of an installation on Google Cloud, and their values.

    Where predict does not take the person's token there is none, and why is told beside the lines.
    """
    known = target.settings
    found = {
        "PREDICT_URL": target.predict.url,
        "DATA_BUCKET": known.data_bucket,
        "MODELS_BUCKET": known.models_bucket,
        "STATE_BUCKET": known.state_bucket,
        "GOOGLE_CLOUD_PROJECT": known.google_cloud_project,
        "CLOUDSDK_CORE_PROJECT": known.google_cloud_project,
    }
    if known.platform != "vertex-ai":
        found["AI_PLATFORM_URL"] = known.ai_platform_url
    if known.predict_auth == "api_key":
        print(f"PREDICT_TOKEN is not set{target.predict.denied('')}", file=sys.stderr)
        return found
    return found | {"PREDICT_TOKEN": target.predict.proof()["Authorization"].partition(" ")[2]}


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
