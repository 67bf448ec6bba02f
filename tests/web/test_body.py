"""Bodies: what parses, what is told of what does not."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import InstancesRejected
from shared.web import body, problem
from shared.web.refusal import Refusal


def faults(data: bytes) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.message) for fault in body.parse(data).faults]


TOO_DEEP = "is nested more than 500 levels deep"


def seconds(data: bytes) -> float:
    """What it costs to refuse a body."""
    began = time.process_time()
    with pytest.raises(Refusal):
        body.parse(data)
    return time.process_time() - began


def test_text_that_never_ends_costs_no_more_than_other_broken_bodies() -> None:
    half = 2**15
    plain = max(seconds(b'["' + b"ab" * half + b'",') for _ in range(3))
    assert seconds(b'["' + b'\\"' * half) < 50 * max(plain, 1e-4)


@pytest.mark.parametrize(
    ("data", "instances"),
    [
        (b'{"instances": [[1, 2.5]]}', [[1, 2.5]]),
        (b'{"instances": [{"a": 1, "b": "x:y"}]}', [{"a": 1, "b": "x:y"}]),
        (b'\xef\xbb\xbf{"instances": [1]}', [1]),
        (b' \r\n{"instances"\t: []}\n', []),
        (b'{"instances": null}', None),
        (b'{"instances": [{"a": {"b": {}}}]}', [{"a": {"b": {}}}]),
        (b'{"inst\\u0061nces": [1]}', [1]),
        ('{"instances": ["é☃"]}'.encode(), ["é☃"]),
    ],
)
def test_a_sound_body_gives_its_instances(data: bytes, instances: Any) -> None:
    parsed = body.parse(data)
    assert parsed.instances == instances
    assert parsed.faults == ()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1 column 1"),
        (b"   ", "line 1 column 4"),
        (b"instances", "line 1 column 1"),
        (b'{"instances": [1,]}', "line 1"),
        (b"{'instances': [1]}", "line 1 column 2"),
        (b'{"instances": [1]\n', "line 2 column 1"),
        (b'{"instances": [1]} x', "line 1 column 20"),
        (b'{"instances": [01]}', "line 1"),
        (b'{"instances": [+1]}', "line 1 column 16"),
        (b'{"instances": [1.]}', "line 1"),
        (b'{"instances": ["\x01"]}', "line 1 column 17"),
        (b'{"instances": ["\\x"]}', "line 1"),
        (b'{"instances": ["\xff"]}', "byte 16 is not UTF-8"),
        (b'{"instances": ["\xed\xa0\x80"]}', "byte 16 is not UTF-8"),
        ('{"instances": [1]}'.encode("utf-16"), "byte 0 is not UTF-8"),
        ('{"instances": [1]}'.encode("utf-32-le"), "line 1 column 2"),
        (b"\x1f\x8b\x08\x00", "byte 1 is not UTF-8"),
        (b"a,b\n1,2\n", "line 1 column 1"),
    ],
)
def test_what_is_no_json_is_told_where(data: bytes, told: str) -> None:
    with pytest.raises(Refusal, match=told) as caught:
        body.parse(data)
    assert (caught.value.status, caught.value.code) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[]", ("", 'must be an object {"instances": [...]}, not a list')),
        (b"null", ("", 'must be an object {"instances": [...]}, not null')),
        (b"NaN", ("", 'must be an object {"instances": [...]}, not a number')),
        (b'"instances"', ("", 'must be an object {"instances": [...]}, not text')),
        (b"{}", ("", 'lacks "instances", the list of what to predict')),
        (b'{"Instances": []}', ("", 'lacks "instances", the list of what to predict')),
        (b"[" * 100_000, ("", TOO_DEEP)),
        (b'{"instances":' + b"[" * 100_000 + b"]" * 100_000 + b"}", ("", TOO_DEEP)),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ("", TOO_DEEP)),
    ],
    ids=range(9),
)
def test_a_body_without_instances_is_rejected(data: bytes, told: tuple[str, str]) -> None:
    with pytest.raises(InstancesRejected) as caught:
        body.parse(data)
    fault = caught.value.faults[0]
    assert (fault.pointer, fault.message) == told


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        (b'{"instances": [1], "instances": [2]}', ["/instances"]),
        (b'{"instances": [{"a": 1, "a": 2}, {"a": 1}]}', ["/instances/0/a"]),
        (b'{"instances": [{"a": 1, "\\u0061": 2}]}', ["/instances/0/a"]),
        (b'{"instances": [{"a": {"b": 1, "b": 1}}]}', ["/instances/0/a/b"]),
        (b'{"instances": [[{"a/b": 1, "a/b": 1}]]}', ["/instances/0/0/a~1b"]),
        (
            b'{"instances": [{"a": 1, "a": 1}, {"b": 1, "b": 1, "b": 1}]}',
            ["/instances/0/a", "/instances/1/b"],
        ),
        (b'{"instances": [{"a": ":", "a": ":"}]}', ["/instances/0/a"]),
    ],
)
def test_a_member_given_twice_is_told(data: bytes, pointers: list[str]) -> None:
    assert faults(data) == [(pointer, "is given more than once") for pointer in pointers]


def test_members_that_mean_nothing_are_told() -> None:
    told = faults(b'{"instances": [1], "instance": 2, "x/y": {}}')
    assert [pointer for pointer, _ in told] == ["/instance", "/x~1y"]


def test_numbers_that_are_none_come_through_to_be_told_by_place() -> None:
    data = b'{"instances": [[NaN, Infinity, -Infinity, 1e999, -1e999, %s]]}' % (b"9" * 5000)
    row = body.parse(data).instances[0]
    assert not any(map(math.isfinite, row))


def test_numbers_beyond_64_bits_are_floats_whoever_reads_them() -> None:
    data = b'{"instances": [18446744073709551615, 18446744073709551616, -9223372036854775809%s]}'
    quick = body.parse(data % b"").instances
    close = body.parse(data % b', {"a": {}}').instances[:3]
    assert quick == close
    assert [type(value) for value in quick] == [type(value) for value in close]
    assert [type(value) for value in quick] == [int, float, float]


def test_a_body_of_many_members_is_read_in_linear_time() -> None:
    members = ",".join(f'"m{number}":1' for number in range(100_000))
    data = f'{{"instances":[{{"m1":1,{members}}}]}}'.encode()
    assert faults(data) == [("/instances/0/m1", "is given more than once")]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=4)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(JSON, max_size=4))
def test_the_quick_reader_and_the_close_reader_agree(instances: list[Any]) -> None:
    data = json.dumps({"instances": instances}).encode()
    parsed = body.parse(data)
    assert parsed.instances == json.loads(data)["instances"]
    assert parsed.faults == ()


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\instaceNIy01.e-u ', max_size=40))
def test_any_bytes_parse_or_are_refused(data: bytes | str) -> None:
    sent = data if isinstance(data, bytes) else data.encode()
    for wrapped in (sent, b'{"instances":' + sent + b"}"):
        try:
            body.parse(wrapped)
        except (Refusal, InstancesRejected) as error:
            told = problem.answer(error)
            if told.status != 400:
                pytest.fail(f"{error!r} is answered {told.status}")
