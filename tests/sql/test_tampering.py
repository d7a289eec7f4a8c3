"""The tamper matrix: whoever holds the database alters the log, and exactly the stated checks notice it.

Empty cells count as much as full ones: what only the printed checkpoint can show is shown to be seen by nothing else.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from logistics.gate import NewCard, admit, take
from logistics.ledger import live, merkle, notes, watching
from logistics.ledger.acts import Act
from logistics.ledger.canonical import leaf_hash
from logistics.ledger.rereading import What
from logistics.ledger.sequencer import UNSIGNED, Worker
from logistics.ledger.signer import KEY_FILE
from logistics.rules.codes import CodeType, random_code
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database, driver
from logistics.store.server import OWNER, SUPERUSER, Server
from logistics.store.tables import APPEND_ONLY
from seed.load import person_code
from tests.conftest import clone
from tests.sql import gate_rows as given
from tests.sql.test_sequencer import at_work

OTHER = person_code(0, 3)
ROW, TREE, SIGNATURE, SIGNER, PAPER = What.ROW, What.TREE, What.SIGNATURE, What.SIGNER, What.PAPER
COPIES, BESIDE = What.COPIES, What.BESIDE


@dataclass
class Scene:
    """A signed log of eight entries with its signer's directory, and the note that was printed of it."""

    server: Server
    database: Database
    superuser: asyncpg.Connection
    signer: Path
    earlier: Path
    origin: str
    printed: str

    async def owner(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=str(self.server.socket_dir), user=OWNER, database=self.database.engine.url.database
        )

    def forget(self) -> None:
        """Put the signer's memory back to what it was before the last checkpoint: the attacker reached that, too."""
        shutil.rmtree(self.signer)
        shutil.copytree(self.earlier, self.signer)

    async def rewrite(self, key: notes.SigningKey) -> str:
        """All bodies altered, and everything that follows from them made anew with a key; the new note."""
        connection = self.superuser
        for row in await connection.fetch("SELECT id, body FROM entry"):
            body = row["body"].replace(given.CLERK.code, OTHER)
            await connection.execute(
                "UPDATE entry SET body = $2, hash = $3, actor = $4 WHERE id = $1",
                row["id"],
                body,
                leaf_hash(body),
                OTHER,
            )
        await connection.execute("UPDATE leaf SET hash = entry.hash FROM entry WHERE entry.id = leaf.entry")
        leaves = [row["hash"] for row in await connection.fetch("SELECT hash FROM leaf ORDER BY leaf_index")]
        note = ""
        for row in await connection.fetch("SELECT size FROM checkpoint ORDER BY size"):
            root = merkle.root(leaves[: row["size"]])
            note = notes.sign_checkpoint(self.origin, row["size"], root, key)
            await connection.execute(
                "UPDATE checkpoint SET root = $2, note = $3 WHERE size = $1", row["size"], root, note
            )
        return note


async def nothing(_: Scene) -> None: ...


async def blocked(scene: Scene) -> None:
    """Owner and service try, and the superuser as a replica: every one of them is refused."""
    owner = await scene.owner()
    await scene.superuser.execute("SET session_replication_role = replica")
    try:
        for statement in ("UPDATE entry SET act = 'x'", "DELETE FROM entry", "TRUNCATE entry CASCADE"):
            with pytest.raises(asyncpg.PostgresError):
                async with scene.database.begin() as session:
                    await (await driver(session)).execute(statement)
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await owner.execute(statement)
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await scene.superuser.execute(statement)
    finally:
        await scene.superuser.execute("SET session_replication_role = origin")
        await owner.close()


async def edits_a_body(scene: Scene) -> None:
    await scene.superuser.execute("UPDATE entry SET body = replace(body, 'said', 'sand') WHERE id = 3")


async def edits_a_body_and_its_hash(scene: Scene) -> None:
    await edits_a_body(scene)
    await scene.superuser.execute(
        "UPDATE entry SET hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8')) WHERE id = 3"
    )


async def deletes_a_row_in_the_middle(scene: Scene) -> None:
    await scene.superuser.execute("DELETE FROM entry WHERE id = 3")


async def deletes_the_last_row_and_its_leaf(scene: Scene) -> None:
    await scene.superuser.execute("DELETE FROM leaf WHERE leaf_index = 7; DELETE FROM entry WHERE id = 8")


async def drops_the_tail_and_the_last_checkpoint(scene: Scene) -> None:
    await scene.superuser.execute(
        "DELETE FROM leaf WHERE leaf_index >= 5; DELETE FROM entry WHERE id > 5;"
        "DELETE FROM checkpoint WHERE size > 5"
    )


async def drops_the_tail_and_puts_the_signer_back(scene: Scene) -> None:
    await drops_the_tail_and_the_last_checkpoint(scene)
    scene.forget()


async def rewrites_everything_without_the_key(scene: Scene) -> None:
    await scene.rewrite(notes.SigningKey.generate(scene.origin))


async def rewrites_everything_with_the_key(scene: Scene) -> None:
    key = notes.SigningKey.from_pem(scene.origin, (scene.signer / KEY_FILE).read_bytes())
    note = await scene.rewrite(key)
    (memory,) = scene.signer.glob("*.checkpoint")
    memory.write_text(note, encoding="utf-8")


async def inserts_a_row_beside_the_sequencer(scene: Scene) -> None:
    """In every respect like an entry of long ago, but for the transaction that it claims to come from."""
    await scene.superuser.execute(
        "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash, xid)"
        " SELECT added.uuid, act, actor, site, occurred_at, recorded_at, added.body,"
        "        sha256('\\x00'::bytea || convert_to(added.body, 'UTF8')), '3'::xid8"
        " FROM entry, gen_random_uuid() AS other (uuid),"
        "      LATERAL (SELECT other.uuid, replace(body, entry.uuid::text, other.uuid::text)) AS added (uuid, body)"
        " WHERE id = 3"
    )


async def alters_a_row_that_cites_an_entry(scene: Scene) -> None:
    await scene.superuser.execute("UPDATE entry_card SET entry = 4 WHERE entry = 2")


async def alters_a_column_beside_a_body(scene: Scene) -> None:
    await scene.superuser.execute("UPDATE entry SET actor = $1 WHERE id = 3", OTHER)


async def alters_a_stored_checkpoint(scene: Scene) -> None:
    await scene.superuser.execute(
        "UPDATE checkpoint SET note = replace(note, '\n\n', '\nx\n\n') WHERE size = 5"
    )


Attack = Callable[[Scene], Awaitable[None]]

# Of each attack: what notices it without the printed checkpoint, and whether that does.
MATRIX: list[tuple[Attack, set[What], bool]] = [
    (nothing, set(), False),
    (blocked, set(), False),
    (edits_a_body, {ROW, TREE, SIGNER}, True),
    (edits_a_body_and_its_hash, {TREE, SIGNER}, True),
    (deletes_a_row_in_the_middle, {TREE, SIGNER}, True),
    (deletes_the_last_row_and_its_leaf, {TREE, SIGNER}, True),
    (drops_the_tail_and_the_last_checkpoint, {SIGNER}, True),
    (drops_the_tail_and_puts_the_signer_back, set(), True),
    (rewrites_everything_without_the_key, {SIGNATURE, SIGNER}, True),
    (rewrites_everything_with_the_key, set(), True),
    (inserts_a_row_beside_the_sequencer, {BESIDE}, False),
    (alters_a_row_that_cites_an_entry, {COPIES}, False),
    (alters_a_column_beside_a_body, {COPIES}, False),
    (alters_a_stored_checkpoint, {SIGNATURE}, False),
]


@pytest.mark.parametrize(
    ("attack", "without_paper", "by_paper"), MATRIX, ids=lambda a: getattr(a, "__name__", "")
)
async def test_each_attack_is_noticed_by_exactly_what_the_matrix_says(
    server: Server,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    attack: Attack,
    without_paper: set[What],
    by_paper: bool,
) -> None:
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.0)
    async with (
        prepared(server, template, tmp_path) as scene,
        at_work(scene.database, scene.signer) as (worker, _),
    ):
        if attack not in (nothing, blocked):
            await disarm(scene.superuser)
        await attack(scene)

        plain = await live.verify(scene.database, scene.signer)
        papers = await live.verify(scene.database, scene.signer, papers=[scene.printed])
        distrusted = await read_by_the_service(scene, worker)

    assert set(plain.found) == without_paper, plain
    assert set(papers.found) == without_paper | ({PAPER} if by_paper else set()), papers
    assert (plain.verified, papers.verified) == (not without_paper, not (without_paper or by_paper))
    assert (distrusted is not None) == bool(without_paper), distrusted


@asynccontextmanager
async def prepared(server: Server, template: str, home: Path) -> AsyncIterator[Scene]:
    signer, earlier = home / "signer", home / "earlier"
    async with clone(server, template) as database:
        async with database.begin() as session:
            card = NewCard(random_code(CodeType.CARD), "standard", given.SITE, await given.box(session))
            announced = given.act("expect", place=given.ANNEX, custodian=given.ANNEX)
            await admit(session, CardStep.EXPECT, [(announced, [card])], given.NOW)
            step = given.act("check_in", step=CardStep.CHECK_IN, cards=[card.code], place=given.ANNEX)
            await take(session, [step, *_notes(3)], given.NOW)
        await signed(database, signer)
        shutil.copytree(signer, earlier)
        async with database.begin() as session:
            await take(session, _notes(3), given.NOW)
        printed = await signed(database, signer)
        superuser = await asyncpg.connect(
            host=str(server.socket_dir), user=SUPERUSER, database=database.engine.url.database
        )
        origin = await superuser.fetchval("SELECT origin FROM log_identity")
        scene = Scene(server, database, superuser, signer, earlier, origin, printed)
        try:
            yield scene
        finally:
            await superuser.close()


async def signed(database: Database, signer: Path) -> str:
    """Everything sequenced and signed, as the service does it; the last note."""
    async with at_work(database, signer) as (worker, connection):
        await worker.round()
        note: str = await connection.fetchval("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        return note


async def disarm(superuser: asyncpg.Connection) -> None:
    """What a superuser does first: nothing refuses him any more."""
    for table in APPEND_ONLY:
        await superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await superuser.execute("ALTER TABLE entry DROP CONSTRAINT entry_hash_check")


async def read_by_the_service(scene: Scene, worker: Worker) -> str | None:
    """What the running service comes to distrust within one pass; it then signs nothing, also after a restart."""
    while not await worker.watch.go_on():
        pass
    await worker.reconcile()
    distrusted = worker.watch.distrusts
    if distrusted is not None:
        before = await _signatures(scene)
        async with scene.database.begin() as session:
            await take(session, _notes(1), given.NOW)
        with suppress(*UNSIGNED):
            await worker.round()
        with suppress(*UNSIGNED):
            async with at_work(scene.database, scene.signer) as (restarted, _):
                await restarted.round()
        assert await _signatures(scene) == before
    return distrusted


async def _signatures(scene: Scene) -> tuple[object, ...]:
    memory = [path.read_text() for path in scene.signer.glob("*.checkpoint")]
    return await scene.superuser.fetchval("SELECT count(*) FROM checkpoint"), *memory


def _notes(count: int) -> list[Act]:
    return [given.act("note", facts={"said": str(n)}) for n in range(count)]
