"""Settings: one error lists every problem."""

from __future__ import annotations

import pytest

from shared.core.setting import SettingsError
from shared.core.settings import Settings

WHOLE = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "DATA_BUCKET": "d",
    "MODELS_BUCKET": "m",
    "STATE_BUCKET": "s",
}


def test_the_required_ones_are_enough() -> None:
    settings = Settings.from_environment(WHOLE)
    assert settings.model_name == "iris"
    assert settings.ai_platform_data_url == settings.ai_platform_url
    assert settings.target_names[0] == "species"


def test_one_error_lists_all_that_is_missing_or_wrong() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"LEASE_SECONDS": "0", "PLATFORM": "vertx", "STORAGE_URL": "x"})
    text = str(caught.value)
    for name in (*WHOLE, "LEASE_SECONDS", "PLATFORM", "STORAGE_URL"):
        assert name in text


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "soon"])
def test_a_time_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="LEASE_SECONDS"):
        Settings.from_environment({**WHOLE, "LEASE_SECONDS": value})
