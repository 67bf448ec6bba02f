"""Who may do what where: the one table of role x bucket x prefix x permission.

`deploy` turns it into IAM bindings, the local storage enforces it per service account, and the
tests remove its rows one by one. A row says "this account has these permissions on objects of
that bucket below that prefix"; `storage.objects.list` is granted for a prefix of the listing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Bucket = Literal["data", "models", "state"]

GET = "storage.objects.get"
LIST = "storage.objects.list"
CREATE = "storage.objects.create"
DELETE = "storage.objects.delete"
"""Overwriting an object takes CREATE and DELETE, as on Google Cloud."""

READ = (GET, LIST)
"""To read what may not be there takes both: without LIST, Google Cloud Storage answers 403 and not
404 for an object that does not exist, so absence could not be told from denial."""


@dataclass(frozen=True)
class Grant:
    """One row of the table."""

    account: str
    bucket: Bucket
    prefix: str
    permissions: frozenset[str]
    why: str
    setting: str = ""
    """The setting that the row is for: it counts only where that is neither empty nor 0."""


def _grant(
    account: str, bucket: Bucket, prefix: str, why: str, *permissions: str, setting: str = ""
) -> Grant:
    return Grant(account, bucket, prefix, frozenset(permissions), why, setting)


RETRAIN = "retrain"
DEPLOY_VERSION = "deploy-version"
PREDICT = "predict"
BATCH_PREDICT = "batch-predict"
SERVING_DATA = "serving-data"
SERVING_CONTROL = "serving-control"
RECONCILE = "reconcile"
"""Account names, which may hold hyphens and no underscores; `email` gives the whole address."""

ACCOUNTS = (
    *(RETRAIN, DEPLOY_VERSION, PREDICT, BATCH_PREDICT),
    *(SERVING_DATA, SERVING_CONTROL, RECONCILE),
)

GRANTS: tuple[Grant, ...] = (
    _grant(RETRAIN, "data", "data/", "reads the dropped CSV and model.toml", *READ),
    _grant(RETRAIN, "models", "models/", "writes artifacts, finds what is there", *READ, CREATE),
    _grant(RETRAIN, "state", "ledger/", "tells the drop's story", *READ, CREATE),
    _grant(RETRAIN, "state", "leases/", "one attempt at a time", GET, CREATE, DELETE),
    _grant(RETRAIN, "state", "defaults/", "knows which model is to be beaten", *READ),
    _grant(RETRAIN, "state", "status/", "rewrites the status pages", *READ, CREATE, DELETE),
    _grant(RETRAIN, "state", "notices/", "remembers what it told", LIST, CREATE),
    _grant(
        DEPLOY_VERSION,
        "models",
        "models/",
        "reads cards and digests; deletes the model files of versions it collects",
        *READ,
        DELETE,
    ),
    _grant(DEPLOY_VERSION, "state", "ledger/", "tells the drop's story", *READ, CREATE),
    _grant(DEPLOY_VERSION, "state", "defaults/", "moves the default", *READ, CREATE, DELETE),
    _grant(DEPLOY_VERSION, "state", "status/", "rewrites the status pages", *READ, CREATE, DELETE),
    _grant(DEPLOY_VERSION, "state", "notices/", "remembers what it told", LIST, CREATE),
    _grant(PREDICT, "models", "models/", "reads cards and reports", *READ),
    _grant(PREDICT, "state", "defaults/", "resolves the default", *READ),
    _grant(PREDICT, "state", "status/", "tells what became of drops", *READ),
    _grant(PREDICT, "state", "keys/", "knows the digests of API keys", *READ),
    _grant(
        PREDICT,
        "state",
        "samples/",
        "keeps a share of the requests",
        CREATE,
        setting="SAMPLE_SHARE",
    ),
    _grant(BATCH_PREDICT, "data", "batch/", "reads the CSVs to predict for", *READ),
    _grant(BATCH_PREDICT, "models", "models/", "reads cards", *READ),
    _grant(BATCH_PREDICT, "state", "defaults/", "resolves the default", *READ),
    _grant(BATCH_PREDICT, "state", "predictions/", "writes the answers", *READ, CREATE),
    _grant(BATCH_PREDICT, "state", "batch-leases/", "one job at a time", GET, CREATE, DELETE),
    _grant(SERVING_DATA, "models", "models/", "loads the models it serves", *READ),
    _grant(SERVING_DATA, "state", "serving/", "reads the registry", *READ),
    _grant(SERVING_DATA, "state", "defaults/", "answers for the default version", *READ),
    _grant(SERVING_CONTROL, "state", "serving/", "writes the registry", *READ, CREATE, DELETE),
    _grant(
        SERVING_CONTROL,
        "state",
        "defaults/",
        "a person's set-default, the first version's",
        *READ,
        CREATE,
        DELETE,
    ),
    _grant(RECONCILE, "data", "data/", "finds CSVs whose events were lost", LIST),
    _grant(RECONCILE, "data", "batch/", "finds CSVs to predict for whose events were lost", LIST),
    _grant(RECONCILE, "state", "predictions/", "knows which of them have an end", LIST),
    _grant(
        RECONCILE,
        "models",
        "models/",
        "finds models whose events were lost, reads cards, deletes files of old versions",
        *READ,
        DELETE,
    ),
    _grant(RECONCILE, "state", "ledger/", "finds stories without an end", *READ, CREATE),
    _grant(RECONCILE, "state", "defaults/", "moves a default left behind", *READ, CREATE, DELETE),
    _grant(RECONCILE, "state", "status/", "brings the pages up to date", *READ, CREATE, DELETE),
    _grant(
        RECONCILE,
        "state",
        "samples/",
        "compares requests with the training data",
        *READ,
        setting="SAMPLE_SHARE",
    ),
    _grant(RECONCILE, "state", "notices/", "sends what did not arrive", LIST, CREATE),
)

JOB_STARTERS = frozenset({RETRAIN})
"""Accounts that may start the training job and say what it trains on; it runs as RETRAIN."""
BATCH_STARTERS = frozenset({BATCH_PREDICT})
"""The same for the job that predicts for whole files; it runs as BATCH_PREDICT."""


@dataclass(frozen=True)
class Call:
    """One service may call another over HTTP."""

    caller: str
    service: str
    why: str


CALLS: tuple[Call, ...] = (
    Call(PREDICT, SERVING_DATA, "asks the live version"),
    Call(BATCH_PREDICT, SERVING_DATA, "asks one version for whole files"),
    Call(DEPLOY_VERSION, SERVING_CONTROL, "creates versions, moves the default"),
    Call(DEPLOY_VERSION, SERVING_DATA, "sends golden requests"),
    Call(SERVING_CONTROL, SERVING_DATA, "proves a new version"),
    Call(RECONCILE, SERVING_CONTROL, "compares the default with what is wanted"),
    Call(RECONCILE, RETRAIN, "sends lost events again"),
    Call(RECONCILE, BATCH_PREDICT, "sends lost events again"),
    Call(RECONCILE, DEPLOY_VERSION, "sends lost events again"),
)
"""Who may call whom, besides Eventarc and the callers of predict."""


def in_force(settings: Mapping[str, str], grants: tuple[Grant, ...] = GRANTS) -> tuple[Grant, ...]:
    """The rows that count with these settings."""
    return tuple(
        grant
        for grant in grants
        if not grant.setting or str(settings.get(grant.setting, "")).strip("0.")
    )


def email(account: str, project: str) -> str:
    """The service account's e-mail address."""
    return f"{account}@{project}.iam.gserviceaccount.com"


def allowed(
    account: str,
    bucket: Bucket,
    name: str,
    permission: str,
    grants: tuple[Grant, ...] = GRANTS,
) -> bool:
    """Whether the account has the permission on an object (or, for LIST, on a listing's prefix)."""
    return any(
        grant.account == account
        and grant.bucket == bucket
        and permission in grant.permissions
        and name.startswith(grant.prefix)
        for grant in grants
    )
