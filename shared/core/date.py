"""A date as numbers, the same in training and in prediction."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1)
_DAY = 86_400.0


def numbers(text: str) -> tuple[float, float, float] | None:
    """Days since 1970-01-01 (the time of day as a fraction), month 1 to 12, weekday (Monday 0).

    text: ISO 8601, `2026-11-22`, `2026-11-22T13:05:07.5Z`, with a blank for the T too, blanks
    around it do not count. One with an offset is taken in UTC, one without as it stands.
    None: the text is no such date.
    """
    moment = _moment(text.strip())
    if moment is None:
        return None
    days = (moment - _EPOCH).total_seconds() / _DAY
    return days, float(moment.month), float(moment.weekday())


def text(days: float) -> str | None:
    """The date so many days after 1970-01-01, or None beyond the calendar."""
    try:
        return (_EPOCH + timedelta(days=math.floor(days))).date().isoformat()
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(_padded(text))
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def _padded(text: str) -> str:
    """Fractions with six digits: Python 3.11 and 3.13 agree on those."""
    return re.sub(r"\.([0-9]{1,6})", lambda found: f".{found[1]:0<6}", text)
