"""Reports made by themselves: on the working day, once among many, made up for, tried again."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

from logistics.gate import take
from logistics.rules.calendar import JST
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import schedule
from logistics.work.schedule import Task, due, run_due
from tests.sql import gate_rows as given
from tests.sql.gate_rows import rows


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=JST)


async def begin(database: Database) -> None:
    """The log begins on the first day of April."""
    async with database.begin() as session:
        await take(session, [given.act("note")], at(4, 1))


def test_a_month_is_due_on_the_first_working_day_after_it_when_the_post_is_opened() -> None:
    april = date(2026, 4, 1)

    # 2 to 6 May 2026 are a weekend and holidays; 1 May is a Friday.
    assert [one.period for one in due(april, at(5, 1, 8), set())] == []
    assert [(one.period, one.due_at) for one in due(april, at(5, 1), set())] == 3 * [
        (april, at(5, 1, 8) + timedelta(minutes=30))
    ]
    # May ends on a Sunday.
    assert [
        one.period for one in due(april, at(6, 1), {(task.name, april) for task in schedule.TASKS})
    ] == 3 * [date(2026, 5, 1)]


async def test_what_is_due_is_made_once_though_many_try_at_once(database: Database) -> None:
    await begin(database)

    made = await asyncio.gather(*(run_due(database, at(5, 1)) for _ in range(6)))

    assert sum(len(one) for one in made) == 3
    assert await rows(database, "SELECT catalogue, subject FROM document ORDER BY number") == [
        ("P14", "2026-04"),
        ("P13", "2026-04"),
        ("P11", "2026-04"),
    ]
    assert await rows(database, "SELECT task, period FROM task_run ORDER BY task") == [
        ("management_report", date(2026, 4, 1)),
        ("month_report", date(2026, 4, 1)),
        ("undelivered", date(2026, 4, 1)),
    ]
    acts = await rows(database, "SELECT actor, act FROM entry WHERE act = 'make_report'")
    assert len(acts) == 3


async def test_after_a_downtime_the_missing_ones_are_made_in_order(database: Database) -> None:
    await begin(database)

    made = await run_due(database, at(6, 1))
    again = await run_due(database, at(6, 1))

    assert [one.period for one in made] == 3 * [date(2026, 4, 1)] + 3 * [date(2026, 5, 1)]
    assert again == []


async def test_a_report_that_fails_leaves_nothing_and_is_tried_again(database: Database) -> None:
    await begin(database)
    tries: list[date] = []

    async def fails_first(_: Any, actor: Actor, period: date, now: datetime) -> str | None:
        tries.append(period)
        if len(tries) == 1:
            raise RuntimeError("the printer is on fire")
        return None

    task = Task("test", schedule.months, fails_first)
    first = await run_due(database, at(5, 1), [task])
    between = await rows(database, "SELECT task FROM task_run")
    second = await run_due(database, at(5, 1), [task])

    assert (first, between) == ([], [])
    assert [one.period for one in second] == [date(2026, 4, 1)]


async def test_a_log_that_has_not_begun_has_nothing_due(database: Database) -> None:
    assert await run_due(database, at(6, 1)) == []


async def test_what_was_made_is_told_by_mail_with_no_figure_in_it(database: Database) -> None:
    await begin(database)

    made = await run_due(database, at(5, 1))

    told = await rows(database, "SELECT event, about, subject FROM message ORDER BY id")
    numbers = {number for (number,) in await rows(database, "SELECT document FROM task_run")}
    assert len(made) == 3
    assert {(event, about) for event, about, _ in told} == {("report.made", number) for number in numbers}
    assert any("P11 月次未交付カード報告" in subject for _, _, subject in told)
