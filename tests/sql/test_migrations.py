"""Migrations build exactly what the tables say, all or nothing, once."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import logistics.store.tables  # noqa: F401 - fills the metadata
from logistics.store.database import Database
from logistics.store.migrate import SchemaUnknown, migrate, pending


def url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrated_schema_is_what_the_tables_say(empty_database: Database) -> None:
    await migrate(url(empty_database))

    async with empty_database.engine.connect() as connection:
        found = await connection.run_sync(differences)

    assert found == [], "Write a migration: logistics revision 'what is true now'"


async def test_a_migrated_database_has_nothing_pending(empty_database: Database) -> None:
    before = await pending(url(empty_database))

    applied = await migrate(url(empty_database))

    assert applied == before
    assert await pending(url(empty_database)) == ()
    assert await migrate(url(empty_database)) == ()


async def test_processes_that_migrate_at_once_apply_each_migration_once(empty_database: Database) -> None:
    wanted = await pending(url(empty_database))

    applied = await asyncio.gather(*(migrate(url(empty_database)) for _ in range(4)))

    assert sorted(applied, key=len)[-1] == wanted
    assert sum(applied, ()) == wanted


async def test_a_database_ahead_of_the_program_is_refused(empty_database: Database) -> None:
    await migrate(url(empty_database))
    async with empty_database.begin() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32))"))
        await session.execute(text("DELETE FROM alembic_version"))
        await session.execute(text("INSERT INTO alembic_version VALUES ('from_the_future')"))

    with pytest.raises(SchemaUnknown, match="from_the_future"):
        await migrate(url(empty_database))
