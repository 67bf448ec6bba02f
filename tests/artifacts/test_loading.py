"""Loading model files through the allow-list."""

from __future__ import annotations

import gzip
import lzma
import pickle
import zlib

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from shared.artifacts.loading import load
from shared.core.errors import ArtifactRefused
from tests.artifacts import malice

MALICE = [name for name, _ in malice.files("/nowhere")]


def fitted() -> SVC:
    return SVC(gamma="auto").fit([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [0, 1, 1, 0])


@pytest.mark.parametrize("name", MALICE)
def test_a_file_that_would_run_something_is_refused_and_runs_nothing(name, tmp_path) -> None:
    canary = tmp_path / "canary"
    data = dict(malice.files(str(canary)))[name]
    with pytest.raises(ArtifactRefused):
        load(data)
    assert not canary.exists()


def test_the_canary_does_fire_where_nothing_stands_in_the_way(tmp_path) -> None:
    canary = tmp_path / "canary"
    pickle.loads(dict(malice.files(str(canary)))["os.system"])
    assert canary.exists()


def test_a_refusal_names_the_global() -> None:
    with pytest.raises(ArtifactRefused, match=r"posix\.system.*not on the allow-list"):
        load(pickle.dumps(malice.Call(__import__("os").system, "true")))


@pytest.mark.parametrize("packing", ["zlib", "gzip", "bz2", "xz", "lzma"])
def test_a_packed_model_loads(packing) -> None:
    data = malice.joblibbed(make_pipeline(StandardScaler(), fitted()), compress=(packing, 3))
    assert load(data).steps[1][1].predict([[1.0, 1.0]]).tolist() == [1]


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, lzma.compress])
def test_a_packed_file_that_grows_beyond_the_bound_is_refused(pack) -> None:
    bomb = pack(bytes(30_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(ArtifactRefused, match="larger than 1,000,000 bytes"):
        load(bomb, max_bytes=1_000_000)


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(ArtifactRefused, match="larger than 10 bytes"):
        load(bytes(11), max_bytes=10)


def test_an_array_that_claims_to_be_huge_is_refused() -> None:
    model = fitted()
    model.support_vectors_ = np.zeros((3, 3))
    data = malice.joblibbed(model)
    wrapper = data.replace(b"K\x03K\x03\x86", b"\x8a\x05\0\0\0\0\x10K\x03\x86")
    assert wrapper != data
    with pytest.raises(ArtifactRefused):
        load(wrapper)


@pytest.mark.parametrize("version", ["1.6.0", "1.5.2", "1.9.1"])
def test_a_model_of_another_scikit_learn_is_refused_with_the_way_out(version) -> None:
    data = pickle.dumps(fitted()).replace(b"\x051.6.1", b"\x05" + version.encode())
    with pytest.raises(ArtifactRefused, match=rf"scikit-learn {version}.*scikit-learn==1\.6\.1"):
        load(data)


def test_a_model_pickled_under_numpy_1_loads() -> None:
    data = pickle.dumps(fitted(), 4).replace(
        b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray"
    )
    assert b"numpy.core.multiarray" in data
    unframed = data[:2] + data[11:]
    assert load(unframed).predict([[1.0, 1.0]]).tolist() == [1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\n",
        b"\x80",
        b"\x80\x05.",
        b"x\x9c",
        b"\x1f\x8b",
        b"BZh9",
        b"\xfd7zXZ\0",
        b"\x04\x22\x4d\x18",
        b"ZF0x1",
        b"(" * 100_000,
    ],
    ids=lambda data: repr(data[:8]),
)
def test_what_is_no_model_file_is_refused_and_never_crashes(data) -> None:
    with pytest.raises(ArtifactRefused):
        load(data)


def test_a_file_that_was_cut_is_refused() -> None:
    whole = malice.joblibbed(fitted())
    for end in range(0, len(whole) - 1, 37):
        with pytest.raises(ArtifactRefused):
            load(whole[:end])
