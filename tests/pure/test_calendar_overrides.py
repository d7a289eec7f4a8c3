"""What a dated, approved override changes on its day, and what it leaves alone."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from logistics.rules.calendar import (
    JST,
    Calendar,
    Change,
    Hours,
    Override,
    PlaceKind,
    Service,
    is_stop_sunday,
    month_days,
)

BY_RULE = Calendar()
DAYTIME = Hours(time(9), time(17))


def override(day: date, change: Change, service: Service | None, **more: Any) -> Override:
    return Override(day, change, service, reason="台風のため", approved_by="本市職員", **more)


def services(
    kind: PlaceKind, day: date, calendar: Calendar = BY_RULE, place: int | None = None
) -> list[Service]:
    return [session.service for session in calendar.sessions(kind, day, place)]


def test_an_announced_day_opens_the_first_floor_beside_the_third() -> None:
    tuesday = date(2026, 4, 7)
    announced = Calendar((override(tuesday, Change.OPENED, Service.CENTER_1F_DAY),))

    sessions = announced.sessions(PlaceKind.CENTER, tuesday)

    assert [(s.service, s.floor, s.hours) for s in sessions] == [
        (Service.CENTER_1F_DAY, 1, DAYTIME),
        (Service.CENTER_3F_DAY, 3, DAYTIME),
    ]
    assert announced.counts(2026, 4).irregular == 1
    assert services(PlaceKind.CENTER, tuesday) == [Service.CENTER_3F_DAY]


def test_the_weekends_of_reiwa_7_come_out_once_their_changes_are_entered() -> None:
    closed = [d for d in month_days(2026, 2) if services(PlaceKind.CENTER, d) == [Service.CENTER_1F_WEEKEND]][
        :3
    ]
    opened = next(d for d in month_days(2026, 3) if is_stop_sunday(d))

    calendar = Calendar(
        (
            *(override(day, Change.CLOSED, Service.CENTER_1F_WEEKEND) for day in closed),
            override(opened, Change.OPENED, Service.CENTER_1F_WEEKEND),
        )
    )

    assert (calendar.counts(2026, 2).weekends, calendar.counts(2026, 3).weekends) == (4, 9)


def test_a_closure_of_everything_closes_every_place_and_stops_the_run() -> None:
    day = date(2026, 9, 1)
    typhoon = Calendar((override(day, Change.CLOSED, None),))

    assert [services(kind, day, typhoon) for kind in PlaceKind] == [[], [], []]
    assert not typhoon.is_run_day(day)
    assert typhoon.next_run_day(date(2026, 8, 31)) == date(2026, 9, 2)
    assert typhoon.last_run_day_before(date(2026, 9, 2)) == date(2026, 8, 31)


def test_a_closure_of_one_counter_leaves_the_others_open() -> None:
    day = date(2026, 9, 1)
    one = Calendar((override(day, Change.CLOSED, None, place=3),))

    assert services(PlaceKind.COUNTER, day, one, place=3) == []
    assert not one.is_run_day(day, place=3)
    assert services(PlaceKind.COUNTER, day, one, place=4) == [Service.COUNTER_DAY]
    assert one.is_run_day(day, place=4)
    assert one.is_run_day(day)


def test_longer_hours_apply_on_their_day_and_not_on_a_closed_day() -> None:
    late = Hours(time(9), time(19))
    friday, saturday = date(2026, 4, 3), date(2026, 4, 4)
    calendar = Calendar(
        tuple(override(d, Change.HOURS, Service.COUNTER_DAY, hours=late) for d in (friday, saturday))
    )

    assert [s.hours for s in calendar.sessions(PlaceKind.COUNTER, friday)] == [late]
    assert calendar.is_open(PlaceKind.COUNTER, datetime(2026, 4, 3, 18, 0, tzinfo=JST))
    assert services(PlaceKind.COUNTER, saturday, calendar) == []


def test_an_extra_run_on_a_saturday_counts_as_a_run() -> None:
    saturday = date(2026, 5, 2)
    extra = Calendar((override(saturday, Change.OPENED, Service.RUN),))

    assert extra.is_run_day(saturday)
    assert extra.last_run_day_before(date(2026, 5, 7)) == saturday


def test_of_two_decisions_on_the_same_day_the_later_wins() -> None:
    day = date(2026, 9, 1)
    closed = override(day, Change.CLOSED, Service.COUNTER_DAY)
    opened = override(day, Change.OPENED, Service.COUNTER_DAY)

    assert services(PlaceKind.COUNTER, day, Calendar((closed, opened))) == [Service.COUNTER_DAY]
    assert services(PlaceKind.COUNTER, day, Calendar((opened, closed))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": Change.OPENED, "service": None},
        {"change": Change.HOURS, "service": Service.COUNTER_DAY},
        {"change": Change.CLOSED, "service": Service.COUNTER_DAY, "hours": DAYTIME},
        {"change": Change.OPENED, "service": Service.RUN, "hours": DAYTIME},
        {"change": Change.CLOSED, "service": Service.RUN, "reason": " "},
        {"change": Change.CLOSED, "service": Service.RUN, "approved_by": ""},
    ],
)
def test_an_override_that_says_too_little_or_too_much_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"override|closure|hours"):
        Override(**{"day": date(2026, 4, 1), "reason": "臨時", "approved_by": "本市職員", **wrong})


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="opening hours"):
        Hours(time(17), time(9))
