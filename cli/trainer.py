"""Which training jobs on Vertex AI are an installation's: their logs stand apart from the rest's.

Source: the discovery document aiplatform:v1, `customJobs.list`. A job's log names the job alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from cli.client import Service
from shared.core import roles
from shared.core.settings import Settings

LABEL = "dropserve-inputs"
"""On every job that trains for a drop (shared/gcp/vertex/job.py)."""
NEWEST = 50
"""A filter of Cloud Logging has its bounds; older jobs are for `gcloud ai custom-jobs`."""
_PAGE = 100


def job_ids(service: Service, known: Settings) -> list[str]:
    """The newest jobs that run as this installation's `retrain`, the newest first. Raises Failure.

    None where Vertex AI is not the platform.
    """
    if known.platform != "vertex-ai":
        return []
    runs_as = known.email(roles.RETRAIN)
    mine = [
        job
        for job in _listed(service, known)
        if job.get("jobSpec", {}).get("serviceAccount") == runs_as
    ]
    mine.sort(key=lambda job: str(job.get("createTime", "")), reverse=True)
    return [str(job["name"]).rpartition("/")[2] for job in mine[:NEWEST]]


def _listed(service: Service, known: Settings) -> list[dict[str, Any]]:
    place = f"/v1/projects/{quote(known.google_cloud_project)}/locations/{quote(known.region)}"
    query = {"filter": f"labels.{LABEL}:*", "pageSize": str(_PAGE)}
    found: list[dict[str, Any]] = []
    while True:
        page = service.call_json("GET", f"{place}/customJobs?{urlencode(query)}")
        found += page.get("customJobs", [])
        if not (token := page.get("nextPageToken")):
            return found
        query["pageToken"] = token
