"""The chart of a figure over versions."""

from __future__ import annotations

import re

from shared.status.timeline import Point, timeline

POINTS = [Point(0.90, 0.33), Point(0.95, 0.33), Point(0.92, 0.33, live=True)]


def dots(chart: str) -> list[tuple[float, float, str]]:
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="(\d)"', chart)
    return [(float(x), float(y), radius) for x, y, radius in found]


def test_versions_go_from_left_to_right_and_better_ones_stand_higher() -> None:
    made = dots(timeline(POINTS, "by version"))
    assert [x for x, _, _ in made] == sorted(x for x, _, _ in made)
    assert made[1][1] < made[2][1] < made[0][1]
    assert [radius for _, _, radius in made] == ["3", "3", "5"]


def test_a_baseline_far_off_does_not_flatten_the_line_and_a_near_one_is_dashed() -> None:
    far = timeline(POINTS, "by version")
    assert "dash" not in far
    assert max(y for _, y, _ in dots(far)) - min(y for _, y, _ in dots(far)) > 60
    assert "dash" in timeline([Point(0.9, 0.8), Point(0.95, 0.8)], "by version")


def test_one_version_and_equal_versions_have_a_chart_too() -> None:
    for points in ([Point(0.0)], [Point(5.0), Point(5.0)], [Point(-1.0, 2.0)], [Point(1e300)] * 2):
        assert "nan" not in timeline(points, "by version")
        assert "inf" not in timeline(points, "by version")
