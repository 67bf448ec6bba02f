"""Documents: compare-and-swap, also where an answer got lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from serving.document import Documents
from serving.record import Model
from shared.core.errors import NewerFormat, PreconditionFailed
from tests.fakes.store import FakeObjectStore

NAME = "serving/models/iris.json"
MODEL = Model("iris", "2026-11-22T10:00:00.000Z", {"description": "x"})


@pytest.fixture
def documents() -> Documents:
    return Documents(FakeObjectStore(), "state")


class RetryingStore(FakeObjectStore):
    """The first write arrives and its answer is lost; the adapter tries again inside."""

    def write(self, *arguments, **named):
        super().write(*arguments, **named)
        return super().write(*arguments, **named)


def test_a_record_comes_back_as_it_was(documents: Documents) -> None:
    held = documents.create(NAME, MODEL)
    found = documents.find(NAME, Model)
    assert found == held
    assert replace(found.value, revision="") == MODEL


def test_nothing_is_found_where_nothing_is(documents: Documents) -> None:
    assert documents.find(NAME, Model) is None
    assert documents.change(NAME, Model, lambda model: model) is None
    assert list(documents.read_all([NAME, NAME], Model)) == []


def test_two_who_create_the_very_same_record_do_not_both_succeed(documents: Documents) -> None:
    documents.create(NAME, MODEL)
    with pytest.raises(PreconditionFailed):
        documents.create(NAME, MODEL)


def test_a_swap_for_an_older_record_is_refused(documents: Documents) -> None:
    held = documents.create(NAME, MODEL)
    documents.replace(held, MODEL)
    with pytest.raises(PreconditionFailed):
        documents.replace(held, MODEL)
    assert documents.delete(held) is False


def test_a_write_whose_answer_was_lost_is_known_as_ones_own() -> None:
    documents = Documents(RetryingStore(), "state")
    held = documents.create(NAME, MODEL)
    assert documents.find(NAME, Model) == held
    swapped = documents.replace(held, replace(MODEL, fields={}))
    assert documents.find(NAME, Model) == swapped


def test_changes_of_many_threads_are_all_there(documents: Documents) -> None:
    documents.create(NAME, replace(MODEL, fields={"description": ""}))

    def add(_: int) -> None:
        documents.change(
            NAME,
            Model,
            lambda model: replace(model, fields={"description": model.fields["description"] + "x"}),
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    found = documents.find(NAME, Model)
    assert found is not None
    assert found.value.fields["description"] == "x" * 40


def test_a_record_of_a_newer_dropserve_is_not_guessed_at(documents: Documents) -> None:
    newer = MODEL.to_json().replace(b'"format": 1', b'"format": 7')
    documents.store.write("state", NAME, newer, if_generation_match=0)
    with pytest.raises(NewerFormat):
        documents.find(NAME, Model)
