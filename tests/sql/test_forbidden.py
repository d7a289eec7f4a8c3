"""What nobody may do to the log, tried: as the service, as the owner of the tables, one act after the other."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from logistics.gate import take
from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, SERVICE, Server
from logistics.store.tables import APPEND_ONLY
from tests.sql import gate_rows as given
from tests.sql.gate_rows import NOW
from tests.sql.test_log import one_row, superuser
from tests.sql.test_log import superuser as as_dba
from tests.sql.test_sequencer import at_work

_ENTRY = (
    "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash{columns})"
    " SELECT gen_random_uuid(), act, actor, site, occurred_at, recorded_at, {body},"
    " {hash}{values} FROM entry LIMIT 1"
)
_TRUE = "sha256('\\x00'::bytea || convert_to({body}, 'UTF8'))"


def _entry(body: str = "body", digest: str | None = None, columns: str = "", values: str = "") -> str:
    return _ENTRY.format(body=body, hash=digest or _TRUE.format(body=body), columns=columns, values=values)


# What an entry names has to be there, in whichever of the rows of a statement it stands, and stays.
NAMED = ("person", "place", "party", "run", "manifest")
UNKNOWN = [
    *(
        _entry(columns=f", {column}", values=", 'X0000000'")
        for column in ("supervisor", "run", "manifest", "from_party", "to_party")
    ),
    _entry().replace("SELECT gen_random_uuid(), act, actor,", "SELECT gen_random_uuid(), act, 'X0000000',"),
    _entry().replace(
        "SELECT gen_random_uuid(), act, actor, site,", "SELECT gen_random_uuid(), act, actor, 'X0000000',"
    ),
    _entry(columns=", to_party", values=", CASE WHEN n = 3 THEN 'X0000000' END").replace(
        "FROM entry LIMIT 1", "FROM (SELECT * FROM entry LIMIT 1) AS entry, generate_series(1, 3) AS n"
    ),
    "INSERT INTO leaf SELECT max(leaf_index) + 1, 999999, '\\x00' FROM leaf",
    f"WITH made AS ({_entry()} RETURNING id) INSERT INTO leaf SELECT 999999, id, sha256('another') FROM made",  # noqa: S608
    *(f"DELETE FROM {table}" for table in NAMED),  # noqa: S608 - names of our own
    *(f"UPDATE {table} SET code = code || 'X'" for table in NAMED),  # noqa: S608
    *(f"TRUNCATE {table} CASCADE" for table in NAMED),
]

# Everybody: nothing that is written once is changed, emptied or taken away.
EVERYBODY = [
    statement
    for table in APPEND_ONLY
    for statement in (
        f"UPDATE {table} SET {{column}} = {{column}}",  # noqa: S608 - names of our own
        f"DELETE FROM {table}",  # noqa: S608
        f"TRUNCATE {table} CASCADE",
        f"MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    )
] + [
    *UNKNOWN,
    "SET session_replication_role = replica",
    "SELECT pg_reload_conf()",
    "SELECT pg_read_file('PG_VERSION')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    _entry("'not json'"),
    _entry("'[1]'"),
    _entry("body || ' '", "hash"),
    "INSERT INTO entry_card (card, entry, from_state, step, to_state)"
    " SELECT card.id, entry.id, 'expected', 'receive', 'stored' FROM card, entry LIMIT 1",
    "INSERT INTO entry_card (card, entry, from_state, step, to_state)"
    " SELECT card.id, 999999, 'ready', 'pack', 'packed' FROM card LIMIT 1",
]

# The service besides: it cannot make the rules other than they are, nor act as somebody else.
SERVICE_ALONE = [
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in APPEND_ONLY),
    *(f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {table}_append_only" for table in APPEND_ONLY),
    *(f"DROP TABLE {table} CASCADE" for table in APPEND_ONLY),
    *(f"DROP TRIGGER {table}_append_only ON {table}" for table in APPEND_ONLY),
    "ALTER TABLE entry DROP CONSTRAINT entry_hash_check",
    "ALTER TABLE entry DROP CONSTRAINT entry_body_check",
    "ALTER TABLE entry ADD COLUMN x text",
    *(f"ALTER TABLE {table} DISABLE TRIGGER {table}_known" for table in ("entry", "leaf")),
    *(f"DROP TRIGGER {table}_known ON {table}" for table in ("entry", "leaf")),
    *(f"DROP TRIGGER {table}_keep_code ON {table}" for table in NAMED),
    "CREATE OR REPLACE FUNCTION refuse_unknown() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "ALTER TABLE entry_card DROP CONSTRAINT entry_card_legal_step_fkey",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE RULE never AS ON INSERT TO entry DO INSTEAD NOTHING",
    "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE TEMPORARY TABLE entry (x int)",
    "INSERT INTO legal_step VALUES ('card', 'ready', 'vanish', 'stored')",
    "INSERT INTO log_identity (only_one, origin) VALUES (false, 'x')",
    "UPDATE person SET role = 'auditor'",
    "DELETE FROM card",
    "TRUNCATE card CASCADE",
    f"SET ROLE {OWNER}",
    f"ALTER TABLE entry OWNER TO {SERVICE}",
    f"ALTER ROLE {SERVICE} SUPERUSER",
    "SELECT setval(pg_get_serial_sequence('entry', 'id'), 1)",
    "LOCK TABLE entry IN ACCESS EXCLUSIVE MODE",
    _entry(columns=", xid", values=", '3'::xid8"),
    _entry(columns=", id", values=", 999999").replace(") SELECT", ") OVERRIDING SYSTEM VALUE SELECT"),
]


async def test_every_forbidden_act_is_refused_to_the_service_and_to_the_owner(
    server: Server, played_database: Database, tmp_path: Path
) -> None:
    # A day of work leaves a row in nearly every table; only what refuses is tried then, never emptiness.
    database = played_database
    # What is refused by the database as a whole is so for every one that was migrated, copies of it too.
    await migrate(server.url(str(database.engine.url.database), OWNER))
    async with database.begin() as session:
        await take(session, [given.act("note") for _ in range(256)], NOW)
    async with at_work(database, tmp_path) as (worker, _):
        await worker.round()
    await _a_row_in_each(server, database)
    superuser = await as_dba(server, database)
    await superuser.execute("SET session_replication_role = replica")
    for table in APPEND_ONLY:
        await one_row(superuser, table)
    await superuser.close()
    before = await given.rows(database, "SELECT * FROM entry")
    # An entry like those that are refused, but for what they are refused for, is taken.
    assert list(await _tried(server, database, SERVICE, [_entry()])) == [_entry()]

    done = {
        (role, statement): said
        for role, statements in ((SERVICE, EVERYBODY + SERVICE_ALONE), (OWNER, EVERYBODY))
        for statement, said in (await _tried(server, database, role, statements)).items()
    }

    assert done == {}
    assert await given.rows(database, "SELECT * FROM entry") == before


async def _a_row_in_each(server: Server, database: Database) -> None:
    """What the day leaves empty gets a row that says nothing: a trigger for each row needs one to refuse."""
    connection = await superuser(server, database)
    try:
        await connection.execute("SET session_replication_role = replica")
        for table in APPEND_ONLY:
            await one_row(connection, table)
    finally:
        await connection.close()


async def _tried(server: Server, database: Database, role: str, statements: list[str]) -> dict[str, str]:
    """The statements that were not refused, each tried in a transaction of its own."""
    connection = await asyncpg.connect(
        host=str(server.socket_dir), user=role, database=database.engine.url.database
    )
    wrong = {}
    try:
        for statement in statements:
            said = await _refusal(connection, statement)
            if said is not None:
                wrong[statement] = said
    finally:
        await connection.close()
    return wrong


async def _refusal(connection: asyncpg.Connection, statement: str) -> str | None:
    """None if the statement was refused for what it is, and not for how it is written."""
    if "{column}" in statement:
        table = statement.split()[1]
        column = await connection.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0"
            " AND attidentity = '' ORDER BY attnum LIMIT 1",
            table,
        )
        statement = statement.format(column=column)
    transaction = connection.transaction()
    await transaction.start()
    try:
        status: str = await connection.execute(statement)
    except (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.IntegrityConstraintViolationError,
    ):
        return None
    except asyncpg.PostgresError as refusal:
        return None if "append-only" in str(refusal) else f"{type(refusal).__name__}: {refusal}"
    finally:
        await transaction.rollback()
    return status
