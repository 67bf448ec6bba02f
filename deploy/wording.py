"""Words that many commands share: the project, labels, names of files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from deploy.configuration import Configuration
from deploy.step import Words

LABEL = "dropserve"
"""Label that every thing of an installation carries, with the installation's name."""
DIGEST = "dropserve-digest"
JSON = "--format=json"


def project(made: Configuration) -> str:
    """The flag that says in which project."""
    return f"--project={made.project}"


def region(made: Configuration) -> str:
    """The flag that says in which region."""
    return f"--region={made.region}"


def labels(made: Configuration) -> dict[str, str]:
    """What shows whose a thing is."""
    return {LABEL: made.name}


def owner(made: Configuration) -> str:
    """What the description of a thing without labels says."""
    return f"dropserve installation {made.name}"


def joined(pairs: Mapping[str, str]) -> str:
    """Pairs as gcloud takes them, whatever their values hold."""
    text = [f"{key}={value}" for key, value in pairs.items()]
    if not any("," in part for part in text):
        return ",".join(text)
    between = next(sign for sign in ";|~%" if not any(sign in part for part in text))
    return f"^{between}^" + between.join(text)


def digest(*parts: Any) -> str:
    """A label's value that differs when any part does."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def staged(made: Configuration, *parts: str) -> str:
    """A path in the folder that a deploy prepares, as its commands name it."""
    return str(PurePosixPath(".deploy", made.name, *parts))


def with_digest(words: Words, flag: str, made: Configuration, *more: Any) -> tuple[Words, str]:
    """The words with labels that tell the installation and what was deployed; the digest alone."""
    value = digest(words, *more)
    return (*words, f"{flag}={joined({**labels(made), DIGEST: value})}"), value
