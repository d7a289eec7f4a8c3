"""Sessions, the driver under them, and what a connection is set up with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import Database, copy_rows, driver
from logistics.store.server import Server

NOTES = "CREATE TABLE note (id integer PRIMARY KEY, body text)"


@pytest.fixture
async def notes(empty_database: Database) -> Database:
    async with empty_database.begin() as session:
        await session.execute(text(NOTES))
    return empty_database


async def bodies(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(text("SELECT body FROM note ORDER BY id")))


async def add(session: AsyncSession, number: int, body: str) -> None:
    await session.execute(text("INSERT INTO note VALUES (:id, :body)"), {"id": number, "body": body})


async def fail_after(database: Database, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    async with database.begin() as session:
        await work(session)
        raise RuntimeError


async def test_a_transaction_commits_when_its_block_ends(notes: Database) -> None:
    async with notes.begin() as session:
        await add(session, 1, "kept")

    assert await bodies(notes) == ["kept"]


async def test_a_transaction_that_raises_changes_nothing(notes: Database) -> None:
    with pytest.raises(RuntimeError):
        await fail_after(notes, lambda session: add(session, 1, "lost"))

    assert await bodies(notes) == []


async def test_a_snapshot_sees_one_moment(notes: Database) -> None:
    async with notes.read() as reader:
        before = (await reader.execute(text("SELECT count(*) FROM note"))).scalar_one()
        async with notes.begin() as writer:
            await add(writer, 1, "later")
        after = (await reader.execute(text("SELECT count(*) FROM note"))).scalar_one()

    assert (before, after) == (0, 0)
    assert await bodies(notes) == ["later"]


async def test_a_snapshot_refuses_to_write(notes: Database) -> None:
    with pytest.raises(DBAPIError) as refusal:
        async with notes.read() as session:
            await add(session, 1, "never")

    assert refusal.value.orig.sqlstate == "25006"  # type: ignore[union-attr]


async def test_a_connection_that_served_a_snapshot_writes_again(notes: Database) -> None:
    narrow = Database(notes.engine.url.render_as_string(hide_password=False), pool_size=1)
    async with narrow.read() as session:
        await session.execute(text("SELECT 1"))
    async with narrow.begin() as session:
        isolation = (await session.execute(text("SHOW transaction_isolation"))).scalar_one()
        await add(session, 1, "kept")
    await narrow.close()

    assert isolation == "read committed"
    assert await bodies(notes) == ["kept"]


async def test_rows_copied_first_are_rolled_back_with_the_session(notes: Database) -> None:
    with pytest.raises(RuntimeError):
        await fail_after(notes, lambda session: copy_rows(session, "note", ("id", "body"), [(1, "lost")]))

    assert await bodies(notes) == []


async def test_copied_rows_commit_with_the_session(notes: Database) -> None:
    async with notes.begin() as session:
        await copy_rows(session, "note", ("id", "body"), [(1, "copied"), (2, "too")])
        await add(session, 3, "inserted")

    assert await bodies(notes) == ["copied", "too", "inserted"]


async def test_a_refused_copy_raises_the_drivers_error_and_nothing_is_kept(notes: Database) -> None:
    async def copy_again(session: AsyncSession) -> None:
        await add(session, 1, "before")
        await copy_rows(session, "note", ("id", "body"), [(1, "again")])

    with pytest.raises(asyncpg.UniqueViolationError):
        await fail_after(notes, copy_again)

    assert await bodies(notes) == []


async def test_the_driver_and_the_session_share_one_transaction(notes: Database) -> None:
    async with notes.begin() as session:
        connection = await driver(session)
        await connection.execute("INSERT INTO note VALUES (1, 'by driver')")
        seen = (await session.execute(text("SELECT body FROM note"))).scalar_one()
        same = await driver(session) is connection

    assert (seen, same) == ("by driver", True)
    assert await bodies(notes) == ["by driver"]


async def test_every_connection_is_set_up_alike(empty_database: Database) -> None:
    names = (
        "application_name",
        "timezone",
        "idle_in_transaction_session_timeout",
        "statement_timeout",
        "synchronous_commit",
        "transaction_isolation",
    )
    async with empty_database.begin() as session:
        found = [(await session.execute(text(f"SHOW {name}"))).scalar_one() for name in names]

    assert found == ["logistics", "UTC", "10s", "30s", "on", "read committed"]


async def test_a_connection_the_server_closed_is_replaced_unnoticed(server: Server, notes: Database) -> None:
    assert await bodies(notes) == []
    server.psql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :'name'",
        name=str(notes.engine.url.database),
    )
    await asyncio.sleep(0.05)

    assert await bodies(notes) == []


async def test_a_burst_waits_for_the_pool_instead_of_failing(notes: Database) -> None:
    narrow = Database(notes.engine.url.render_as_string(hide_password=False), pool_size=2)

    async def write(number: int) -> None:
        async with narrow.begin() as session:
            await add(session, number, str(number))

    await asyncio.gather(*(write(number) for number in range(30)))
    await narrow.close()

    assert await bodies(notes) == [str(number) for number in range(30)]


async def test_the_service_is_not_a_superuser(empty_database: Database) -> None:
    async with empty_database.begin() as session:
        found = (await session.execute(text("SHOW is_superuser"))).scalar_one()

    assert found == "off"
