"""However a table is written and read, the same comes out: metamorphic and differential tests."""

from __future__ import annotations

import contextlib
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import DatasetRejected
from shared.training.dataset import Dataset
from shared.training.reading.gather import Sizes
from shared.training.reading.read import read
from tests.training.reading.written import (
    CELLS,
    NAMES,
    SPLICES,
    STYLES,
    TINY,
    WHOLE,
    Style,
    alike,
    labels,
    outcome,
    same,
    shuffled,
    spliced,
    tables,
    write,
)


@settings(max_examples=120, deadline=None)
@given(tables(), STYLES)
def test_small_blocks_through_the_fast_parser_give_what_row_by_row_gives(
    rows: list[list[str]], style: Style
) -> None:
    data = write(rows, style)
    assert alike(outcome(data, WHOLE), outcome(data, TINY))


@settings(max_examples=120, deadline=None)
@given(tables(), STYLES, SPLICES)
def test_a_file_with_stray_bytes_is_read_or_refused_alike(
    rows: list[list[str]], style: Style, splices: list[tuple[float, bytes]]
) -> None:
    data = spliced(write(rows, style), splices)
    assert alike(outcome(data, WHOLE), outcome(data, TINY))


@settings(max_examples=60, deadline=None)
@given(tables(), STYLES, st.randoms(use_true_random=False))
def test_row_order_and_the_way_it_is_written_change_nothing(
    rows: list[list[str]], style: Style, chance: random.Random
) -> None:
    plain = outcome(write(rows, Style()))
    if isinstance(plain, Dataset):
        other = outcome(write(shuffled(rows, chance), style))
        assert isinstance(other, Dataset), other
        assert same(plain, other)


@settings(max_examples=60, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_columns_changes_their_positions_only(
    rows: list[list[str]], chance: random.Random
) -> None:
    plain = outcome(write(rows, Style()), wanted_target="y")
    if not isinstance(plain, Dataset) or len(set(map(len, rows))) > 1:
        return
    order = chance.sample(range(len(rows[0])), len(rows[0]))
    moved = [[row[place] for place in order] for row in rows]
    other = outcome(write(moved, Style()), wanted_target="y")
    assert isinstance(other, Dataset), other
    assert dict(zip(other.schema.names, other.schema.features, strict=True)) == dict(
        zip(plain.schema.names, plain.schema.features, strict=True)
    )
    held = outcome(write(moved, Style()), wanted_target="y", schema_in_force=plain.schema)
    assert isinstance(held, Dataset), held
    assert same(held, plain)


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, min_size=2, max_size=12), st.integers(2, 5))
def test_no_label_is_merged_with_another(words: list[str], times: int) -> None:
    given = [word for word in words for _ in range(times)]
    rows = [["a", "y"], *([f"{i * 7 % 5}.5", word] for i, word in enumerate(given))]
    for sizes in (WHOLE, TINY):
        data = outcome(write(rows, Style()), sizes)
        if isinstance(data, Dataset) and data.is_classification:
            assert sorted(labels(data)) == sorted(word.strip() for word in given if word.strip())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=1_500), st.sampled_from([b"", b"a,b,y\n", b"a;y\r\n"]))
def test_any_bytes_are_read_or_refused_alike(data: bytes, header: bytes) -> None:
    assert alike(outcome(header + data, WHOLE), outcome(header + data, TINY))


def test_outcomes_that_differ_are_seen() -> None:
    one = outcome(b"a,y\n1,p\n2,q\n3,p\n4,q\n")
    two = outcome(b"a,y\n1,p\n2,q\n3,p\n5,q\n")
    assert not alike(one, two)
    with contextlib.suppress(DatasetRejected):
        assert not alike(one, outcome(b""))


LARGE = Sizes(chunk=1 << 26, small=1 << 26)


def large(**odd: list[str]) -> bytes:
    """Above a megabyte; odd: lines put in place of others, as l<number>."""
    chance = random.Random(5)
    lines = [f"{chance.gauss(0, 1):.5f},{chance.choice(['p', 'q'])},{i % 2}" for i in range(90_000)]
    for place, text in odd.items():
        lines[int(place[1:]) : int(place[1:]) + 1] = text
    return "\n".join(["a,c,y", *lines]).encode()


ODD_LARGE = {
    "nothing odd": large(),
    "quoted cells": large().replace(b",p,", b',"p",'),
    "cells with line ends": large().replace(b",p,", b',"p\np",'),
    "a bad cell": large(l50000=["x,p,1"]),
    "bad cells everywhere": large(**{f"l{i}": ["x,p,1"] for i in range(0, 90_000, 9)}),
    "ragged rows": large(l10=["1,2"], l88888=["1,2,3,4"]),
    "blank and empty lines": large(l70000=["", "  ", ",,"]),
    "a long line": large(l3000=['1.5,"' + "x" * 100_000 + '",1']),
    "a cell that is too long": large(l3000=['1.5,"' + "x" * 140_000 + '",1']),
    "a quote inside of a cell": large(l60000=['1.5,5" pipe,1']),
    "a quote that never closes": large(l3=['1.5,"p,1']),
    "a quote that never closes, quotes behind it": large(l3=['1.5,"p,1']).replace(b",q,", b',"q",'),
    "gaps": large(l5=[",,1"], l6=["NA,p,"], l7=["-,,0"]),
    "CR in the middle": large(l44444=["1.5,p\rp,1"]),
    "no final line end, short": large() + b"\n1.5",
}


def changing(first: str, then: str) -> bytes:
    """A column that begins as one thing and goes on as another, all cells different."""
    chance = random.Random(7)
    cells = [(first if i < 30_000 else then).format(i, i * 7919 % 90_001) for i in range(90_000)]
    lines = [f"{cell},{chance.gauss(0, 1):.3f},{i % 2}" for i, cell in enumerate(cells)]
    return "\n".join(["a,b,y", *lines]).encode()


CHANGING = {
    "words, then numbers": changing("w{0}", "{1}.5"),
    "numbers, then words": changing("{1}.5", "w{0}"),
    "numbers, then a few words": changing("{1}.5", "{1}.25").replace(b"77.25", b"lost"),
}


@pytest.mark.parametrize("name", CHANGING)
def test_a_column_that_changes_gets_the_same_in_any_order_within_two_passes(name: str) -> None:
    head, *rows = CHANGING[name].splitlines()
    opened = []

    def open_it() -> io.BytesIO:
        opened.append(name)
        return io.BytesIO(CHANGING[name])

    def codes(found: Dataset | DatasetRejected) -> list[str]:
        if isinstance(found, DatasetRejected):
            return sorted(found.counts)
        return sorted(finding.code for finding in found.warnings)

    backwards = outcome(b"\n".join([head, *reversed(rows)]))
    assert codes(outcome(open_it)) == codes(backwards)
    assert len(opened) <= 2


@pytest.mark.parametrize("first", [["NA"], ["NA"] * 5, ["odd", "1"], ["1", "2", "1", "2"]])
@pytest.mark.parametrize("then", [["1.25", "7"], ["1.25", "NA"], ["1", "2"], ["a", "b"]])
def test_a_target_is_what_all_rows_make_it_whatever_the_first_ones_look_like(
    first: list[str], then: list[str]
) -> None:
    rows = [f"{i % 7},{i % 3},{label}" for i, label in enumerate([*first, *then * 10])]
    data = "\n".join(["a,b,y", *rows]).encode()
    assert alike(outcome(data, WHOLE), outcome(data, Sizes(chunk=700, small=0, sample=30)))


@pytest.mark.parametrize("name", ODD_LARGE)
def test_a_large_file_gets_what_it_gets_row_by_row(name: str) -> None:
    assert alike(outcome(ODD_LARGE[name], LARGE), outcome(ODD_LARGE[name], Sizes()))


def test_the_last_whole_row_before_an_open_quote_is_found_without_counting_again_and_again() -> (
    None
):
    stream = io.BytesIO(b'a,y\n"' + b"1,2\n" * 4_000_000)
    with pytest.raises(DatasetRejected, match="quoting"):
        read(lambda: stream, target_names=NAMES)
    assert stream.closed


def test_words_that_look_like_numbers_or_truth_values_stay_as_they_stand_in_every_block() -> None:
    codes, truths, names = ["01", "1", "1.0"], ["true", "TRUE", "True"], ["é", "e", "ü"]
    rows = [f"{i * 37 % 101},{names[i % 3]},{codes[i // 2 % 3]}" for i in range(300)]
    data = "\n".join(["a,name,y", *rows]).encode()
    found = outcome(data, TINY)
    assert isinstance(found, Dataset)
    assert found.schema.classes == ("01", "1", "1.0")
    assert alike(outcome(data, WHOLE), found)
    data = data.replace(b",01", b",true").replace(b",1.0", b",True").replace(b",1\n", b",TRUE\n")
    found = outcome(data, TINY)
    assert isinstance(found, Dataset)
    assert set(found.schema.classes or ()) >= set(truths)
    assert alike(outcome(data, WHOLE), found)


def test_blocks_whose_rows_are_all_too_long_or_too_short_are_refused_row_by_row() -> None:
    good = [f"{i * 37 % 101},{i % 7},{'pq'[i % 2]}" for i in range(200)]
    for odd in ("1,2,p,3", "1,2"):
        data = "\n".join(["a,b,y", *good, *[odd] * 200, *good]).encode()
        found = outcome(data, TINY)
        assert isinstance(found, DatasetRejected)
        assert found.counts["ragged_row"] == 200
        assert alike(outcome(data, WHOLE), found)
