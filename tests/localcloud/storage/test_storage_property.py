"""Properties: pieces may be cut anywhere, and a listing is what its definition says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.listing import Page, Query, find
from localcloud.storage.media import parse_range
from localcloud.storage.multipart import Multipart
from localcloud.storage.resource import Stored

FIELDS = {"name": "a", "metadata": {"k": "--b\r\nv"}}


async def _pieces(body, cuts):
    places = [0, *sorted(cuts), len(body)]
    for start, end in pairwise(places):
        yield body[start:end]


async def _read(body, cuts):
    parts = Multipart("multipart/related; boundary=b", _pieces(body, cuts))
    await parts.read_head()
    return parts.fields, parts.media_type, b"".join([piece async for piece in parts.media()])


@given(
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"--b", b"x" * 40, b"\x00"])),
    st.data(),
)
def test_an_upload_may_be_cut_into_pieces_anywhere(line_end, tokens, data):
    media = b"".join(tokens).replace(b"\n--b", b"\n-b")
    lines = ["--b", "content-type: application/json", "", json.dumps(FIELDS)]
    lines += ["--b", "content-type: text/csv", "", ""]
    body = line_end.join(lines).encode() + media + f"{line_end}--b--".encode()
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8))
    assert asyncio.run(_read(body, cuts)) == (FIELDS, "text/csv", media)


class Names:
    """A store of names only, in the order of their bytes."""

    def __init__(self, names):
        self.names = sorted(names, key=str.encode)

    def scan(self, bucket, start, limit):
        found = [name for name in self.names if name.encode() >= start.encode()]
        return [Stored(bucket, name, 1, 1, "", {}) for name in found[:limit]]


NAMES = st.sets(st.text(alphabet="ab/é\ud7ff\U0010ffff", min_size=1, max_size=5), max_size=12)


@given(
    NAMES,
    st.text(alphabet="ab/", max_size=2),
    st.sampled_from(["", "/", "a", "b/", "\U0010ffff"]),
    st.integers(1, 4),
)
def test_pages_of_a_listing_add_up_to_its_definition(names, prefix, delimiter, limit):
    query = Query.of({"prefix": prefix, "delimiter": delimiter, "maxResults": str(limit)})
    items, prefixes, page = [], [], Page(token="first")
    while page.token:
        page = find(Names(names), "b", query)
        assert len(page) <= limit
        items += [stored.name for stored in page.items]
        prefixes += page.prefixes
        query = replace(query, start=Query.of({"pageToken": page.token}).start)
    expected_items, expected_prefixes = [], []
    for name in sorted((name for name in names if name.startswith(prefix)), key=str.encode):
        head, found, _ = name[len(prefix) :].partition(delimiter or "\0")
        group = prefix + head + found
        if not found:
            expected_items.append(name)
        elif group not in expected_prefixes:
            expected_prefixes.append(group)
    assert (items, prefixes) == (expected_items, expected_prefixes)


@given(st.integers(0, 20), st.integers(0, 30), st.integers(1, 20))
def test_a_range_is_what_slicing_says(first, last, size):
    data = bytes(range(size))
    if first < size and first <= last:
        start, end = parse_range(f"bytes={first}-{last}", size)
        assert data[start:end] == data[first : last + 1]
    if last:
        start, end = parse_range(f"bytes=-{last}", size)
        assert data[start:end] == data[-last:]
