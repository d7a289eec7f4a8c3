"""The database itself refuses one person, one session, an old proof, a second use: whatever the code may try."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from logistics.gate import take
from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database, driver
from seed.load import person_code, place_code
from tests.sql.gate_rows import act

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ASKS, SAYS = person_code(0, 1), person_code(0, 91)
HERE, THERE = uuid4(), uuid4()
SHOWN = '{"act":"unseal"}'
DIGEST = hashlib.sha256(SHOWN.encode()).digest()


async def asked(connection: Any, entry: int, **changed: Any) -> str:
    row = {
        "code": random_code(CodeType.APPROVAL),
        "act": "unseal",
        "subject": "B1",
        "place": place_code(0),
        "shown": SHOWN,
        "digest": DIGEST,
        "reason": "why",
        "requested_by": ASKS,
        "requested_session": HERE,
        "requested_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        "entry": entry,
    } | changed
    await insert(connection, "approval", row)
    return str(row["code"])


async def decided(connection: Any, entry: int, approval: str, **changed: Any) -> None:
    row = {
        "approval": approval,
        "digest": DIGEST,
        "requested_by": ASKS,
        "requested_session": HERE,
        "expires_at": NOW + timedelta(minutes=30),
        "approved": True,
        "decided_by": SAYS,
        "decided_session": THERE,
        "confirmed_at": NOW,
        "decided_at": NOW + timedelta(minutes=1),
        "entry": entry,
    } | changed
    await insert(connection, "approval_decision", row)


async def used(connection: Any, approval: str, **changed: Any) -> None:
    row = {
        "approval": approval,
        "approved": True,
        "digest": DIGEST,
        "requested_by": ASKS,
        "decided_by": SAYS,
        "decided_at": NOW + timedelta(minutes=1),
        "used_by": ASKS,
        "used_at": NOW + timedelta(minutes=2),
    } | changed
    await insert(connection, "approval_use", row)


async def insert(connection: Any, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608 - names of our own
        *row.values(),
    )


async def use_again(database: Database) -> None:
    async with database.begin() as session:
        connection = await driver(session)
        await used(connection, await connection.fetchval("SELECT code FROM approval"))


async def test_two_people_in_two_sessions_within_the_times_are_accepted_once(database: Database) -> None:
    await played(database)

    with pytest.raises(asyncpg.UniqueViolationError) as refusal:
        await use_again(database)

    assert refusal.value.constraint_name == "approval_use_pkey"


async def played(database: Database, **said: dict[str, Any]) -> None:
    """A request, a decision and a use, each with what is changed of it."""
    async with database.begin() as session:
        (taken,) = await take(session, [act("note")], NOW)
        connection = await driver(session)
        approval = await asked(connection, taken.entry, **said.get("asked", {}))
        await decided(connection, taken.entry, approval, **said.get("decided", {}))
        await used(connection, approval, **said.get("used", {}))


@pytest.mark.parametrize(
    ("part", "changed", "constraint"),
    [
        ("asked", {"shown": '{"act":"other"}'}, "approval_digest_check"),
        ("asked", {"expires_at": NOW + timedelta(days=15)}, "approval_expires_check"),
        ("decided", {"decided_by": ASKS}, "approval_decision_two_people_check"),
        ("decided", {"decided_session": HERE}, "approval_decision_two_sessions_check"),
        ("decided", {"requested_by": SAYS, "decided_by": ASKS}, "approval_decision_asked_fkey"),
        ("decided", {"requested_session": THERE, "decided_session": HERE}, "approval_decision_asked_fkey"),
        ("decided", {"digest": b"0" * 32}, "approval_decision_asked_fkey"),
        ("decided", {"confirmed_at": NOW - timedelta(minutes=5)}, "approval_decision_confirmed_check"),
        ("decided", {"confirmed_at": NOW + timedelta(minutes=2)}, "approval_decision_confirmed_check"),
        (
            "decided",
            {"decided_at": NOW + timedelta(minutes=31), "confirmed_at": NOW + timedelta(minutes=31)},
            "approval_decision_in_time_check",
        ),
        ("decided", {"approved": False}, "approval_use_decided_fkey"),
        ("used", {"approved": False}, "approval_use_approved_check"),
        ("used", {"digest": b"0" * 32}, "approval_use_decided_fkey"),
        ("used", {"used_by": person_code(0, 2)}, "approval_use_used_by_check"),
        ("used", {"used_at": NOW + timedelta(minutes=32)}, "approval_use_in_time_check"),
    ],
)
async def test_what_is_not_two_people_in_time_on_one_thing_is_refused(
    database: Database, part: str, changed: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await played(database, **{part: changed})

    assert refusal.value.constraint_name == constraint
