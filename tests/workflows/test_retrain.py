"""A CSV becomes a version, or a refusal that says where; nothing of it is told twice."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shared.core.artifact import drop_id
from shared.core.card import Card
from shared.core.errors import StorageUnavailable
from shared.training.inputs import Inputs
from tests.workflows.world import DATA, IRIS, MODELS, STATE, World

TWO = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]


def test_a_dropped_csv_becomes_a_version_that_is_the_default() -> None:
    world = World()
    event = world.drop()
    assert world.retrain(event).step == "trained"
    world.settle()
    story = world.story("iris", drop_id(event.source))
    assert story["state"] == "live"
    assert world.platform.default("iris") == story["version"]
    assert world.platform.predict("iris", story["version"], TWO) == ["versicolor", "versicolor"]


def test_a_model_directory_holds_inputs_first_and_the_model_last_but_for_its_page() -> None:
    world = World()
    world.retrain(world.drop())
    names = [e.source.name.rpartition("/")[2] for e in world.events if e.source.bucket == MODELS]
    kinds = [name.partition(".")[0].partition("-")[0] for name in names]
    assert kinds == ["inputs", "model", "seen", "card", "model", "report"]
    assert names[4] == "model.joblib"
    assert names[5] == names[3].replace("card-", "report-").replace(".json", ".html")
    model = next(e for e in world.events if e.source.name.endswith("/model.joblib"))
    assert model.metadata["dropserve-card"] == names[3]


def test_a_page_that_a_crash_left_out_comes_with_the_redelivery() -> None:
    world = World()
    event = world.drop()

    def die(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "/report-" in name:
            raise KeyboardInterrupt

    world.store.on_call = die
    with pytest.raises(KeyboardInterrupt):
        world.retrain(event)
    world.store.on_call = None
    assert world.retrain(event).facts["earlier"] == "trained"
    (page,) = [name for name in world.store.names(MODELS) if name.endswith(".html")]
    assert world.store.live(MODELS, page)[0].startswith(b"<!DOCTYPE html>")
    assert world.retrain(event).facts["earlier"] == "trained"


def test_the_target_of_the_first_attempt_counts_for_all() -> None:
    world = World()
    event = world.drop(IRIS.replace(b"species", b"sort"), target="sort")
    world.retrain(event)
    (name,) = [n for n in world.store.names(MODELS) if n.endswith("inputs.json")]
    inputs = Inputs.from_json(world.store.live(MODELS, name)[0])
    assert inputs.target == "sort"
    assert inputs.source == event.source
    assert Inputs.from_json(inputs.to_json()) == inputs


def test_a_csv_directly_below_data_belongs_to_the_default_model() -> None:
    world = World()
    world.retrain(world.drop(IRIS, "data/data.csv"))
    assert world.models()[0].startswith("models/iris/")


@pytest.mark.parametrize(
    "name",
    ["data/iris/a b#c%2Fd?[e].csv", "data/iris/../../x.csv", "data/iris/\U0001f338.CSV"],
)
def test_a_file_name_is_opaque(name: str) -> None:
    world = World()
    event = world.drop(IRIS, name)
    world.events.append(event)
    world.settle()
    assert world.story("iris", drop_id(event.source))["state"] == "live"


def test_a_bad_csv_is_refused_once_with_line_and_column_and_nothing_is_made() -> None:
    world = World()
    event = world.drop(IRIS.replace(b"4.9,3.0", b"4.9,oops"))
    outcome = world.retrain(event)
    assert outcome.step == "refused"
    (finding,) = outcome.facts["findings"]
    assert (finding["code"], finding["line"], finding["column"]) == (
        "not_numeric",
        3,
        "sepal_width",
    )
    assert world.retrain(event).step == "done_before"
    story = world.story("iris", drop_id(event.source))
    assert (story["state"], story["counts"]) == ("refused", {"not_numeric": 1})
    assert world.models() == []


def test_a_file_above_the_limit_is_refused_unread() -> None:
    world = World(MAX_CSV_BYTES="1000")
    event = world.drop()
    outcome = world.retrain(event)
    assert outcome.facts["findings"][0]["code"] == "too_large"
    assert not [call for call in world.store.calls if call[1] == DATA]


def test_an_illegal_model_name_is_refused_in_the_ledger_of_the_nearest_legal_one() -> None:
    world = World()
    event = world.drop(IRIS, "data/My-Model/x.csv")
    assert world.retrain(event).step == "refused"
    story = world.story("my_model", drop_id(event.source))
    assert story["findings"][0]["code"] == "bad_model_name"
    assert "data/my_model/" in story["findings"][0]["message"]


def test_a_generation_that_is_gone_is_superseded() -> None:
    world = World()
    event = world.drop()
    world.sleep(1)
    world.drop()
    assert world.retrain(event).step == "superseded"
    assert world.retrain(event).step == "done_before"


def test_a_missing_last_word_is_added_from_the_card() -> None:
    world = World()
    event = world.drop()
    world.retrain(event)
    entry = next(n for n in world.store.names(STATE) if n.endswith("30_trained.json"))
    told = json.loads(world.store.live(STATE, entry)[0])
    generation = world.store.live(STATE, entry)[1].generation
    world.store.delete(STATE, entry, if_generation_match=generation)
    assert world.retrain(event).step == "trained"
    again = json.loads(world.store.live(STATE, entry)[0])
    assert {k: again[k] for k in ("version", "metrics", "warnings")} == {
        k: told[k] for k in ("version", "metrics", "warnings")
    }


def test_the_ledger_and_the_card_hold_no_row_of_the_data() -> None:
    world = World()
    world.retrain(world.drop())
    rows = {tuple(map(float, line.split(",")[:4])) for line in IRIS.decode().splitlines()[1:]}
    (name,) = [n for n in world.store.names(MODELS) if "/card-" in n]
    card = Card.from_json(world.store.live(MODELS, name)[0])
    assert len(card.golden.instances) >= 5
    assert not rows & {tuple(instance) for instance in card.golden.instances}


def test_an_object_of_another_bucket_is_not_ours() -> None:
    world = World()
    event = world.drop()
    elsewhere = replace(event, source=replace(event.source, bucket="elsewhere"))
    assert world.retrain(elsewhere).step == "ignored"
    assert world.store.calls == []


def test_a_second_attempt_goes_by_what_the_first_one_froze() -> None:
    world = World()
    event = world.drop(IRIS.replace(b"species", b"sort"), target="sort")

    def fail(operation: str, bucket: str, name: str) -> None:
        if operation == "open" and bucket == DATA:
            raise StorageUnavailable("away")

    world.store.on_call = fail
    with pytest.raises(StorageUnavailable):
        world.retrain(event)
    world.store.on_call = None
    assert world.retrain(replace(event, metadata={"target": "petal_width"})).step == "trained"


def test_a_model_that_a_faster_attempt_wrote_is_told_with_its_own_card() -> None:
    world = World()
    event = world.drop()
    other = World()
    other.retrain(other.drop(IRIS + IRIS.partition(b"\n")[2]))
    written = {e.source.name.rpartition("/")[2]: e for e in other.events}

    def overtake(operation: str, bucket: str, name: str) -> None:
        if operation == "write" and "/card-" in name:
            world.store.on_call = None
            directory = name.rpartition("/")[0]
            for file, made in written.items():
                if file.startswith("card-") or file == "model.joblib":
                    data, _ = other.store.live(MODELS, made.source.name)
                    world.store.put(MODELS, f"{directory}/{file}", data, **made.metadata)

    world.store.on_call = overtake
    assert world.retrain(event).facts["metrics"]["rows"] == 300
    models = [e for e in world.events if e.source.name.endswith("/model.joblib")]
    assert len(models) == 1, "the model of the faster attempt was overwritten"


def test_a_file_that_unpacks_beyond_the_limit_is_refused_after_the_limit() -> None:
    world = World(MAX_CSV_BYTES="2000")
    event = replace(world.drop(), size=90)  # as stored, in gzip
    outcome = world.retrain(event)
    assert outcome.facts["findings"][0]["code"] == "too_large"


def test_a_csv_overwritten_while_it_is_read_is_superseded_and_never_mixed() -> None:
    world = World()
    event = world.drop()

    def overwrite(operation: str, bucket: str, name: str) -> None:
        if operation == "stream":
            world.store.on_call = None
            world.drop()

    world.store.on_call = overwrite
    assert world.retrain(event).step == "superseded"
    assert world.models() == []
