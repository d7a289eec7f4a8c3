"""The sequencer: every committed entry gets one leaf, the tree is signed, history cannot fork unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from logistics.gate import take
from logistics.ledger import merkle, notes, reconciling
from logistics.ledger.acts import Act
from logistics.ledger.canonical import leaf_hash
from logistics.ledger.sequencer import Sequencer, TreeDiffers, Worker
from logistics.ledger.signer import SigningRefused
from logistics.store.database import Database, driver
from logistics.store.server import Server
from logistics.work import people
from seed.load import person_code
from tests.conftest import as_superuser, clone

# A row that did not come by the gate, with the number of a transaction that this server has not begun.
BESIDE = """
INSERT INTO entry (id, uuid, act, actor, site, occurred_at, recorded_at, body, hash, xid) OVERRIDING SYSTEM VALUE
SELECT {}, gen_random_uuid(), act, actor, site, occurred_at, recorded_at, body, hash, '9000000000000'::xid8
FROM entry WHERE id = 7
"""


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def at_work(database: Database, home: Path) -> AsyncIterator[tuple[Worker, asyncpg.Connection]]:
    async with database.engine.connect() as pooled:
        connection = (await pooled.get_raw_connection()).driver_connection
        assert connection is not None
        worker = await Worker.start(connection, home, now)
        await worker.reconcile()
        yield worker, connection
        await pooled.invalidate()


async def write(database: Database, count: int = 1) -> None:
    """`count` entries, each in a transaction of its own."""
    for _ in range(count):
        async with database.begin() as session:
            actor = await people.actor(session, person_code(0, 2))
            await take(session, [Act("open_box", actor, str(actor.place), now())], now())


async def leaves(connection: asyncpg.Connection) -> list[tuple[int, bytes, str]]:
    rows = await connection.fetch(
        "SELECT leaf_index, leaf.hash, body FROM leaf JOIN entry ON entry.id = leaf.entry ORDER BY leaf_index"
    )
    return [(row["leaf_index"], row["hash"], row["body"]) for row in rows]


async def test_every_entry_gets_one_leaf_in_order_and_the_root_is_signed(
    database: Database, tmp_path: Path
) -> None:
    await write(database, 5)
    async with at_work(database, tmp_path) as (worker, connection):
        await write(database, 3)
        await worker.round()

        found = await leaves(connection)
        last = await connection.fetchrow("SELECT * FROM checkpoint ORDER BY size DESC LIMIT 1")

    assert [index for index, _, _ in found] == list(range(8))
    assert all(leaf_hash(body) == stored for _, stored, body in found)
    assert last is not None
    opened = notes.parse_checkpoint(notes.parse_note(last["note"]).text)
    assert (opened.size, opened.root) == (8, merkle.root(stored for _, stored, _ in found))


async def test_a_row_that_commits_late_is_neither_lost_nor_waited_for(
    database: Database, tmp_path: Path
) -> None:
    async with at_work(database, tmp_path) as (worker, connection):
        async with database.begin() as slow:
            actor = await people.actor(slow, person_code(0, 2))
            await take(slow, [Act("open_box", actor, str(actor.place), now())], now())
            await write(database, 2)
            await worker.round()
            held_back = len(await leaves(connection))

        await worker.round()

        assert held_back == 0, "nothing behind the oldest running transaction may be numbered"
        assert len(await leaves(connection)) == 3


async def test_a_worker_killed_after_any_step_leaves_no_gap_and_no_second_leaf(
    database: Database, tmp_path: Path
) -> None:
    for steps in ([], ["assign"], ["assign", "extend"], ["assign", "extend", "sign"]):
        await write(database, 2)
        async with at_work(database, tmp_path) as (worker, _):
            for step in steps:
                await getattr(worker, step)()

    async with at_work(database, tmp_path) as (worker, connection):
        await worker.round()
        found = await leaves(connection)
        size = await connection.fetchval("SELECT max(size) FROM checkpoint")

    assert [index for index, _, _ in found] == list(range(8))
    assert size == 8


async def test_a_signature_lost_between_signer_and_database_is_given_again(
    database: Database, server: Server, tmp_path: Path
) -> None:
    await write(database, 3)
    async with at_work(database, tmp_path) as (worker, _):
        await worker.round()
    name = str(database.engine.url.database)
    await as_superuser(server, "ALTER TABLE checkpoint DISABLE TRIGGER USER", name)
    await as_superuser(server, "DELETE FROM checkpoint", name)

    async with at_work(database, tmp_path) as (worker, connection):
        await worker.round()
        again = await connection.fetchval("SELECT size FROM checkpoint")

    assert again == 3


async def test_a_database_put_back_is_not_signed_again(server: Server, template: str, tmp_path: Path) -> None:
    async with clone(server, template) as original:
        await write(original, 3)
        backup = "test_backup"
        await original.close()
        source = str(original.engine.url.database)
        await as_superuser(server, f"CREATE DATABASE {backup} TEMPLATE {source}")
        try:
            await write(original, 2)
            async with at_work(original, tmp_path) as (worker, _):
                await worker.round()
            async with clone(server, backup) as restored:
                await write(restored, 7)
                async with at_work(restored, tmp_path) as (worker, connection):
                    with pytest.raises(SigningRefused):
                        await worker.round()
                    assert await connection.fetchval("SELECT count(*) FROM checkpoint") == 0
        finally:
            await as_superuser(server, f"DROP DATABASE {backup} WITH (FORCE)")


async def test_a_body_changed_before_it_is_signed_stops_the_signing(
    database: Database, server: Server, tmp_path: Path
) -> None:
    await write(database, 3)
    name = str(database.engine.url.database)
    async with at_work(database, tmp_path) as (worker, _):
        await worker.assign()
        await as_superuser(server, "ALTER TABLE entry DISABLE TRIGGER USER", name)
        await as_superuser(
            server,
            "UPDATE entry SET body = replace(body, 'open_box', 'open_bax'), hash = sha256('\\x00'::bytea"
            " || convert_to(replace(body, 'open_box', 'open_bax'), 'UTF8')) WHERE id = 2",
            name,
        )

        with pytest.raises(TreeDiffers):
            await worker.extend()


async def test_rows_of_a_dump_with_foreign_transaction_ids_are_reconciled(
    database: Database, server: Server, tmp_path: Path
) -> None:
    await write(database, 2)
    name = str(database.engine.url.database)
    await as_superuser(server, "ALTER TABLE entry DISABLE TRIGGER USER", name)
    await as_superuser(server, "UPDATE entry SET xid = '9000000000000'::xid8", name)

    async with at_work(database, tmp_path) as (_, connection):
        assert len(await leaves(connection)) == 2


async def test_a_row_that_came_in_beside_is_found_within_one_pass_whatever_its_number(
    database: Database, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "LEAST_SLICE", 2)
    await write(database, 7)
    name = str(database.engine.url.database)
    async with at_work(database, tmp_path) as (worker, connection):
        await worker.round()
        assert [await worker.reconcile_on() for _ in range(5)] == [0] * 5
        assert worker.watch.distrusts is None

        for number in (-3, 900):
            await as_superuser(server, BESIDE.format(number), name)
            monkeypatch.setattr(reconciling, "RECONCILE_SECONDS", 5)
            assert sum([await worker.reconcile_on() for _ in range(6)]) == 1, number
            assert worker.watch.distrusts is not None

        assert len(await leaves(connection)) == 9


async def test_complete_subtrees_are_stored_so_that_proofs_need_few_rows(
    database: Database, tmp_path: Path
) -> None:
    await write(database)
    async with database.begin() as session:
        connection = await driver(session)
        body = await connection.fetchrow("SELECT body, hash FROM entry LIMIT 1")
        await connection.execute(
            "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash)"
            " SELECT gen_random_uuid(), act, actor, site, occurred_at, recorded_at, $1, $2"
            " FROM entry, generate_series(1, 700)",
            body["body"],
            body["hash"],
        )

    async with at_work(database, tmp_path) as (worker, connection):
        await worker.round()
        nodes = await connection.fetch("SELECT level, index, hash FROM node ORDER BY level, index")
        stored = [leaf for _, leaf, _ in await leaves(connection)]
        again = await Worker.start(connection, tmp_path, now)

    assert [(n["level"], n["index"]) for n in nodes] == [(8, 0), (8, 1)]
    assert nodes[0]["hash"] == merkle.root(stored[:256])
    assert again._edge.root() == merkle.root(stored)


async def test_only_one_of_two_sequencers_leads_and_a_commit_is_signed_within_two_seconds(
    database: Database, tmp_path: Path
) -> None:
    tasks = [asyncio.create_task(Sequencer(database, tmp_path, now).run()) for _ in range(2)]
    try:
        await write(database, 4)
        async with asyncio.timeout(20):
            while await _signed(database) < 4:  # noqa: ASYNC110 - its only sign is a row
                await asyncio.sleep(0.05)
        leaders = await _locks(database)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert leaders == 1


async def _signed(database: Database) -> int:
    async with database.read() as session:
        size: int = await (await driver(session)).fetchval("SELECT COALESCE(max(size), 0) FROM checkpoint")
        return size


async def _locks(database: Database) -> int:
    async with database.read() as session:
        count: int = await (await driver(session)).fetchval(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE locktype = 'advisory' AND objid = 7346002 AND datname = current_database()"
        )
        return count
