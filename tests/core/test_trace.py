"""Trace context in and out."""

from __future__ import annotations

import re

import pytest

from shared.core import trace

ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"


def test_the_callers_trace_goes_on_under_a_span_of_our_own() -> None:
    found = trace.of({"traceparent": PARENT})
    assert (found.trace, found.sampled) == (ID, True)
    assert found.parent == f"00-{ID}-{found.span}-01"
    assert found.span != "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [(f"{ID}/123;o=1", True), (f"{ID}/123;o=0", False), (ID.upper(), False), (f"{ID}/9", False)],
)
def test_googles_older_header_is_read_too(header: str, sampled: bool) -> None:
    found = trace.of({"x-cloud-trace-context": header})
    assert (found.trace, found.sampled) == (ID, sampled)


def test_of_both_the_standard_one_counts() -> None:
    other = "1" * 32
    found = trace.of({"traceparent": PARENT, "x-cloud-trace-context": f"{other}/1;o=0"})
    assert found.trace == ID


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{ID[:-1]}-b7ad6b7169203331-01",
        f"00-{ID.upper()}-b7ad6b7169203331-01",
        f"{PARENT}, {PARENT}",
        f"00-{ID}-b7ad6b7169203331-01\n",
    ],
)
def test_a_malformed_header_begins_a_new_trace(header: str) -> None:
    found = trace.of({"traceparent": header, "x-cloud-trace-context": header})
    assert re.fullmatch("[0-9a-f]{32}", found.trace)
    assert found.trace != ID


@pytest.mark.parametrize("given", ["a", "A1-b.c:d_e", "x" * 128, "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_a_request_id_that_is_one_is_kept(given: str) -> None:
    found = trace.of({"x-request-id": given})
    assert found.request == given
    assert found.outgoing() == {"traceparent": found.parent, "X-Request-Id": given}


@pytest.mark.parametrize("given", ["", "a b", "-a", "x" * 129, "a\n", 'a"', "ä", "a, b"])
def test_another_one_is_replaced(given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", trace.of({"x-request-id": given}).request)
