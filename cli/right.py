"""Which role brings a right that somebody lacks: what a refusal on Google Cloud is told with."""

from __future__ import annotations

import re

ROLES = {
    "storage.objects.get": "roles/storage.objectViewer on the bucket",
    "storage.objects.list": "roles/storage.objectViewer on the bucket",
    "storage.objects.create": "roles/storage.objectUser on the bucket",
    "storage.objects.delete": "roles/storage.objectUser on the bucket",
    "storage.buckets.get": "roles/storage.bucketViewer on the bucket",
    "run.services.list": "roles/run.viewer on the project",
    "run.routes.invoke": "roles/run.invoker on the service",
    "logging.logEntries.list": "roles/logging.viewer on the project",
    "aiplatform.": "roles/aiplatform.user on the project",
    "iam.serviceAccounts.getAccessToken": "roles/iam.serviceAccountTokenCreator on that account",
    "iam.serviceAccounts.getOpenIdToken": "roles/iam.serviceAccountTokenCreator on that account",
}
"""Permission, or the beginning of some -> the role that has it."""
_PERMISSION = re.compile(r"\b(?:storage|run|logging|aiplatform|iam)\.[A-Za-z]+\.[A-Za-z]+\b")
READ_MORE = "docs/33-operations.md#verbs lists what each verb needs"


def missing(message: str) -> str:
    """The sentence behind a refusal that names a permission, "" where it names none we know."""
    for permission in _PERMISSION.findall(message):
        for known, role in ROLES.items():
            if permission.startswith(known):
                return f". {permission} comes with {role}; {READ_MORE}"
    return ""
