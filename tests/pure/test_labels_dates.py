from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from logistics.rules.japanese import era_year, japanese_clock, japanese_date, japanese_time


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 4, 1), "令和8年4月1日（水）"),
        (date(2019, 5, 1), "令和元年5月1日（水）"),
        (date(2019, 12, 31), "令和元年12月31日（火）"),
        (date(2020, 1, 1), "令和2年1月1日（水）"),
        (date(2019, 4, 30), "平成31年4月30日（火）"),
        (date(2027, 3, 31), "令和9年3月31日（水）"),
        (date(2026, 11, 22), "令和8年11月22日（日）"),
    ],
)
def test_a_date_is_written_with_era_and_weekday(day: date, shown: str) -> None:
    assert japanese_date(day) == shown


def test_every_day_of_an_era_has_one_year_and_the_next_day_is_the_same_or_the_next_year() -> None:
    days = [date(2019, 5, 1) + timedelta(days=n) for n in range(4000)]

    years = [era_year(day)[1] for day in days]

    assert years[0] == 1
    assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(years))


def test_a_day_before_the_known_eras_is_refused() -> None:
    with pytest.raises(ValueError, match="1989-01-07"):
        japanese_date(date(1989, 1, 7))


def test_a_late_evening_in_utc_is_the_next_morning_in_japan() -> None:
    at = datetime(2026, 3, 31, 15, 5, tzinfo=UTC)

    assert japanese_time(at) == "令和8年4月1日（水）0時05分"
    assert japanese_clock(at) == "0時05分"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        japanese_time(datetime(2026, 4, 1))  # noqa: DTZ001
