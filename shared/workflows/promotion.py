"""Moving a model's default: compare-and-swap in STATE, then the platform until it agrees."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from shared.core.artifact import default_name
from shared.core.default import HELD, Default, hindrance, successor
from shared.core.errors import (
    InvalidRequest,
    ModelNotFound,
    ObjectNotFound,
    PlatformUnavailable,
    PreconditionFailed,
    StorageUnavailable,
    VersionNotFound,
)
from shared.core.ports import ModelPlatform, ObjectStore

_TRIES = 20

Step = Callable[[Default | None], Default | None]
Hold = Callable[[Default], list[str]]
"""The live default -> why a candidate must wait for a person, a sentence each; []: it need not."""


def promote(
    store: ObjectStore, bucket: str, candidate: Default, hold: Hold = lambda _: []
) -> tuple[Default, str, list[str]]:
    """Make the candidate the desired default if the rules say so.

    The default that stands afterwards; why it is not the candidate ("": it is); where it is
    held, the sentences that say why.
    """
    why: list[str] = []

    def step(current: Default | None) -> Default | None:
        why.clear()
        wanted = successor(current, candidate)
        if current and wanted and current.version != candidate.version:
            why.extend(hold(current))
        return None if why else wanted

    current, _ = swap(store, bucket, candidate.model, step)
    assert current is not None  # without a default every candidate succeeds
    if current.version == candidate.version:
        return current, "", []
    return current, HELD if why else hindrance(current, candidate), why


def swap(store: ObjectStore, bucket: str, model: str, step: Step) -> tuple[Default | None, int]:
    """Change the desired default by `step` until nobody else wrote in between.

    The default that stands afterwards and its generation, 0 where `step` left all as it was.
    """
    wanted: Default | None = None
    for _ in range(_TRIES):
        current, generation = read_default(store, bucket, model)
        if current is not None and current == wanted:
            return current, generation  # our own write, whose answer was lost
        wanted = step(current)
        if wanted is None:
            return current, 0
        try:
            written = store.write(
                bucket,
                default_name(model),
                wanted.to_json(),
                if_generation_match=generation,
                content_type="application/json",
            )
        except PreconditionFailed:
            continue
        return wanted, written.generation
    raise StorageUnavailable(f"the default of {model} changed {_TRIES} times meanwhile")


def reconcile_default(store: ObjectStore, bucket: str, platform: ModelPlatform, model: str) -> bool:
    """Bring the platform's default to the desired one, whatever that is by now; whether it had to.

    Asks twice before it sets: where the platform answers from this very object, nothing is left
    to do, and setting a default that has moved since would move it back.
    """
    seen, was_set = -1, False
    for _ in range(_TRIES):
        desired, generation = read_default(store, bucket, model)
        if desired is None:
            return was_set
        try:
            if platform.get_version(model, desired.version).is_default:
                return was_set
            if generation == seen:  # the platform is behind, not this reader
                platform.set_default(model, desired.version)
                was_set = True
        except (ModelNotFound, VersionNotFound, InvalidRequest):
            return was_set  # deleted, or ended otherwise than READY: nothing to point at
        seen = generation
    raise PlatformUnavailable(f"the platform's default of {model} does not stay as it was set")


def clear_default(store: ObjectStore, bucket: str, model: str, version: str = "") -> None:
    """Leave the model without a default: whatever it is, or ("" not) only this version."""
    current, generation = read_default(store, bucket, model)
    if current and version in ("", current.version):
        with contextlib.suppress(ObjectNotFound, PreconditionFailed):
            store.delete(bucket, default_name(model), if_generation_match=generation)


def is_reconciled(store: ObjectStore, bucket: str, platform: ModelPlatform, model: str) -> bool:
    """Whether the platform's default is the desired one, or there is none to bring it to."""
    desired, _ = read_default(store, bucket, model)
    try:
        return desired is None or platform.get_version(model, desired.version).is_default
    except (ModelNotFound, VersionNotFound):
        return True


def read_default(store: ObjectStore, bucket: str, model: str) -> tuple[Default | None, int]:
    """The desired default and its generation; (None, 0) where there is none yet."""
    try:
        data, meta = store.read(bucket, default_name(model))
    except ObjectNotFound:
        return None, 0
    return Default.from_json(data), meta.generation
