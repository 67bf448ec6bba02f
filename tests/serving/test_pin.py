"""What raising the pin of scikit-learn does to versions that were trained before it:
docs/37-raising-the-pin.md."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sklearn.base

from serving.record import Version
from shared.artifacts import allowlist
from shared.artifacts.reading import open_directory
from shared.artifacts.writing import dump
from shared.core import artifact, card
from shared.core.settings import SETTINGS
from shared.gcp.vertex.image import Image
from tests.serving.trained import Trained, released, trained
from tests.serving.world import Api, World

ROOT = Path(__file__).resolve().parents[2]
OTHER = "1.5.2"
"""As the serving of a raised pin sees what this one made: a scikit-learn that is not its own."""
VERSICOLOR = ["versicolor", "versicolor"]


def made_by_another(model: Trained) -> Callable[[bytes], bytes]:
    """The model file as another scikit-learn would have written it."""

    def written(_: bytes) -> bytes:
        kept = sklearn.base.__version__
        sklearn.base.__version__ = OTHER  # what an estimator writes into its state
        try:
            return dump(model.fitted.estimator)
        finally:
            sklearn.base.__version__ = kept

    return written


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with world.serving() as api:
        api.create_model()
        yield api


def proven_before(world: World, api: Api, uri: str) -> None:
    """`v1` is READY over a directory: its proof was before the pin was raised."""
    good = released(world.store, trained(), stamp=9)
    assert api.create_version("v1", good).json["response"]["state"] == "READY"
    name = artifact.registry_version_name("iris", "v1")
    pin = open_directory(world.store, uri, None, 10**9).pin
    record = Version.from_json(world.store.read("state", name)[0])
    fields = {**record.fields, "deploymentUri": uri}
    changed = replace(record, fields=fields, generation=pin.generation, card=pin.card)
    world.store.put("state", name, changed.to_json())


def test_a_version_with_a_portable_copy_serves_on(world: World, api: Api) -> None:
    model = trained()
    proven_before(world, api, released(world.store, model, pickled=made_by_another(model)))
    with world.serving() as raised:
        assert raised.predict().json["predictions"] == VERSICOLOR


def test_a_version_without_one_does_not_and_says_why(world: World, api: Api) -> None:
    model = trained()
    uri = released(world.store, model, pickled=made_by_another(model), portable=False)
    proven_before(world, api, uri)
    with world.serving() as raised:
        answer = raised.predict()
        assert answer.status == 500
        assert f"made with scikit-learn {OTHER}" in str(answer.json)


def test_a_new_version_of_the_old_pin_is_refused_before_traffic(world: World, api: Api) -> None:
    model = trained()
    proven_before(world, api, released(world.store, model))
    uri = released(world.store, model, stamp=2, pickled=made_by_another(model), portable=False)
    operation = api.create_version("v2", uri).json
    assert f"made with scikit-learn {OTHER}" in operation["error"]["message"]
    assert api.version("v2").json["state"] == "FAILED"
    assert api.predict().json["predictions"] == VERSICOLOR


def test_every_place_that_names_the_pin_agrees_and_the_page_names_them_all() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (pin,) = [p for p in groups["dependency-groups"]["model"] if p.startswith("scikit-learn==")]
    version = pin.partition("==")[2]
    minor = ".".join(version.split(".")[:2])
    assert sklearn.__version__ == allowlist.SCIKIT_LEARN == version
    assert minor == card.SCIKIT_LEARN
    (image,) = [setting.default for setting in SETTINGS if setting.name == "VERTEX_IMAGE"]
    assert image
    assert Image(image).scikit_learn == minor
    page = (ROOT / "docs" / "37-raising-the-pin.md").read_text(encoding="utf-8")
    assert f"({version})" in page
    for place in ("pyproject.toml", "shared/core/card.py", "benchmarks.allowlist", "VERTEX_IMAGE"):
        assert place in page
