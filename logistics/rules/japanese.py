"""Dates and times as Japanese papers and screens write them: 令和8年4月1日（水）, half-width digits."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")
WEEKDAYS = "月火水木金土日"
# Newest first. Heisei is here for stock older than the era; nothing of ours can be older than it.
ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"))


def era_year(day: date) -> tuple[str, int]:
    """The era of `day` and its year in it, counted from 1. ValueError before 1989-01-08."""
    for first_day, name in ERAS:
        if day >= first_day:
            return name, day.year - first_day.year + 1
    raise ValueError(f"{day} lies before the eras that papers of ours can show")


def japanese_date(day: date) -> str:
    """令和8年4月1日（水）; the first year of an era is 元年."""
    era, year = era_year(day)
    shown = "元" if year == 1 else str(year)
    return f"{era}{shown}年{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def japanese_time(at: datetime) -> str:
    """令和8年4月1日（水）9時05分: a moment, with its day, in Japan. `at` is aware."""
    local = in_japan(at)
    return japanese_date(local.date()) + _clock(local)


def japanese_clock(at: datetime) -> str:
    """9時05分: the time of day in Japan, for where the day stands beside it. `at` is aware."""
    return _clock(in_japan(at))


def in_japan(at: datetime) -> datetime:
    """The same moment on a Japanese clock. ValueError for a time without a zone."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(JST)


def _clock(local: datetime) -> str:
    return f"{local.hour}時{local.minute:02d}分"
