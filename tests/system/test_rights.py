"""Every right of the table in shared/core/roles.py is needed: without it something fails.

Each is taken away alone, while everything runs, and given back: the same thing then succeeds. A
right that no scenario here shows to be needed has no place in the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import cloud as clouds
from benchmarks.cloud import Cloud
from localcloud.storage.switch import granted
from shared.core import roles
from shared.core.roles import CREATE, DELETE, GET, LIST
from tests.hook import hook
from tests.system import scenario
from tests.system.scenario import Answered, Batch, Right, Scenario, revoke

RETRAIN, RELEASE, PREDICT = roles.RETRAIN, roles.DEPLOY_VERSION, roles.PREDICT
RECONCILE = roles.RECONCILE
BATCH = roles.BATCH_PREDICT
DATA, CONTROL = roles.SERVING_DATA, roles.SERVING_CONTROL
HAS_DEFAULT = Answered(scenario.create_version, word=b"defaultVersion")

NEEDED_BY: dict[Right, Scenario] = {
    (RETRAIN, "data", "data/", GET): scenario.drop,
    (RETRAIN, "data", "data/", LIST): scenario.drop,
    (RETRAIN, "models", "models/", GET): scenario.redelivery,
    (RETRAIN, "models", "models/", LIST): scenario.redelivery,
    (RETRAIN, "models", "models/", CREATE): scenario.drop,
    (RETRAIN, "state", "ledger/", GET): scenario.redelivery,
    (RETRAIN, "state", "ledger/", LIST): scenario.redelivery,
    (RETRAIN, "state", "ledger/", CREATE): scenario.drop,
    (RETRAIN, "state", "leases/", GET): scenario.redelivery,
    (RETRAIN, "state", "leases/", CREATE): scenario.drop,
    (RETRAIN, "state", "leases/", DELETE): scenario.redelivery,
    (RETRAIN, "state", "defaults/", GET): scenario.drop,
    (RETRAIN, "state", "defaults/", LIST): scenario.drop,
    (RETRAIN, "state", "status/", GET): scenario.page_of_a_near_miss,
    (RETRAIN, "state", "status/", LIST): scenario.page_of_a_near_miss,
    (RETRAIN, "state", "status/", CREATE): scenario.page_of_a_near_miss,
    (RETRAIN, "state", "status/", DELETE): scenario.page_of_a_near_miss,
    (RETRAIN, "state", "notices/", LIST): scenario.notice_of_a_refusal,
    (RETRAIN, "state", "notices/", CREATE): scenario.notice_of_a_refusal,
    (RELEASE, "models", "models/", GET): scenario.drop,
    (RELEASE, "models", "models/", LIST): scenario.gone,
    (RELEASE, "models", "models/", DELETE): scenario.outgrow,
    (RELEASE, "state", "ledger/", GET): scenario.drop,
    (RELEASE, "state", "ledger/", LIST): scenario.drop,
    (RELEASE, "state", "ledger/", CREATE): scenario.drop,
    (RELEASE, "state", "defaults/", GET): scenario.drop,
    (RELEASE, "state", "defaults/", LIST): scenario.another_platform,
    (RELEASE, "state", "defaults/", CREATE): scenario.next_drop,
    (RELEASE, "state", "defaults/", DELETE): scenario.next_drop,
    (RELEASE, "state", "status/", GET): scenario.page_of_a_release,
    (RELEASE, "state", "status/", LIST): scenario.page_of_a_release,
    (RELEASE, "state", "status/", CREATE): scenario.page_of_a_release,
    (RELEASE, "state", "status/", DELETE): scenario.page_of_a_release,
    (RELEASE, "state", "notices/", LIST): scenario.notice_of_a_release,
    (RELEASE, "state", "notices/", CREATE): scenario.notice_of_a_release,
    (PREDICT, "models", "models/", GET): Answered(scenario.ask),
    (PREDICT, "models", "models/", LIST): Answered(scenario.ask_without_files),
    (PREDICT, "state", "defaults/", GET): Answered(scenario.ask),
    (PREDICT, "state", "defaults/", LIST): Answered(scenario.ask_of_none, 404),
    (PREDICT, "state", "keys/", GET): Answered(scenario.show_key),
    (PREDICT, "state", "keys/", LIST): Answered(scenario.show_key_where_none_is, 401),
    (PREDICT, "state", "status/", GET): Answered(scenario.read_story),
    (PREDICT, "state", "status/", LIST): Answered(scenario.list_stories),
    (PREDICT, "state", "samples/", CREATE): Answered(scenario.keep_sample),
    (BATCH, "data", "batch/", GET): Batch(scenario.batch_of_live),
    (BATCH, "data", "batch/", LIST): Batch(scenario.batch_gone, "superseded"),
    (BATCH, "state", "batch-leases/", GET): Answered(scenario.lease_twice),
    (BATCH, "state", "batch-leases/", CREATE): Answered(scenario.lease_twice),
    (BATCH, "state", "batch-leases/", DELETE): Answered(scenario.lease_twice),
    (BATCH, "models", "models/", GET): Batch(scenario.batch_of_live),
    (BATCH, "models", "models/", LIST): Batch(scenario.batch_without_files, "refused"),
    (BATCH, "state", "defaults/", GET): Batch(scenario.batch_of_live),
    (BATCH, "state", "defaults/", LIST): Batch(scenario.batch_of_none, "refused"),
    (BATCH, "state", "predictions/", GET): Batch(scenario.batch_of_live),
    (BATCH, "state", "predictions/", LIST): Batch(scenario.batch_of_live),
    (BATCH, "state", "predictions/", CREATE): Batch(scenario.batch_of_live),
    (DATA, "models", "models/", GET): HAS_DEFAULT,
    (DATA, "models", "models/", LIST): HAS_DEFAULT,
    (DATA, "state", "serving/", GET): HAS_DEFAULT,
    (DATA, "state", "serving/", LIST): Answered(scenario.ask_serving_by_version, 404),
    (DATA, "state", "defaults/", GET): Answered(scenario.ask_serving),
    (DATA, "state", "defaults/", LIST): Answered(scenario.ask_serving_of_none, 400),
    (CONTROL, "state", "serving/", GET): Answered(scenario.see_model),
    (CONTROL, "state", "serving/", LIST): Answered(scenario.list_versions),
    (CONTROL, "state", "serving/", CREATE): Answered(scenario.create_model),
    (CONTROL, "state", "serving/", DELETE): Answered(scenario.describe),
    (CONTROL, "state", "defaults/", GET): Answered(scenario.set_default),
    (CONTROL, "state", "defaults/", LIST): HAS_DEFAULT,
    (CONTROL, "state", "defaults/", CREATE): HAS_DEFAULT,
    (CONTROL, "state", "defaults/", DELETE): Answered(scenario.set_default),
    (RECONCILE, "data", "data/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "data", "batch/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "state", "predictions/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "models", "models/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "models", "models/", GET): Answered(scenario.behind),
    (RECONCILE, "models", "models/", DELETE): Answered(scenario.too_many),
    (RECONCILE, "state", "ledger/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "state", "ledger/", GET): Answered(scenario.behind),
    (RECONCILE, "state", "ledger/", CREATE): Answered(scenario.behind),
    (RECONCILE, "state", "defaults/", GET): Answered(scenario.behind),
    (RECONCILE, "state", "defaults/", LIST): Answered(scenario.reconciling),
    (RECONCILE, "state", "defaults/", CREATE): Answered(scenario.behind),
    (RECONCILE, "state", "defaults/", DELETE): Answered(scenario.behind),
    (RECONCILE, "state", "status/", GET): Answered(scenario.untold),
    (RECONCILE, "state", "status/", LIST): Answered(scenario.untold),
    (RECONCILE, "state", "status/", CREATE): Answered(scenario.untold),
    (RECONCILE, "state", "status/", DELETE): Answered(scenario.untold),
    (RECONCILE, "state", "samples/", GET): Answered(scenario.comparing),
    (RECONCILE, "state", "samples/", LIST): Answered(scenario.comparing),
    (RECONCILE, "state", "notices/", LIST): Answered(scenario.untold),
    (RECONCILE, "state", "notices/", CREATE): Answered(scenario.untold),
}
"""What shows that a right is needed."""

RIGHTS = sorted(granted())


@contextmanager
def installation(state: Path) -> Iterator[Cloud]:
    """A local cloud whose retries come quickly, that keeps few versions and some requests."""
    few = {"KEEP_VERSIONS": "1", "VERSIONS_CEILING": "1", "SAMPLE_SHARE": "1"}
    with hook() as at:
        told = {**few, "NOTIFY_URL": at.url}
        with clouds.local_cloud(state, time_scale=0.002, environment=told) as cloud:
            yield cloud


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with installation(tmp_path_factory.mktemp("rights")) as cloud:
        yield cloud


@pytest.fixture
def cloud(own_cloud: Cloud) -> Iterator[Cloud]:
    yield own_cloud
    revoke(own_cloud)
    assert own_cloud.idle(20)


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: " ".join(right))
def test_a_right_is_needed_and_enough(cloud: Cloud, right: Right) -> None:
    """A new row of the table needs a scenario in NEEDED_BY that fails without it."""
    assert right in NEEDED_BY, "nothing here shows that it is needed"
    NEEDED_BY[right](cloud, f"right_{RIGHTS.index(right)}", right)


def test_nothing_is_shown_to_be_needed_that_is_not_granted() -> None:
    assert set(NEEDED_BY) <= set(RIGHTS)
