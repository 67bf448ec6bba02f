"""Which CSVs a model learns from: the accepted ones that are still there, each once, in order."""

from __future__ import annotations

import json

import pytest

from shared.core.artifact import configuration_name, directory, drop_id
from shared.core.errors import ObjectNotFound, StorageUnavailable
from shared.core.event import ObjectFinalized
from shared.core.ledger import entry_name
from shared.training.inputs import Inputs
from tests.workflows.world import DATA, IRIS, MODELS, World

HEAD, *ROWS = IRIS.decode().splitlines()


def third(number: int) -> bytes:
    """Every third row of iris, from one of three."""
    return "\n".join([HEAD, *ROWS[number::3]]).encode()


def world_that_trains_on(what: str) -> World:
    world = World()
    toml = f'train_on = "{what}"\n[gate]\ndecide = "accept"\n'
    world.store.put(DATA, configuration_name("iris"), toml.encode())
    world.events.clear()
    return world


def trained(world: World, data: bytes, name: str, **metadata: str) -> ObjectFinalized:
    world.sleep(1)
    event = world.drop(data, f"data/iris/{name}.csv", **metadata)
    assert world.retrain(event).step == "trained"
    return event


def inputs(world: World, event: ObjectFinalized) -> Inputs:
    name = directory("iris", event.source) + "inputs.json"
    return Inputs.from_json(world.store.live(MODELS, name)[0])


def names(found: Inputs) -> list[str]:
    return [file.source.name.rpartition("/")[2] for file in found.files]


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("latest", ["c.csv"]),
        ("last:1", ["c.csv"]),
        ("last:2", ["b.csv", "c.csv"]),
        ("last:9", ["a.csv", "b.csv", "c.csv"]),
        ("all", ["a.csv", "b.csv", "c.csv"]),
    ],
)
def test_files_come_in_the_order_of_their_sources_the_drop_s_own_last(
    what: str, wanted: list[str]
) -> None:
    world = world_that_trains_on(what)
    for number, name in enumerate("ab"):
        trained(world, third(number), name)
    last = trained(world, third(2), "c")
    found = inputs(world, last)
    assert names(found) == wanted
    assert found.size == sum(len(third("abc".index(name[0]))) for name in wanted)


def test_the_card_tells_how_many_rows_each_file_gave() -> None:
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    world.sleep(1)
    outcome = world.retrain(
        world.drop(third(1) + b"\n" + third(0).partition(b"\n")[2], "data/iris/b.csv")
    )
    assert outcome.facts["metrics"]["rows"] == 100
    (card,) = [n for n in world.store.names(MODELS) if "/card-" in n and in_last(world, n)]
    told = json.loads(world.store.live(MODELS, card)[0])["facts"]["files"]
    assert sum(told.values()) >= 100
    assert set(told) == {"data/iris/a.csv", "data/iris/b.csv"}


def in_last(world: World, name: str) -> bool:
    """Whether it lies in the newest model directory."""
    newest = max(n for n in world.store.names(MODELS) if n.endswith("/model.joblib"))
    return name.rpartition("/")[0] == newest.rpartition("/")[0]


def test_a_file_that_was_overwritten_since_is_left_out_and_said() -> None:
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    trained(world, third(1), "a")
    event = trained(world, third(2), "c")
    found = inputs(world, event)
    assert names(found) == ["a.csv", "c.csv"]
    (said,) = found.left_out
    assert "overwritten or deleted since" in said


def test_a_file_that_was_refused_is_not_learnt_from() -> None:
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    world.sleep(1)
    assert world.retrain(world.drop(b"a,b\n1,2\n", "data/iris/bad.csv")).step == "refused"
    assert names(inputs(world, trained(world, third(2), "c"))) == ["a.csv", "c.csv"]


def test_a_file_that_was_copied_counts_once_even_where_both_can_be_read() -> None:
    world = world_that_trains_on("all")
    first = trained(world, third(0), "a")
    again = trained(world, third(0), "copy", retrain_of=first.source.uri)
    assert names(inputs(world, again)) == ["copy.csv"]
    found = inputs(world, trained(world, third(1), "c"))
    assert names(found) == ["copy.csv", "c.csv"]
    assert any("counted as its copy" in said for said in found.left_out)


def test_a_drop_that_came_later_is_not_learnt_from_by_an_earlier_one() -> None:
    world = world_that_trains_on("all")
    early = world.drop(third(0), "data/iris/a.csv")
    trained(world, third(1), "b")
    assert world.retrain(early).step == "trained"
    assert names(inputs(world, early)) == ["a.csv"]


def test_drops_of_one_second_are_told_apart_by_their_full_order() -> None:
    world = world_that_trains_on("last:2")
    events = [world.drop(third(n % 3), f"data/iris/{n}.csv") for n in range(5)]
    for event in events:
        assert world.retrain(event).step == "trained"
    world.sleep(1)
    found = inputs(world, trained(world, third(2), "last"))
    newest = max(events, key=lambda event: event.source.order)
    assert names(found) == [newest.source.name.rpartition("/")[2], "last.csv"]


def test_a_model_toml_that_cannot_be_read_is_refused_and_freezes_nothing() -> None:
    world = World()
    world.store.put(DATA, configuration_name("iris"), b"train_un = 1\n")
    world.events.clear()
    outcome = world.retrain(world.drop())
    assert outcome.facts["findings"][0]["code"] == "bad_configuration"
    assert "train_on" in outcome.facts["findings"][0]["message"]
    assert world.store.names(MODELS) == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"#" * 1_000_001], ids=["bytes", "too large"])
def test_a_model_toml_that_is_no_text_is_refused(data: bytes) -> None:
    world = World()
    world.store.put(DATA, configuration_name("iris"), data)
    outcome = world.retrain(world.drop())
    assert outcome.facts["findings"][0]["code"] == "bad_configuration"


def test_an_older_file_that_goes_while_it_is_read_is_left_out_and_the_drop_is_trained() -> None:
    """As when two files of a model are uploaded again together."""
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    trained(world, third(1), "b")
    world.sleep(1)
    event = world.drop(third(2), "data/iris/c.csv")

    def overwrite(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("open", "data/iris/a.csv"):
            world.store.on_call = None
            world.drop(third(1), name)

    world.store.on_call = overwrite
    outcome = world.retrain(event)
    assert outcome.step == "trained"
    assert outcome.facts["metrics"]["rows"] == 99  # of two thirds; iris has one row twice
    told = [one for one in outcome.facts["warnings"] if one["code"] == "file_left_out"]
    (said,) = [one["message"] for one in told]
    assert "data/iris/a.csv#" in said
    assert names(inputs(world, event)) == ["a.csv", "b.csv", "c.csv"]


def test_a_drop_whose_own_file_goes_is_superseded_whatever_else_is_there() -> None:
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    world.sleep(1)
    event = world.drop(third(1), "data/iris/b.csv")

    def overwrite(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("open", "data/iris/a.csv"):
            world.store.on_call = None
            world.drop(third(2), "data/iris/a.csv")
            world.drop(third(2), "data/iris/b.csv")

    world.store.on_call = overwrite
    assert world.retrain(event).step == "superseded"


def test_a_file_that_is_there_and_is_not_found_once_is_read_again_later() -> None:
    world = world_that_trains_on("all")
    trained(world, third(0), "a")
    world.sleep(1)
    event = world.drop(third(1), "data/iris/b.csv")

    def deny(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("open", "data/iris/a.csv"):
            world.store.on_call = None
            raise ObjectNotFound(name)

    world.store.on_call = deny
    with pytest.raises(StorageUnavailable):
        world.retrain(event)
    outcome = world.retrain(event)
    assert (outcome.step, outcome.facts["metrics"]["rows"]) == ("trained", 100)


def test_a_drop_that_is_forgotten_while_its_model_learns_from_all_is_not_learnt_from() -> None:
    world = world_that_trains_on("all")
    gone = trained(world, third(0), "a")
    world.sleep(1)
    event = world.drop(third(1), "data/iris/b.csv")
    entry = entry_name("iris", drop_id(gone.source), "trained")

    def forget(operation: str, bucket: str, name: str) -> None:
        if (operation, name) == ("read", entry):
            world.store.on_call = None
            generation = world.store.live(bucket, name)[1].generation
            world.store.delete(bucket, name, if_generation_match=generation)

    world.store.on_call = forget
    assert world.retrain(event).step == "trained"
    assert names(inputs(world, event)) == ["b.csv"]
