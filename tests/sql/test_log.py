"""The custody log: written once, for ever, and enough to rebuild everything from."""

from __future__ import annotations

import asyncpg
import msgspec
import pytest
import rfc8785

from logistics.gate import take
from logistics.ledger.canonical import leaf_hash
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database, driver
from logistics.store.server import SUPERUSER, Server
from logistics.store.tables import APPEND_ONLY
from tests.sql import gate_rows as given
from tests.sql.gate_rows import NOW, rows

CHANGES = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")


async def superuser(server: Server, database: Database) -> asyncpg.Connection:
    name = database.engine.url.database
    return await asyncpg.connect(host=str(server.socket_dir), user=SUPERUSER, database=name)


@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_not_even_a_superuser_changes_what_is_written_once(
    server: Server, database: Database, role: str
) -> None:
    connection = await superuser(server, database)
    await connection.execute(f"SET session_replication_role = {role}")
    wrong = {}
    for table in APPEND_ONLY:
        column = await connection.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity = ''"
            " ORDER BY attnum LIMIT 1",
            table,
        )
        await one_row(connection, table)
        for change in CHANGES:
            try:
                await connection.execute(change.format(table=table, column=column))
                wrong[table, change] = "was done"
            except asyncpg.PostgresError as refusal:
                if "append" not in str(refusal).lower() and "never" not in str(refusal).lower():
                    wrong[table, change] = str(refusal)
    await connection.close()

    assert wrong == {}


async def one_row(connection: asyncpg.Connection, table: str) -> None:
    """A row that says nothing, with every constraint asleep: only the triggers are tried."""
    if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):  # noqa: S608 - names of our own
        return
    columns = await connection.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped",
        table,
    )
    constraints = await connection.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'f')", table
    )
    for constraint in constraints:
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint['conname']}")
    await connection.execute(f"DROP TRIGGER IF EXISTS {table}_known ON {table}")
    values = ", ".join("'{}'" if c["type"].endswith("[]") else VALUES.get(c["type"], "'1'") for c in columns)
    names = ", ".join(column["attname"] for column in columns)
    await connection.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})")  # noqa: S608


VALUES = {
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "now()",
    "boolean": "true",
    "date": "'2026-04-01'",
    "xid8": "pg_current_xact_id()",
}


async def test_the_service_itself_may_not_change_what_is_written_once(database: Database) -> None:
    async with database.begin() as session:
        await take(session, [given.act("note")], NOW)

    for statement in ("UPDATE entry SET act = 'other'", "DELETE FROM entry", "TRUNCATE entry CASCADE"):
        with pytest.raises(asyncpg.PostgresError):
            async with database.begin() as session:
                await (await driver(session)).execute(statement)
    assert await rows(database, "SELECT act FROM entry") == [("note",)]


async def test_every_append_only_table_is_guarded_and_no_other_is_forgotten(database: Database) -> None:
    found = await rows(
        database,
        "SELECT relname, array_agg(tgenabled::text) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgname IN (relname || '_append_only', relname || '_no_truncate')"
        "   AND tgfoid = 'refuse_change'::regproc"
        " GROUP BY relname HAVING count(*) = 2",
    )

    assert {name: set(enabled) for name, enabled in found} == {name: {"A"} for name in APPEND_ONLY}


async def test_a_body_is_canonical_and_hashes_to_what_stands_beside_it(database: Database) -> None:
    async with database.begin() as session:
        code = await given.card(session, "ready")
        facts = {"note": "改\u3099め", "n": 2**53 - 1, "list": [True, None, "\u20ac"]}
        act = await given.card_act(session, CardStep.PACK, code)
        await take(session, [act, given.act("note", facts=facts)], NOW)

    for body, digest in await rows(database, "SELECT body, hash FROM entry"):
        assert rfc8785.dumps(msgspec.json.decode(body)).decode() == body
        assert leaf_hash(body) == digest
