"""Settings: one frozen dataclass, built from the environment, with one list of names.

`docs/settings.md` is generated from SETTINGS. A missing or wrong value gives one error that lists
every problem at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core import roles, value
from shared.core.setting import Setting, read_settings

SETTINGS: tuple[Setting, ...] = (
    Setting("GOOGLE_CLOUD_PROJECT", value.text, None, "The project that everything lives in."),
    Setting("DATA_BUCKET", value.text, None, "Bucket that people drop CSVs into."),
    Setting("MODELS_BUCKET", value.text, None, "Bucket that holds the model directories."),
    Setting("STATE_BUCKET", value.text, None, "Bucket of ledger, defaults, registry, leases."),
    Setting("MODEL_NAME", value.model, "iris", "Model of a CSV that lies directly below data/."),
    Setting(
        "TARGET_NAMES",
        value.words,
        "species,label,target,class,y",
        "Column names that mean the target where nothing else says it.",
    ),
    Setting("STORAGE_URL", value.url, "https://storage.googleapis.com", "The object store."),
    Setting(
        "PLATFORM",
        value.one_of("cloud-run", "ai-platform", "vertex-ai"),
        "cloud-run",
        "What serves the versions: our own service, another that answers ml v1, or Vertex AI.",
    ),
    Setting(
        "AI_PLATFORM_URL",
        value.url,
        "https://ml.googleapis.com",
        "Control plane: where ml v1 is answered.",
    ),
    Setting(
        "AI_PLATFORM_DATA_URL",
        value.optional_url,
        "",
        "Data plane; empty: the control plane's address.",
    ),
    Setting(
        "AI_PLATFORM_TOKEN",
        value.one_of("access", "id"),
        "id",
        "Kind of token the platform takes; an ID token has the address as its audience.",
    ),
    Setting(
        "RUNTIME_VERSION", value.text, "2.11", "Runtime version written into created versions."
    ),
    Setting("PYTHON_VERSION", value.text, "3.12", "Python version written into created versions."),
    Setting("VERTEX_URL", value.optional_url, "", "Where Vertex AI answers; empty: in REGION."),
    Setting(
        "VERTEX_IMAGE",
        value.text,
        "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest",
        "Container that serves versions on Vertex AI.",
    ),
    Setting(
        "VERTEX_PREDICT_ROUTE",
        value.text,
        "",
        "Its path for predictions; empty for a prebuilt image.",
    ),
    Setting(
        "VERTEX_HEALTH_ROUTE", value.text, "", "Its path for health; empty for a prebuilt image."
    ),
    Setting("VERTEX_MACHINE_TYPE", value.text, "n1-standard-2", "Machine that a version runs on."),
    Setting("VERTEX_MIN_REPLICAS", value.whole, "1", "Machines a version always has on Vertex AI."),
    Setting("VERTEX_MAX_REPLICAS", value.whole, "1", "Machines it has under load."),
    Setting(
        "VERTEX_JOB_IMAGE",
        value.text,
        "",
        "Image of the training job on Vertex AI, which then takes the place of TRAINING_JOB.",
    ),
    Setting("VERTEX_JOB_MACHINE_TYPE", value.text, "e2-highmem-4", "Machine that it trains on."),
    Setting("VERTEX_JOB_SECONDS", value.seconds, "21600", "Time that it has."),
    Setting("VERTEX_JOB_KEY", value.text, "", "Cloud KMS key of its disk; empty: Google's own."),
    Setting(
        "LEASE_SECONDS", value.seconds, "60", "How long a silent training attempt keeps its lease."
    ),
    Setting(
        "MAX_ATTEMPTS", value.whole, "3", "Training attempts of one drop before it is exhausted."
    ),
    Setting("MAX_CSV_BYTES", value.whole, "50000000", "Largest CSV that the function trains on."),
    Setting(
        "FUNCTION_MEMORY_BYTES", value.whole, "2147483648", "Memory of the function that trains."
    ),
    Setting("FUNCTION_SECONDS", value.seconds, "540", "Time that the function has for one event."),
    Setting("FUNCTION_SHARE", value.share, "0.6", "Share of both that a training may need there."),
    Setting(
        "TRAINING_JOB", value.text, "", "Job that trains what the function cannot; empty: none."
    ),
    Setting("MAX_JOB_CSV_BYTES", value.whole, "10000000000", "Largest CSV that the job trains on."),
    Setting("JOBS_URL", value.url, "https://run.googleapis.com", "Where training jobs are run."),
    Setting(
        "LOGGING_URL",
        value.url,
        "https://logging.googleapis.com",
        "Where `./run logs` reads the logs.",
    ),
    Setting(
        "BATCH_JOB", value.text, "", "Job that predicts for what the function cannot; empty: none."
    ),
    Setting(
        "MAX_JOB_BATCH_BYTES", value.whole, "100000000000", "Largest CSV that the job predicts for."
    ),
    Setting("RETRAIN_URL", value.optional_url, "", "Address of retrain, for reconcile."),
    Setting(
        "BATCH_PREDICT_URL", value.optional_url, "", "Address of batch_predict, for reconcile."
    ),
    Setting(
        "DEPLOY_VERSION_URL", value.optional_url, "", "Address of deploy_version, for reconcile."
    ),
    Setting("REGION", value.text, "us-central1", "Region of the training job and of Vertex AI."),
    Setting(
        "RELEASE_DEADLINE_SECONDS",
        value.seconds,
        "60",
        "How long one delivery waits for a version to become ready.",
    ),
    Setting(
        "KEEP_VERSIONS", value.whole, "10", "Newest good versions of a model, never collected."
    ),
    Setting(
        "VERSIONS_CEILING",
        value.whole,
        "180",
        "Versions of all models from which old ones are collected (the platform takes 200).",
    ),
    Setting(
        "FAILED_VERSIONS",
        value.one_of("keep", "remove"),
        "keep",
        "What becomes of a version that did not load; one that answers wrongly is always removed.",
    ),
    Setting("PIN_DAYS", value.whole, "14", "From how many days on a pin is warned of."),
    Setting(
        "PREDICT_AUTH",
        value.one_of("iam", "id_token", "api_key"),
        "iam",
        "Who checks callers of predict: Cloud Run; predict itself, by ID tokens; or by API keys.",
    ),
    Setting(
        "PUBLIC_ENDPOINT",
        value.one_of("no", "yes"),
        "no",
        "Whether Cloud Run lets everybody through to predict: needed for api_key, refused by iam.",
    ),
    Setting(
        "CALLER_MODELS",
        value.permissions,
        "",
        "Models each caller may ask: CALLER=MODEL+MODEL, a comma between callers; empty: all.",
    ),
    Setting(
        "QUOTA_PER_MINUTE",
        value.count,
        "0",
        "Requests that one caller may send one instance of predict in a minute; 0: no limit.",
    ),
    Setting(
        "SERVICE_ACCOUNTS",
        value.accounts,
        "",
        "Accounts that are not named after what they run: ROLE=E-MAIL, a comma between.",
    ),
    Setting("AUDIENCE", value.words, "", "Audiences an ID token may be made for (predict)."),
    Setting("ALLOWED_CALLERS", value.words, "", "E-mail addresses or @domains that may predict."),
    Setting(
        "CERTS_URL",
        value.url,
        "https://www.googleapis.com/oauth2/v3/certs",
        "Where the keys of ID tokens are published, as a JSON Web Key Set.",
    ),
    Setting(
        "MAX_BATCH_BYTES", value.whole, "1000000000", "Largest CSV that the function predicts for."
    ),
    Setting("MAX_INSTANCES", value.whole, "50000", "Instances that one predict request may hold."),
    Setting(
        "SAMPLE_SHARE",
        value.part,
        "0",
        "Share of predict requests that are kept with their answers; 0: none, 1: all.",
    ),
    Setting("SAMPLE_DAYS", value.whole, "30", "Days after which what was kept of them is deleted."),
    Setting("DRIFT_DAYS", value.whole, "7", "Days of which kept requests are looked at."),
    Setting(
        "DRIFT_INSTANCES", value.whole, "10000", "Instances of them that are, the newest first."
    ),
    Setting("DRIFT_LEAST", value.whole, "200", "Fewest instances from which anything is said."),
    Setting(
        "DRIFT_THRESHOLD",
        value.seconds,
        "0.25",
        "PSI of a feature, or of the answers, from which on an alert is logged.",
    ),
    Setting(
        "CORS_ORIGINS", value.words, "", "Origins whose web pages may call predict; * for all."
    ),
    Setting(
        "PAGES_URL",
        value.url,
        "https://storage.cloud.google.com",
        "Where a browser opens objects: what links to status pages begin with.",
    ),
    Setting(
        "PAGE_SECONDS", value.seconds, "1", "Least time between two writes of one status page."
    ),
    Setting(
        "AFTERMATH_SECONDS",
        value.seconds,
        "15",
        "How long status page and notice may each take after a step; what is left is made up for.",
    ),
    Setting(
        "NOTIFY_URL",
        value.hook,
        "",
        "Webhook that is told of live, refused, held and rolled back; https, or http to this "
        "machine; empty: none.",
    ),
    Setting(
        "NOTIFY_SECRET", value.text, "", "Key that signs what the webhook gets; empty: unsigned."
    ),
    Setting(
        "DEFAULT_MAX_AGE_SECONDS", value.seconds, "1", "Oldest default that predict answers by."
    ),
)


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
    vertex_job_image: str
    vertex_job_machine_type: str
    vertex_job_seconds: float
    vertex_job_key: str
    lease_seconds: float
    max_attempts: int
    max_csv_bytes: int
    function_memory_bytes: int
    function_seconds: float
    function_share: float
    training_job: str
    max_job_csv_bytes: int
    jobs_url: str
    logging_url: str
    batch_job: str
    max_job_batch_bytes: int
    retrain_url: str
    batch_predict_url: str
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
    sample_share: float
    sample_days: int
    drift_days: int
    drift_instances: int
    drift_least: int
    drift_threshold: float
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


SECRETS = frozenset({"NOTIFY_URL", "NOTIFY_SECRET"})
"""Settings that nobody may read who looks at what runs: the address of a webhook often lets in
whoever has it."""


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that an environment holds, for another process of ours; without the secrets."""
    names = [setting.name for setting in SETTINGS if setting.name not in SECRETS]
    return {name: environment[name] for name in names if name in environment}
