"""Forecasts: what a week brings follows from bookings, from what was handed out before, and from the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from logistics.rules import forecast
from logistics.rules.calendar import Calendar, PlaceKind
from logistics.rules.forecast import Known

CALENDAR = Calendar()
WARD = Known("L01F", "北", PlaceKind.COUNTER, 1, 300, 1000, 0, 0, {}, {})
CENTER = Known("L13P", "センター", PlaceKind.CENTER, 13, 2000, 5000, 0, 0, {}, {})


def test_a_week_brings_what_such_days_have_brought() -> None:
    # Wednesday 8 April 2026; the 20 days on which the counter was open in the four weeks before, less a holiday.
    made = forecast.site(replace(WARD, issued=190, received=95), CALENDAR, date(2026, 4, 8))

    assert (round(made.rate, 3), made.basis) == (10.0, "actual")
    first, second = made.weeks[:2]
    assert (first.first, first.last, first.sessions, first.cards) == (
        date(2026, 4, 8),
        date(2026, 4, 12),
        3,
        30,
    )
    assert (second.sessions, second.runs, second.cards, second.incoming) == (5, 5, 50, 25)
    assert second.stock == 300 - 30 + 15 - 50 + 25


def test_without_a_past_of_its_own_the_imported_month_of_the_same_name_speaks() -> None:
    months = {date(2025, 4, 1): 558, date(2025, 11, 1): 825}

    made = forecast.site(replace(WARD, months=months), CALENDAR, date(2026, 4, 8))
    unlike = forecast.site(replace(WARD, months=months), CALENDAR, date(2026, 8, 3))

    assert made.basis == "history 2025-04"
    assert round(made.rate, 2) == round(558 / 21, 2)
    assert unlike.basis == "history 2025-11"


def test_a_booked_day_brings_at_least_what_is_booked() -> None:
    booked = {(date(2026, 4, 9), "counter_day"): (45, 40)}

    made = forecast.site(replace(WARD, issued=190, booked=booked), CALENDAR, date(2026, 4, 8))

    assert (made.weeks[0].booked, made.weeks[0].cards) == (45, 65)


def test_the_days_between_two_runs_are_told_with_who_is_open_in_them() -> None:
    # 3 to 6 May 2026 are holidays; the Center is open on Saturday the 2nd.
    (gap,) = forecast.gaps(CALENDAR, date(2026, 4, 20), [(PlaceKind.CENTER, 13), (PlaceKind.COUNTER, 1)])

    assert (gap.by, gap.first, gap.last) == (date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 6))
    assert list(gap.open) == [date(2026, 5, 2)]


def test_cards_for_a_saturday_must_have_come_by_the_last_run_day_before() -> None:
    booked = {(date(2026, 5, 2), "center_1f_weekend"): (30, 28)}

    made = forecast.site(replace(CENTER, booked=booked), CALENDAR, date(2026, 4, 30))

    (one,) = (ready for ready in made.readiness if ready.day == date(2026, 5, 2))
    assert (one.by, one.booked, one.there, one.missing) == (date(2026, 5, 1), 30, 28, 2)


def test_a_vault_that_will_be_full_is_told() -> None:
    calm = forecast.site(replace(WARD, issued=190, received=190), CALENDAR, date(2026, 4, 8))
    filling = forecast.site(replace(WARD, issued=190, received=900), CALENDAR, date(2026, 4, 8))

    assert (calm.is_full, filling.is_full) == (False, True)
