"""Listing: prefixes, delimiters, pages, offsets, globs, partial answers."""

from __future__ import annotations

import pytest

from localcloud.storage.fields import select
from localcloud.storage.glob import Glob

NAMES = [
    "a", "b/", "b/1", "b/2/x", "b/2/y", "b/3", "c", "d/1", "d/2/", "d/2/z", "é", "🌸/1", "🌸/2",
]  # fmt: skip


@pytest.fixture(scope="module")
def full(client):
    bucket = client.create_bucket("listing")
    for name in reversed(NAMES):
        bucket.blob(name).upload_from_string(b"x")
    return bucket


def listed(bucket, **query):
    found = bucket.list_blobs(**query)
    return [blob.name for blob in found], sorted(found.prefixes)


def test_names_come_in_the_order_of_their_bytes(full):
    assert listed(full) == (NAMES, [])


@pytest.mark.parametrize("page", [1, 2, 3, 5, 100])
def test_pages_add_up_to_the_whole(full, page):
    assert listed(full, page_size=page) == (NAMES, [])


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_a_delimiter_folds_what_lies_deeper(full, page):
    query = {"delimiter": "/", "page_size": page}
    assert listed(full, **query) == (["a", "c", "é"], ["b/", "d/", "🌸/"])
    assert listed(full, prefix="b/", **query) == (["b/", "b/1", "b/3"], ["b/2/"])
    assert listed(full, prefix="d", **query) == ([], ["d/"])


@pytest.mark.parametrize("page", [1, 2, 100])
def test_a_trailing_delimiter_shows_the_folder_object_too(full, page):
    query = {"delimiter": "/", "include_trailing_delimiter": True, "page_size": page}
    assert listed(full, **query) == (["a", "b/", "c", "é"], ["b/", "d/", "🌸/"])
    assert listed(full, prefix="d/", **query) == (["d/1", "d/2/"], ["d/2/"])


def test_a_prefix_need_not_end_at_a_slash(full):
    assert listed(full, prefix="b/2") == (["b/2/x", "b/2/y"], [])
    assert listed(full, prefix="nothing") == ([], [])


def test_offsets_cut_the_listing(full):
    assert listed(full, start_offset="b/3", end_offset="d/2") == (["b/3", "c", "d/1"], [])
    assert listed(full, prefix="b/", start_offset="a") == (NAMES[1:6], [])
    assert listed(full, end_offset="b") == (["a"], [])


def test_max_results_cuts_the_listing(full):
    assert listed(full, max_results=4) == (NAMES[:4], [])


def test_more_than_a_page_of_a_thousand_is_listed(client):
    bucket = client.create_bucket("many")
    for number in range(1100):
        bucket.blob(f"n{number:05}").upload_from_string(b"")
    assert len(list(bucket.list_blobs())) == 1100
    assert len(list(bucket.list_blobs(page_size=5000))) == 1100


def test_a_glob_selects(full):
    assert listed(full, match_glob="b/*") == (["b/", "b/1", "b/3"], [])
    assert listed(full, match_glob="**/[xy]") == (["b/2/x", "b/2/y"], [])
    assert listed(full, match_glob="{a,c}") == (["a", "c"], [])
    assert listed(full, match_glob="?", page_size=1) == (["a", "c", "é"], [])


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "d/a.csv", False),
        ("**.csv", "d/a.csv", True),
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[!a]", "b", True),
        ("[!a]", "a", False),
        ("x{1,22}y", "x22y", True),
        ("a.c", "abc", False),
        (r"a\*", "a*", True),
    ],
)
def test_globs_are_read_as_google_reads_them(pattern, name, fits):
    assert Glob(pattern).matches(name) is fits


def test_fields_choose_what_is_answered(server, full):
    path = f"/storage/v1/b/{full.name}/o?maxResults=1&fields=nextPageToken,items(name,size)"
    answer = server.request("GET", path).json
    assert answer["items"] == [{"name": "a", "size": "1"}]
    assert set(answer) == {"items", "nextPageToken"}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("a", {"a": 1}),
        ("a,b", {"a": 1, "b": {"c": 2, "d": 3}}),
        ("b/c", {"b": {"c": 2}}),
        ("b(c)", {"b": {"c": 2}}),
        ("b(c,d),a", {"a": 1, "b": {"c": 2, "d": 3}}),
        ("l/n", {"l": [{"n": 1}, {"n": 2}]}),
        ("l(n,m)", {"l": [{"n": 1, "m": 9}, {"n": 2}]}),
        ("*", {"a": 1, "b": {"c": 2, "d": 3}, "l": [{"n": 1, "m": 9}, {"n": 2}]}),
        ("nothing", {}),
    ],
)
def test_a_mask_cuts_a_value_down(mask, expected):
    value = {"a": 1, "b": {"c": 2, "d": 3}, "l": [{"n": 1, "m": 9}, {"n": 2}]}
    assert select(value, mask) == expected


@pytest.mark.parametrize("query", ["maxResults=x", "maxResults=-1", "pageToken=%F0", "fields=a(b"])
def test_a_query_that_makes_no_sense_is_refused(server, full, query):
    assert server.request("GET", f"/storage/v1/b/{full.name}/o?{query}").status == 400
