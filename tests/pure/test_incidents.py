"""How grave an incident is and by when who is told: from facts alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from logistics.rules.calendar import JST
from logistics.rules.incidents import ClockName, IncidentClass, IncidentKind, class_of, clocks

NOTICED = datetime(2026, 4, 1, 9, tzinfo=JST)


@pytest.mark.parametrize(
    ("kind", "cards", "pin_set", "malicious", "grade"),
    [
        ("damage", 1, False, False, "C"),
        ("damage", 1, True, False, "B"),
        ("loss", 1, False, False, "B"),
        ("loss", 1, True, False, "A"),
        ("loss", 100, False, False, "B"),
        ("damage", 101, False, False, "A"),
        ("theft", 0, False, False, "A"),
        ("other", 0, False, True, "A"),
        ("found_after_disposal", 1, True, False, "A"),
    ],
)
def test_a_set_pin_raises_the_class_and_so_do_many_cards_and_malice(
    kind: str, cards: int, pin_set: bool, malicious: bool, grade: str
) -> None:
    found = class_of(IncidentKind(kind), cards, pin_set=pin_set, malicious=malicious)

    assert found == IncidentClass(grade)


def overdue(now: datetime, **done: datetime | bool | None) -> dict[str, bool]:
    given = {"told_at": None, "first_at": None, "final_at": None, "malicious": False} | done
    return {c.name.value: c.overdue for c in clocks(NOTICED, NOTICED, now=now, **given)}  # type: ignore[arg-type]


def test_the_day_of_noticing_is_day_one_and_a_day_ends_at_midnight() -> None:
    due = {
        c.name: c.due_at
        for c in clocks(
            NOTICED, NOTICED, told_at=None, first_at=None, final_at=None, malicious=False, now=NOTICED
        )
    }

    assert due == {
        ClockName.NOW: NOTICED + timedelta(hours=1),
        ClockName.DAY_3: datetime(2026, 4, 3, 23, 59, 59, tzinfo=JST),
        ClockName.DAY_5: datetime(2026, 4, 5, 23, 59, 59, tzinfo=JST),
        ClockName.DAY_30: datetime(2026, 4, 30, 23, 59, 59, tzinfo=JST),
    }


def test_a_clock_is_overdue_until_it_is_done_and_stays_so_where_that_was_late() -> None:
    fourth = datetime(2026, 4, 4, 8, tzinfo=JST)

    assert overdue(NOTICED) == {"now": False, "day_3": False, "day_5": False, "day_30": False}
    assert overdue(fourth) == {"now": True, "day_3": True, "day_5": False, "day_30": False}
    assert overdue(fourth, told_at=NOTICED, first_at=fourth)["day_3"]
    assert not overdue(fourth, told_at=NOTICED)["now"]
    assert not overdue(fourth + timedelta(days=9), first_at=fourth)["day_5"]


def test_where_malice_is_feared_the_final_report_has_sixty_days() -> None:
    assert "day_30" not in overdue(NOTICED, malicious=True)
    assert not overdue(datetime(2026, 5, 30, 12, tzinfo=JST), malicious=True)["day_60"]
    assert overdue(datetime(2026, 5, 31, tzinfo=JST) + timedelta(seconds=1), malicious=True)["day_60"]
