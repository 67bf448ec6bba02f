"""A directory that the data plane's account may not read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.core import roles
from shared.core.errors import PermissionDenied
from tests.serving.world import Api, World


class Guarded(World):
    """Its models bucket is closed until `opened`."""

    opened = False

    def deny(self, operation: str, bucket: str, name: str) -> None:
        if bucket == "models" and not self.opened:
            raise PermissionDenied(f"gs://{bucket}/{name} is not for serving-data")


@pytest.fixture
def world() -> Guarded:
    return Guarded()


@pytest.fixture
def api(world: Guarded) -> Iterator[Api]:
    with world.serving() as api:
        api.create_model()
        yield api


def test_a_person_is_told_at_once_and_may_create_it_again(world: Guarded, api: Api) -> None:
    uri = world.directory()
    world.store.on_call = world.deny
    operation = api.create_version("v1", uri).json
    assert operation["done"] is True
    assert "is not for serving-data" in operation["error"]["message"]
    assert api.version("v1").json["state"] == "FAILED"
    world.opened = True
    assert api.create_version("v1", uri).json["response"]["state"] == "READY"


def test_deploy_version_comes_again_until_it_is_readable(world: Guarded, api: Api) -> None:
    uri = world.directory()
    world.store.on_call = world.deny
    function = api.as_account(roles.DEPLOY_VERSION)
    assert function.create_version("v1", uri).status == 503
    assert api.version("v1").json["state"] == "CREATING"
    world.opened = True
    assert function.create_version("v1", uri).json["response"]["state"] == "READY"
