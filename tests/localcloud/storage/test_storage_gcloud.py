"""The stock `gcloud storage` against the local storage."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

GCLOUD = shutil.which("gcloud")

pytestmark = [
    pytest.mark.gcloud,
    pytest.mark.skipif(GCLOUD is None, reason="gcloud is not on PATH: its commands were not tried"),
]


@pytest.fixture(scope="module")
def gcloud(server, tmp_path_factory):
    """Runs one `gcloud storage` command; its standard output."""
    environment = os.environ | {
        "CLOUDSDK_CONFIG": str(tmp_path_factory.mktemp("gcloud")),
        "CLOUDSDK_CORE_PROJECT": "p",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{server.url}/storage/v1/",
    }

    def run(*words, fails=False):
        done = subprocess.run(
            [GCLOUD, "storage", *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert (done.returncode != 0) is fails, done.stderr
        return done.stdout if not fails else done.stderr

    return run


def test_a_session_of_everyday_commands(server, gcloud, tmp_path):
    small, large, back = tmp_path / "small.csv", tmp_path / "large", tmp_path / "back"
    small.write_text("a,b\n1,2\n")
    large.write_bytes(os.urandom(20 << 20))
    gcloud("buckets", "create", "gs://gcloud-bucket")
    gcloud("cp", small, "gs://gcloud-bucket/data/iris/small.csv")
    gcloud("cp", large, "gs://gcloud-bucket/large")
    assert gcloud("ls", "gs://gcloud-bucket").split() == [
        "gs://gcloud-bucket/large",
        "gs://gcloud-bucket/data/",
    ] or gcloud("ls", "gs://gcloud-bucket").split() == [
        "gs://gcloud-bucket/data/",
        "gs://gcloud-bucket/large",
    ]
    assert gcloud("cat", "gs://gcloud-bucket/data/iris/small.csv") == "a,b\n1,2\n"
    described = gcloud("objects", "describe", "gs://gcloud-bucket/data/iris/small.csv")
    assert "content_type: text/csv" in described
    gcloud("cp", "gs://gcloud-bucket/large", back)
    assert back.read_bytes() == large.read_bytes()
    gcloud("mv", "gs://gcloud-bucket/large", "gs://gcloud-bucket/moved")
    gcloud("rm", "gs://gcloud-bucket/data/iris/small.csv")
    assert gcloud("ls", "-r", "gs://gcloud-bucket/**").split() == ["gs://gcloud-bucket/moved"]
    gcloud("rm", "-r", "gs://gcloud-bucket")
    assert server.storage.buckets.find("gcloud-bucket") is None


def test_a_folder_goes_up_and_away(gcloud, tmp_path):
    for name in ("a", "b/c"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(name)
    gcloud("cp", "-r", tmp_path / "tree", "gs://data-bkt/up")
    listed = gcloud("ls", "gs://data-bkt/up/**").split()
    assert listed == ["gs://data-bkt/up/a", "gs://data-bkt/up/b/c"]
    gcloud("rm", "-r", "gs://data-bkt/up")


def test_a_precondition_that_fails_is_told(gcloud, tmp_path):
    (tmp_path / "a").write_text("x")
    gcloud("cp", "--if-generation-match=0", tmp_path / "a", "gs://data-bkt/once")
    refused = gcloud(
        "cp", "--if-generation-match=0", tmp_path / "a", "gs://data-bkt/once", fails=True
    )
    assert "412" in refused
