"""A stateful gcloud: answers what was created, refuses what Google would, can fail at call N.

In a test's own process (`FakeGcloud`, a Runner), or as a program on PATH (`install`), whose state
is a JSON file. What it does not know is exit code 2, as an unknown command is for gcloud.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.gcloud import Result

NUMBER = "123456789012"
KINDS = (
    "accounts",
    "roles",
    "buckets",
    "policies",
    "repositories",
    "images",
    "functions",
    "services",
    "jobs",
    "triggers",
    "topics",
    "subscriptions",
    "schedules",
    "metrics",
    "channels",
    "alerts",
    "dashboards",
    "secrets",
)
GCLOUD = "32555940559.apps.googleusercontent.com"
"""Audience of every ID token of a person: gcloud itself."""
READS = {
    "version",
    "config-helper",
    "print-identity-token",
    "list",
    "describe",
    "get-iam-policy",
    "service-agent",
}
Flags = dict[str, Any]


class Refused(Exception):
    """What gcloud prints on standard error, with exit code 1."""


def empty(*projects: str) -> dict[str, Any]:
    """Projects in which nothing was made."""
    return {"projects": list(projects), "apis": [], **{kind: {} for kind in KINDS}}


def split(words: Sequence[str]) -> tuple[list[str], Flags]:
    """Positional words and flags."""
    flags: Flags = {}
    for word in words:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            flags[name] = value if "=" in word else True
    return [word for word in words if not word.startswith("--")], flags


def pairs(text: str) -> dict[str, str]:
    """`A=1,B=2`, also with another separator between."""
    between = ","
    if found := re.match(r"\^(.)\^", text):
        between, text = found[1], text[3:]
    return dict(part.split("=", 1) for part in text.split(between) if part)


@dataclass
class FakeGcloud:
    """One gcloud with one Google Cloud behind it.

    fail_at: number of the call that fails (from 1). after: its work is done all the same. Of the
    log, `changes` are the commands that changed something or were to.
    """

    state: dict[str, Any] = field(default_factory=lambda: empty("my-project"))
    root: Path = Path()
    fail_at: int = 0
    after: bool = False
    message: str = "ERROR: (gcloud) INTERNAL: the connection was reset"
    log: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def changes(self) -> list[tuple[str, ...]]:
        return [words for words in self.log if not READS & set(words)]

    def run(self, words: Sequence[str]) -> Result:
        self.log.append(tuple(words))
        fails = len(self.log) == self.fail_at
        if fails and not self.after:
            return Result(1, "", self.message)
        try:
            answer = self._answer(words)
        except Refused as refused:
            if fails:
                return Result(1, "", self.message)
            return Result(1, "", f"ERROR: (gcloud) {refused}")
        if fails:
            return Result(1, "", self.message)
        out = answer if isinstance(answer, str) else json.dumps(answer)
        return Result(0, out if answer is not None else "", "")

    def _answer(self, words: Sequence[str]) -> Any:
        names, flags = split(words)
        if names == ["version"]:  # the one command of a single word
            return {"Google Cloud SDK": "528.0.0", "alpha": "2025", "beta": "2025"}
        for length in range(min(5, len(names)), 1, -1):
            found = COMMANDS.get(" ".join(names[:length]))
            if found:
                rest = names[length:]
                return found(self, rest[0] if rest else "", flags)
        raise Refused(f"Invalid choice: {' '.join(names)}")

    def put(self, kind: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
        if key in self.state[kind]:
            raise Refused(f"ALREADY_EXISTS: {key} exists")
        self.state[kind][key] = value
        return value

    def get(self, kind: str, key: str) -> dict[str, Any]:
        if key not in self.state[kind]:
            raise Refused(f"NOT_FOUND: {kind} {key} was not found")
        found: dict[str, Any] = self.state[kind][key]
        return found

    def remove(self, kind: str, key: str) -> None:
        self.get(kind, key)
        del self.state[kind][key]
        for policy in [name for name in self.state["policies"] if name == f"{kind}/{key}"]:
            del self.state["policies"][policy]

    def number(self, seed: str) -> int:
        """A number that only the server can tell, the same in each run of a test."""
        return zlib.crc32(seed.encode())

    def credential(self, person: dict[str, Any]) -> dict[str, Any]:
        """The access token of whoever is signed in, and its end."""
        token = person.get("access_token", "ya29.fake")
        return {"access_token": token, "token_expiry": "2100-01-01T00:00:00Z"}

    def identity(self, account: str, audience: str) -> str:
        """An ID token."""
        raise Refused("There are no ID tokens here")

    def needs_api(self, *names: str) -> None:
        for name in names:
            if f"{name}.googleapis.com" not in self.state["apis"]:
                raise Refused(f"PERMISSION_DENIED: {name}.googleapis.com is disabled")

    def needs_account(self, email: str) -> None:
        if email not in self.state["accounts"]:
            raise Refused(f"INVALID_ARGUMENT: no service account {email}")

    def read_json(self, path: str) -> Any:
        return json.loads((self.root / path).read_text(encoding="utf-8"))


Command = Callable[[FakeGcloud, str, Flags], Any]
COMMANDS: dict[str, Command] = {}


def command(*names: str) -> Callable[[Command], Command]:
    def keep(function: Command) -> Command:
        COMMANDS.update(dict.fromkeys(names, function))
        return function

    return keep


def listing(name: str, kind: str) -> None:
    def show(fake: FakeGcloud, _: str, flags: Flags) -> Any:
        return list(fake.state[kind].values())

    COMMANDS[name] = show


for _name, _kind in {
    "iam service-accounts list": "accounts",
    "artifacts repositories list": "repositories",
    "functions list": "functions",
    "run services list": "services",
    "run jobs list": "jobs",
    "pubsub topics list": "topics",
    "pubsub subscriptions list": "subscriptions",
    "scheduler jobs list": "schedules",
    "logging metrics list": "metrics",
    "beta monitoring channels list": "channels",
    "alpha monitoring policies list": "alerts",
    "monitoring dashboards list": "dashboards",
}.items():
    listing(_name, _kind)


@command("projects describe")
def describe_project(fake: FakeGcloud, name: str, _: Flags) -> Any:
    if name not in fake.state["projects"]:
        raise Refused(f"NOT_FOUND: project {name}")
    return {"projectId": name, "projectNumber": NUMBER}


@command("services list")
def list_services(fake: FakeGcloud, _: str, __: Flags) -> Any:
    return [{"config": {"name": name}, "state": "ENABLED"} for name in fake.state["apis"]]


@command("storage service-agent")
def storage_agent(fake: FakeGcloud, _: str, __: Flags) -> str:
    return f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com\n"


@command("iam service-accounts create")
def create_account(fake: FakeGcloud, name: str, flags: Flags) -> Any:
    fake.needs_api("iam")
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name):
        raise Refused(f"INVALID_ARGUMENT: {name}")
    email = f"{name}@{flags['project']}.iam.gserviceaccount.com"
    return fake.put("accounts", email, {"email": email, "description": flags["description"]})


@command("iam service-accounts delete")
def delete_account(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("accounts", name)


@command("iam roles describe")
def describe_role(fake: FakeGcloud, name: str, _: Flags) -> Any:
    return fake.get("roles", name)


@command("iam roles create")
def create_role(fake: FakeGcloud, name: str, flags: Flags) -> Any:
    return fake.put("roles", name, _role(flags))


@command("iam roles update")
def update_role(fake: FakeGcloud, name: str, flags: Flags) -> Any:
    if fake.get("roles", name).get("deleted"):
        raise Refused(f"FAILED_PRECONDITION: {name} is deleted")
    fake.state["roles"][name] = _role(flags)
    return fake.state["roles"][name]


def _role(flags: Flags) -> dict[str, Any]:
    permissions = sorted(flags["permissions"].split(","))
    return {"includedPermissions": permissions, "description": flags["description"]}


@command("iam roles undelete")
def undelete_role(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.get("roles", name).pop("deleted")


@command("iam roles delete")
def delete_role(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.get("roles", name)["deleted"] = True


@command("services enable")
def enable_with_all(fake: FakeGcloud, _: str, __: Flags) -> None:
    names = [word for word in fake.log[-1] if word.endswith(".googleapis.com")]
    fake.state["apis"] = sorted({*fake.state["apis"], *names})


@command("storage buckets describe")
def describe_bucket(fake: FakeGcloud, name: str, _: Flags) -> Any:
    if name not in fake.state["buckets"]:
        raise Refused(f"{name} not found: 404.")
    if fake.state["buckets"][name].get("foreign"):
        raise Refused("HTTPError 403: I does not have storage.buckets.get access to the bucket")
    return fake.state["buckets"][name]


@command("storage buckets create")
def create_bucket(fake: FakeGcloud, name: str, flags: Flags) -> Any:
    if name in fake.state["buckets"]:
        raise Refused(f"HTTPError 409: {name} already exists")
    days = int(flags["soft-delete-duration"].removesuffix("d"))
    return fake.put(
        "buckets",
        name,
        {
            "projectNumber": NUMBER,
            "location": flags["location"].upper(),
            "softDeletePolicy": {"retentionDurationSeconds": str(days * 86400)},
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": "uniform-bucket-level-access" in flags},
                "publicAccessPrevention": "enforced",
            },
        },
    )


@command("storage buckets update")
def update_bucket(fake: FakeGcloud, name: str, flags: Flags) -> None:
    bucket = describe_bucket(fake, name, {})
    bucket["lifecycle"] = fake.read_json(flags["lifecycle-file"])
    bucket["versioning"] = {"enabled": "versioning" in flags}
    bucket.setdefault("labels", {}).update(pairs(flags["update-labels"]))


@command("storage rm")
def remove_bucket(fake: FakeGcloud, name: str, flags: Flags) -> None:
    assert flags["recursive"]
    fake.remove("buckets", name)


@command("artifacts repositories create")
def create_repository(fake: FakeGcloud, name: str, flags: Flags) -> Any:
    fake.needs_api("artifactregistry")
    full = f"projects/{flags['project']}/locations/{flags['location']}/repositories/{name}"
    return fake.put("repositories", name, {"name": full, "labels": pairs(flags["labels"])})


@command("artifacts repositories delete")
def delete_repository(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.remove("repositories", name)
    inside = f"/{flags['project']}/{name}/"
    images = fake.state["images"]
    fake.state["images"] = {key: value for key, value in images.items() if inside not in key}


@command("artifacts docker images list")
def list_images(fake: FakeGcloud, name: str, _: Flags) -> Any:
    if name.split("/")[2] not in fake.state["repositories"]:
        raise Refused("NOT_FOUND: Requested entity was not found")
    found = fake.state["images"].get(name, [])
    return [{"package": name, "tags": [tag]} for tag in found]


@command("builds submit")
def submit_build(fake: FakeGcloud, source: str, flags: Flags) -> None:
    fake.needs_api("cloudbuild")
    with tarfile.open(fake.root / source) as archive:
        assert {"Dockerfile", "requirements.txt"} <= set(archive.getnames())
    made = fake.read_json(flags["config"])
    fake.needs_account(made["serviceAccount"].rpartition("/")[2])
    bucket = "/".join(flags["gcs-source-staging-dir"].split("/")[:3])
    describe_bucket(fake, bucket, {})
    for image in made["images"]:
        name, _, tag = image.partition(":")
        list_images(fake, name, {})
        fake.state["images"].setdefault(name, []).append(tag)


def _needs_image(fake: FakeGcloud, image: str) -> None:
    name, _, tag = image.partition(":")
    if tag not in fake.state["images"].get(name, []):
        raise Refused(f"Image '{image}' not found.")


def _runs(fake: FakeGcloud, name: str, flags: Flags) -> dict[str, Any]:
    fake.needs_api("run")
    _needs_image(fake, flags["image"])
    fake.needs_account(flags["service-account"])
    told = _service(name, flags, flags["labels"])
    secrets = _secrets(fake, flags, flags["service-account"])
    return {**told, "environment": pairs(flags["set-env-vars"]), "secrets": secrets}


def _secrets(fake: FakeGcloud, flags: Flags, account: str) -> dict[str, str]:
    """SETTING -> SECRET:VERSION; nothing starts whose account may not read its secrets."""
    wanted = pairs(flags.get("set-secrets", ""))
    for place in wanted.values():
        name = place.partition(":")[0]
        fake.needs_api("secretmanager")
        fake.get("secrets", name)
        bindings = fake.state["policies"].get(f"secrets/{name}", {}).get("bindings", [])
        if f"serviceAccount:{account}" not in [who for one in bindings for who in one["members"]]:
            raise Refused(f"Permission denied on secret: {name} for {account}")
    return wanted


@command("secrets describe")
def describe_secret(fake: FakeGcloud, name: str, _: Flags) -> Any:
    return fake.get("secrets", name)


def _service(name: str, flags: Flags, labels: str) -> dict[str, Any]:
    """As Cloud Run tells of a service, in Knative's words."""
    env = [{"name": key, "value": value} for key, value in pairs(flags["set-env-vars"]).items()]
    place = {"cloud.googleapis.com/location": flags["region"]}
    url = f"https://{name}-{zlib.crc32(name.encode()):x}-uc.a.run.app"
    return {
        "metadata": {"name": name, "namespace": NUMBER, "labels": {**pairs(labels), **place}},
        "spec": {"template": {"spec": {"containers": [{"env": env}]}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "url": url},
    }


@command("run deploy")
def deploy_service(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.state["services"][name] = _runs(fake, name, flags)


@command("run services delete")
def delete_service(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("services", name)


@command("run jobs deploy")
def deploy_job(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.state["jobs"][name] = _runs(fake, name, flags)


@command("run jobs delete")
def delete_job(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("jobs", name)


@command("functions deploy")
def deploy_function(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.needs_api("cloudfunctions", "run", "cloudbuild", "eventarc")
    for file in ("main.py", "requirements.txt"):
        assert (fake.root / flags["source"] / file).is_file()
    fake.needs_account(flags["run-service-account"])
    fake.needs_account(flags["build-service-account"].rpartition("/")[2])
    fake.get("repositories", flags["docker-repository"].rpartition("/")[2])
    place = f"projects/{flags['project']}/locations/{flags['region']}"
    key = f"{place}/functions/{name}"
    made = {
        "name": key,
        "state": "ACTIVE",
        "labels": pairs(flags["update-labels"]),
        "environment": pairs(flags["set-env-vars"]),
        "secrets": _secrets(fake, flags, flags["run-service-account"]),
    }
    if "trigger-event-filters" in flags:
        before = fake.state["functions"].get(key, {})
        made["eventTrigger"] = before.get("eventTrigger") or _trigger(fake, name, flags)
    fake.state["functions"][key] = made
    fake.state["services"][name] = {
        **_service(name, flags, flags["update-labels"]),
        "function": True,
    }


def _trigger(fake: FakeGcloud, name: str, flags: Flags) -> dict[str, Any]:
    assert flags["retry"]
    fake.needs_account(flags["trigger-service-account"])
    bucket = describe_bucket(fake, f"gs://{pairs(flags['trigger-event-filters'])['bucket']}", {})
    assert bucket["location"] == flags["trigger-location"].upper()
    agents = str(fake.state["policies"].get(f"projects/{flags['project']}"))
    assert "gs-project-accounts" in agents, "Cloud Storage may not publish"
    own = f"{name}-{fake.number(name)}"
    project = f"projects/{flags['project']}"
    trigger = f"{project}/locations/{flags['trigger-location']}/triggers/{own}"
    subscription = f"{project}/subscriptions/eventarc-{own}-sub"
    fake.put("triggers", trigger, {"transport": {"pubsub": {"subscription": subscription}}})
    fake.put("topics", f"{project}/topics/eventarc-{own}", {"name": f"{project}/topics/{own}"})
    fake.put("subscriptions", subscription, {"name": subscription, "ackDeadlineSeconds": 10})
    return {"trigger": trigger}


@command("functions delete")
def delete_function(fake: FakeGcloud, name: str, flags: Flags) -> None:
    key = f"projects/{flags['project']}/locations/{flags['region']}/functions/{name}"
    trigger = fake.get("functions", key).get("eventTrigger", {}).get("trigger", "")
    fake.remove("functions", key)
    fake.remove("services", name)
    if trigger:
        subscription = fake.get("triggers", trigger)["transport"]["pubsub"]["subscription"]
        fake.remove("triggers", trigger)
        fake.remove("subscriptions", subscription)
        fake.remove("topics", subscription.removesuffix("-sub").replace("subscriptions", "topics"))


@command("eventarc triggers describe")
def describe_trigger(fake: FakeGcloud, name: str, _: Flags) -> Any:
    return fake.get("triggers", name)


@command("pubsub topics create")
def create_topic(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.needs_api("pubsub")
    key = f"projects/{flags['project']}/topics/{name}"
    fake.put("topics", key, {"name": key, "labels": pairs(flags["labels"])})


@command("pubsub topics delete")
def delete_topic(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.remove("topics", f"projects/{flags['project']}/topics/{name}")


@command("pubsub subscriptions create")
def create_subscription(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.get("topics", f"projects/{flags['project']}/topics/{flags['topic']}")
    key = f"projects/{flags['project']}/subscriptions/{name}"
    fake.put("subscriptions", key, {"name": key, "labels": pairs(flags["labels"])})


@command("pubsub subscriptions delete")
def delete_subscription(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.remove("subscriptions", f"projects/{flags['project']}/subscriptions/{name}")


@command("pubsub subscriptions describe")
def describe_subscription(fake: FakeGcloud, name: str, _: Flags) -> Any:
    return fake.get("subscriptions", name)


@command("pubsub subscriptions update")
def update_subscription(fake: FakeGcloud, name: str, flags: Flags) -> None:
    topic = flags["dead-letter-topic"]
    fake.get("topics", topic)
    fake.get("subscriptions", name).update(
        ackDeadlineSeconds=int(flags["ack-deadline"]),
        deadLetterPolicy={
            "deadLetterTopic": topic,
            "maxDeliveryAttempts": int(flags["max-delivery-attempts"]),
        },
        retryPolicy={
            "minimumBackoff": flags["min-retry-delay"],
            "maximumBackoff": flags["max-retry-delay"],
        },
    )


def _schedule(flags: Flags, key: str) -> dict[str, Any]:
    return {
        "name": key,
        "description": flags["description"],
        "schedule": flags["schedule"],
        "httpTarget": {"uri": flags["uri"], "httpMethod": flags["http-method"]},
    }


def _schedule_key(name: str, flags: Flags) -> str:
    return f"projects/{flags['project']}/locations/{flags['location']}/jobs/{name}"


@command("scheduler jobs create http")
def create_schedule(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.needs_api("cloudscheduler")
    fake.needs_account(flags["oauth-service-account-email"])
    key = _schedule_key(name, flags)
    fake.put("schedules", key, _schedule(flags, key))


@command("scheduler jobs update http")
def update_schedule(fake: FakeGcloud, name: str, flags: Flags) -> None:
    key = _schedule_key(name, flags)
    fake.get("schedules", key)
    fake.state["schedules"][key] = _schedule(flags, key)


@command("scheduler jobs delete")
def delete_schedule(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.remove("schedules", _schedule_key(name, flags))


@command("logging metrics create")
def create_metric(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.put("metrics", name, fake.read_json(flags["config-from-file"]))


@command("logging metrics update")
def update_metric(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.get("metrics", name)
    fake.state["metrics"][name] = fake.read_json(flags["config-from-file"])


@command("logging metrics delete")
def delete_metric(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("metrics", name)


@command("beta monitoring channels create")
def create_channel(fake: FakeGcloud, _: str, flags: Flags) -> None:
    key = f"projects/{flags['project']}/notificationChannels/{fake.number(flags['display-name'])}"
    labels = {"labels": pairs(flags["channel-labels"]), "userLabels": pairs(flags["user-labels"])}
    fake.put("channels", key, {"name": key, "type": flags["type"], **labels})


@command("beta monitoring channels update")
def update_channel(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.get("channels", name)["labels"].update(pairs(flags["update-channel-labels"]))


@command("beta monitoring channels delete")
def delete_channel(fake: FakeGcloud, name: str, _: Flags) -> None:
    if any(name in alert["channels"] for alert in fake.state["alerts"].values()):
        raise Refused(f"FAILED_PRECONDITION: {name} is used by an alert")
    fake.remove("channels", name)


def _alert(fake: FakeGcloud, key: str, flags: Flags, channels: str) -> dict[str, Any]:
    made = fake.read_json(flags["policy-from-file"])
    for metric in re.findall(r"logging.googleapis.com/user/([a-z0-9-]+)", json.dumps(made)):
        fake.get("metrics", metric)
    told = [flags[channels]] if channels in flags else []
    for channel in told:
        fake.get("channels", channel)
    return {"name": key, **made, "channels": told}


@command("alpha monitoring policies create")
def create_alert(fake: FakeGcloud, _: str, flags: Flags) -> None:
    title = fake.read_json(flags["policy-from-file"])["displayName"]
    key = f"projects/{flags['project']}/alertPolicies/{fake.number(title)}"
    fake.put("alerts", key, _alert(fake, key, flags, "notification-channels"))


@command("alpha monitoring policies update")
def update_alert(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.get("alerts", name)
    fake.state["alerts"][name] = _alert(fake, name, flags, "set-notification-channels")


@command("alpha monitoring policies delete")
def delete_alert(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("alerts", name)


@command("monitoring dashboards create")
def create_dashboard(fake: FakeGcloud, _: str, flags: Flags) -> None:
    title = fake.read_json(flags["config-from-file"])["displayName"]
    key = f"projects/{NUMBER}/dashboards/{fake.number(title)}"
    fake.put("dashboards", key, {"name": key, **fake.read_json(flags["config-from-file"])})


@command("monitoring dashboards update")
def update_dashboard(fake: FakeGcloud, name: str, flags: Flags) -> None:
    fake.get("dashboards", name)
    fake.state["dashboards"][name] = {"name": name, **fake.read_json(flags["config-from-file"])}


@command("monitoring dashboards delete")
def delete_dashboard(fake: FakeGcloud, name: str, _: Flags) -> None:
    fake.remove("dashboards", name)


@command("config config-helper")
def show_sign_in(fake: FakeGcloud, _: str, flags: Flags) -> Any:
    """state["person"]: properties, and a token with its end; None: nobody is signed in."""
    assert flags["min-expiry"] == "10m"
    person = _signed_in(fake)
    configuration = {"active_configuration": "default", "properties": person["properties"]}
    return {"credential": fake.credential(person), "configuration": configuration}


@command("auth print-identity-token")
def print_identity(fake: FakeGcloud, _: str, flags: Flags) -> str:
    person = _signed_in(fake)
    account = flags.get("impersonate-service-account") or person["properties"]["core"]["account"]
    if "audiences" in flags and not account.endswith(".gserviceaccount.com"):
        raise Refused("(auth.print-identity-token) Invalid account type for `--audiences`.")
    return fake.identity(account, flags.get("audiences", GCLOUD)) + "\n"


def _signed_in(fake: FakeGcloud) -> dict[str, Any]:
    person: dict[str, Any] | None = fake.state.get("person")
    if person is None:
        raise Refused(
            "(config.config-helper) You do not currently have an active account selected.\n"
            "Please run:\n\n  $ gcloud auth login\n"
        )
    return person


@command("auth list")
def list_accounts(fake: FakeGcloud, _: str, __: Flags) -> Any:
    return [{"account": "me@example.com", "status": "ACTIVE"}] if fake.state.get("healthy") else []


@command("billing projects describe")
def describe_billing(fake: FakeGcloud, _: str, __: Flags) -> Any:
    return {"billingEnabled": bool(fake.state.get("healthy"))}


@command("org-policies list")
def list_policies(fake: FakeGcloud, _: str, __: Flags) -> Any:
    return [] if fake.state.get("healthy") else [{"constraint": "constraints/run.allowedIngress"}]


@command("beta quotas info list")
def list_quotas(fake: FakeGcloud, _: str, __: Flags) -> Any:
    cpus = "1000000" if fake.state.get("healthy") else "1000"
    place = {"applicableLocations": ["us-central1"], "details": {"value": cpus}}
    return [{"metric": "run.googleapis.com/cpu_allocation", "dimensionsInfos": [place]}]


HAS_POLICY = {
    "projects": "projects",
    "iam service-accounts": "accounts",
    "secrets": "secrets",
    "storage buckets": "buckets",
    "artifacts repositories": "repositories",
    "run services": "services",
    "run jobs": "jobs",
    "pubsub topics": "topics",
    "pubsub subscriptions": "subscriptions",
}
AGENT = re.compile(rf"serviceAccount:service-{NUMBER}@[a-z-]+\.iam\.gserviceaccount\.com")


def _resource(fake: FakeGcloud, kind: str, name: str, flags: Flags) -> str:
    if kind == "projects":
        if name not in fake.state["projects"]:
            raise Refused(f"NOT_FOUND: project {name}")
        return f"projects/{name}"
    if kind in ("topics", "subscriptions") and "/" not in name:
        name = f"projects/{flags['project']}/{kind}/{name}"
    fake.get(kind, name)
    return f"{kind}/{name}"


def _binding(fake: FakeGcloud, flags: Flags) -> dict[str, Any]:
    member, role = flags["member"], flags["role"]
    if member.startswith("serviceAccount:") and not AGENT.fullmatch(member):
        fake.needs_account(member.partition(":")[2])
    if role.startswith("projects/"):
        found = fake.get("roles", role.rpartition("/")[2])
        if found.get("deleted"):
            raise Refused(f"INVALID_ARGUMENT: role {role} is deleted")
    made: dict[str, Any] = {"role": role, "members": [member]}
    if flags.get("condition", "None") != "None":
        expression, _, title = flags["condition"].partition(",title=")
        made["condition"] = {"expression": expression.removeprefix("expression="), "title": title}
    return made


def policies(group: str, kind: str) -> None:
    def get(fake: FakeGcloud, name: str, flags: Flags) -> Any:
        return fake.state["policies"].get(_resource(fake, kind, name, flags), {"etag": "x"})

    def add(fake: FakeGcloud, name: str, flags: Flags) -> Any:
        key = _resource(fake, kind, name, flags)
        policy = fake.state["policies"].setdefault(key, {"bindings": []})
        if kind in ("projects", "accounts", "secrets", "buckets") and "condition" not in flags:
            raise Refused("Adding a binding without specifying a condition needs --condition=None")
        binding = _binding(fake, flags)
        if binding in policy["bindings"]:
            raise AssertionError(f"added twice: {binding}")
        policy["bindings"].append(binding)
        return policy

    def take(fake: FakeGcloud, name: str, flags: Flags) -> Any:
        key = _resource(fake, kind, name, flags)
        policy = fake.state["policies"].get(key, {"bindings": []})
        binding = _binding(fake, flags)
        if binding not in policy["bindings"]:
            raise Refused("Policy binding with the specified principal and role not found!")
        policy["bindings"].remove(binding)
        if not policy["bindings"]:
            del fake.state["policies"][key]
        return policy

    COMMANDS[f"{group} get-iam-policy"] = get
    COMMANDS[f"{group} add-iam-policy-binding"] = add
    COMMANDS[f"{group} remove-iam-policy-binding"] = take


for _group, _kind in HAS_POLICY.items():
    policies(_group, _kind)


PROGRAM = """\
#!{python}
import json, sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from tests.deploy.fake_gcloud import FakeGcloud
state = Path({state!r})
kept = json.loads(state.read_text())
fake = FakeGcloud(kept["state"], Path.cwd(), kept["fail_at"])
fake.log = [tuple(words) for words in kept["log"]]
result = fake.run(sys.argv[1:])
state.write_text(json.dumps({{"state": fake.state, "fail_at": fake.fail_at, "log": fake.log}}))
sys.stdout.write(result.out)
sys.stderr.write(result.err)
sys.exit(result.code)
"""


def install(folder: Path, checkout: Path, fake: FakeGcloud) -> Path:
    """Put the fake on a PATH folder as `gcloud`; its state file."""
    state = folder / "state.json"
    state.write_text(
        json.dumps({"state": fake.state, "fail_at": fake.fail_at, "log": []}), encoding="utf-8"
    )
    program = folder / "gcloud"
    text = PROGRAM.format(python=sys.executable, checkout=str(checkout), state=str(state))
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return state
