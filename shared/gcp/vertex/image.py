"""The container that a version runs in: Google's prebuilt one for scikit-learn, or another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_PREBUILT = re.compile(r".*/vertex-ai/prediction/sklearn-cpu\.(\d+)-(\d+)(?:[:@].*)?")

LABELS_ONLY = (
    "Vertex AI's prebuilt scikit-learn image answers labels only: leave `probabilities` out, or "
    "serve with an image of your own (VERTEX_IMAGE)"
)


@dataclass(frozen=True)
class Image:
    """uri: the container image. predict_route, health_route: its paths, "" for a prebuilt one."""

    uri: str
    predict_route: str = ""
    health_route: str = ""

    @property
    def scikit_learn(self) -> str:
        """The library's minor version in a prebuilt image, "" for any other."""
        known = _PREBUILT.fullmatch(self.uri)
        return ".".join(known.groups()) if known else ""

    @property
    def probabilities(self) -> bool:
        """Whether it takes our `parameters`; they make every call to a prebuilt one fail."""
        return not self.scikit_learn

    @property
    def specification(self) -> dict[str, Any]:
        """The `containerSpec` of an upload."""
        routes = {"predictRoute": self.predict_route, "healthRoute": self.health_route}
        return {"imageUri": self.uri, **{key: route for key, route in routes.items() if route}}


@dataclass(frozen=True)
class Machines:
    """What serves one version. least and most: how many, from 1: v1 never scales to none."""

    kind: str = "n1-standard-2"
    least: int = 1
    most: int = 1

    @property
    def specification(self) -> dict[str, Any]:
        """The `dedicatedResources` of a deployment."""
        return {
            "machineSpec": {"machineType": self.kind},
            "minReplicaCount": self.least,
            "maxReplicaCount": max(self.least, self.most),
        }
