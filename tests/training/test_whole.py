"""Generated drops through the whole trainer: trained or refused, no label merged, no crash."""

from __future__ import annotations

from hypothesis import given, settings

from tests.training.reading.written import Style
from tests.training.whole import check_trained, drops


@settings(max_examples=20, deadline=None)
@given(drops())
def test_a_generated_drop_is_trained_or_refused_and_no_label_is_merged(
    drop: tuple[list[list[str]], Style, str],
) -> None:
    check_trained(*drop)
