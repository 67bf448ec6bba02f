"""Predict from Python: python predict.py [MODEL]. Needs nothing but the standard library.

Reads PREDICT_URL and GOOGLE_CLOUD_PROJECT; on a laptop: eval "$(./run env)". Sends the API key in
PREDICT_KEY, or the ID token in PREDICT_TOKEN; without either it takes an ID token from google-auth
(pip install google-auth requests), as on Google Cloud.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from typing import Any

RETRYABLE = (429, 503)


class PredictError(Exception):
    """A problem (RFC 9457). type: its stable name; errors: what is wrong where."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.errors = problem.get("errors", [])
        faults = "".join(f" {one['pointer']}: {one['message']}." for one in self.errors)
        super().__init__(f"{problem['title']}: {problem['detail']}{faults}")
        self.type = problem["type"]
        self.request_id = problem.get("request_id", "")


def proof(url: str) -> dict[str, str]:
    """The header that says who calls the service at `url`."""
    if key := os.environ.get("PREDICT_KEY"):
        return {"X-API-Key": key}
    return {"Authorization": f"Bearer {os.environ.get('PREDICT_TOKEN') or fetched(url)}"}


def fetched(url: str) -> str:
    """An ID token of the account that this runs as."""
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    return str(id_token.fetch_id_token(Request(), url))


def predict(
    model: str, instances: list[Any], *, probabilities: bool = False, attempts: int = 3
) -> dict[str, Any]:
    """The answer: predictions, model_version, kind, and warnings where something was odd."""
    url = os.environ["PREDICT_URL"]
    project = os.environ["GOOGLE_CLOUD_PROJECT"]
    body = {"instances": instances, "parameters": {"probabilities": probabilities}}
    request = urllib.request.Request(
        f"{url}/v1/projects/{project}/models/{model}:predict",
        json.dumps(body).encode(),
        {
            **proof(url),
            "Content-Type": "application/json",
            "X-Request-Timeout": "10",
        },
    )
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                is_problem = error.headers.get_content_type() == "application/problem+json"
                if error.code in RETRYABLE and attempt < attempts:
                    pause = float(error.headers.get("Retry-After", 1))
                    time.sleep(pause + random.random())
                    continue
                if not is_problem:  # Cloud Run's own, in HTML
                    raise
                raise PredictError(json.load(error)) from None
    raise AssertionError("the last attempt returns or raises")


if __name__ == "__main__":
    flowers = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
    print(json.dumps(predict(sys.argv[1] if len(sys.argv) > 1 else "iris", flowers)))
