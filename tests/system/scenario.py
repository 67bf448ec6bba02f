"""Small things that people and events do to a local cloud, each of which takes certain rights.

A scenario makes ready what it needs, then is gone through twice: with a right taken away, when it
must fail, and with the right given back, when it must come to its good end.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import joblib
from google.oauth2.credentials import Credentials
from sklearn.svm import SVC

from benchmarks.cloud import ROOT, Cloud
from shared.core import apikey, artifact, roles
from shared.core.default import Default
from shared.core.errors import PermissionDenied, RetryableError, Unauthenticated
from shared.core.event import ObjectFinalized
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import BatchDrop, parse_batch_name
from shared.gcp.ai_platform import AiPlatform
from shared.gcp.api_key import ApiKeyAuthenticator
from shared.gcp.creator import GoogleObjectCreator
from shared.gcp.credentials import Tokens
from shared.gcp.event import FunctionSender
from shared.gcp.reader import GoogleObjectReader
from shared.gcp.storage import GoogleObjectStore
from shared.webhook import webhook
from shared.workflows import batch_predict, deploy_version
from shared.workflows.aftermath import Aftermath
from shared.workflows.reconcile import reconcile
from shared.workflows.traffic import Traffic
from tests.fakes.platform import FakePlatform
from tests.gcp.bearer import Bearer

Right = tuple[str, str, str, str]
CSV = (ROOT / "examples" / "iris.csv").read_bytes()
FLOWER = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4]]}).encode()
READ_CSV = (roles.RETRAIN, "data", "data/", roles.GET)
READ_MODEL = (roles.DEPLOY_VERSION, "models", "models/", roles.GET)
READ_BATCH = (roles.BATCH_PREDICT, "data", "batch/", roles.GET)
SECONDS = 20.0


class Scenario(Protocol):
    """model: a name that nobody used before. right: what is taken away."""

    def __call__(self, cloud: Cloud, model: str, right: Right) -> None:
        """Raises AssertionError unless it fails without the right and succeeds with it."""
        ...


def revoke(cloud: Cloud, *rights: Right) -> None:
    """These rights are gone, and no others."""
    body = json.dumps({"revoked": rights}).encode()
    status, answer = cloud.call("googleapis", "POST", "/_local/storage/switches", body)
    assert status == 200, answer


def failures(cloud: Cloud) -> int:
    """Deliveries that functions have not taken."""
    told = json.loads(cloud.call("googleapis", "GET", "/_local/eventarc/statistics")[1])
    return int(told["failed"])


def await_failures(cloud: Cloud, since: int, count: int) -> None:
    """Until so many more deliveries have failed."""
    deadline = time.monotonic() + SECONDS
    while failures(cloud) < since + count:
        assert time.monotonic() < deadline, "nothing fails: nobody needs this right"
        time.sleep(0.005)


def model_file(seed: int = 0) -> bytes:
    """A model that a person made."""
    stream = io.BytesIO()
    rows = [[float(number + seed), 1.0, 2.0, 3.0] for number in range(6)]
    joblib.dump(SVC(gamma="auto").fit(rows, ["a", "b"] * 3), stream)
    return stream.getvalue()


# Events: what a function does not take comes again.


def assert_fails_then_goes_live(cloud: Cloud, model: str, source: Source, right: Right) -> None:
    """The drop's event keeps failing while the right is gone (the first failure may have been
    under way before), and goes live once it is back."""
    since = failures(cloud)
    revoke(cloud, right)
    await_failures(cloud, since, 2)
    assert not cloud.story(model, source)["settled"]
    revoke(cloud)
    story = cloud.settled(model, source, SECONDS)
    assert story["state"] == "live", story
    assert cloud.idle(SECONDS)


def drop(cloud: Cloud, model: str, right: Right) -> None:
    """A CSV of a model that nobody heard of."""
    revoke(cloud, right)
    source = cloud.drop(f"data/{model}/iris.csv", CSV)
    assert_fails_then_goes_live(cloud, model, source, right)


def next_drop(cloud: Cloud, model: str, right: Right) -> None:
    """A CSV of a model that has a default already."""
    first = cloud.drop(f"data/{model}/iris.csv", CSV)
    assert cloud.settled(model, first, SECONDS)["state"] == "live"
    drop(cloud, model, right)


def outgrow(cloud: Cloud, model: str, right: Right) -> None:
    """A third version where two may stay: the event comes again until the first is collected."""
    oldest, _ = live(cloud, model), live(cloud, model)
    since = failures(cloud)
    revoke(cloud, right)
    newest = cloud.drop(f"data/{model}/iris.csv", CSV)
    await_failures(cloud, since, 2)
    assert cloud.story(model, newest)["state"] == "live"
    revoke(cloud)
    assert cloud.idle(SECONDS)
    assert cloud.story(model, oldest)["steps"][-1]["step"] == "collected"
    assert len(cloud.versions(model)) == 2


def redelivery(cloud: Cloud, model: str, right: Right) -> None:
    """A CSV whose first training broke off half-way."""
    since = failures(cloud)
    revoke(cloud, READ_CSV)
    source = cloud.drop(f"data/{model}/iris.csv", CSV)
    await_failures(cloud, since, 1)
    assert_fails_then_goes_live(cloud, model, source, right)


def gone(cloud: Cloud, model: str, right: Right) -> None:
    """A model file that was deleted before its event was taken."""
    since = failures(cloud)
    revoke(cloud, READ_MODEL)
    name = f"models/{model}/by_hand/model.joblib"
    cloud.drop(name, model_file(), "models")
    await_failures(cloud, since, 1)
    delete(cloud, "models", name)
    since = failures(cloud)
    revoke(cloud, right)
    await_failures(cloud, since, 2)
    revoke(cloud)
    assert cloud.idle(SECONDS)
    assert cloud.names("state", artifact.ledger_prefix(model)) == []


def delete(cloud: Cloud, kind: str, name: str) -> None:
    bucket = cloud.configuration.buckets[kind]
    path = f"/storage/v1/b/{bucket}/o/{name.replace('/', '%2F')}"
    assert cloud.call("googleapis", "DELETE", path)[0] == 204


def another_platform(cloud: Cloud, model: str, right: Right) -> None:
    """`deploy_version` for a platform that keeps its default to itself: nobody else writes the
    desired one. The workflow and the store are the real ones, under the function's account."""
    name = f"models/{model}/by_hand/model.joblib"
    source = cloud.drop(name, model_file(), "models")
    assert cloud.settled(model, source, SECONDS)["state"] == "live"
    assert cloud.idle(SECONDS)
    delete(cloud, "state", artifact.default_name(model))
    for entry in cloud.names("state", artifact.ledger_prefix(model)):
        delete(cloud, "state", entry)
    release = release_elsewhere(cloud, source)
    revoke(cloud, right)
    try:
        release()
    except PermissionDenied:
        revoke(cloud)
    else:
        raise AssertionError("nobody needs this right")
    assert release() == "live"


def release_elsewhere(cloud: Cloud, source: Source) -> Callable[[], str]:
    configuration, platform = cloud.configuration, FakePlatform()
    settings = Settings.from_environment(configuration.settings())
    credentials = Credentials(access_token(cloud, roles.DEPLOY_VERSION))
    store = GoogleObjectStore(settings.storage_url, configuration.project, credentials)
    event = ObjectFinalized(source, 1)

    def release() -> str:
        done = deploy_version.deploy_version(event, settings, store, platform, _now)
        return done.step

    return release


def _now() -> datetime:
    return datetime.now(UTC)


# Pages and notices: what fails is made up for by the next step.


def page_of_a_near_miss(cloud: Cloud, model: str, right: Right) -> None:
    """A workbook that was dropped instead of a CSV."""
    miss = lambda name: cloud.drop(f"data/{name}/a.xlsx", b"x")  # noqa: E731
    assert_page_then(cloud, model, right, miss)


def page_of_a_release(cloud: Cloud, model: str, right: Right) -> None:
    """A model that goes live."""
    assert_page_then(cloud, model, right, lambda name: live(cloud, name))


def assert_page_then(cloud: Cloud, model: str, right: Right, step: Callable[[str], object]) -> None:
    """Without the right the step is not on every page; with it the next one is."""
    step(f"{model}_before")  # so that there is a page of all models
    assert cloud.idle(SECONDS)
    revoke(cloud, right)
    step(model)
    assert cloud.idle(SECONDS)
    assert not is_on_pages(cloud, model), "nobody needs this right"
    revoke(cloud)
    step(model)
    assert cloud.idle(SECONDS)
    assert is_on_pages(cloud, model)


def is_on_pages(cloud: Cloud, model: str) -> bool:
    """Whether the model has a page and the page of all models names it."""
    there = [cloud.read("state", artifact.status_name(model, kind)) for kind in ("json", "html")]
    every = cloud.read("state", artifact.status_name()) or b""
    return None not in there and f'href="{model}.html"'.encode() in every


def notice_of_a_refusal(cloud: Cloud, model: str, right: Right) -> None:
    """A CSV that is refused."""
    assert_notice_then(cloud, model, right, b"nothing\n")


def notice_of_a_release(cloud: Cloud, model: str, right: Right) -> None:
    """A CSV that goes live."""
    assert_notice_then(cloud, model, right, CSV)


def assert_notice_then(cloud: Cloud, model: str, right: Right, data: bytes) -> None:
    """Without the right no notice is remembered as sent; with it that of the next drop is."""
    for revoked, count in (((right,), 0), ((), 1)):
        revoke(cloud, *revoked)
        cloud.settled(model, cloud.drop(f"data/{model}/a.csv", data), SECONDS)
        assert cloud.idle(SECONDS)
        told = cloud.names("state", f"{artifact.NOTICES_PREFIX}{model}/")
        assert len([name for name in told if name.endswith(".sent.json")]) == count, told


@dataclass(frozen=True)
class Batch:
    """A CSV to predict for, and its end when all is well. prepare: makes the model, and drops."""

    prepare: Callable[[Cloud, str], Source]
    state: str = "predicted"

    def __call__(self, cloud: Cloud, model: str, right: Right) -> None:
        source = self.prepare(cloud, model)
        drop = parse_batch_name(source)
        assert isinstance(drop, BatchDrop)
        since = failures(cloud)
        revoke(cloud, right)
        await_failures(cloud, since, 2)
        assert cloud.read("state", drop.outcome) is None
        revoke(cloud)
        assert cloud.idle(SECONDS)
        outcome = cloud.read("state", drop.outcome)
        assert outcome is not None
        assert json.loads(outcome)["state"] == self.state


def kept_back(cloud: Cloud, model: str) -> Source:
    """A CSV to predict for that cannot be read just now."""
    since = failures(cloud)
    revoke(cloud, READ_BATCH)
    source = cloud.drop(f"batch/{model}/iris.csv", CSV)
    await_failures(cloud, since, 1)
    return source


def batch_of_live(cloud: Cloud, model: str) -> Source:
    """Of a model that is live; its version is not frozen yet."""
    live(cloud, model)
    revoke(cloud, (roles.BATCH_PREDICT, "state", "predictions/", roles.GET))
    return cloud.drop(f"batch/{model}/iris.csv", CSV)


def batch_of_none(cloud: Cloud, model: str) -> Source:
    """Of a model that there is not."""
    revoke(cloud, (roles.BATCH_PREDICT, "state", "predictions/", roles.GET))
    return cloud.drop(f"batch/{model}/iris.csv", CSV)


def batch_without_files(cloud: Cloud, model: str) -> Source:
    """Of a version whose files were deleted."""
    story = cloud.story(model, live(cloud, model))
    _, directory = artifact.split_uri(story["directory"])
    source = kept_back(cloud, model)
    delete(cloud, "models", f"{directory}model.joblib")
    return source


def batch_gone(cloud: Cloud, model: str) -> Source:
    """Of a model that is live; the CSV was deleted before it could be read."""
    live(cloud, model)
    source = kept_back(cloud, model)
    delete(cloud, "data", source.name)
    return source


# Calls: what fails is answered with an error, once.


@dataclass(frozen=True)
class Answered:
    """A call with its answer when all is well: a status, and a word of the body."""

    make: Callable[[Cloud, str], Callable[[], tuple[int, bytes]]]
    status: int = 200
    word: bytes = b""

    def __call__(self, cloud: Cloud, model: str, right: Right) -> None:
        """Another answer without the right; the good one with it."""
        call = self.make(cloud, model)
        revoke(cloud, right)
        status, body = call()
        assert not self._is_good(status, body), f"nobody needs this right: {status} {body!r}"
        revoke(cloud)
        status, body = call()
        assert self._is_good(status, body), (status, body)

    def _is_good(self, status: int, body: bytes) -> bool:
        return status == self.status and self.word in body


def show_key(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Show an API key to predict's own authenticator, under the function's account."""
    text, key = apikey.new(model, ("*",), "2026-11-22T13:00:00Z")
    cloud.drop(apikey.KEYS_NAME, apikey.Keys((key,)).to_json(), "state")
    return lambda: asyncio.run(authenticate(cloud, text))


def show_key_where_none_is(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The same where no key was ever made."""
    call = show_key(cloud, model)
    delete(cloud, "state", apikey.KEYS_NAME)
    return call


async def authenticate(cloud: Cloud, text: str) -> tuple[int, bytes]:
    settings = Settings.from_environment(cloud.configuration.settings())
    tokens = Tokens(lambda: Bearer(token=access_token(cloud, roles.PREDICT)))
    reader = GoogleObjectReader(settings.storage_url, tokens)
    try:
        await ApiKeyAuthenticator(settings, reader, {}).authenticate({"x-api-key": text})
    except Unauthenticated as refused:
        return 401, str(refused).encode()
    except RetryableError as denied:
        return 500, str(denied).encode()
    finally:
        await reader.close()
    return 200, b""


def keep_sample(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Keep a sampled request, under predict's account."""
    return lambda: asyncio.run(create_sample(cloud, model))


async def create_sample(cloud: Cloud, model: str) -> tuple[int, bytes]:
    settings = Settings.from_environment(cloud.configuration.settings())
    tokens = Tokens(lambda: Bearer(token=access_token(cloud, roles.PREDICT)))
    creator = GoogleObjectCreator(settings.storage_url, tokens)
    name = artifact.sample_name(model, "v1", _now(), "00000000")
    try:
        await creator.create(settings.state_bucket, name, b"{}", "application/x-ndjson")
    except PermissionDenied as denied:
        return 403, str(denied).encode()
    finally:
        await creator.close()
    return 200, b""


def live(cloud: Cloud, model: str) -> Source:
    """A model that is live by a dropped CSV."""
    source = cloud.drop(f"data/{model}/iris.csv", CSV)
    assert cloud.settled(model, source, SECONDS)["state"] == "live"
    assert cloud.idle(SECONDS)
    return source


def ml(cloud: Cloud, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """A call of ml v1 by the person at the keyboard."""
    sent = None if body is None else json.dumps(body).encode()
    return cloud.call("serving", method, f"/v1/projects/{cloud.configuration.project}/{path}", sent)


def create_model(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    return lambda: ml(cloud, "POST", "models", {"name": model})


def see_model(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    create_model(cloud, model)()
    return lambda: ml(cloud, "GET", f"models/{model}")


def list_versions(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    live(cloud, model)
    return lambda: ml(cloud, "GET", f"models/{model}/versions")


def describe(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Write a description into a model that is there."""
    create_model(cloud, model)()
    body = {"description": "by hand"}
    return lambda: ml(cloud, "PATCH", f"models/{model}?updateMask=description", body)


def create_version(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The first version of a model, from a directory of another one; then the model is shown."""
    name = f"models/{model}_origin/by_hand/model.joblib"
    source = cloud.drop(name, model_file(), "models")
    assert cloud.settled(f"{model}_origin", source, SECONDS)["state"] == "live"
    create_model(cloud, model)()
    uri = f"gs://{source.bucket}/{name.removesuffix('model.joblib')}"
    words = {"runtimeVersion": "2.11", "pythonVersion": "3.7", "framework": "SCIKIT_LEARN"}
    body = {"name": "v1", "deploymentUri": uri, **words}

    def create() -> tuple[int, bytes]:
        ml(cloud, "POST", f"models/{model}/versions", body)
        return ml(cloud, "GET", f"models/{model}")

    return create


def set_default(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Back to the older of two versions."""
    older = artifact.version_name(live(cloud, model))
    live(cloud, model)
    return lambda: ml(cloud, "POST", f"models/{model}/versions/{older}:setDefault", {})


def ask_serving(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Predict by a model's default."""
    live(cloud, model)
    return ask_serving_of_none(cloud, model)


def ask_serving_of_none(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    return lambda: ml(cloud, "POST", f"models/{model}:predict", json.loads(FLOWER))


def ask_serving_by_version(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """Predict by a version that is not there."""
    return lambda: ml(cloud, "POST", f"models/{model}/versions/v1:predict", json.loads(FLOWER))


def ask(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The predict function, for a model that is live."""
    live(cloud, model)
    return ask_of_none(cloud, model)


def ask_of_none(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    path, bearer = cloud.predict_path(model), f"Bearer {cloud.token()}"
    return lambda: cloud.call("predict", "POST", path, FLOWER, Authorization=bearer)


def ask_without_files(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The predict function, for a model whose directory was deleted while it is served."""
    source = live(cloud, model)
    delete(cloud, "models", artifact.directory(model, source) + artifact.MODEL_FILE)
    return ask_of_none(cloud, model)


def read_story(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """What became of a model's drops, as predict tells it."""
    cloud.drop(artifact.status_name(model, "json"), b'{"format": 1}', "state")
    return lambda: tell(cloud, f"models/{model}/status")


def list_stories(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The models that have a story."""
    read_story(cloud, model)
    return lambda: tell(cloud, "status")


def tell(cloud: Cloud, path: str) -> tuple[int, bytes]:
    """A GET of the predict function."""
    whole = f"/v1/projects/{cloud.configuration.project}/{path}"
    return cloud.call("predict", "GET", whole, Authorization=f"Bearer {cloud.token()}")


# reconcile, under the account that it has in the cloud.


def behind(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """The default has stayed at the older of two versions."""
    older = by_hand(cloud, model, 0)
    by_hand(cloud, model, 1)
    cloud.drop(artifact.default_name(model), older.to_json(), "state")
    return reconciling(cloud, model)


def too_many(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """A version that nobody keeps any more, where one may stay."""
    live(cloud, model), live(cloud, model)
    newer = cloud.default(model)
    assert newer is not None
    alone = replace(newer, previous="")
    cloud.drop(artifact.default_name(model), alone.to_json(), "state")
    return reconciling(cloud, model)


def by_hand(cloud: Cloud, model: str, seed: int) -> Default:
    """A model that a person made is live."""
    name = f"models/{model}/by_hand_{seed}/model.joblib"
    source = cloud.drop(name, model_file(seed), "models")
    assert cloud.settled(model, source, SECONDS)["state"] == "live"
    assert cloud.idle(SECONDS)
    default = cloud.default(model)
    assert default is not None
    return default


def reconciling(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """200 where all of one model is as it should be afterwards."""
    settings = Settings.from_environment(
        {**cloud.configuration.settings(), "KEEP_VERSIONS": "1", "VERSIONS_CEILING": "1"}
    )
    project, email = settings.google_cloud_project, settings.email(roles.RECONCILE)
    mine = Credentials(access_token(cloud, roles.RECONCILE))
    caller = Credentials(cloud.token(email, settings.ai_platform_url))
    sender = FunctionSender({}, lambda _: mine)

    def reconcile_it() -> tuple[int, bytes]:
        with (
            closing(GoogleObjectStore(settings.storage_url, project, mine)) as store,
            closing(AiPlatform(settings.ai_platform_url, project, caller)) as platform,
        ):
            try:
                repairs = reconcile(settings, store, platform, sender, _now, model)
            except RetryableError as error:
                return 500, str(error).encode()
        return (500 if repairs.failed else 200), str(repairs.failed).encode()

    return reconcile_it


def comparing(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """200 where a sampled request is compared with the training data."""
    live(cloud, model)
    default = cloud.default(model)
    assert default is not None
    line = {"format": 1, "at": "2026-11-22", "instances": [[1, 2, 3, 4]], "predictions": ["a"]}
    name = artifact.sample_name(model, default.version, _now(), "00000000")
    cloud.drop(name, json.dumps(line).encode(), "state")
    settings = Settings.from_environment(cloud.configuration.settings())
    mine = Credentials(access_token(cloud, roles.RECONCILE))

    def compare() -> tuple[int, bytes]:
        place = settings.storage_url, settings.google_cloud_project, mine
        with closing(GoogleObjectStore(*place)) as store:
            try:
                told = Traffic(settings, store, _now).of(model)
            except PermissionDenied as denied:
                return 403, str(denied).encode()
        return (200 if told and told["instances"] == 1 else 500), repr(told).encode()

    return compare


def lease_twice(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """200 where the lease of a large file to predict for can be taken, given up, and taken again,
    under batch_predict's account."""
    settings = Settings.from_environment(cloud.configuration.settings())
    mine = Credentials(access_token(cloud, roles.BATCH_PREDICT))

    def take() -> tuple[int, bytes]:
        another = time.monotonic_ns()
        source = Source("data", f"batch/{model}/x.csv", another, "2026-11-22T13:00:00Z")
        drop = parse_batch_name(source)
        assert isinstance(drop, BatchDrop)
        place = settings.storage_url, settings.google_cloud_project, mine
        with closing(GoogleObjectStore(*place)) as store:
            batch = batch_predict.Batch(ObjectFinalized(source, 1), drop, settings, store)
            try:
                for _ in range(2):
                    with batch.attempt(_now) as attempt:
                        attempt.hand_over(0)
            except PermissionDenied as denied:
                return 403, str(denied).encode()
        return 200, b""

    return take


def untold(cloud: Cloud, model: str) -> Callable[[], tuple[int, bytes]]:
    """200 where pages that are gone, and a notice that never arrived, are made up for."""
    drop = artifact.drop_id(live(cloud, model))
    sent = artifact.notice_name(model, drop, "60_live", "sent")
    gone = [artifact.status_name(model, kind) for kind in ("json", "html")]
    for name in (sent, *gone):
        delete(cloud, "state", name)
    settings = Settings.from_environment(
        {**cloud.configuration.settings(), "LEASE_SECONDS": "0.001"}
    )
    mine = Credentials(access_token(cloud, roles.RECONCILE))

    def catch_up() -> tuple[int, bytes]:
        place = settings.storage_url, settings.google_cloud_project, mine
        with closing(GoogleObjectStore(*place)) as store:
            lines = Aftermath(settings, store, webhook(settings), _now).repaired(model)
        failed = [line for line in lines if "aftermath" in line]
        told = is_on_pages(cloud, model) and cloud.read("state", sent) is not None
        return (200 if told and not failed else 500), repr(lines).encode()

    return catch_up


def access_token(cloud: Cloud, account: str) -> str:
    """What the metadata server gives a service account."""
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    told = cloud.call(f"metadata-{account}", "GET", path, **{"Metadata-Flavor": "Google"})[1]
    return str(json.loads(told)["access_token"])
