"""Names on Vertex AI: what a model and a version are called there, and the labels that say so.

A version's endpoint has an id that follows from its name, so creating it twice is one endpoint and
predicting needs no look-up. Imports nothing of Google's, for the sake of predict's cold start.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

MODEL_LABEL = "dropserve-model"
VERSION_LABEL = "dropserve-version"
"""On endpoints and on versions of the registry. A version's name is its source's, so this is the
label by which an upload that was done already is found."""
CHOSEN_LABEL = "dropserve-registered"
"""On an endpoint: the registry's number of the one upload that it serves."""
DELETING_LABEL = "dropserve-deleting"
"""On an endpoint whose version is being deleted."""

_MODEL = re.compile(r"[a-z][a-z0-9_]{0,61}")
_VERSION = re.compile(r"[a-z][a-z0-9_]{0,62}")
_READABLE = 30


@dataclass(frozen=True)
class Location:
    """`projects/P/locations/L`, under which everything lies."""

    project: str
    region: str

    @property
    def name(self) -> str:
        """The resource name."""
        return f"projects/{self.project}/locations/{self.region}"

    def model(self, model: str, number: str = "") -> str:
        """A model of the registry, or with `number` one version of it."""
        return f"{self.name}/models/{model}" + (f"@{number}" if number else "")

    def endpoint(self, model: str, version: str) -> str:
        """The endpoint of a version."""
        return f"{self.name}/endpoints/{endpoint_id(model, version)}"


def is_name(model: str, version: str = "v") -> bool:
    """Whether Vertex AI's ids and labels can hold these names. All of dropserve's own can be."""
    return bool(_MODEL.fullmatch(model) and _VERSION.fullmatch(version))


def endpoint_id(model: str, version: str) -> str:
    """At most 63 of a-z, 0-9 and hyphen; readable first, then unique."""
    digest = hashlib.sha256(f"{model}/{version}".encode()).hexdigest()[:16]
    return f"{alias(version)[:_READABLE].strip('-')}-{digest}"


def alias(version: str) -> str:
    """The version's alias in the registry, where underscores are not allowed."""
    return version.replace("_", "-")


def labels(model: str, version: str) -> dict[str, str]:
    """What marks an endpoint or an upload as this version's."""
    return {MODEL_LABEL: model, VERSION_LABEL: version}


def last(name: str) -> str:
    """The id in a resource name. Google answers with the project's number in place of its id, so
    whole names are never compared."""
    return name.rsplit("/", 1)[-1].split("@", 1)[0]
