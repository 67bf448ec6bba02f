"""The three buckets: private, one kind of access control, with soft delete and lifecycle rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.configuration import BUCKETS, Configuration
from deploy.shape import ABSENT, Shape, any_of
from deploy.step import FOUNDATION, Step
from deploy.wording import JSON, LABEL, joined, labels, project, staged
from shared.core.artifact import SAMPLES_PREFIX
from shared.core.settings import SETTINGS

_DAY = 24 * 3600


def lifecycle(made: Configuration, kind: str) -> dict[str, Any]:
    """A bucket's rules: broken uploads go; overwritten CSVs, and sampled requests, go when their
    time is over."""
    broken = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}}
    days = made.keep_overwritten_days
    old = {
        "action": {"type": "Delete"},
        "condition": {"daysSinceNoncurrentTime": days, "isLive": False},
    }
    samples = {
        "action": {"type": "Delete"},
        "condition": {"age": _sample_days(made), "matchesPrefix": [SAMPLES_PREFIX]},
    }
    more = {"data": [old] if versioned(made, kind) else [], "state": [samples]}
    return {"rule": [broken, *more.get(kind, [])]}


def _sample_days(made: Configuration) -> int:
    (default,) = (one.default for one in SETTINGS if one.name == "SAMPLE_DAYS")
    return int(made.settings.get("SAMPLE_DAYS") or default or 0)


def versioned(made: Configuration, kind: str) -> bool:
    """Whether overwritten objects can still be read: `train_on = "all"` trains on them too."""
    return kind == "data" and made.keep_overwritten_days > 0


def bucket_steps(made: Configuration) -> Iterator[Step]:
    """Each bucket, then how it is set up. One named in the settings is looked at and no more."""
    for kind in BUCKETS:
        if kind in made.buckets:
            yield _existing(made, kind)
        else:
            yield _bucket(made, kind)
            yield _set_up(made, kind)


def _read(made: Configuration, kind: str) -> tuple[str, ...]:
    bucket = f"gs://{made.bucket(kind)}"
    return ("storage", "buckets", "describe", bucket, "--raw", project(made), JSON)


def _existing(made: Configuration, kind: str) -> Step:
    bucket = made.bucket(kind)
    return Step(
        name=f"bucket {kind}",
        phase=FOUNDATION,
        read=_read(made, kind),
        owned={"projectNumber": "PROJECT_NUMBER"},
        wanted={
            "location": made.place.upper(),
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        },
        lacking=f"buckets.{kind} names gs://{bucket}, which must be there, in {made.place}, with "
        f"uniform access: gcloud storage buckets update gs://{bucket} "
        "--uniform-bucket-level-access",
    )


def _bucket(made: Configuration, kind: str) -> Step:
    words = ("storage", "buckets")
    bucket = f"gs://{made.bucket(kind)}"
    return Step(
        name=f"bucket {kind}",
        phase=FOUNDATION,
        read=_read(made, kind),
        # By the project's number: a bucket of this name may be a stranger's (CVE-2026-2473).
        owned={"projectNumber": "PROJECT_NUMBER", "labels": _not_anothers(made)},
        fixed={"location": made.place.upper()},
        lacking=f"{bucket} lies elsewhere than in {made.place}, where it cannot be moved to. Is "
        "--region, or location in the settings file, what it was? To see: gcloud storage buckets "
        f"describe {bucket} '--format=value(location)'",
        forbidden=f"{bucket} may be somebody else's, since buckets of all projects share their "
        "names: then take another --name, or name buckets of yours under [buckets].",
        create=(
            *words,
            "create",
            bucket,
            f"--location={made.place}",
            "--uniform-bucket-level-access",
            "--public-access-prevention",
            f"--soft-delete-duration={made.soft_delete_days}d",
            *((f"--default-encryption-key={made.key}",) if made.key else ()),
            project(made),
        ),
        data=True,
        removable={"labels": labels(made)},
        remove=("storage", "rm", bucket, "--recursive", "--all-versions", project(made), "--quiet"),
    )


def _set_up(made: Configuration, kind: str) -> Step:
    rules = lifecycle(made, kind)
    return Step(
        name=f"bucket {kind}: rules",
        phase=FOUNDATION,
        read=_read(made, kind),
        wanted={
            "labels": labels(made),
            "lifecycle": rules,
            "versioning": {"enabled": True}
            if versioned(made, kind)
            else any_of(ABSENT, {"enabled": False}),
            "softDeletePolicy": {"retentionDurationSeconds": made.soft_delete_days * _DAY},
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": True},
                "publicAccessPrevention": "enforced",
            },
        },
        update=(
            "storage",
            "buckets",
            "update",
            f"gs://{made.bucket(kind)}",
            f"--lifecycle-file={staged(made, f'lifecycle-{kind}.json')}",
            "--versioning" if versioned(made, kind) else "--no-versioning",
            f"--soft-delete-duration={made.soft_delete_days}d",
            "--uniform-bucket-level-access",
            "--public-access-prevention",
            f"--update-labels={joined(labels(made))}",
            project(made),
        ),
    )


def _not_anothers(made: Configuration) -> Shape:
    """No label yet (it comes after the bucket), or ours."""
    return any_of(ABSENT, {LABEL: any_of(ABSENT, made.name)})
