from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.report.lines import time_with_offset


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "2026-03-04 17:05 UTC"),
        (timezone(timedelta(hours=1)), "2026-03-04 17:05 UTC+01:00"),
        (timezone(timedelta(hours=-3, minutes=-30)), "2026-03-04 17:05 UTC-03:30"),
    ],
)
def test_a_time_names_its_offset(zone, text):
    assert time_with_offset(datetime(2026, 3, 4, 17, 5, 9, tzinfo=zone)) == text
