"""The service calendar against the contract's own tables of working days and against its written rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from logistics.rules.calendar import (
    JST,
    TIMETABLE,
    Calendar,
    Hours,
    PlaceKind,
    Service,
    business_date,
    fiscal_year,
    is_stop_sunday,
    month_days,
    reiwa_year,
)
from seed import contract

BY_RULE = Calendar()
FISCAL_2026 = [day for m in range(3, 15) for day in month_days(2026 + m // 12, m % 12 + 1)]


def services(kind: PlaceKind, day: date) -> list[Service]:
    return [session.service for session in BY_RULE.sessions(kind, day)]


@pytest.mark.parametrize("row", contract.working_days(2026)[:-1], ids=lambda row: row.month)
def test_the_rules_give_every_month_of_the_plan_for_reiwa_8(row: contract.WorkingDays) -> None:
    year, month = map(int, row.month.split("-"))

    found = BY_RULE.counts(year, month)

    assert (found.weekdays, found.mon_wed, found.tue_thu_fri, found.irregular, found.weekends) == (
        row.weekdays,
        row.mon_wed,
        row.tue_thu_fri,
        0,
        row.weekends,
    )


def test_the_rules_give_the_printed_totals_of_reiwa_8() -> None:
    months = [BY_RULE.counts(2026 + m // 12, m % 12 + 1) for m in range(3, 15)]

    printed = contract.working_days(2026)[-1]

    assert (printed.weekdays, printed.mon_wed, printed.tue_thu_fri, printed.weekends) == (241, 94, 147, 89)
    assert sum(m.weekdays for m in months) == 241
    assert sum(m.mon_wed for m in months) == 94
    assert sum(m.tue_thu_fri for m in months) == 147
    assert sum(m.weekends for m in months) == 89


@pytest.mark.parametrize("row", contract.working_days(2025)[:-1], ids=lambda row: row.month)
def test_the_rules_give_every_weekday_column_of_reiwa_7(row: contract.WorkingDays) -> None:
    year, month = map(int, row.month.split("-"))

    found = BY_RULE.counts(year, month)

    assert (found.weekdays, found.mon_wed, found.tue_thu_fri) == (row.weekdays, row.mon_wed, row.tue_thu_fri)


def test_the_weekends_of_reiwa_7_differ_from_the_rules_in_four_months_only() -> None:
    differing = {}
    for row in contract.working_days(2025)[:-1]:
        year, month = map(int, row.month.split("-"))
        by_rule = BY_RULE.counts(year, month).weekends
        if by_rule != row.weekends:
            differing[row.month] = (row.weekends, by_rule)

    assert differing == {"2025-08": (5, 9), "2025-09": (5, 7), "2026-02": (4, 7), "2026-03": (9, 8)}


def test_the_stop_sundays_of_reiwa_8_are_those_after_the_third_saturdays() -> None:
    assert [day.isoformat() for day in FISCAL_2026 if is_stop_sunday(day)] == [
        *("2026-04-19", "2026-05-17", "2026-06-21", "2026-07-19", "2026-08-16", "2026-09-20"),
        *("2026-10-18", "2026-11-22", "2026-12-20", "2027-01-17", "2027-02-21", "2027-03-21"),
    ]


def test_the_gaps_between_runs_of_five_days_and_more_are_the_three_known_ones() -> None:
    runs = BY_RULE.run_days(date(2026, 4, 1), date(2027, 3, 31))

    gaps = [(a, b) for a, b in pairwise(runs) if (b - a).days > 5]

    assert gaps == [
        (date(2026, 5, 1), date(2026, 5, 7)),
        (date(2026, 9, 18), date(2026, 9, 24)),
        (date(2026, 12, 28), date(2027, 1, 4)),
    ]


@pytest.mark.parametrize(
    ("session_day", "last_run"),
    [
        (date(2026, 5, 2), date(2026, 5, 1)),
        (date(2026, 9, 19), date(2026, 9, 18)),
        (date(2026, 5, 7), date(2026, 5, 1)),
        (date(2026, 6, 14), date(2026, 6, 12)),
        (date(2026, 4, 2), date(2026, 4, 1)),
    ],
)
def test_cards_for_a_session_must_come_with_the_run_before_its_day(session_day: date, last_run: date) -> None:
    assert BY_RULE.last_run_day_before(session_day) == last_run


def test_the_center_opens_at_the_weekend_inside_the_gaps() -> None:
    for saturday in (date(2026, 5, 2), date(2026, 9, 19)):
        assert services(PlaceKind.CENTER, saturday) == [Service.CENTER_1F_WEEKEND]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 5, 3), "holiday on a Sunday"),
        (date(2026, 5, 6), "substitute holiday"),
        (date(2026, 9, 22), "day between two holidays"),
        (date(2026, 7, 20), "holiday on a Monday"),
        (date(2026, 12, 29), "year end"),
        (date(2027, 1, 2), "year end on a Saturday"),
        (date(2027, 1, 3), "year end on a Sunday"),
        (date(2026, 6, 21), "system stop"),
    ],
)
def test_nothing_opens_and_no_run_goes_on_a_rest_day(day: date, why: str) -> None:
    assert not BY_RULE.is_run_day(day), why
    assert [services(kind, day) for kind in PlaceKind] == [[], [], []], why


def test_a_wednesday_has_its_day_sessions_and_the_evening_at_the_center() -> None:
    wednesday = date(2026, 4, 1)

    assert services(PlaceKind.COUNTER, wednesday) == [Service.COUNTER_DAY]
    assert services(PlaceKind.ANNEX, wednesday) == [Service.ANNEX_DAY]
    assert services(PlaceKind.CENTER, wednesday) == [Service.CENTER_3F_DAY, Service.CENTER_1F_EVENING]
    assert services(PlaceKind.CENTER, wednesday + timedelta(days=1)) == [Service.CENTER_3F_DAY]


@pytest.mark.parametrize(
    ("kind", "at", "is_open"),
    [
        (PlaceKind.COUNTER, datetime(2026, 4, 1, 8, 59, 59, tzinfo=JST), False),
        (PlaceKind.COUNTER, datetime(2026, 4, 1, 9, 0, tzinfo=JST), True),
        (PlaceKind.COUNTER, datetime(2026, 4, 1, 17, 0, tzinfo=JST), False),
        (PlaceKind.COUNTER, datetime(2026, 4, 1, 0, 0, tzinfo=UTC), True),
        (PlaceKind.CENTER, datetime(2026, 4, 1, 17, 0, tzinfo=JST), True),
        (PlaceKind.CENTER, datetime(2026, 4, 1, 19, 0, tzinfo=JST), False),
        (PlaceKind.CENTER, datetime(2026, 4, 2, 17, 0, tzinfo=JST), False),
        (PlaceKind.CENTER, datetime(2026, 6, 14, 12, 0, tzinfo=JST), True),
        (PlaceKind.COUNTER, datetime(2026, 6, 14, 12, 0, tzinfo=JST), False),
    ],
)
def test_a_place_is_open_from_its_first_moment_until_just_before_its_last(
    kind: PlaceKind, at: datetime, is_open: bool
) -> None:
    assert BY_RULE.is_open(kind, at) is is_open


def test_the_timetable_is_the_one_in_the_contract_data() -> None:
    printed: dict[Service, tuple[PlaceKind, int | None, Hours, frozenset[int]]] = {}
    for row in contract.sessions():
        days = printed[row.service][3] if row.service in printed else frozenset[int]()
        printed[row.service] = (row.place_kind, row.floor, Hours(row.opens, row.closes), days | row.days())

    assert {r.service: (r.place_kind, r.floor, r.hours, r.weekdays) for r in TIMETABLE} == printed


def test_a_moment_belongs_to_its_japanese_day() -> None:
    assert business_date(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == date(2026, 4, 1)
    assert business_date(datetime(2026, 3, 31, 14, 59, tzinfo=UTC)) == date(2026, 3, 31)
    with pytest.raises(ValueError, match="time zone"):
        business_date(datetime(2026, 4, 1))  # noqa: DTZ001 - the refusal of a naive moment is the point


def test_the_fiscal_year_turns_on_the_first_of_april() -> None:
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
    assert reiwa_year(fiscal_year(date(2026, 4, 1))) == 8
    with pytest.raises(ValueError, match="Reiwa"):
        reiwa_year(2018)
