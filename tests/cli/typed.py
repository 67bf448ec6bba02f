"""The types of tests that type verbs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Output = pytest.CaptureFixture[str]
Type = Callable[..., int]
