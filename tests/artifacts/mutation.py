"""What may happen to a model directory after its version was proven; nothing of it may be loaded.

Used by a test, and at full size by `./run bench mutation`.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from serving.loader import Loader
from serving.sandbox.nursery import Nursery
from shared.artifacts.reading import Pin
from shared.core import artifact
from shared.core.card import sha256
from shared.core.errors import ArtifactRefused, NewerFormat
from tests.fakes.store import FakeObjectStore
from tests.serving.trained import released, trained
from tests.serving.world import written

BUCKET = "models"


@dataclass
class Directory:
    """One directory in a store of its own, with another model's beside it."""

    store: FakeObjectStore
    uri: str
    other: str

    @property
    def path(self) -> str:
        return artifact.split_uri(self.uri)[1]

    @property
    def model(self) -> str:
        return f"{self.path}{artifact.MODEL_FILE}"

    def files(self) -> list[str]:
        """Names of what is loaded: the card, and the copy where there is one, else the pickle."""
        names = [n.removeprefix(self.path) for n in self.store.names(BUCKET) if self.path in n]
        copies = [name for name in names if name.endswith(".onnx")] or [artifact.MODEL_FILE]
        return copies + [name for name in names if name.startswith("card-")]

    def read(self, name: str) -> bytes:
        return self.store.live(BUCKET, self.path + name)[0]

    def put(self, name: str, data: bytes) -> None:
        """Overwrite it under the metadata that it has, as a thief would."""
        meta = self.store.live(BUCKET, self.path + name)[1]
        self.store.put(BUCKET, self.path + name, data, **meta.metadata)

    def card(self) -> str:
        return self.store.live(BUCKET, self.model)[1].metadata[artifact.CARD_METADATA]

    def renamed_card(self, data: bytes) -> None:
        """Write another card and have the model name it, with all digests right."""
        name = artifact.card_name(sha256(data))
        self.store.put(BUCKET, self.path + name, data)
        named = {artifact.CARD_METADATA: name, artifact.CARD_SHA256_METADATA: sha256(data)}
        self.store.set_metadata(BUCKET, self.model, named)


def flip(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def add(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.randrange(1, 9)) + data[at:]


def blank(data: bytes, dice: random.Random) -> bytes:
    """At least one byte that was not zero becomes zero."""
    at = dice.choice([place for place in range(len(data)) if data[place]])
    return data[:at] + bytes(min(64, len(data) - at)) + data[at + 64 :]


def swap(data: bytes, dice: random.Random) -> bytes:
    """Two neighbouring blocks that differ change places."""
    size = 8
    while True:
        at = dice.randrange(len(data) - 2 * size)
        one, two = data[at : at + size], data[at + size : at + 2 * size]
        if one != two:
            return data[:at] + two + one + data[at + 2 * size :]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, add, blank, swap)


def other_file(place: Directory, dice: random.Random) -> None:
    """A file of the other model under this one's name."""
    name = dice.choice(place.files())
    ending = name.rsplit(".", 1)[1]
    others = [n for n in place.store.names(BUCKET) if n.startswith(place.other)]
    place.put(name, place.store.live(BUCKET, next(n for n in others if n.endswith(ending)))[0])


def delete(place: Directory, dice: random.Random) -> None:
    name = place.path + dice.choice(place.files())
    generation = place.store.live(BUCKET, name)[1].generation
    place.store.delete(BUCKET, name, if_generation_match=generation)


def rewritten(place: Directory, dice: random.Random) -> None:
    """The same bytes once more: another generation of the model."""
    place.put(artifact.MODEL_FILE, place.read(artifact.MODEL_FILE))


def nameless(place: Directory, dice: random.Random) -> None:
    """The model no longer names a card, as a hand-made one."""
    place.store.set_metadata(BUCKET, place.model, {})


def misnamed(place: Directory, dice: random.Random) -> None:
    """One digit of what the model says of its card is another."""
    metadata = dict(place.store.live(BUCKET, place.model)[1].metadata)
    key = dice.choice([artifact.CARD_METADATA, artifact.CARD_SHA256_METADATA])
    metadata[key] = flip(metadata[key].encode(), dice).decode("utf-8", "replace")
    place.store.set_metadata(BUCKET, place.model, metadata)


def edited(place: Directory, dice: random.Random) -> None:
    """Another card, consistent in itself: no golden requests, other files, no copy, other facts."""
    card = json.loads(place.read(place.card()))
    way = dice.randrange(5)
    if way == 0:
        card["golden"] = {"instances": [], "predictions": [], "tolerance": 1.0}
    elif way == 1:
        card["files"] = {}
    elif way == 2:
        card["facts"]["portable"] = {"written": not card["facts"].get("portable")}
    elif way == 3:
        card["metrics"]["accuracy"] = dice.random()
    else:
        card["format"] = dice.choice([2, 9, 10**6])
    place.renamed_card(json.dumps(card).encode())


def repointed(place: Directory, dice: random.Random) -> None:
    """The other model's card and copy, brought into this directory and named by this model."""
    card = b""
    for name in place.store.names(BUCKET):
        if name.startswith(place.other) and not name.endswith(artifact.MODEL_FILE):
            data = place.store.live(BUCKET, name)[0]
            place.store.put(BUCKET, place.path + name.removeprefix(place.other), data)
            card = data if "/card-" in name else card
    place.renamed_card(card)


WHOLE: tuple[Callable[[Directory, random.Random], None], ...] = (
    other_file,
    delete,
    rewritten,
    nameless,
    misnamed,
    edited,
    repointed,
)


TOLD_BY_DIGEST = {*BYTES, other_file, delete, misnamed}
"""Refused also where a version is created from the directory as it lies there now."""


def directories() -> Iterator[Directory]:
    """With a portable copy, and without."""
    store = FakeObjectStore()
    uri, other = released(store, trained()), released(store, trained("LogisticRegression"), 2)
    yield Directory(store, uri, artifact.split_uri(other)[1])
    store = FakeObjectStore()
    uri, other = written(store, BUCKET), released(store, trained("LogisticRegression"), 2)
    yield Directory(store, uri, artifact.split_uri(other)[1])


async def campaign(count: int, seed: int, nursery: Nursery) -> tuple[Counter[str], list[str]]:
    """(tried by kind, what was loaded all the same) of so many mutations."""
    dice = random.Random(seed)
    tried: Counter[str] = Counter()
    loaded: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        for number in range(count):
            place = [*directories()][number % 2]
            loader = Loader(place.store, nursery, pool, pool, 10**8)
            whole = dice.random() < 0.4
            change = dice.choice(WHOLE if whole else BYTES)
            pin = _pin(place)
            if whole:
                change(place, dice)  # type: ignore[arg-type, call-arg]
            else:
                name = dice.choice(place.files())
                place.put(name, change(place.read(name), dice))  # type: ignore
            tried[change.__name__] += 1
            unpinned = change in TOLD_BY_DIGEST and dice.random() < 0.5
            try:
                model = await loader.load(place.uri, None if unpinned else pin)
            except (ArtifactRefused, NewerFormat):
                continue
            model.runner.close()
            loaded.append(f"{number}: {change.__name__}")
    return tried, loaded


def _pin(place: Directory) -> Pin:
    meta = place.store.live(BUCKET, place.model)[1]
    return Pin(meta.generation, meta.metadata[artifact.CARD_SHA256_METADATA])


def run(count: int, seed: int, nursery: Nursery) -> tuple[Counter[str], list[str]]:
    """The campaign in a loop of its own."""
    return asyncio.run(campaign(count, seed, nursery))
