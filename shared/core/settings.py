"""Settings: one frozen dataclass, built from the environment; the annotations are the list.

`docs/39-settings.md` is held to it. A missing or wrong value gives one error that lists every
problem at once. Annotations are read here, so they are not put off (no `from __future__`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from shared.core import roles, value
from shared.core.setting import Setting, read_settings, settings_of


@dataclass(frozen=True)
class Settings:
    """What the environment says. Each attribute: its type, how its text is read, the default (None:
    required), what it is for. Its setting has the same name in capitals."""

    google_cloud_project: Annotated[str, value.text, None, "The project that everything lives in."]
    data_bucket: Annotated[str, value.text, None, "Bucket that people drop CSVs into."]
    models_bucket: Annotated[str, value.text, None, "Bucket that holds the model directories."]
    state_bucket: Annotated[str, value.text, None, "Bucket of ledger, defaults, registry, leases."]
    model_name: Annotated[
        str, value.model, "iris", "Model of a CSV that lies directly below data/."
    ]
    target_names: Annotated[
        tuple[str, ...],
        value.words,
        "species,label,target,class,y",
        "Column names that mean the target where nothing else says it.",
    ]
    storage_url: Annotated[str, value.url, "https://storage.googleapis.com", "The object store."]
    platform: Annotated[
        str,
        value.one_of("cloud-run", "ai-platform", "vertex-ai"),
        "cloud-run",
        "What serves the versions: our own service, another that answers ml v1, or Vertex AI.",
    ]
    ai_platform_url: Annotated[
        str, value.url, "https://ml.googleapis.com", "Control plane: where ml v1 is answered."
    ]
    ai_platform_data_url: Annotated[
        str, value.optional_url, "", "Data plane; empty: the control plane's address."
    ]
    ai_platform_token: Annotated[
        str,
        value.one_of("access", "id"),
        "id",
        "Kind of token the platform takes; an ID token has the address as its audience.",
    ]
    runtime_version: Annotated[
        str, value.text, "2.11", "Runtime version written into created versions."
    ]
    python_version: Annotated[
        str, value.text, "3.12", "Python version written into created versions."
    ]
    vertex_url: Annotated[str, value.optional_url, "", "Where Vertex AI answers; empty: in REGION."]
    vertex_image: Annotated[
        str,
        value.text,
        "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest",
        "Container that serves versions on Vertex AI.",
    ]
    vertex_predict_route: Annotated[
        str, value.text, "", "Its path for predictions; empty for a prebuilt image."
    ]
    vertex_health_route: Annotated[
        str, value.text, "", "Its path for health; empty for a prebuilt image."
    ]
    vertex_machine_type: Annotated[
        str, value.text, "n1-standard-2", "Machine that a version runs on."
    ]
    vertex_min_replicas: Annotated[
        int, value.whole, "1", "Machines a version always has on Vertex AI."
    ]
    vertex_max_replicas: Annotated[int, value.whole, "1", "Machines it has under load."]
    vertex_job_image: Annotated[
        str,
        value.text,
        "",
        "Image of the training job on Vertex AI, which then takes the place of TRAINING_JOB.",
    ]
    vertex_job_machine_type: Annotated[
        str, value.text, "e2-highmem-4", "Machine that it trains on."
    ]
    vertex_job_seconds: Annotated[float, value.positive, "21600", "Time that it has."]
    vertex_job_key: Annotated[
        str, value.text, "", "Cloud KMS key of its disk; empty: Google's own."
    ]
    lease_seconds: Annotated[
        float, value.positive, "60", "How long a silent training attempt keeps its lease."
    ]
    max_attempts: Annotated[
        int, value.whole, "3", "Training attempts of one drop before it is exhausted."
    ]
    max_csv_bytes: Annotated[
        int, value.whole, "50000000", "Largest CSV that the function trains on."
    ]
    function_memory_bytes: Annotated[
        int, value.whole, "2147483648", "Memory of the function that trains."
    ]
    function_seconds: Annotated[
        float, value.positive, "540", "Time that the function has for one event."
    ]
    function_share: Annotated[
        float, value.share, "0.6", "Share of both that a training may need there."
    ]
    training_job: Annotated[
        str, value.text, "", "Job that trains what the function cannot; empty: none."
    ]
    max_job_csv_bytes: Annotated[
        int, value.whole, "10000000000", "Largest CSV that the job trains on."
    ]
    jobs_url: Annotated[
        str, value.url, "https://run.googleapis.com", "Where training jobs are run."
    ]
    logging_url: Annotated[
        str, value.url, "https://logging.googleapis.com", "Where `./run logs` reads the logs."
    ]
    batch_job: Annotated[
        str, value.text, "", "Job that predicts for what the function cannot; empty: none."
    ]
    max_job_batch_bytes: Annotated[
        int, value.whole, "100000000000", "Largest CSV that the job predicts for."
    ]
    retrain_url: Annotated[str, value.optional_url, "", "Address of retrain, for reconcile."]
    batch_predict_url: Annotated[
        str, value.optional_url, "", "Address of batch_predict, for reconcile."
    ]
    deploy_version_url: Annotated[
        str, value.optional_url, "", "Address of deploy_version, for reconcile."
    ]
    region: Annotated[
        str, value.text, "us-central1", "Region of the training job and of Vertex AI."
    ]
    release_deadline_seconds: Annotated[
        float, value.positive, "60", "How long one delivery waits for a version to become ready."
    ]
    keep_versions: Annotated[
        int, value.whole, "10", "Newest good versions of a model, never collected."
    ]
    versions_ceiling: Annotated[
        int,
        value.whole,
        "180",
        "Versions of all models from which old ones are collected (the platform takes 200).",
    ]
    failed_versions: Annotated[
        str,
        value.one_of("keep", "remove"),
        "keep",
        "What becomes of a version that did not load; one that answers wrongly is always removed.",
    ]
    pin_days: Annotated[int, value.whole, "14", "From how many days on a pin is warned of."]
    predict_auth: Annotated[
        str,
        value.one_of("iam", "id_token", "api_key"),
        "iam",
        "Who checks callers of predict: Cloud Run; predict itself, by ID tokens; or by API keys.",
    ]
    public_endpoint: Annotated[
        str,
        value.one_of("no", "yes"),
        "no",
        "Whether Cloud Run lets everybody through to predict: needed for api_key, refused by iam.",
    ]
    caller_models: Annotated[
        tuple[str, ...],
        value.permissions,
        "",
        "Models each caller may ask: CALLER=MODEL+MODEL, a comma between callers; empty: all.",
    ]
    quota_per_minute: Annotated[
        int,
        value.count,
        "0",
        "Requests that one caller may send one instance of predict in a minute; 0: no limit.",
    ]
    service_accounts: Annotated[
        tuple[str, ...],
        value.accounts,
        "",
        "Accounts that are not named after what they run: ROLE=E-MAIL, a comma between.",
    ]
    audience: Annotated[
        tuple[str, ...], value.words, "", "Audiences an ID token may be made for (predict)."
    ]
    allowed_callers: Annotated[
        tuple[str, ...], value.words, "", "E-mail addresses or @domains that may predict."
    ]
    certs_url: Annotated[
        str,
        value.url,
        "https://www.googleapis.com/oauth2/v3/certs",
        "Where the keys of ID tokens are published, as a JSON Web Key Set.",
    ]
    max_batch_bytes: Annotated[
        int, value.whole, "1000000000", "Largest CSV that the function predicts for."
    ]
    max_instances: Annotated[
        int, value.whole, "50000", "Instances that one predict request may hold."
    ]
    sample_share: Annotated[
        float,
        value.part,
        "0",
        "Share of predict requests that are kept with their answers; 0: none, 1: all.",
    ]
    sample_days: Annotated[
        int, value.whole, "30", "Days after which what was kept of them is deleted."
    ]
    drift_days: Annotated[int, value.whole, "7", "Days of which kept requests are looked at."]
    drift_instances: Annotated[
        int, value.whole, "10000", "Instances of them that are, the newest first."
    ]
    drift_least: Annotated[int, value.whole, "200", "Fewest instances from which anything is said."]
    drift_threshold: Annotated[
        float,
        value.positive,
        "0.25",
        "PSI of a feature, or of the answers, from which on an alert is logged.",
    ]
    cors_origins: Annotated[
        tuple[str, ...], value.words, "", "Origins whose web pages may call predict; * for all."
    ]
    pages_url: Annotated[
        str,
        value.url,
        "https://storage.cloud.google.com",
        "Where a browser opens objects: what links to status pages begin with.",
    ]
    page_seconds: Annotated[
        float, value.positive, "1", "Least time between two writes of one status page."
    ]
    aftermath_seconds: Annotated[
        float,
        value.positive,
        "15",
        "How long status page and notice may each take after a step; what is left is made up for.",
    ]
    notify_url: Annotated[
        str,
        value.hook,
        "",
        "Webhook that is told of live, refused, held and rolled back; https, or http to this "
        "machine; empty: none.",
    ]
    notify_secret: Annotated[
        str, value.text, "", "Key that signs what the webhook gets; empty: unsigned."
    ] = field(repr=False)
    default_max_age_seconds: Annotated[
        float, value.positive, "1", "Oldest default that predict answers by."
    ]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
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


SETTINGS: tuple[Setting, ...] = settings_of(Settings)

SECRETS = frozenset({"NOTIFY_URL", "NOTIFY_SECRET"})
"""Settings that nobody may read who looks at what runs: the address of a webhook often lets in
whoever has it."""


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that an environment holds, for another process of ours; without the secrets."""
    names = [setting.name for setting in SETTINGS if setting.name not in SECRETS]
    return {name: environment[name] for name in names if name in environment}
