"""Errors as Google's APIs answer them, and the rules on names, labels, aliases and splits."""

from __future__ import annotations

import re
from typing import Any

STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
}
CODE = {"NOT_FOUND": 5, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ALREADY_EXISTS": 6}

_LABEL = re.compile(r"[a-z0-9_-]{0,64}")
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_MODEL_ID = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_ENDPOINT_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?|[1-9][0-9]{0,8}")


class Refusal(Exception):
    """status: google.rpc's word."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def body(self) -> dict[str, Any]:
        """As it is answered."""
        code = STATUS[self.status]
        return {"error": {"code": code, "message": str(self), "status": self.status}}


def require(holds: bool, message: str, status: str = "INVALID_ARGUMENT") -> None:
    """Refuse where it does not hold."""
    if not holds:
        raise Refusal(status, message)


def check_labels(labels: dict[str, str]) -> None:
    """Keys and values as documented."""
    for word in [*labels, *labels.values()]:
        require(bool(_LABEL.fullmatch(word)), f"label {word!r} is not allowed")


def check_aliases(aliases: list[str]) -> None:
    """Each as documented."""
    for alias in aliases:
        require(bool(_ALIAS.fullmatch(alias)), f"alias {alias!r} is not allowed")


def check_model_id(model: str) -> None:
    """A model's id that somebody chose."""
    require(bool(_MODEL_ID.fullmatch(model)), f"model id {model!r} is not allowed")


def check_endpoint_id(endpoint: str) -> None:
    """An endpoint's id that somebody chose."""
    require(bool(_ENDPOINT_ID.fullmatch(endpoint)), f"endpoint id {endpoint!r} is not allowed")


def check_split(split: dict[str, int], ids: set[str]) -> None:
    """Percentages of what is there, 100 in all or none."""
    missing = sorted(set(split) - ids)
    require(not missing, f"The following DeployedModel ID(s) {missing} do not exist.")
    whole = not split or sum(split.values()) == 100
    require(whole, "traffic_split: the values must sum to 100")
    require(all(0 <= part <= 100 for part in split.values()), "traffic_split: out of range")
