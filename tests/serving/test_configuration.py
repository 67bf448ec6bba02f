"""The settings of serving: read whole, told whole, documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.configuration import SERVING_SETTINGS, Configuration
from shared.core.setting import SettingsError
from tests.serving.world import ENVIRONMENT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "24-serving.md"


def test_what_is_not_set_has_its_default() -> None:
    configuration = Configuration.from_environment(ENVIRONMENT)
    assert (configuration.host, configuration.port) == ("127.0.0.1", 8080)
    assert (configuration.serving_plane, configuration.serving_auth) == ("both", "id_token")
    assert configuration.max_predict_bytes == 1_572_864
    assert configuration.serving_operators == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "-1"),
        ("PORT", "http"),
        ("SERVING_PLANE", "all"),
        ("SERVING_AUTH", "none"),
        ("MAX_MODELS", "0"),
        ("MAX_AGE_SECONDS", "nan"),
        ("ANSWER_SECONDS", "-1"),
    ],
)
def test_a_wrong_value_is_told_with_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{value}'"):
        Configuration.from_environment({**ENVIRONMENT, name: value})


def test_the_page_lists_the_settings_as_the_code_has_them() -> None:
    def default(value: str | None) -> str:
        return "required" if value is None else f"`{value}`" if value else "empty"

    rows = [f"| `{s.name}` | {default(s.default)} | {s.help} |" for s in SERVING_SETTINGS]
    _, page = PAGE.read_text(encoding="utf-8").split("## Settings")
    assert [row for row in page.splitlines() if row.startswith("| `")] == rows
