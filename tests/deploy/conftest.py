"""What the deploy's tests share: a prepared installation and a Google Cloud of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy import prepare
from deploy.configuration import Configuration, configure
from deploy.plan import Plan
from deploy.stage import ROOT
from tests.deploy.fake_gcloud import FakeGcloud


class Workshop:
    """A folder as a checkout: plans are prepared there, and the fake reads their files there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, **values: Any) -> tuple[Configuration, Plan]:
        """An installation, as its settings say."""
        made = configure({"project": "my-project", "notify": "ops@example.com", **values})
        return made, prepare.prepared(made, self.folder)

    def cloud(self, **values: Any) -> FakeGcloud:
        """A Google Cloud with nothing in it."""
        return FakeGcloud(root=self.folder, **values)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The checkout's code behind links, so that nothing is written into the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("functions", "serving", "shared"):
        (folder / name).symlink_to(ROOT / name)
    return Workshop(folder)
