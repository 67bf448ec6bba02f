"""Names and paths: one source, one name; two sources, two names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.core import artifact
from shared.core.source import Source

SOURCE = Source("data-bucket", "data/iris/iris.csv", 17, "2026-11-22T13:00:00.123Z")


def test_a_source_names_its_directory_version_and_drop() -> None:
    assert artifact.directory("iris", SOURCE) == f"models/iris/model_20261122_130000_{SOURCE.id}/"
    assert artifact.version_name(SOURCE) == f"v20261122_130000_{SOURCE.id}"
    assert artifact.drop_id(SOURCE) == f"20261122_130000_{SOURCE.id}"


def test_a_version_leads_back_to_its_drop_and_directory() -> None:
    version = artifact.version_name(SOURCE)
    assert artifact.drop_of_version(version) == artifact.drop_id(SOURCE)
    assert artifact.directory_of_version("iris", version) == artifact.directory("iris", SOURCE)
    assert artifact.version_of_directory(artifact.directory("iris", SOURCE)) == version
    assert artifact.drop_of_version("my_own_version") is None


def test_names_are_legal_on_every_target() -> None:
    version = artifact.version_name(SOURCE)
    assert artifact.VERSION_NAME.fullmatch(version)


@given(
    st.tuples(st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**63)),
    st.tuples(st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**63)),
)
def test_two_sources_never_share_an_id(
    left: tuple[str, str, int], right: tuple[str, str, int]
) -> None:
    one = Source(*left, time_created="2026-11-22T13:00:00Z")
    other = Source(*right, time_created="2026-11-22T13:00:00Z")
    newline_free = "\n" not in "".join((*left[:2], *right[:2]))
    if newline_free:
        assert (one.id == other.id) == (one == other)


def test_order_is_time_then_generation_then_name() -> None:
    def source(time: str, generation: int, name: str) -> Source:
        return Source("b", name, generation, f"2026-11-22T13:00:{time}Z")

    ordered = [
        source("00.1", 900, "b"),
        source("00.123", 1, "z"),
        source("00.123", 2, "a"),
        source("00.123", 2, "b"),
        source("01", 0, "a"),
    ]
    shuffled = [ordered[n] for n in (3, 0, 4, 2, 1)]
    assert sorted(shuffled, key=lambda item: item.order) == ordered


def test_a_source_survives_its_json() -> None:
    assert Source.from_dict(SOURCE.as_dict()) == SOURCE
