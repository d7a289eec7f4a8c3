"""Bring a database's schema up to date. The migrations are found in the installed package, wherever one stands."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# Any number no other lock of ours uses.
LOCK = 7_346_001

# A temporary table goes before any of ours with the same name: the service could be made to read another log.
# It is a right on the database, which no copy of it inherits, so every migration sees to it where it may.
_NO_TEMPORARY_TABLES = """
DO $$ BEGIN
    IF pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END IF;
END $$
"""


T = TypeVar("T")


class SchemaUnknown(Exception):
    """The database was migrated by a later version of this program; use that version."""


async def migrate(url: str) -> tuple[str, ...]:
    """Apply every migration the database lacks, all or none, and return their revisions, oldest first.

    Processes that start together wait for each other. SchemaUnknown if the database is ahead of this program.
    """

    def upgrade(connection: Connection) -> tuple[str, ...]:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        missing = _missing(connection)
        if missing:
            command.upgrade(configuration(connection), "head")
        connection.execute(text(_NO_TEMPORARY_TABLES))
        return missing

    return await _in_transaction(url, upgrade)


async def pending(url: str) -> tuple[str, ...]:
    """The revisions that the database lacks, oldest first; empty when it is up to date."""
    return await _in_transaction(url, _missing)


async def write_revision(url: str, message: str, metadata: MetaData) -> str:
    """Compare `metadata` with the migrated database and write what lacks as a new migration; its path."""

    def write(connection: Connection) -> str:
        script = command.revision(configuration(connection, metadata), message, autogenerate=True)
        assert isinstance(script, Script)
        return script.path

    await migrate(url)
    return await _in_transaction(url, write)


def configuration(connection: Connection | None = None, metadata: MetaData | None = None) -> Config:
    """Alembic's configuration; `metadata` is needed only to write a new revision."""
    package = importlib.util.find_spec("migrations")
    if package is None or package.origin is None:
        raise RuntimeError("The package migrations is not installed beside logistics.")
    config = Config(attributes={"connection": connection, "target_metadata": metadata})
    config.set_main_option("script_location", str(Path(package.origin).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _in_transaction(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _missing(connection: Connection) -> tuple[str, ...]:
    scripts = ScriptDirectory.from_config(configuration())
    heads = MigrationContext.configure(connection).get_current_heads()
    try:
        lacking = scripts.iterate_revisions("heads", heads or "base")
        return tuple(script.revision for script in lacking)[::-1]
    except RevisionError as error:
        raise SchemaUnknown(f"The database is at revision {', '.join(heads)}: {error}.") from None
