"""What one local cloud is: its folder, project, buckets, ports. Written once by the supervisor.

`<state>/localcloud.json` is how every process of it, and every verb of ./run, finds the rest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.core import roles

FILE = "localcloud.json"
FUNCTIONS = ("retrain", "deploy_version", "predict", "batch_predict")
TRIGGERED = {"retrain": "data", "batch_predict": "data", "deploy_version": "models"}
"""Function -> the bucket whose events it takes."""
TRAINING_JOB, BATCH_JOB = "train", "batch"
"""The jobs that the local cloud has."""
DEVELOPER = "developer@dropserve.example"
"""The person at the keyboard: the caller that ./run env makes a token for."""


@dataclass(frozen=True)
class Configuration:
    """One local cloud.

    ports: "predict", "googleapis", "serving" (the three that people meet), "retrain",
    "batch_predict", "deploy_version", and "metadata-<account>" for the metadata server of each
    service account.
    functions: those that run.
    time_scale: factor on Eventarc's real retry schedule (10 s to 600 s, for 24 h).
    job_memory_bytes: address space of the training job; 0: no bound. job_python: what it runs in;
    "": this Python.
    """

    state: str
    ports: dict[str, int]
    project: str = "dropserve-local"
    buckets: dict[str, str] = field(
        default_factory=lambda: {
            "data": "dropserve-data",
            "models": "dropserve-models",
            "state": "dropserve-state",
        }
    )
    functions: tuple[str, ...] = FUNCTIONS
    time_scale: float = 0.005
    job_memory_bytes: int = 0
    job_python: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    """Extra settings for functions and serving (tests use it)."""
    switches: dict[str, str] = field(default_factory=dict)
    """Test switches of the local services: duplicates, reordering, faults (see each service)."""

    def url(self, name: str) -> str:
        """`http://127.0.0.1:<port>` of one part."""
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def triggers(self) -> dict[str, tuple[str, str]]:
        """Event triggers: name -> (bucket, address)."""
        return {
            name: (self.buckets[kind], self.url(name) + "/")
            for name, kind in TRIGGERED.items()
            if name in self.functions
        }

    def settings(self) -> dict[str, str]:
        """Environment that makes `shared.core.settings.Settings` for this local cloud."""
        return {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "DATA_BUCKET": self.buckets["data"],
            "MODELS_BUCKET": self.buckets["models"],
            "STATE_BUCKET": self.buckets["state"],
            "STORAGE_URL": self.url("googleapis"),
            "AI_PLATFORM_URL": self.url("serving"),
            "AI_PLATFORM_TOKEN": "id",
            "PREDICT_AUTH": "id_token",
            "AUDIENCE": self.url("predict"),
            "ALLOWED_CALLERS": DEVELOPER,
            "CERTS_URL": self.url("googleapis") + "/oauth2/v3/certs",
            "SERVING_OPERATORS": DEVELOPER,
            "LEASE_SECONDS": "3",
            "JOBS_URL": self.url("googleapis"),
            "LOGGING_URL": self.url("googleapis"),
            "PAGES_URL": self.url("googleapis"),
            "PAGE_SECONDS": "0.1",
            "TRAINING_JOB": TRAINING_JOB,
            "BATCH_JOB": BATCH_JOB,
            "RETRAIN_URL": self.url("retrain"),
            "BATCH_PREDICT_URL": self.url("batch_predict"),
            "DEPLOY_VERSION_URL": self.url("deploy_version"),
            **self.environment,
        }

    def account_environment(self, account: str) -> dict[str, str]:
        """Environment that makes google-auth run as one service account."""
        address = f"127.0.0.1:{self.ports[f'metadata-{account}']}"
        return {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address}

    def email(self, account: str) -> str:
        """The service account's e-mail address."""
        return roles.email(account, self.project)

    def save(self) -> None:
        """Write it into its state folder, whole or not at all."""
        path = Path(self.state) / FILE
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def load(cls, state: Path) -> Configuration:
        """Read it back. Raises FileNotFoundError where no local cloud ever ran."""
        return cls(**json.loads((state / FILE).read_text(encoding="utf-8")))
