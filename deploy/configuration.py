"""What one installation is to be: from the command line and `deploy.<env>.toml`, checked early."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from deploy.failure import DeployFailure, usage
from deploy.kind import kind_problems, written
from deploy.setting import setting_problems
from deploy.size import SIZES, size_problems
from shared.core import roles
from shared.core.settings import SECRETS
from shared.core.suggestion import suggestion

PLATFORMS = ("cloud-run", "vertex-ai", "ai-platform")
SHUT_DOWN = "2025-01-31"
BUCKETS = ("data", "models", "state")
TRIGGER, BUILD, SCHEDULE = "trigger", "build", "schedule"
ACCOUNTS = (*roles.ACCOUNTS, TRIGGER, BUILD, SCHEDULE)
"""Those of the table in shared.core.roles, and those that act for Google's own services."""

LONGEST_NAME = 30 - max(len(account) + 1 for account in ACCOUNTS)
"""A service account's name has 30 characters at the most."""
PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
LOCATION = re.compile(r"[a-z]+-[a-z]+[0-9]+|us|eu|asia")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,255}(:([1-9][0-9]*|latest))?")
BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
MEMBER = re.compile(r"(user|group|serviceAccount|domain|principal|principalSet):\S+")
SCHEDULE_TEXT = re.compile(r"\S+( \S+){4}")
RUNBOOK = "docs/33-operations.md"
RUNBOOK_URL = re.compile(r"https://[^\s/]+/\S*")
KEY = re.compile(r"projects/[^/\s]+/locations/([^/\s]+)/keyRings/[^/\s]+/cryptoKeys/[^/\s]+")
CONNECTOR = re.compile(r"projects/[^/\s]+/locations/([^/\s]+)/connectors/[^/\s]+")
ENDPOINT = re.compile(r"https://[^\s/]+(/\S*)?")


@dataclass(frozen=True)
class Configuration:
    """One installation. Each attribute is a key of `deploy.<env>.toml` too."""

    project: str
    name: str = "dropserve"
    region: str = "us-central1"
    location: str = ""
    """Of the buckets, and so of the triggers: a region or us, eu, asia. Default: the region."""
    platform: str = "cloud-run"
    endpoint: str = ""
    """Where ml v1 is answered, with --platform ai-platform."""
    endpoint_token: str = "id"
    notify: str = ""
    """E-mail address that alerts are sent to."""
    runbook: str = RUNBOOK
    """Page that alerts link to; each adds its own #anchor."""
    runtime: str = "python312"
    callers: tuple[str, ...] = ()
    """IAM members who may call predict: user:, group:, serviceAccount:, domain:."""
    operators: tuple[str, ...] = ()
    """E-mail addresses of people who may roll back and set defaults through serving."""
    public: bool = False
    """Whether Cloud Run lets everybody through to predict, which then checks callers itself:
    only with the setting PREDICT_AUTH id_token or api_key."""
    schedule: str = "*/10 * * * *"
    """When reconcile runs."""
    keep_overwritten_days: int = 365
    """How long an overwritten CSV can be read (`train_on = "all"` needs it); 0: not at all."""
    soft_delete_days: int = 7
    key: str = ""
    """Existing Cloud KMS key for buckets, functions, services and images."""
    connector: str = ""
    """Existing serverless VPC connector."""
    buckets: Mapping[str, str] = field(default_factory=dict)
    """Existing buckets by kind (data, models, state): used, never deleted."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Existing service accounts by role: used, never deleted."""
    sizes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of docs/39-settings.md for all functions and services."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Settings whose values are in Secret Manager: NAME, or NAME:VERSION (else the latest)."""

    @property
    def place(self) -> str:
        """Where the buckets and the triggers are."""
        return self.location or self.region

    def named(self, thing: str) -> str:
        """The name of a thing of this installation."""
        return f"{self.name}-{thing}"

    def bucket(self, kind: str) -> str:
        """A bucket's name."""
        return self.buckets.get(kind) or f"{self.project}-{self.name}-{kind}"

    def email(self, account: str) -> str:
        """A service account's address."""
        return self.accounts.get(account) or roles.email(self.named(account), self.project)

    def size(self, thing: str) -> dict[str, Any]:
        """Memory, cpu, timeout, concurrency, min and max instances of a thing that runs."""
        return {"min": 0, **SIZES[thing], **self.sizes.get(thing, {})}

    def url(self, service: str) -> str:
        """Where a Cloud Run service answers: its name and the project's number tell."""
        return f"https://{self.named(service)}-PROJECT_NUMBER.{self.region}.run.app"


def read_file(path: Path) -> dict[str, Any]:
    """The keys of a settings file. Raises DeployFailure."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise usage(f"there is no {path.name}; write one, or leave --env out") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise usage(f"{path.name} is not TOML: {error}") from error
    known = [each.name for each in fields(Configuration)]
    for key in found:
        if key not in known:
            raise usage(f"{path.name} has an unknown key {key!r}; {suggestion(key, known)}")
    return found


def configure(values: Mapping[str, Any]) -> Configuration:
    """A checked configuration. Raises DeployFailure that names every problem."""
    if not values.get("project"):
        raise usage("name the project: ./deploy.sh PROJECT, or project = ... in deploy.<env>.toml")
    if problems := list(kind_problems(values)):
        raise usage("\n".join(problems))
    lists = {key: tuple(values.get(key, ())) for key in ("callers", "operators")}
    settings = {name: str(written(one)) for name, one in values.get("settings", {}).items()}
    made = Configuration(**{**values, **lists, "settings": settings})
    problems = list(_problems(made))
    if problems:
        raise usage("\n".join(problems))
    return made


def _problems(made: Configuration) -> list[str]:
    found = [
        text
        for fine, text in (
            (
                PROJECT.fullmatch(made.project),
                f"project {made.project!r}: a project ID has 6 to 30 lower-case letters, digits, "
                "hyphens (gcloud projects list shows yours)",
            ),
            (
                NAME.fullmatch(made.name) and "--" not in made.name,
                f"name {made.name!r}: a lower-case letter, then letters, digits, single hyphens",
            ),
            (
                len(made.name) <= LONGEST_NAME,
                f"name {made.name!r}: {LONGEST_NAME} characters at the most, because a service "
                "account's name has 30 at the most",
            ),
            (REGION.fullmatch(made.region), f"region {made.region!r}: such as us-central1"),
            (
                LOCATION.fullmatch(made.place),
                f"location {made.place!r}: a region, or us, eu, asia",
            ),
            (
                made.platform in PLATFORMS,
                f"platform {made.platform!r}: one of {', '.join(PLATFORMS)}",
            ),
            (
                not made.notify or EMAIL.fullmatch(made.notify),
                f"notify {made.notify!r}: an e-mail address",
            ),
            (
                re.fullmatch(r"python31[123]", made.runtime),
                f"runtime {made.runtime!r}: python311, python312 or python313",
            ),
            (
                not made.public or made.settings.get("PREDICT_AUTH") in ("id_token", "api_key"),
                "public: predict has to check callers itself then; set PREDICT_AUTH under "
                "[settings] to id_token or api_key",
            ),
            (
                made.public or made.settings.get("PREDICT_AUTH") != "api_key",
                "PREDICT_AUTH api_key: callers with a key only come through where public = true",
            ),
            (made.endpoint_token in ("id", "access"), "endpoint_token: id or access"),
            (
                SCHEDULE_TEXT.fullmatch(made.schedule),
                f"schedule {made.schedule!r}: five fields of cron, such as */10 * * * *",
            ),
            (made.keep_overwritten_days >= 0, "keep_overwritten_days: 0 or more"),
            (
                made.soft_delete_days == 0 or 7 <= made.soft_delete_days <= 90,
                f"soft_delete_days {made.soft_delete_days}: 0, or from 7 to 90",
            ),
            (
                made.runbook == RUNBOOK or RUNBOOK_URL.fullmatch(made.runbook),
                f"runbook {made.runbook!r}: the https:// address of the page",
            ),
            *_existing(made),
        )
        if not fine
    ]
    return [*found, *_platform(made), *_tables(made)]


def _existing(made: Configuration) -> list[tuple[object, str]]:
    """Key and connector: what they must look like, and where they must lie."""
    key, connector = KEY.fullmatch(made.key), CONNECTOR.fullmatch(made.connector)
    return [
        (
            key or not made.key,
            f"key {made.key!r}: projects/P/locations/L/keyRings/R/cryptoKeys/K",
        ),
        (
            not key or made.place == made.region == key[1],
            f"key {made.key!r}: buckets ({made.place}) and what runs ({made.region}) both need "
            "their key in their own place",
        ),
        (
            connector or not made.connector,
            f"connector {made.connector!r}: projects/P/locations/{made.region}/connectors/NAME",
        ),
        (
            not connector or connector[1] == made.region,
            f"connector {made.connector!r}: it must lie in {made.region}",
        ),
    ]


def _platform(made: Configuration) -> list[str]:
    if made.platform != "ai-platform":
        return ["endpoint: only with platform ai-platform"] if made.endpoint else []
    if not made.endpoint:
        return [
            f"platform ai-platform: Google shut ml.googleapis.com down on {SHUT_DOWN}; name who "
            "answers its API instead with --endpoint https://..., or leave --platform out"
        ]
    fine = ENDPOINT.fullmatch(made.endpoint) and "//ml.googleapis.com" not in made.endpoint
    return [] if fine else [f"endpoint {made.endpoint!r}: an https:// address, not Google's own"]


def _tables(made: Configuration) -> list[str]:
    found = [*setting_problems(made.settings)]
    for table, known in (
        ("buckets", BUCKETS),
        ("accounts", ACCOUNTS),
        ("sizes", tuple(SIZES)),
        ("secrets", tuple(sorted(SECRETS))),
    ):
        for key in getattr(made, table):
            if key not in known:
                found.append(f"{table}.{key} is unknown; {suggestion(key, known)}")
    for thing, size in made.sizes.items():
        if thing in SIZES:
            found += size_problems(thing, size)
    for kind, name in made.buckets.items():
        if not BUCKET.fullmatch(str(name)):
            found.append(f"buckets.{kind} {name!r}: a bucket's name, without gs://")
    for role, email in made.accounts.items():
        if not EMAIL.fullmatch(email) or not email.endswith(".gserviceaccount.com"):
            found.append(f"accounts.{role} {email!r}: a service account's e-mail address")
    for setting, name in made.secrets.items():
        if not SECRET.fullmatch(str(name)):
            found.append(f"secrets.{setting} {name!r}: a secret's name, or NAME:VERSION")
    if "NOTIFY_SECRET" in made.settings:
        found.append(
            "settings.NOTIFY_SECRET would stand in every plan and log: put it into Secret Manager, "
            "and the secret's name under [secrets]"
        )
    for email in made.operators:
        if not EMAIL.fullmatch(str(email)):
            found.append(f"operators {email!r}: an e-mail address")
    for member in made.callers:
        if not MEMBER.fullmatch(member):
            found.append(f"callers {member!r}: user:, group:, serviceAccount: or domain:, and who")
    return found


def refuse_overrides(environment: Mapping[str, str]) -> None:
    """Raises DeployFailure where gcloud would talk to somebody else, such as the local cloud."""
    found = sorted(n for n in environment if n.startswith("CLOUDSDK_API_ENDPOINT_OVERRIDES_"))
    anonymous = environment.get("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "") not in ("", "0", "false")
    if anonymous:  # of a local cloud too: the rest that it set would mislead gcloud as well
        found += sorted(n for n in _OF_A_LOCAL_CLOUD if n in environment)
    if found:
        raise DeployFailure(
            'gcloud would not talk to Google Cloud here (after `eval "$(./run env)"`?); open '
            f"another terminal, or first type: unset {' '.join(found)}"
        )


_OF_A_LOCAL_CLOUD = (
    *("CLOUDSDK_CONFIG", "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_AUTH_DISABLE_CREDENTIALS"),
    *("CLOUDSDK_AI_PLATFORM_REGION", "STORAGE_EMULATOR_HOST"),
)
"""What `./run env` exports besides addresses, and gcloud and Google's libraries heed."""
