"""A local cloud as if ./deploy.sh had made it: its address in a Cloud Run service, its tokens in
gcloud. So the verbs with --cloud meet what they meet on Google Cloud, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localcloud.configuration import Configuration
from localcloud.tokens import LIFETIME, Tokens
from tests.deploy.fake_gcloud import NUMBER, FakeGcloud, empty

PROJECT, REGION, NAME = "my-project", "europe-west1", "shop"
OPERATOR = "operator@my-project.iam.gserviceaccount.com"


class SignedInGcloud(FakeGcloud):
    """Tokens of whoever is signed in are those of the local cloud that `keys` belongs to."""

    keys: Path
    acts_as: dict[str, str]

    def credential(self, person: dict[str, Any]) -> dict[str, Any]:
        properties = person["properties"]
        account = properties["auth"].get("impersonate_service_account")
        account = account or properties["core"]["account"]
        expiry = datetime.now(UTC) + timedelta(seconds=LIFETIME)
        token = Tokens(self.keys).access(self.acts_as.get(account, account))
        return {"access_token": token, "token_expiry": expiry.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def identity(self, account: str, audience: str) -> str:
        return Tokens(self.keys).identity(self.acts_as.get(account, account), audience)


def gcloud_of(cloud: Configuration, account: str, acts_as: str = "", **env: str) -> SignedInGcloud:
    """gcloud where one is signed in as account, which the local cloud knows as acts_as."""
    made = SignedInGcloud(empty(PROJECT))
    made.keys = Path(cloud.state) / "keys"
    made.acts_as = {account: acts_as} if acts_as else {}
    core = {"account": account, "project": PROJECT}
    made.state["person"] = {"properties": {"core": core, "auth": {}}}
    made.state["services"][f"{NAME}-predict"] = service(
        f"{NAME}-predict", cloud.url("predict"), {**cloud.settings(), **env}
    )
    return made


def service(name: str, url: str, settings: dict[str, str]) -> dict[str, Any]:
    """As Cloud Run tells of a service, in Knative's words."""
    env: list[dict[str, Any]] = [{"name": key, "value": value} for key, value in settings.items()]
    env.append({"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "1"}}})
    labels = {"cloud.googleapis.com/location": REGION, "dropserve": NAME}
    return {
        "metadata": {"name": name, "namespace": NUMBER, "labels": labels},
        "spec": {"template": {"spec": {"containers": [{"env": env}]}}},
        "status": {"url": url},
    }
