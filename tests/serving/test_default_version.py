"""Who may move the default, and which way."""

from __future__ import annotations

from tests.serving.world import World


def test_a_late_call_of_the_platforms_own_account_never_sets_a_newer_default_back() -> None:
    world = World()
    with world.serving() as person:
        person.create_model()
        releasing = person.as_account("deploy-version")
        for second in (1, 2):
            releasing.create_version(f"v{second}", world.directory(second))
        releasing.call("POST", "/models/iris/versions/v2:setDefault", {})

        releasing.call("POST", "/models/iris/versions/v1:setDefault", {})

        default = person.call("GET", "/models/iris").json["defaultVersion"]["name"]
        assert default.endswith("/v2")


def test_a_person_may_choose_an_older_version() -> None:
    world = World()
    with world.serving() as person:
        person.create_model()
        releasing = person.as_account("deploy-version")
        for second in (1, 2):
            releasing.create_version(f"v{second}", world.directory(second))
        releasing.call("POST", "/models/iris/versions/v2:setDefault", {})

        person.call("POST", "/models/iris/versions/v1:setDefault", {})
        releasing.call("POST", "/models/iris/versions/v2:setDefault", {})

        default = person.call("GET", "/models/iris").json["defaultVersion"]["name"]
        assert default.endswith("/v1")
