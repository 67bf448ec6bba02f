"""Settings: one frozen dataclass, built from the environment, with one list of names.

`docs/settings.md` is generated from SETTINGS. A missing or wrong value gives one error that lists
every problem at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.core import roles
from shared.core.artifact import MODEL_NAME
from shared.core.errors import RetryableError
from shared.core.permission import Permissions


class SettingsError(RetryableError):
    """The environment does not make a working configuration; the message lists every problem.

    Retryable: the next deployment mends it, and the events wait for that.
    """

    code = "settings"
    severity = "ERROR"


def _text(value: str) -> str:
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 < seconds < float("inf"):
        raise ValueError("must be above 0")
    return seconds


def _whole(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must be 0 or more")
    return number


def _permissions(value: str) -> tuple[str, ...]:
    words = _words(value)
    Permissions.of(words)
    return words


def _accounts(value: str) -> tuple[str, ...]:
    words = _words(value)
    for word in words:
        role, _, address = word.partition("=")
        if role not in roles.ACCOUNTS or "@" not in address:
            raise ValueError(f"{word!r} is not ROLE=E-MAIL")
    return words


def _share(value: str) -> float:
    share = float(value)
    if not 0 < share <= 1:
        raise ValueError("must be above 0 and 1 at the most")
    return share


def _optional_url(value: str) -> str:
    return _url(value) if value else ""


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/.*)?", value):
        raise ValueError("must be an http:// or https:// address")
    return value.rstrip("/")


def _hook(value: str) -> str:
    """A webhook's address. Not http beyond this machine: neither what is told nor the metadata
    server, which answers http only, is anybody's to reach through a setting."""
    parts = urlsplit(value)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    good = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if value and not (good and parts.hostname and "@" not in parts.netloc):
        raise ValueError("must be an https:// address (http:// to this machine only), without user")
    return value


def _model(value: str) -> str:
    if not MODEL_NAME.fullmatch(value):
        raise ValueError("must be a lower-case letter, then letters, digits, underscores")
    return value


def _one_of(*known: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return value

    return check


@dataclass(frozen=True)
class Setting:
    """One line of the list: environment name, how it is read, default (None: required), help."""

    name: str
    read: Callable[[str], Any]
    default: str | None
    help: str

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting("GOOGLE_CLOUD_PROJECT", _text, None, "The project that everything lives in."),
    Setting("DATA_BUCKET", _text, None, "Bucket that people drop CSVs into."),
    Setting("MODELS_BUCKET", _text, None, "Bucket that holds the model directories."),
    Setting("STATE_BUCKET", _text, None, "Bucket of ledger, defaults, registry, leases."),
    Setting("MODEL_NAME", _model, "iris", "Model of a CSV that lies directly below data/."),
    Setting(
        "TARGET_NAMES",
        _words,
        "species,label,target,class,y",
        "Column names that mean the target where nothing else says it.",
    ),
    Setting("STORAGE_URL", _url, "https://storage.googleapis.com", "The object store."),
    Setting(
        "PLATFORM",
        _one_of("cloud-run", "ai-platform", "vertex-ai"),
        "cloud-run",
        "What serves the versions: our own service, another that answers ml v1, or Vertex AI.",
    ),
    Setting(
        "AI_PLATFORM_URL",
        _url,
        "https://ml.googleapis.com",
        "Control plane: where ml v1 is answered.",
    ),
    Setting(
        "AI_PLATFORM_DATA_URL", _optional_url, "", "Data plane; empty: the control plane's address."
    ),
    Setting(
        "AI_PLATFORM_TOKEN",
        _one_of("access", "id"),
        "id",
        "Kind of token the platform takes; an ID token has the address as its audience.",
    ),
    Setting("RUNTIME_VERSION", _text, "2.11", "Runtime version written into created versions."),
    Setting("PYTHON_VERSION", _text, "3.12", "Python version written into created versions."),
    Setting("VERTEX_URL", _optional_url, "", "Where Vertex AI answers; empty: in REGION."),
    Setting(
        "VERTEX_IMAGE",
        _text,
        "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest",
        "Container that serves versions on Vertex AI.",
    ),
    Setting(
        "VERTEX_PREDICT_ROUTE", _text, "", "Its path for predictions; empty for a prebuilt image."
    ),
    Setting("VERTEX_HEALTH_ROUTE", _text, "", "Its path for health; empty for a prebuilt image."),
    Setting("VERTEX_MACHINE_TYPE", _text, "n1-standard-2", "Machine that a version runs on."),
    Setting("VERTEX_MIN_REPLICAS", _whole, "1", "Machines a version always has on Vertex AI."),
    Setting("VERTEX_MAX_REPLICAS", _whole, "1", "Machines it has under load."),
    Setting("LEASE_SECONDS", _seconds, "60", "How long a silent training attempt keeps its lease."),
    Setting("MAX_ATTEMPTS", _whole, "3", "Training attempts of one drop before it is exhausted."),
    Setting("MAX_CSV_BYTES", _whole, "50000000", "Largest CSV that the function trains on."),
    Setting("FUNCTION_MEMORY_BYTES", _whole, "2147483648", "Memory of the function that trains."),
    Setting("FUNCTION_SECONDS", _seconds, "540", "Time that the function has for one event."),
    Setting("FUNCTION_SHARE", _share, "0.6", "Share of both that a training may need there."),
    Setting("TRAINING_JOB", _text, "", "Job that trains what the function cannot; empty: none."),
    Setting("MAX_JOB_CSV_BYTES", _whole, "10000000000", "Largest CSV that the job trains on."),
    Setting("JOBS_URL", _url, "https://run.googleapis.com", "Where training jobs are run."),
    Setting("RETRAIN_URL", _optional_url, "", "Address of retrain, for reconcile."),
    Setting("DEPLOY_VERSION_URL", _optional_url, "", "Address of deploy_version, for reconcile."),
    Setting("REGION", _text, "us-central1", "Region of the training job and of Vertex AI."),
    Setting(
        "RELEASE_DEADLINE_SECONDS",
        _seconds,
        "60",
        "How long one delivery waits for a version to become ready.",
    ),
    Setting("KEEP_VERSIONS", _whole, "10", "Newest good versions of a model, never collected."),
    Setting(
        "VERSIONS_CEILING",
        _whole,
        "180",
        "Versions of all models from which old ones are collected (the platform takes 200).",
    ),
    Setting(
        "FAILED_VERSIONS",
        _one_of("keep", "remove"),
        "keep",
        "What becomes of a version that did not load; one that answers wrongly is always removed.",
    ),
    Setting("PIN_DAYS", _whole, "14", "From how many days on a pin is warned of."),
    Setting(
        "PREDICT_AUTH",
        _one_of("iam", "id_token", "api_key"),
        "iam",
        "Who checks callers of predict: Cloud Run; predict itself, by ID tokens; or by API keys.",
    ),
    Setting(
        "PUBLIC_ENDPOINT",
        _one_of("no", "yes"),
        "no",
        "Whether Cloud Run lets everybody through to predict: needed for api_key, refused by iam.",
    ),
    Setting(
        "CALLER_MODELS",
        _permissions,
        "",
        "Models each caller may ask: CALLER=MODEL+MODEL, a comma between callers; empty: all.",
    ),
    Setting(
        "QUOTA_PER_MINUTE",
        _count,
        "0",
        "Requests that one caller may send one instance of predict in a minute; 0: no limit.",
    ),
    Setting(
        "SERVICE_ACCOUNTS",
        _accounts,
        "",
        "Accounts that are not named after what they run: ROLE=E-MAIL, a comma between.",
    ),
    Setting("AUDIENCE", _words, "", "Audiences an ID token may be made for (predict)."),
    Setting("ALLOWED_CALLERS", _words, "", "E-mail addresses or @domains that may predict."),
    Setting(
        "CERTS_URL",
        _url,
        "https://www.googleapis.com/oauth2/v1/certs",
        "Where the keys of ID tokens are published.",
    ),
    Setting("MAX_BATCH_BYTES", _whole, "1000000000", "Largest CSV that is predicted for."),
    Setting("MAX_INSTANCES", _whole, "50000", "Instances that one predict request may hold."),
    Setting("CORS_ORIGINS", _words, "", "Origins whose web pages may call predict; * for all."),
    Setting(
        "PAGES_URL",
        _url,
        "https://storage.cloud.google.com",
        "Where a browser opens objects: what links to status pages begin with.",
    ),
    Setting("PAGE_SECONDS", _seconds, "1", "Least time between two writes of one status page."),
    Setting(
        "AFTERMATH_SECONDS",
        _seconds,
        "15",
        "How long status page and notice may each take after a step; what is left is made up for.",
    ),
    Setting(
        "NOTIFY_URL",
        _hook,
        "",
        "Webhook that is told of live, refused, held and rolled back; https, or http to this "
        "machine; empty: none.",
    ),
    Setting("NOTIFY_SECRET", _text, "", "Key that signs what the webhook gets; empty: unsigned."),
    Setting("DEFAULT_MAX_AGE_SECONDS", _seconds, "1", "Oldest default that predict answers by."),
)


def read_settings(wanted: tuple[Setting, ...], environment: Mapping[str, str]) -> dict[str, Any]:
    """Field -> value of every setting; SettingsError names all that is missing or wrong."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in wanted:
        raw = environment.get(setting.name) or setting.default
        if raw is None:
            problems.append(f"{setting.name} is missing. {setting.help}")
            continue
        try:
            values[setting.field] = setting.read(raw)
        except ValueError as error:
            problems.append(f"{setting.name}={raw[:80]!r}: {error}. {setting.help}")
    if problems:
        raise SettingsError("Settings that do not work: " + " ".join(problems))
    return values


@dataclass(frozen=True)
class Settings:
    """What the environment says. One attribute for each line of SETTINGS, in lower case."""

    google_cloud_project: str
    data_bucket: str
    models_bucket: str
    state_bucket: str
    model_name: str
    target_names: tuple[str, ...]
    storage_url: str
    platform: str
    ai_platform_url: str
    ai_platform_data_url: str
    ai_platform_token: str
    runtime_version: str
    python_version: str
    vertex_url: str
    vertex_image: str
    vertex_predict_route: str
    vertex_health_route: str
    vertex_machine_type: str
    vertex_min_replicas: int
    vertex_max_replicas: int
    lease_seconds: float
    max_attempts: int
    max_csv_bytes: int
    function_memory_bytes: int
    function_seconds: float
    function_share: float
    training_job: str
    max_job_csv_bytes: int
    jobs_url: str
    retrain_url: str
    deploy_version_url: str
    region: str
    release_deadline_seconds: float
    keep_versions: int
    versions_ceiling: int
    failed_versions: str
    pin_days: int
    predict_auth: str
    public_endpoint: str
    caller_models: tuple[str, ...]
    quota_per_minute: int
    service_accounts: tuple[str, ...]
    audience: tuple[str, ...]
    allowed_callers: tuple[str, ...]
    certs_url: str
    max_batch_bytes: int
    max_instances: int
    cors_origins: tuple[str, ...]
    pages_url: str
    page_seconds: float
    aftermath_seconds: float
    notify_url: str
    notify_secret: str = field(repr=False)
    default_max_age_seconds: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting; SettingsError names all that is missing or wrong."""
        values = read_settings(SETTINGS, environment)
        values["ai_platform_data_url"] = values["ai_platform_data_url"] or values["ai_platform_url"]
        regional = f"https://{values['region']}-aiplatform.googleapis.com"
        values["vertex_url"] = values["vertex_url"] or regional
        return cls(**values)

    def email(self, account: str) -> str:
        """The address of a service account of shared.core.roles."""
        named = dict(word.split("=", 1) for word in self.service_accounts)
        return named.get(account) or roles.email(account, self.google_cloud_project)
