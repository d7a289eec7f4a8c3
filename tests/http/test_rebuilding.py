"""The custody log alone tells the present; an export of it can be checked by anybody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from logistics.ledger.sequencer import Sequencer
from logistics.ledger.verify.check import verify_export
from logistics.rules.errors import NotAllowed
from logistics.rules.people_errors import ApprovalNeeded
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.store.server import Server
from logistics.work.exports import Order, export_log, until_signed
from logistics.work.rebuilding import differing
from seed.load import person_code
from tests.conftest import as_superuser
from tests.http.day import Day
from tests.played import play


async def test_a_played_day_is_rebuilt_from_its_entries_without_a_differing_row(
    played_database: Database,
) -> None:
    async with played_database.read() as session:
        entries, found = await differing(session)

    assert entries > 100
    assert found == []


async def test_a_row_changed_behind_the_gate_is_named(played_database: Database, server: Server) -> None:
    name = str(played_database.engine.url.database)
    stored = "(SELECT min(code) FROM card WHERE state = 'stored' AND custodian <> 'L00H')"
    await as_superuser(server, f"UPDATE card SET custodian = 'L00H' WHERE code = {stored}", name)  # noqa: S608

    async with played_database.read() as session:
        _, found = await differing(session)

    assert len(found) == 1
    assert found[0].stored is not None
    assert found[0].told is not None
    assert (found[0].table, found[0].stored["custodian"]) == ("card", "L00H")
    assert found[0].told["custodian"] == found[0].told["place"]


async def test_a_played_day_is_exported_with_proofs_and_verified(
    database: Database, day: Day, clock: Clock, tmp_path: Path
) -> None:
    # Before the day: its people sign in at their own desks, which ends the sessions of these.
    details = {"purpose": "yearly audit", "number": "R8-1"}
    approval = await day.approved(day.clerk(0, 99), day.city, "export", "log", **details)
    await play(database)
    await export(database, clock, tmp_path, approved=approval)

    report = verify_export(tmp_path / "export")

    assert report.verified, str(report)


async def test_nobody_exports_the_log_alone(played_database: Database, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(ApprovalNeeded):
        await export(played_database, clock, tmp_path)

    assert not (tmp_path / "export").exists()


async def test_only_who_may_export_exports_and_nothing_is_left_behind(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    try:
        await export(database, clock, tmp_path, by=person_code(1, 2))
    except NotAllowed:
        assert not (tmp_path / "export").exists()
    else:
        raise AssertionError("a clerk of a site exported the log")


async def export(
    database: Database, clock: Clock, home: Path, by: str = person_code(0, 99), approved: str | None = None
) -> None:
    sequencing = asyncio.create_task(Sequencer(database, home / "signer", clock).run())
    try:
        assert await until_signed(database, 30)
        order = Order(by=by, purpose="yearly audit", approval="R8-1", approved=approved)
        await export_log(database, home / "signer", home / "export", order, clock())
    finally:
        sequencing.cancel()
        await asyncio.gather(sequencing, return_exceptions=True)
