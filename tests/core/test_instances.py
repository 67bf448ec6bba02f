"""Instances against a schema: what passes, what is told, and that nothing else ever happens."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import Fault, InstancesRejected
from shared.core.fault import MAX_DEPTH
from shared.core.instances import LISTED, accept
from shared.core.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("size", "numeric", 0.0, 10.0),
        Feature("weight", "numeric", nullable=True),
        Feature("colour", "categorical", categories=("red", "blue")),
        Feature("note", "categorical", nullable=True),
    ),
    "price",
    None,
)
NUMBERS = Schema((Feature("a"), Feature("b")), "y", ("no", "yes"))
ONE = Schema((Feature("a"),), "y", None)


def refused(instances: Any, schema: Schema | None = SCHEMA) -> dict[str, str]:
    """Pointer -> message of each fault."""
    with pytest.raises(InstancesRejected) as caught:
        accept(instances, schema)
    told = {fault.pointer: fault.message for fault in caught.value.faults}
    assert len(told) == len(caught.value.faults)
    return told


def test_lists_in_schema_order_pass_as_they_are() -> None:
    instances = [[1, 2.5, "red", "x"], [1.5, None, "green", None]]
    assert accept(instances, SCHEMA).rows == instances


def test_a_request_of_which_all_is_odd_takes_no_memory_for_what_is_not_told() -> None:
    instances = [[99, None, "green", None]] * 20_000
    tracemalloc.start()
    accepted = accept(instances, SCHEMA)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(accepted.warnings), accepted.warned) == (LISTED, 80_000)
    assert most < 200 * len(instances)


def test_objects_are_put_in_schema_order() -> None:
    given_rows = [
        {"note": None, "size": 1, "colour": "red", "weight": 2},
        {"size": 2, "weight": None, "colour": "", "note": "x"},
    ]
    assert accept(given_rows, SCHEMA).rows == [[1, 2, "red", None], [2, None, "", "x"]]


def test_lists_and_objects_may_be_mixed() -> None:
    assert accept([[1, 2], {"b": 4, "a": 3}], NUMBERS).rows == [[1, 2], [3, 4]]


def test_one_feature_makes_rows_of_one() -> None:
    assert accept([{"a": 3}, {"a": 4}], ONE).rows == [[3], [4]]
    assert accept([[3], [4]], ONE).rows == [[3], [4]]


@pytest.mark.parametrize(
    "row",
    [
        [1e308, 1e308],
        [-1e308, 1e308],
        [2**63, -(2**63)],
        [0, -0.0],
        [5e-324, 1],
        [10**300, 1],
    ],
    ids=str,
)
def test_any_finite_number_passes(row: list[float]) -> None:
    assert accept([row, row], NUMBERS).rows == [row, row]


def test_numbers_outside_the_range_and_unknown_categories_pass_and_are_told() -> None:
    row = {"note": "?", "size": 1e9, "weight": -1, "colour": "purple"}
    for instance, size, colour in (([1e9, -1, "purple", "?"], 0, 2), (row, "size", "colour")):
        accepted = accept([[1, 1, "red", "x"], instance], SCHEMA)
        assert accepted.rows[1] == [1e9, -1, "purple", "?"]
        assert accepted.warned == 2
        assert {fault.pointer: fault.message for fault in accepted.warnings} == {
            f"/instances/1/{size}": "size lies outside the range of the training data, 0 to 10",
            f"/instances/1/{colour}": (
                "colour is none of the frequent categories of the training data"
            ),
        }


def test_a_gap_where_training_had_gaps_is_told() -> None:
    accepted = accept([[1, None, "red", None]], SCHEMA)
    assert [fault.pointer for fault in accepted.warnings] == ["/instances/0/1", "/instances/0/3"]


def test_what_training_saw_is_not_told() -> None:
    accepted = accept([[0, 1, "red", "x"], [10.0, 1, "blue", "y"]], SCHEMA)
    assert (accepted.warnings, accepted.warned) == ((), 0)


def test_warnings_are_counted_beyond_what_is_listed() -> None:
    accepted = accept([[11, 1, "red", "x"]] * 1000, SCHEMA)
    assert (len(accepted.warnings), accepted.warned) == (LISTED, 1000)


def test_strict_makes_faults_of_warnings() -> None:
    with pytest.raises(InstancesRejected) as caught:
        accept([[11, None, "red", "x"]], SCHEMA, strict=True)
    assert [fault.pointer for fault in caught.value.faults] == ["/instances/0/0", "/instances/0/1"]
    assert accept([[1, 1, "red", "x"]], SCHEMA, strict=True).rows == [[1, 1, "red", "x"]]


def test_more_instances_than_the_limit_are_one_fault() -> None:
    with pytest.raises(InstancesRejected, match="holds 3 instances, 2 at the most") as caught:
        accept([[True]] * 3, NUMBERS, most=2)
    assert len(caught.value.faults) == 1


DATED = Schema(
    (
        Feature("paid", "boolean"),
        Feature("on", "date"),
        Feature("amount", "numeric"),
        Feature("sent", "date", nullable=True),
        Feature("gift", "boolean", nullable=True),
    ),
    "y",
    ("no", "yes"),
)


def test_truth_values_and_dates_reach_the_model_as_the_numbers_it_was_fitted_on() -> None:
    rows = [
        [True, "1970-01-02", 5, None, None],
        [0, "1970-01-01T12:00:00Z", 5, "1970-03-02", 1.0],
    ]
    wanted = [
        [1.0, 1.0, 1.0, 4.0, 5, None, None, None, None],
        [0.0, 0.5, 1.0, 3.0, 5, 60.0, 3.0, 0.0, 1.0],
    ]
    assert accept(rows, DATED).rows == wanted
    by_name = [dict(zip(DATED.names, row, strict=True)) for row in rows]
    assert accept([rows[0], by_name[1]], DATED).rows == wanted


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2, "paid must be true or false, or 0 or 1"),
        (0.5, "paid must be true or false, or 0 or 1"),
        (math.nan, "paid must be true or false, or 0 or 1"),
        ("true", "paid must be true or false, or 0 or 1, not text"),
        (None, "paid must be true or false: no value was ever missing here"),
    ],
    ids=str,
)
def test_a_truth_value_is_true_or_false(value: Any, told: str) -> None:
    row = [value, "2026-11-22", 1, None, None]
    assert refused([row], DATED) == {"/instances/0/0": told}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("yesterday", "2026-11-22 or 2026-11-22T13:05:00Z"),
        ("22.11.2026", "2026-11-22 or 2026-11-22T13:05:00Z"),
        ("2026-13-01", "2026-11-22 or 2026-11-22T13:05:00Z"),
        ("\ud800", "2026-11-22 or 2026-11-22T13:05:00Z"),
        (20261122, "not a number"),
        (None, "no value was ever missing here"),
    ],
    ids=str,
)
def test_a_date_is_text_in_iso_8601(value: Any, told: str) -> None:
    message = refused([[True, value, 1, None, None]], DATED)["/instances/0/1"]
    assert message.startswith("on must be a date as text in ISO 8601")
    assert message.endswith(told)


@pytest.mark.parametrize(
    ("instances", "told"),
    [
        (None, "must be a list of instances, not null"),
        ({}, "must be a list of instances, not an object"),
        ("red", "must be a list of instances, not text"),
        (True, "must be a list of instances, not true or false"),
        (1.5, "must be a list of instances, not a number"),
        ([], "must hold at least one instance"),
    ],
)
def test_instances_are_a_list_with_something_in_it(instances: Any, told: str) -> None:
    assert refused(instances) == {"/instances": told}
    assert refused(instances, None) == {"/instances": told}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "size must be a number, not true or false"),
        (False, "size must be a number, not true or false"),
        ("abc", "size must be a number, not text"),
        ("5.1", "size must be a number, not text; send it without quotes"),
        ("", "size must be a number, not text"),
        ([1], "size must be a number, not a list"),
        ({"a": 1}, "size must be a number, not an object"),
        (None, "size must be a number: no value was ever missing here"),
        (math.nan, "size must be a finite number"),
        (math.inf, "size must be a finite number"),
        (-math.inf, "size must be a finite number"),
        (10**400, "size must be a finite number"),
    ],
    ids=str,
)
def test_a_wrong_value_is_told_in_either_form(value: Any, told: str) -> None:
    assert refused([[value, 1, "red", "x"]]) == {"/instances/0/0": told}
    by_name = {"size": value, "weight": 1, "colour": "red", "note": "x"}
    assert refused([by_name]) == {"/instances/0/size": told}


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}], ids=str)
def test_a_category_is_text(value: Any) -> None:
    (told,) = refused([[1, 1, value, "x"]]).values()
    assert told.startswith("colour must be text, not ")


def test_a_gap_passes_only_where_training_had_gaps() -> None:
    assert refused([[None, None, None, None]]) == {
        "/instances/0/0": "size must be a number: no value was ever missing here",
        "/instances/0/2": "colour must be text: no value was ever missing here",
    }


def test_text_that_is_no_unicode_is_refused() -> None:
    assert refused([[1, 1, "\ud800", "x"]]) == {"/instances/0/2": "colour is no valid Unicode text"}
    assert refused([["\ud800"]], None) == {"/instances/0/0": "is no valid Unicode text"}
    (told,) = refused([{"\ud800": 1}], None).values()
    assert told == "has a name that is no valid Unicode text"


def test_every_fault_is_told_at_once() -> None:
    assert refused([[1, 2, "red", "x"], [True, 2], "x", {"size": "1", "wight": 2}]) == {
        "/instances/1": "has 2 values, the model takes 4: size, weight, colour, note",
        "/instances/1/0": "size must be a number, not true or false",
        "/instances/2": "must be a list of 4 values or an object by feature name, not text",
        "/instances/3": "lacks weight, colour, note",
        "/instances/3/size": "size must be a number, not text; send it without quotes",
        "/instances/3/wight": "is no feature of the model; did you mean 'weight'?",
    }


def test_too_many_values_are_a_fault() -> None:
    assert list(refused([[1, 2, "red", "x", 5]])) == ["/instances/0"]


def test_an_unknown_feature_without_a_near_one_lists_the_known() -> None:
    row = {"size": 1, "weight": 1, "colour": "red", "note": "x", "zzz": 1}
    told = refused([row])["/instances/0/zzz"]
    assert told == "is no feature of the model; known: size, weight, colour, note"


def test_pointers_are_escaped_and_cut() -> None:
    told = refused([{"a": 1, "b": 2, "x/y~z": 3, "long" * 99: 4}], NUMBERS)
    assert set(told) == {"/instances/0/x~1y~0z", "/instances/0/" + "long" * 20}


def test_faults_beyond_the_limit_are_said_to_be_cut() -> None:
    with pytest.raises(InstancesRejected) as caught:
        accept([[True, True]] * 1000, NUMBERS)
    assert len(caught.value.faults) == LISTED
    assert caught.value.faults[-1] == Fault("", "only the first 99 faults are listed")


def test_faults_found_before_are_told_with_the_others() -> None:
    with pytest.raises(InstancesRejected) as caught:
        accept([[True, 1]], NUMBERS, (Fault("/x", "is not known here"),))
    assert [fault.pointer for fault in caught.value.faults] == ["/x", "/instances/0/0"]
    with pytest.raises(InstancesRejected):
        accept([[1, 1]], NUMBERS, (Fault("/x", "is not known here"),))


def test_no_message_quotes_a_value() -> None:
    canary = "canary-4711"
    rows = [[canary] * 4, {name: [canary] for name in SCHEMA.names}, canary, [[canary]], {}]
    assert canary not in json.dumps(refused(rows))


@pytest.mark.parametrize(
    "instances", [[1], ["x"], [None], [{"a": {"b": [1]}}], [[1, "x", None, True]], [[]], [[[]]]]
)
def test_without_a_schema_sound_json_passes(instances: list[Any]) -> None:
    assert accept(instances).rows == instances


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400], ids=str)
def test_without_a_schema_numbers_must_be_finite(value: float) -> None:
    assert refused([1, {"a": [value]}], None) == {"/instances/1/a/0": "must be a finite number"}


def test_without_a_schema_nesting_is_bounded() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert accept([deep]).rows == [deep]
    for _ in range(900):
        deep = [deep]
    (told,) = refused([deep], None).values()
    assert told == f"is nested more than {MAX_DEPTH} levels deep"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["size", "weight", "colour", "note", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from([*SCHEMA.names, "x", "\udfff"]), inner, max_size=5)
    ),
    max_leaves=20,
)
ROW = st.lists(ANYTHING, min_size=4, max_size=4)


@settings(max_examples=400, deadline=None)
@given(ANYTHING | st.lists(ROW, max_size=4) | st.lists(ANYTHING, max_size=4))
def test_any_json_is_accepted_or_rejected_and_never_crashes(instances: Any) -> None:
    for schema in (SCHEMA, NUMBERS, ONE, None):
        try:
            accepted = accept(instances, schema)
        except InstancesRejected as error:
            json.dumps([vars(fault) for fault in error.faults]).encode()
        else:
            assert len(accepted.rows) == len(instances)
            json.dumps(accepted.rows, allow_nan=False).encode()
            if schema:
                assert all(len(row) == len(schema.features) for row in accepted.rows)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=4))
def test_the_quick_look_passes_only_what_the_close_look_passes(instances: list[Any]) -> None:
    by_name = [dict(zip(SCHEMA.names, row, strict=True)) for row in instances]
    outcomes = []
    for form in (instances, by_name, [*instances, by_name[0]]):
        try:
            outcomes.append(accept(form, SCHEMA).rows[: len(instances)])
        except InstancesRejected:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1] == outcomes[2]
