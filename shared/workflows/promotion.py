"""Moving a model's default: compare-and-swap in STATE, then the platform until it agrees."""

from __future__ import annotations

from shared.core.artifact import default_name
from shared.core.default import Default, successor
from shared.core.errors import (
    ModelNotFound,
    ObjectNotFound,
    PlatformUnavailable,
    PreconditionFailed,
    StorageUnavailable,
    VersionNotFound,
)
from shared.core.ports import ModelPlatform, ObjectStore

SUPERSEDED_BY_NEWER = "superseded_by_newer"
PINNED = "pinned"
_TRIES = 20


def promote(store: ObjectStore, bucket: str, candidate: Default) -> tuple[Default, str]:
    """Make the candidate the desired default if the rules say so.

    The default that stands afterwards, and why it is not the candidate ("": it is).
    """
    for _ in range(_TRIES):
        current, generation = read_default(store, bucket, candidate.model)
        wanted = successor(current, candidate)
        if wanted is None:
            assert current is not None  # without a default every candidate succeeds
            if current.version == candidate.version:
                return current, ""
            return current, PINNED if current.pinned_by else SUPERSEDED_BY_NEWER
        try:
            store.write(
                bucket,
                default_name(candidate.model),
                wanted.to_json(),
                if_generation_match=generation,
                content_type="application/json",
            )
        except PreconditionFailed:
            continue
        return wanted, ""
    raise StorageUnavailable(f"the default of {candidate.model} changed {_TRIES} times meanwhile")


def reconcile_default(store: ObjectStore, bucket: str, platform: ModelPlatform, model: str) -> None:
    """Bring the platform's default to the desired one, whatever that is by now.

    Asks twice before it sets: where the platform answers from this very object, nothing is left
    to do, and setting a default that has moved since would move it back.
    """
    seen = -1
    for _ in range(_TRIES):
        desired, generation = read_default(store, bucket, model)
        if desired is None:
            return
        try:
            if platform.get_version(model, desired.version).is_default:
                return
            if generation == seen:  # the platform is behind, not this reader
                platform.set_default(model, desired.version)
        except (ModelNotFound, VersionNotFound):
            return  # deleted by a person; nothing to point at
        seen = generation
    raise PlatformUnavailable(f"the platform's default of {model} does not stay as it was set")


def read_default(store: ObjectStore, bucket: str, model: str) -> tuple[Default | None, int]:
    """The desired default and its generation; (None, 0) where there is none yet."""
    try:
        data, meta = store.read(bucket, default_name(model))
    except ObjectNotFound:
        return None, 0
    return Default.from_json(data), meta.generation
