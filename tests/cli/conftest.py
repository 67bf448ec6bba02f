"""What the tests of verbs share: typing one."""

from __future__ import annotations

import pytest

from cli.command import main
from localcloud.child import ChildCloud
from tests.cli.typed import Type


@pytest.fixture
def type_(local_cloud: ChildCloud) -> Type:
    """Type a verb for the shared local cloud."""

    def typed(verb: str, *words: str) -> int:
        return main([verb, "--state", str(local_cloud.state), *words])

    return typed
