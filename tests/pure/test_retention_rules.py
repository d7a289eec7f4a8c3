"""Rules of keeping: month arithmetic, the presets, and rules as written text."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.errors import InvalidValue
from logistics.rules.retention import (
    MOST,
    PRESETS,
    After,
    Clock,
    Never,
    Passed,
    Rule,
    Set,
    Tree,
    Unit,
    due,
    last_day,
    parse,
    written,
)

DAYS = st.dates(date(2016, 1, 1), date(2099, 12, 31))
CLOCKS = st.sampled_from(Clock)
LEAVES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Never),
    st.builds(Passed, CLOCKS),
    st.builds(Set, CLOCKS),
    *(
        st.builds(After, CLOCKS, st.integers(0, MOST[unit]), st.just(unit))
        for unit in (Unit.DAYS, Unit.MONTHS, Unit.MONTHS_TO_MONTH_END, Unit.FISCAL_YEARS)
    ),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Tree, st.sampled_from(("ALL", "ANY", "LATER-OF")), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=5,
)
TIMES = st.dictionaries(CLOCKS, DAYS)


@given(start=DAYS, months=st.integers(0, 1_200))
def test_a_month_ends_on_the_same_day_or_on_the_last_there_is(start: date, months: int) -> None:
    end = last_day(start, months, Unit.MONTHS)

    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    longest = calendar.monthrange(end.year, end.month)[1]
    assert end.day == min(start.day, longest)


@given(start=DAYS, first=st.integers(0, 600), more=st.integers(0, 600), unit=st.sampled_from(Unit))
def test_a_longer_period_never_ends_earlier(start: date, first: int, more: int, unit: Unit) -> None:
    first, longer = min(first, MOST[unit] // 2), min(first + more, MOST[unit])
    assert last_day(start, first, unit) <= last_day(start, max(first, longer), unit)


@given(start=DAYS, later=st.integers(0, 400), count=st.integers(0, 100), unit=st.sampled_from(Unit))
def test_what_began_later_never_ends_earlier(start: date, later: int, count: int, unit: Unit) -> None:
    assert last_day(start, count, unit) <= last_day(start + timedelta(days=later), count, unit)


@given(start=DAYS, months=st.integers(0, 1_200))
def test_to_month_end_is_the_last_day_of_the_month_that_the_months_reach(start: date, months: int) -> None:
    end = last_day(start, months, Unit.MONTHS_TO_MONTH_END)

    assert end >= last_day(start, months, Unit.MONTHS)
    assert (end + timedelta(days=1)).day == 1


@given(start=DAYS, years=st.integers(0, 100))
def test_fiscal_years_begin_with_the_april_that_follows(start: date, years: int) -> None:
    end = last_day(start, years, Unit.FISCAL_YEARS)

    assert (end.month, end.day) == (3, 31)
    assert timedelta(0) <= date(end.year - years, 3, 31) - start < timedelta(days=366)


@pytest.mark.parametrize(
    ("start", "count", "unit", "end"),
    [
        ("2026-01-31", 1, Unit.MONTHS, "2026-02-28"),
        ("2027-11-30", 3, Unit.MONTHS, "2028-02-29"),
        ("2026-12-15", 1, Unit.MONTHS, "2027-01-15"),
        ("2026-04-01", 90, Unit.DAYS, "2026-06-30"),
        ("2026-01-10", 3, Unit.MONTHS_TO_MONTH_END, "2026-04-30"),
        ("2026-03-31", 15, Unit.FISCAL_YEARS, "2041-03-31"),
        ("2026-04-01", 15, Unit.FISCAL_YEARS, "2042-03-31"),
    ],
)
def test_periods_end_where_the_calendar_says(start: str, count: int, unit: Unit, end: str) -> None:
    assert last_day(date.fromisoformat(start), count, unit) == date.fromisoformat(end)


@given(rule=RULES)
def test_a_rule_written_is_the_rule_that_is_read(rule: Rule) -> None:
    if len(written(rule)) <= 500:
        assert parse(written(rule)) == rule


@given(rule=RULES, clocks=TIMES)
def test_all_and_the_later_of_are_the_same_day(rule: Rule, clocks: dict[Clock, date]) -> None:
    parts = (rule, Passed(Clock.REMINDER_DEADLINE))
    assert due(Tree("ALL", parts), clocks) == due(Tree("LATER-OF", parts), clocks)


@given(rules=st.lists(RULES, min_size=1, max_size=3), clocks=TIMES)
def test_any_is_never_later_than_one_of_them_and_all_never_earlier(
    rules: list[Rule], clocks: dict[Clock, date]
) -> None:
    days = [due(rule, clocks) for rule in rules]
    first, last = due(Tree("ANY", tuple(rules)), clocks), due(Tree("ALL", tuple(rules)), clocks)

    assert first == min((day for day in days if day), default=None)
    assert last is None if None in days else last == max(day for day in days if day)


@given(rule=RULES)
def test_without_a_clock_nothing_is_ever_due(rule: Rule) -> None:
    assert due(rule, {}) is None


D = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("preset", "clocks", "day"),
    [
        ("SUSPENDED", dict.fromkeys(set(Clock) - {Clock.EXPIRES_ON, Clock.BLOCKED_ON}, D), None),
        ("SUSPENDED", {Clock.EXPIRES_ON: D}, "2026-04-02"),
        ("SUSPENDED", {Clock.BLOCKED_ON: D}, "2026-04-01"),
        ("NAT-2017", {Clock.REMINDED_ON: D}, "2026-07-01"),
        ("NAT-2017", {Clock.FIRST_NOTICE_ON: D, Clock.EXPIRES_ON: D}, None),
        ("ONE-YEAR", {Clock.REMINDER_DEADLINE: date(2027, 6, 1), Clock.APPLIED_ON: D}, "2027-06-02"),
        ("ONE-YEAR", {Clock.REMINDER_DEADLINE: D, Clock.APPLIED_ON: D}, "2027-04-02"),
        ("ONE-YEAR", {Clock.NOTICE_RETURNED_ON: D, Clock.APPLIED_ON: D}, "2027-04-02"),
        ("ONE-YEAR", {Clock.APPLIED_ON: D}, None),
        ("ONE-YEAR", {Clock.EXPIRES_ON: D}, "2026-04-02"),
        ("LATER-OF", {Clock.FIRST_NOTICE_ON: D, Clock.REMINDED_ON: date(2026, 7, 1)}, "2027-04-02"),
        ("LATER-OF", {Clock.FIRST_NOTICE_ON: D, Clock.REMINDED_ON: date(2027, 3, 1)}, "2027-06-02"),
        ("LATER-OF", {Clock.FIRST_NOTICE_ON: D}, None),
        ("MONTH-END", {Clock.REMINDED_ON: D}, "2026-08-01"),
        ("MAIL-RETURN", {Clock.MAIL_RETURNED_ON: D}, "2026-10-02"),
        ("NOTICE-3M", {Clock.MAIL_RETURNED_ON: D}, "2026-07-02"),
        ("NOTICE-1Y", {Clock.MAIL_RETURNED_ON: D}, "2027-04-02"),
        ("COLLECTED", {Clock.ARRIVED_ON: D}, "2026-04-01"),
        ("ISSUE-PAPERS", {Clock.ARRIVED_ON: D}, "2042-04-01"),
    ],
)
def test_a_preset_lets_go_on_the_day_its_city_does(
    preset: str, clocks: dict[Clock, date], day: str | None
) -> None:
    assert due(parse(PRESETS[preset]), clocks) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reminded_on",
        "reminded_on + days",
        "reminded_on + 99999 days",
        "reminded_on + 3 weeks",
        "somebodys_birthday passed",
        "ANY()",
        "ANY(reminded_on set",
        "ANY(reminded_on set))",
        "reminded_on set, expires_on set",
        "OR(reminded_on set)",
        "ANY(" * 9 + "never" + ")" * 9,
        "never " * 200,
        "reminded_on + 1201 months",
    ],
)
def test_what_is_no_rule_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse(text, "rules[0].rule")

    assert refused.value.field == "rules[0].rule"
