"""The stores that the planes read and write, each under its own account."""

from __future__ import annotations

from dataclasses import dataclass

from serving.configuration import Configuration
from shared.core.ports import ObjectReader, ObjectStore
from shared.gcp.credentials import access_credentials, access_tokens
from shared.gcp.reader import GoogleObjectReader
from shared.gcp.storage import GoogleObjectStore


@dataclass(frozen=True)
class Access:
    """Models and registry for the data plane; the registry for the control plane."""

    data_store: ObjectStore
    data_reader: ObjectReader
    control_store: ObjectStore
    control_reader: ObjectReader


def google_access(configuration: Configuration) -> Access:
    """Google Cloud Storage, or what answers for it at STORAGE_URL."""
    settings = configuration.settings
    url, project = settings.storage_url, settings.google_cloud_project
    control = configuration.serving_control_account or None
    return Access(
        data_store=GoogleObjectStore(url, project, access_credentials()),
        data_reader=GoogleObjectReader(url, access_tokens()),
        control_store=GoogleObjectStore(url, project, access_credentials(control)),
        control_reader=GoogleObjectReader(url, access_tokens(control)),
    )
