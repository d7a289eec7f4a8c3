"""Every filter of an auditor's search reads an index, and a page never costs more than it may."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.store.database import Database, driver
from logistics.work import audit, people
from logistics.work.audit_sources import Filters, Span, walk
from seed.load import person_code, place_code

NOW = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "late_minutes": 5,
    "occurred_from": NOW,
    "occurred_to": NOW,
    "recorded_from": NOW,
    "recorded_to": NOW,
}


async def write(database: Database, count: int, late: timedelta = timedelta()) -> None:
    async with database.begin() as session:
        actor = await people.actor(session, person_code(0, 2), "PC-1")
        acts = [Act("open_box", actor, str(actor.place), NOW - late) for _ in range(count)]
        await take(session, acts, NOW)


@pytest.mark.parametrize("name", [field.name for field in fields(Filters)])
async def test_every_filter_reads_an_index(database: Database, name: str) -> None:
    statement, values = walk(Filters(**{name: VALUES.get(name, "X")}), Span(0, 9, late_beyond=True), 0)

    async with database.read() as session:
        connection = await driver(session)
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *values))

    scanned = ("Seq Scan on entry", "Seq Scan on scan", "Seq Scan on entry_card", "Seq Scan on entry_batch")
    assert not any(table in plan for table in scanned), plan


async def test_any_two_filters_make_a_search(database: Database) -> None:
    await write(database, 3)
    names = [field.name for field in fields(Filters)]

    async with database.read() as session:
        for first in names:
            for second in names:
                filters = Filters(**{name: VALUES.get(name, "X") for name in {first, second}})
                found = await audit.entries(session, filters, 0, 10)
                assert len(found.items) == (3 if {first, second} <= {"occurred_from", "recorded_from"} else 0)


async def test_a_page_that_looked_at_enough_is_given_short_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "EXAMINED", 4)
    await write(database, 10)
    await write(database, 1, late=timedelta(hours=1))

    pages = []
    after: int | None = 0
    async with database.read() as session:
        while after is not None:
            page = await audit.entries(
                session, Filters(place=place_code(0), occurred_to=NOW - timedelta(minutes=1)), after, 10
            )
            pages.append(len(page.items))
            after = page.next

    assert pages == [0, 0, 1]


async def test_a_period_in_which_nothing_was_recorded_is_answered_at_once(database: Database) -> None:
    await write(database, 2)

    async with database.read() as session:
        after = await audit.entries(session, Filters(recorded_from=NOW + timedelta(hours=1)), 0, 10)
        before = await audit.entries(session, Filters(recorded_to=NOW), 0, 10)
        during = await audit.entries(session, Filters(recorded_from=NOW), 0, 10)

    assert [len(page.items) for page in (after, before, during)] == [0, 0, 2]
