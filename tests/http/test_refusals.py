"""Who tries what he may not leaves a trace, and nothing else."""

from __future__ import annotations

import json

import pytest

from logistics.store.database import Database
from tests.http.day import Clerk, Day, scan_of
from tests.http.rows import contents
from tests.sql.gate_rows import rows


async def refused(database: Database) -> list[tuple[str, str, str, str]]:
    """(who, what, role, route) of every refusal in the log."""
    found = await rows(database, "SELECT actor, body FROM entry WHERE act = 'refuse_right' ORDER BY id")
    facts = [(actor, json.loads(body)["facts"]) for actor, body in found]
    return [(actor, said["act"], said["role"], said["route"]) for actor, said in facts]


async def test_every_refusal_of_a_right_is_an_entry_and_changes_nothing_else(
    day: Day, database: Database
) -> None:
    batch = await day.sealed(1, await day.ready({1: 1}))
    before = await contents(database)

    await day.annex.refused(f"/batches/{batch.code}/unseal", {"reason": "to look inside"})
    await day.clerk(0, 99).refused("/batches", {"destination": "L01F", "run_day": "2026-04-01"})

    assert await refused(database) == [
        (day.annex.code, "unseal", "worker", "/api/v1/batches/{batch}/unseal"),
        (day.clerk(0, 99).code, "pack", "auditor", "/api/v1/batches"),
    ]
    assert await contents(database) == before


async def test_what_the_courier_tries_is_told_of_his_vehicle(day: Day, database: Database) -> None:
    await day.courier.refused("/batches", {"destination": "L01F", "run_day": "2026-04-01"})

    ((actor, act, role, _),) = await refused(database)
    assert (actor, act, role) == (day.courier.code, "pack", "courier")


async def test_a_refused_scan_of_somebody_without_the_right_is_told_too(day: Day, database: Database) -> None:
    site = day.site(1)
    scans = {"supervisor": site.supervisor, "scans": [scan_of("C0XK3WYPMU")]}

    problem = await Clerk(day.client, site.supervisor).refused("/scans", scans)

    assert problem["type"] == "/problems/not-allowed"
    assert [(actor, act) for actor, act, _, _ in await refused(database)] == [(site.supervisor, "receive")]


@pytest.mark.parametrize("path", ["/cards/C0XK3WYPMU", "/batches/B7Q2M4ZK9S"])
async def test_what_is_not_there_is_no_refusal_of_a_right(day: Day, database: Database, path: str) -> None:
    await day.site(1).clerk.ask("GET", path)

    assert await refused(database) == []
