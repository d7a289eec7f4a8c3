"""What holds for the calendar on every day and with any overrides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.calendar import (
    JST,
    Calendar,
    Change,
    Override,
    PlaceKind,
    Service,
    business_date,
    fiscal_year,
    is_stop_sunday,
    month_days,
)

DAYS = st.dates(date(2019, 5, 1), date(2090, 12, 31))
PLACES = st.none() | st.integers(0, 13)


@st.composite
def calendars_about(draw: st.DrawFn) -> tuple[Calendar, date]:
    """A day and a calendar whose overrides lie around it."""
    day = draw(DAYS)
    overrides = st.builds(
        Override,
        day=st.integers(-9, 9).map(lambda n: day + timedelta(days=n)),
        change=st.sampled_from([Change.CLOSED, Change.OPENED]),
        service=st.sampled_from(Service),
        reason=st.just("臨時"),
        approved_by=st.just("本市職員"),
        place=PLACES,
    )
    return Calendar(tuple(draw(st.lists(overrides, max_size=12)))), day


@given(calendars_about(), PLACES)
def test_the_next_run_day_is_a_run_day_with_none_between(
    case: tuple[Calendar, date], place: int | None
) -> None:
    calendar, day = case

    following = calendar.next_run_day(day, place)

    assert following > day
    assert calendar.run_days(day + timedelta(days=1), following, place) == (following,)


@given(calendars_about(), PLACES)
def test_the_last_run_day_before_is_a_run_day_with_none_between(
    case: tuple[Calendar, date], place: int | None
) -> None:
    calendar, day = case

    previous = calendar.last_run_day_before(day, place)

    assert previous < day
    assert calendar.run_days(previous, day - timedelta(days=1), place) == (previous,)


@given(DAYS)
def test_without_overrides_the_counters_are_open_on_exactly_the_run_days(day: date) -> None:
    assert bool(Calendar().sessions(PlaceKind.COUNTER, day)) == Calendar().is_run_day(day)


@given(calendars_about())
def test_the_sessions_of_a_day_are_in_order_and_open_when_they_say(case: tuple[Calendar, date]) -> None:
    calendar, day = case
    for kind in PlaceKind:
        sessions = calendar.sessions(kind, day)

        assert [s.opens_at for s in sessions] == sorted(s.opens_at for s in sessions)
        assert all(business_date(s.opens_at) == day == business_date(s.closes_at) for s in sessions)
        assert all(calendar.is_open(kind, s.opens_at) for s in sessions)
        assert not calendar.is_open(kind, datetime(day.year, day.month, day.day, 3, tzinfo=JST))


@given(st.integers(2020, 2090), st.integers(1, 12))
def test_the_columns_of_any_month_fit_together(year: int, month: int) -> None:
    counts = Calendar().counts(year, month)

    assert counts.weekdays == counts.mon_wed + counts.tue_thu_fri
    assert counts.weekdays + counts.weekends < len(month_days(year, month))
    assert sum(is_stop_sunday(day) for day in month_days(year, month)) == 1


@given(DAYS)
def test_a_fiscal_year_holds_its_day(day: date) -> None:
    year = fiscal_year(day)

    assert date(year, 4, 1) <= day < date(year + 1, 4, 1)
