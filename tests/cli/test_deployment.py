"""What --cloud finds, as whom, and what is told where it cannot go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cloud import ROOT
from cli import deployment
from cli.command import main
from cli.deployment import settings
from cli.signin import SignedIn
from deploy.apply import Apply
from deploy.cloud import Cloud as GoogleCloud
from deploy.configuration import configure
from deploy.environment import environment
from localcloud.child import ChildCloud
from localcloud.configuration import DEVELOPER
from localcloud.tokens import Tokens
from shared.core.settings import Settings
from tests.cli.deployed import NAME, OPERATOR, PROJECT, REGION, SignedInGcloud, gcloud_of, service
from tests.cli.typed import Output
from tests.deploy.conftest import Workshop, workshop
from tests.deploy.fake_gcloud import NUMBER, FakeGcloud, empty, install
from tests.tokens import token

__all__ = ["workshop"]
PERSON = "me@example.com"
IRIS = str(ROOT / "examples" / "iris.csv")


class TokenGcloud(FakeGcloud):
    """ends: how long the next tokens last."""

    ends = timedelta(hours=1)

    def credential(self, person: dict[str, Any]) -> dict[str, Any]:
        expiry = (datetime.now(UTC) + self.ends).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"access_token": f"ya29.{len(self.log)}", "token_expiry": expiry}

    def identity(self, account: str, audience: str) -> str:
        end = datetime.now(UTC) + self.ends
        return token(aud=audience, email=account, exp=int(end.timestamp()))


def signed_in(account: str = PERSON, impersonated: str = "", project: str = PROJECT) -> TokenGcloud:
    made = TokenGcloud(empty(PROJECT))
    auth = {"impersonate_service_account": impersonated} if impersonated else {}
    core = {"account": account} | ({"project": project} if project else {})
    made.state["person"] = {"properties": {"core": core, "auth": auth}}
    return made


def put(gcloud: FakeGcloud, name: str = NAME, region: str = REGION, **env: str) -> None:
    """An installation, its predict at an address where nobody answers."""
    told = {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        **{f"{kind}_BUCKET": kind.lower() for kind in ("DATA", "MODELS", "STATE")},
        **env,
    }
    made = service(f"{name}-predict", f"https://{name}-predict-x.a.run.app", told)
    made["metadata"]["labels"]["cloud.googleapis.com/location"] = region
    gcloud.state["services"][f"{name}-{region}"] = made


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeGcloud], FakeGcloud]:
    """Make it the gcloud on this machine."""

    def used(gcloud: FakeGcloud) -> FakeGcloud:
        monkeypatch.setattr(deployment, "Gcloud", lambda _: gcloud)
        return gcloud

    return used


Use = Callable[[FakeGcloud], FakeGcloud]


def said(capsys: Output, code: int, *words: str) -> str:
    """What a line that must end with that code complains of."""
    assert main([*words]) == code
    return capsys.readouterr().err


def test_nobody_is_signed_in(use: Use, capsys: Output) -> None:
    use(FakeGcloud(empty(PROJECT)))
    assert "gcloud auth login" in said(capsys, 1, "versions", "iris", "--cloud")


def test_no_project_is_set(use: Use, capsys: Output) -> None:
    use(signed_in(project=""))
    assert "--project P" in said(capsys, 2, "versions", "iris", "--cloud")


def test_a_project_that_is_not_mine_and_a_region_that_may_not_be_looked_at(
    use: Use, capsys: Output
) -> None:
    gcloud = use(signed_in())
    gcloud.fail_at = 1
    gcloud.message = (
        "ERROR: (gcloud.run.services.list) PERMISSION_DENIED: Permission 'run.services.list' "
        "denied on resource 'projects/other-project' (or it may not exist)."
    )
    told = said(capsys, 1, "versions", "iris", "--cloud", "--project", "other-project")
    assert "other-project" in told
    assert "roles/run.viewer on the project" in told


def test_an_installation_that_is_not_there_is_told_with_those_that_are(
    use: Use, capsys: Output
) -> None:
    gcloud = use(signed_in())
    assert "./deploy.sh makes one" in said(capsys, 1, "versions", "iris", "--cloud")
    put(gcloud, "dev")
    put(gcloud, "shop")
    assert "there are: dev, shop" in said(capsys, 1, "versions", "iris", "--cloud")


def test_one_name_in_two_regions_needs_the_region(use: Use, capsys: Output) -> None:
    gcloud = use(signed_in())
    put(gcloud, NAME, "us-central1")
    put(gcloud, NAME, "europe-west1")
    words = ("versions", "iris", "--cloud", "--name", NAME)
    assert "runs in europe-west1, us-central1: add --region" in said(capsys, 1, *words)
    assert "asia-east1" not in said(capsys, 1, *words, "--region", "asia-east1")
    found = deployment.find(configured(NAME), "us-central1", SignedIn(gcloud))
    assert deployment.region(found) == "us-central1"


def configured(name: str) -> Any:
    return configure({"project": PROJECT, "name": name})


def test_the_settings_file_says_which(
    use: Use, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcloud = use(signed_in(project=""))
    (tmp_path / "deploy.dev.toml").write_text(f'project = "{PROJECT}"\nname = "dev"\n', "utf-8")
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    told = said(capsys, 1, "versions", "iris", "--cloud", "--env", "dev")
    assert f"no installation 'dev' in project {PROJECT}" in told
    assert f"--project={PROJECT}" in gcloud.log[-1]
    assert "there is no deploy.test.toml" in said(
        capsys, 2, "versions", "iris", "--cloud", "--env", "test"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--project", "p"), "--project is about Google Cloud: add --cloud"),
        (("--name", "p"), "--name is about Google Cloud: add --cloud"),
        (("--cloud", "--state", "/tmp/x"), "--state is about a local cloud"),
    ],
)
def test_what_cannot_be_meant_together(words: tuple[str, ...], told: str, capsys: Output) -> None:
    assert told in said(capsys, 2, "versions", "iris", *words)
    assert told in said(capsys, 2, "logs", *words)


def test_after_env_of_a_local_cloud_it_says_what_to_unset(
    use: Use, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(signed_in())
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_ML", "http://127.0.0.1:1/")
    assert "unset CLOUDSDK_API_ENDPOINT_OVERRIDES_ML" in said(
        capsys, 1, "versions", "iris", "--cloud"
    )


@pytest.mark.parametrize("name", ["STORAGE_URL", "AI_PLATFORM_URL", "LOGGING_URL", "RETRAIN_URL"])
def test_no_token_goes_to_an_address_that_is_not_google_s(
    name: str, use: Use, capsys: Output
) -> None:
    for address in (
        "https://evil.example",
        "https://googleapis.com.evil.example",
        "https://evil-x.a.run.app",
        "http://storage.googleapis.com",
    ):
        put(use(signed_in()), NAME, **{name: address})
        told = said(capsys, 1, "versions", "iris", "--cloud", "--name", NAME)
        assert f"names {address} as its {name.lower()}, which is neither Google's" in told


def test_an_endpoint_is_trusted_once_the_settings_file_names_it(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = "https://ml.example.com"
    put(use(signed_in()), NAME, PLATFORM="ai-platform", AI_PLATFORM_URL=endpoint)
    lines = f'project = "{PROJECT}"\nname = "{NAME}"\nplatform = "ai-platform"\n'
    (tmp_path / "deploy.dev.toml").write_text(f'{lines}endpoint = "{endpoint}"\n', "utf-8")
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    options = parsed("--cloud", "--env", "dev")
    assert deployment.deployed_target(options).settings.ai_platform_url == endpoint


def parsed(*words: str) -> Any:
    import argparse

    from cli.target import target_arguments

    parser = argparse.ArgumentParser()
    target_arguments(parser)
    return parser.parse_args(words)


def test_tokens_are_asked_for_again_only_before_they_end() -> None:
    gcloud = signed_in()
    person = SignedIn(gcloud)
    assert person.email == PERSON
    assert person.access_token() == person.access_token()
    assert person.id_token("https://a") == person.id_token("https://a")
    assert len(gcloud.log) == 2
    gcloud.ends = timedelta(minutes=4)
    person = SignedIn(gcloud)
    assert person.access_token()[0] != person.access_token()[0]
    assert person.email == PERSON
    calls = len(gcloud.log)
    person.id_token("https://a")
    person.id_token("https://a")
    assert len(gcloud.log) == calls + 2


def test_a_person_s_id_token_is_gcloud_s_and_a_service_account_s_is_for_the_address() -> None:
    machine = "ci@my-project.iam.gserviceaccount.com"
    for gcloud, wanted in (
        (signed_in(), ()),
        (signed_in(machine), ("--audiences=https://a",)),
        (
            signed_in(PERSON, machine),
            (
                f"--impersonate-service-account={machine}",
                "--audiences=https://a",
                "--include-email",
            ),
        ),
    ):
        person = SignedIn(gcloud)
        person.id_token("https://a")
        assert gcloud.log[-1] == ("auth", "print-identity-token", *wanted)
    assert person.email == machine


def test_google_auth_s_clients_get_their_tokens_from_gcloud() -> None:
    person = SignedIn(signed_in())
    credentials = person.access()
    credentials.refresh(None)
    assert (credentials.token, credentials.valid) == (person.access_token()[0], True)
    assert person.identity("https://a").expired is False


def test_what_a_deploy_made_is_what_is_found(workshop: Workshop) -> None:
    made, plan = workshop.prepare(name="found", settings={"MODEL_NAME": "wine"})
    cloud = workshop.cloud()
    Apply(GoogleCloud(cloud), lambda _: None).run(plan.steps, plan.steps)
    cloud.state["person"] = signed_in().state["person"]
    service = deployment.find(made, "", SignedIn(cloud))
    assert deployment.region(service) == made.region
    known = settings(made, service)
    told = {**environment(made, "reconcile"), **environment(made, "predict")}
    numbered = {name: text.replace("PROJECT_NUMBER", NUMBER) for name, text in told.items()}
    assert known == Settings.from_environment(numbered)
    deployment.refuse_strangers(made, known, NUMBER)
    assert known.model_name == "wine"


def test_it_is_the_gcloud_on_the_path(local_cloud: ChildCloud, tmp_path: Path) -> None:
    made = gcloud_of(local_cloud.configuration, PERSON)
    made.state["person"]["access_token"] = Tokens(made.keys).access(DEVELOPER)
    state = install(tmp_path, ROOT, FakeGcloud(made.state))
    done = subprocess.run(
        [sys.executable, "-m", "cli", "logs", "--cloud", "--name", NAME, "--lines", "1"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    log = json.loads(state.read_text(encoding="utf-8"))["log"]
    assert [words[:3] for words in log] == [["config", "config-helper", log[0][2]], LISTED]


LISTED = ["run", "services", "list"]


@pytest.fixture
def stranger(local_cloud: ChildCloud, use: Use) -> SignedInGcloud:
    """Somebody who is signed in and may do nothing."""
    made = gcloud_of(local_cloud.configuration, PERSON)
    use(made)
    return made


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("drop", IRIS), "storage.objects.create comes with roles/storage.objectUser"),
        (("freeze", "iris"), "storage.objects.get comes with roles/storage.objectViewer"),
        (("keys", "list"), "comes with roles/storage.objectViewer"),
        (("status",), "storage.objects.list comes with roles/storage.objectViewer"),
    ],
)
def test_a_right_that_is_missing_is_told_with_the_role_that_brings_it(
    words: tuple[str, ...], told: str, stranger: SignedInGcloud, capsys: Output
) -> None:
    complained = said(capsys, 1, *words, "--cloud", "--name", NAME)
    assert told in complained
    assert "docs/33-operations.md#verbs" in complained
    assert complained.count("\n") == 1


def test_who_may_not_set_defaults_is_told_to_be_an_operator(
    local_cloud: ChildCloud, use: Use, capsys: Output
) -> None:
    use(gcloud_of(local_cloud.configuration, OPERATOR))
    complained = said(capsys, 1, "versions", "iris", "--cloud", "--name", NAME)
    assert f"{OPERATOR} is not listed under operators" in complained


def test_a_person_s_token_does_not_do_where_predict_checks_the_audience(
    stranger: SignedInGcloud, capsys: Output
) -> None:
    complained = said(capsys, 1, "predict", "iris", "[[1]]", "--cloud", "--name", NAME)
    assert "auth/impersonate_service_account" in complained
