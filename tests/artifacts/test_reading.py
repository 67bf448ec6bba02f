"""Reading a model directory: nothing is loaded that is not what its card says."""

from __future__ import annotations

import pickle
import random

import pytest
from sklearn.svm import SVC

from shared.artifacts.loading import load
from shared.artifacts.reading import ModelDirectory, Pin, open_directory
from shared.artifacts.writing import dump
from shared.core import artifact
from shared.core.card import sha256
from shared.core.errors import ArtifactRefused, NewerFormat, StorageUnavailable
from tests.serving.world import FLOWERS, World, iris


@pytest.fixture
def world() -> World:
    return World()


def path_of(uri: str) -> str:
    return artifact.split_uri(uri)[1]


def opened(world: World, uri: str, *pinned: Pin, **bounds: int) -> ModelDirectory:
    """The directory, after every file of it was held to its digest."""
    found = open_directory(world.store, uri, *pinned, **bounds)
    found.check()
    found.model()
    return found


def estimator(world: World, uri: str):
    return load(opened(world, uri).model())


def rewrite(world: World, uri: str, change) -> None:
    """Overwrite model.joblib with changed bytes under the same metadata, as a thief would."""
    name = path_of(uri) + "model.joblib"
    data, meta = world.store.read("models", name)
    world.store.put("models", name, change(data), **meta.metadata)


def test_a_directory_that_retrain_wrote_gives_estimator_card_and_source(world: World) -> None:
    found = opened(world, world.directory(stamp=7))
    assert load(found.model()).predict(FLOWERS).tolist() == [1, 1]
    assert found.card is not None
    assert found.source == found.card.source
    assert found.source.generation == 1007


@pytest.mark.parametrize("ending", ["", "/"])
def test_the_address_may_end_with_a_slash_or_not(world: World, ending: str) -> None:
    assert opened(world, world.directory().rstrip("/") + ending).card


@pytest.mark.parametrize(
    ("file", "data"), [("model.joblib", dump(iris())), ("model.pkl", pickle.dumps(iris()))]
)
def test_a_handmade_directory_has_no_card_and_is_its_own_source(
    world: World, file: str, data: bytes
) -> None:
    uri = world.handmade("models/iris/mine/", data, file)
    found = opened(world, uri)
    assert found.card is None
    assert found.source.name == f"models/iris/mine/{file}"
    assert found.source.generation == world.store.stat("models", found.source.name).generation


def test_a_model_may_lie_at_the_root_of_a_bucket(world: World) -> None:
    world.store.put("staging", "model.joblib", dump(iris()))
    assert estimator(world, "gs://staging").classes_.tolist() == [0, 1, 2]
    assert estimator(world, "gs://staging/").classes_.tolist() == [0, 1, 2]


def test_two_handmade_files_are_one_too_many(world: World) -> None:
    world.handmade("models/iris/mine/", dump(iris()))
    uri = world.handmade("models/iris/mine/", pickle.dumps(iris()), "model.pkl")
    with pytest.raises(ArtifactRefused, match="Multiple model files are found"):
        opened(world, uri)


def test_an_empty_directory_is_refused_with_what_it_should_hold(world: World) -> None:
    with pytest.raises(ArtifactRefused, match=r"neither model\.joblib nor model\.pkl"):
        opened(world, "gs://models/models/iris/none/")


def test_another_models_bytes_under_the_cards_name_are_refused(world: World) -> None:
    uri = world.directory()
    rewrite(world, uri, lambda _: dump(SVC().fit([[0.0], [1.0]], [0, 1])))
    with pytest.raises(ArtifactRefused, match="not the file that its card describes"):
        opened(world, uri)


def test_of_500_flips_cuts_and_additions_none_is_loaded(world: World) -> None:
    uri = world.directory()
    name = path_of(uri) + "model.joblib"
    whole, meta = world.store.read("models", name)
    chance = random.Random(11)
    for _ in range(500):
        changed = bytearray(whole)
        at = chance.randrange(len(whole))
        kind = chance.randrange(3)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at:]
        else:
            changed[at:at] = bytes([chance.randrange(256)])
        world.store.put("models", name, bytes(changed), **meta.metadata)
        with pytest.raises(ArtifactRefused):
            opened(world, uri)


def test_a_card_that_was_changed_is_refused(world: World) -> None:
    uri = world.directory()
    name = path_of(uri) + "model.joblib"
    card = path_of(uri) + world.store.stat("models", name).metadata[artifact.CARD_METADATA]
    data = world.store.read("models", card)[0]
    world.store.put("models", card, data.replace(b'"species"', b'"Species"'))
    with pytest.raises(ArtifactRefused, match="the model card is not the one"):
        opened(world, uri)


def test_a_card_that_is_missing_is_refused_and_not_done_without(world: World) -> None:
    uri = world.directory()
    name = path_of(uri) + "model.joblib"
    card = path_of(uri) + world.store.stat("models", name).metadata[artifact.CARD_METADATA]
    meta = world.store.stat("models", card)
    world.store.delete("models", card, if_generation_match=meta.generation)
    with pytest.raises(ArtifactRefused, match="which is missing"):
        opened(world, uri)


@pytest.mark.parametrize("named", ["../../other/card.json", "card-0.json", "inputs.json", ""])
def test_a_card_is_only_looked_for_under_its_digests_name(world: World, named: str) -> None:
    uri = world.directory()
    name = path_of(uri) + "model.joblib"
    data, meta = world.store.read("models", name)
    changed = {**meta.metadata, artifact.CARD_METADATA: named}
    world.store.put("models", name, data, **changed)
    with pytest.raises(ArtifactRefused, match="which its digest is not of"):
        opened(world, uri)


def test_a_card_of_a_newer_dropserve_is_told_apart(world: World) -> None:
    uri = world.directory()
    name = path_of(uri) + "model.joblib"
    data, meta = world.store.read("models", name)
    card = path_of(uri) + meta.metadata[artifact.CARD_METADATA]
    newer = world.store.read("models", card)[0].replace(b'"format": 1', b'"format": 9')
    world.store.put("models", path_of(uri) + artifact.card_name(sha256(newer)), newer)
    metadata = {
        artifact.CARD_METADATA: artifact.card_name(sha256(newer)),
        artifact.CARD_SHA256_METADATA: sha256(newer),
    }
    world.store.put("models", name, data, **metadata)
    with pytest.raises(NewerFormat):
        opened(world, uri)


def test_a_pinned_generation_that_was_overwritten_is_refused_even_with_the_same_bytes(
    world: World,
) -> None:
    uri = world.handmade("models/iris/mine/", dump(iris()))
    pin = opened(world, uri).pin
    assert opened(world, uri, pin).pin == pin
    world.handmade("models/iris/mine/", dump(iris()))
    with pytest.raises(ArtifactRefused, match="was overwritten"):
        opened(world, uri, pin)


def test_a_large_file_is_refused_unread(world: World) -> None:
    uri = world.handmade("models/iris/mine/", bytes(2000))
    world.store.calls.clear()
    with pytest.raises(ArtifactRefused, match="larger than 1,000 bytes"):
        opened(world, uri, max_bytes=1000)
    assert "read" not in {operation for operation, _, _ in world.store.calls}


@pytest.mark.parametrize("uri", ["gs://", "http://x/y", "", "models/iris"])
def test_what_is_no_address_is_refused(world: World, uri: str) -> None:
    with pytest.raises(ArtifactRefused):
        opened(world, uri)


def test_a_store_that_does_not_answer_is_not_the_models_fault(world: World) -> None:
    uri = world.directory()

    def down(operation: str, bucket: str, name: str) -> None:
        raise StorageUnavailable("down")

    world.store.on_call = down
    with pytest.raises(StorageUnavailable):
        opened(world, uri)
