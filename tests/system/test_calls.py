"""Every row of CALLS in shared/core/roles.py is needed: without it a flow fails; with it, it works.

The services stand behind doors that let in whom the table names, as Cloud Run does with the plan's
bindings. Each row is taken away alone, then given back.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from google.oauth2.credentials import Credentials

from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.staged import ask, model_of
from benchmarks.staged_part import parts, running
from deploy.stage import ROOMS
from localcloud.port import choose
from shared.core import artifact, roles
from shared.core.cloudevent import headers
from shared.core.errors import PermissionDenied
from shared.core.event import ObjectFinalized
from shared.core.settings import Settings
from shared.core.source import Source
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.event import FunctionSender
from shared.gcp.storage import GoogleObjectStore
from shared.workflows.reconcile import reconcile
from tests.system.invoker import Doors, doors
from tests.system.scenario import access_token

CSV = (ROOT / "examples" / "iris.csv").read_bytes()
PLANES = {"data": roles.SERVING_DATA, "control": roles.SERVING_CONTROL}
EVENTS = {
    "retrain": roles.RETRAIN,
    "deploy_version": roles.DEPLOY_VERSION,
    "batch_predict": roles.BATCH_PREDICT,
}


@dataclass
class Installation:
    """A local cloud whose services have doors. Its events are posted by hand."""

    cloud: Cloud
    doors: Doors

    def post(self, function: str, source: Source, metadata: dict[str, str] | None = None) -> int:
        """Send an event past the door, as the trigger's account may; the status."""
        kind = "models" if function == "deploy_version" else "data"
        sizes = {o["name"]: int(o["size"]) for o in self.cloud.objects(kind, source.name)}
        event = ObjectFinalized(source, sizes[source.name], metadata or {})
        body = json.dumps(event.as_data())
        return self.cloud.call(function, "POST", "/", body.encode(), **headers("e", body))[0]

    def drop(self, model: str) -> Source:
        """A CSV whose event nobody gets."""
        return self.cloud.drop(f"data/{model}/iris.csv", CSV)

    def live(self, model: str) -> None:
        """A model that is live."""
        assert release(self, model)()


Flow = Callable[[Installation, str], Callable[[], bool]]
"""Makes ready what it needs; the call says whether all went well."""


def release(at: Installation, model: str) -> Callable[[], bool]:
    """A trained model's event."""
    source = at.drop(model)
    assert at.post("retrain", source) == 200
    found = model_of(at.cloud, model, source)
    assert found

    def delivered() -> bool:
        taken = at.post("deploy_version", *found) == 200
        return taken and bool(at.cloud.story(model, source)["state"] == "live")

    return delivered


def prediction(at: Installation, model: str) -> Callable[[], bool]:
    """Somebody asks."""
    at.live("iris")
    return lambda: ask(at.cloud)[0] == 200


def batch(at: Installation, model: str) -> Callable[[], bool]:
    """A CSV to predict for."""
    at.live(model)
    source = at.cloud.drop(f"batch/{model}/iris.csv", CSV)
    return lambda: at.post("batch_predict", source) == 200


def lost_csv(at: Installation, model: str) -> Callable[[], bool]:
    """A CSV whose event was lost, and reconcile."""
    at.drop(model)
    return lambda: reconciled(at, model)


def lost_model(at: Installation, model: str) -> Callable[[], bool]:
    """A model whose event was lost, and reconcile."""
    assert at.post("retrain", at.drop(model)) == 200
    return lambda: reconciled(at, model)


def lost_batch(at: Installation, model: str) -> Callable[[], bool]:
    """A CSV to predict for whose event was lost, and reconcile."""
    at.live(model)
    at.cloud.drop(f"batch/{model}/iris.csv", CSV)
    return lambda: reconciled(at, model)


def settled(at: Installation, model: str) -> Callable[[], bool]:
    """A model that is as it should be, and reconcile."""
    at.live(model)
    return lambda: reconciled(at, model)


def reconciled(at: Installation, model: str) -> bool:
    """Whether reconcile, under its own account, leaves nothing undone."""
    told = {**at.cloud.configuration.settings(), "FUNCTION_SECONDS": "0.001"}
    cloud, settings = at.cloud, Settings.from_environment(told)
    project, email = settings.google_cloud_project, settings.email(roles.RECONCILE)
    mine = Credentials(access_token(cloud, roles.RECONCILE))

    def token(url: str) -> Credentials:
        return Credentials(cloud.token(email, url))

    sender = FunctionSender(
        {
            (settings.data_bucket, artifact.DATA_PREFIX): settings.retrain_url,
            (settings.data_bucket, artifact.BATCH_PREFIX): settings.batch_predict_url,
            (settings.models_bucket, artifact.MODELS_PREFIX): settings.deploy_version_url,
        },
        token,
    )
    control = settings.ai_platform_url
    with (
        closing(GoogleObjectStore(settings.storage_url, project, mine)) as store,
        closing(AiPlatform(control, project, token(control))) as platform,
    ):
        try:
            repairs = reconcile(settings, store, platform, sender, _now, model)
        except PermissionDenied:
            return False
    return not repairs.failed


def _now() -> datetime:
    return datetime.now(UTC)


NEEDED_BY: dict[tuple[str, str], Flow] = {
    (roles.PREDICT, roles.SERVING_DATA): prediction,
    (roles.BATCH_PREDICT, roles.SERVING_DATA): batch,
    (roles.DEPLOY_VERSION, roles.SERVING_CONTROL): release,
    (roles.DEPLOY_VERSION, roles.SERVING_DATA): release,
    (roles.SERVING_CONTROL, roles.SERVING_DATA): release,
    (roles.RECONCILE, roles.SERVING_CONTROL): settled,
    (roles.RECONCILE, roles.RETRAIN): lost_csv,
    (roles.RECONCILE, roles.DEPLOY_VERSION): lost_model,
    (roles.RECONCILE, roles.BATCH_PREDICT): lost_batch,
}
"""(caller, service) -> the flow that fails without it."""


@contextmanager
def installation(state: Path) -> Iterator[Installation]:
    """Both planes and all functions of a local cloud, the callable ones behind doors."""
    free = choose(0, {})
    with doors() as at:
        told = {
            "AI_PLATFORM_URL": at.urls[roles.SERVING_CONTROL],
            "AI_PLATFORM_DATA_URL": at.urls[roles.SERVING_DATA],
            "RETRAIN_URL": at.urls[roles.RETRAIN],
            "DEPLOY_VERSION_URL": at.urls[roles.DEPLOY_VERSION],
            "BATCH_PREDICT_URL": at.urls[roles.BATCH_PREDICT],
        }
        with local_cloud(state, functions=(), environment=told) as cloud:
            configuration = cloud.configuration
            planes = {
                plane: f"http://127.0.0.1:{free[port]}"
                for plane, port in zip(PLANES, free, strict=False)
            }
            at.behind = {PLANES[plane]: url for plane, url in planes.items()}
            at.behind |= {EVENTS[name]: configuration.url(name) for name in EVENTS}
            certificates = json.loads(cloud.call("googleapis", "GET", "/oauth2/v1/certs")[1])
            at.certificates = lambda: certificates
            pythons = dict.fromkeys(ROOMS, Path(sys.executable))
            with running(list(parts(configuration, pythons, planes))):
                yield Installation(cloud, at)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("calls")) as found:
        yield found


def name_of(call: tuple[str, str]) -> str:
    return " to ".join(call)


SLOW = {(roles.SERVING_CONTROL, roles.SERVING_DATA)}
"""A version is proved again for ten seconds before it is given up; `./run bench grants` waits."""


@pytest.mark.parametrize("call", sorted(set(NEEDED_BY) - SLOW), ids=name_of)
def test_a_call_is_needed_and_enough(installed: Installation, call: tuple[str, str]) -> None:
    """A new row of the table needs a flow in NEEDED_BY that fails without it."""
    needed(installed, call)


def needed(at: Installation, call: tuple[str, str]) -> None:
    """The flow fails without the call, because of it, and succeeds with it."""
    flow = NEEDED_BY[call](at, f"call_{sorted(NEEDED_BY).index(call)}")
    at.doors.denied.clear()
    at.doors.granted.discard(call)
    try:
        assert not flow(), "nobody needs this call"
        assert set(at.doors.denied) == {call}
    finally:
        at.doors.granted.add(call)
    assert flow()


def test_every_call_of_the_table_is_shown_to_be_needed_and_no_other() -> None:
    assert set(NEEDED_BY) == {(call.caller, call.service) for call in roles.CALLS}


def test_every_other_account_is_turned_away_at_every_door(installed: Installation) -> None:
    """Functions have one route; what their doors let through is the table."""
    cloud, granted = installed.cloud, {(call.caller, call.service) for call in roles.CALLS}
    seen = set()
    for service, url in installed.doors.urls.items():
        for account in roles.ACCOUNTS:
            token = cloud.token(cloud.configuration.email(account), url)
            place = urlsplit(url)
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
            connection.request("POST", "/", b"{}", {"Authorization": f"Bearer {token}"})
            status = connection.getresponse().status
            connection.close()
            assert status != 401
            if status != 403:
                seen.add((account, service))
    assert seen <= granted
