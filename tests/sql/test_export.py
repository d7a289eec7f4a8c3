"""Exports from a real database: whole and in part, verified offline, complete or not there at all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from logistics.gate import take
from logistics.ledger import merkle, notes
from logistics.ledger.acts import Act
from logistics.ledger.evidence import ExportRefused, Occasion
from logistics.ledger.export import Selection, export
from logistics.ledger.notes import SigningKey
from logistics.ledger.proofs import Prover
from logistics.ledger.verify import layout
from logistics.ledger.verify.check import verify_export
from logistics.store.database import Database, copy_rows, driver
from logistics.work import people
from seed.load import person_code
from tests.pure.verify_exports import story

KEY = SigningKey.generate("card-logistics/test")
NOON = datetime(2026, 4, 1, 3, tzinfo=UTC)
OCCASION = Occasion("監査", "市監第1号", "P-1", NOON)


async def fill(database: Database, bodies: list[str]) -> list[int]:
    """The bodies as entries, one transaction for all; their row ids."""
    async with database.begin() as session:
        connection = await driver(session)
        person = await people.actor(session, person_code(0, 2))
        rows = await connection.fetch(
            "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash)"
            " SELECT gen_random_uuid(), 'test', $2, $3, now(), now(), body,"
            "        sha256('\\x00'::bytea || convert_to(body, 'UTF8'))"
            " FROM unnest($1::text[]) WITH ORDINALITY AS added (body, place) ORDER BY place RETURNING id",
            bodies,
            person.code,
            person.place,
        )
    return [row["id"] for row in rows]


async def sequence(database: Database, sizes: list[int], *, lost: tuple[int, int] | None = None) -> None:
    """Leaves, rows of the tree but a lost one, and checkpoints, for the entries that have none; an hour apart."""
    async with database.begin() as session:
        connection = await driver(session)
        rows = await connection.fetch("SELECT id, hash FROM entry ORDER BY id")
        old: int = await connection.fetchval("SELECT count(*) FROM leaf")
        leaves = [row["hash"] for row in rows]
        added = [(n, row["id"], row["hash"]) for n, row in enumerate(rows) if n >= old]
        await copy_rows(session, "leaf", ["leaf_index", "entry", "hash"], added)
        hashes = leaves
        for level in merkle.LEVELS[1:]:
            hashes = merkle.parents(hashes[: len(hashes) // 256 * 256])
            kept = [
                (level, n, item) for n, item in enumerate(hashes) if n >= old >> level and (level, n) != lost
            ]
            await copy_rows(session, "node", ["level", "index", "hash"], kept)
        edge = merkle.Edge()
        for hour, size in enumerate(sizes):
            edge.extend(leaves[edge.size : size])
            note = notes.sign_checkpoint(KEY.verifier.name, size, edge.root(), KEY)
            at = NOON + timedelta(hours=hour)
            await copy_rows(
                session, "checkpoint", ["size", "root", "note", "signed_at"], [(size, edge.root(), note, at)]
            )


async def notes_of(database: Database) -> dict[int, str]:
    async with database.read() as session:
        rows = await (await driver(session)).fetch("SELECT size, note FROM checkpoint")
    return {row["size"]: row["note"] for row in rows}


def indexes(out: Path) -> list[int]:
    return [json.loads(line)["index"] for line in (out / layout.ENTRIES).read_text("utf-8").splitlines()]


async def test_the_whole_log_is_exported_and_verified_offline(database: Database, tmp_path: Path) -> None:
    bodies = [text for text in story(60) if '"print"' not in text]
    await fill(database, bodies)
    await sequence(database, [1, 300, 400, 540])
    heard: list[tuple[int, int]] = []

    async with database.read() as session:
        manifest = await export(
            session,
            tmp_path / "out",
            OCCASION,
            KEY.vkey,
            progress=lambda done, total: heard.append((done, total)),
        )

    report = verify_export(tmp_path / "out", KEY.vkey, list((await notes_of(database)).values()))
    assert report.verified, report
    assert (report.entries, report.checkpoints, report.papers) == (540, 4, 4)
    assert (manifest.size, manifest.purpose, manifest.approval) == (540, "監査", "市監第1号")
    assert heard[-1] == (540, 540)
    assert indexes(tmp_path / "out") == list(range(540))


async def test_real_acts_and_their_papers_are_exported_with_the_papers_hashes(
    database: Database, tmp_path: Path
) -> None:
    async with database.begin() as session:
        actor = await people.actor(session, person_code(0, 2))
        facts: Any = {"document": "M26-000001", "copy": 0, "sha256": "ab" * 32, "bytes": 3}
        (printed,) = await take(session, [Act("print", actor, str(actor.place), NOON, facts=facts)], NOON)
        await copy_rows(
            session,
            "document",
            ["number", "catalogue", "subject", "record", "digest", "created_at"],
            [("M26-000001", "P1", "M26-000001", "{}", sha("{}"), NOON)],
        )
        await copy_rows(
            session,
            "document_print",
            ["document", "copy_number", "sha256", "entry", "printed_at"],
            [("M26-000001", 0, bytes.fromhex("ab" * 32), printed.entry, NOON)],
        )
    await sequence(database, [1])

    for name, chosen in (("whole", None), ("part", Selection("papers", [printed.entry]))):
        async with database.read() as session:
            await export(session, tmp_path / name, OCCASION, KEY.vkey, selection=chosen)
        report = verify_export(tmp_path / name, KEY.vkey)
        assert report.verified, report
        assert report.documents == 1


async def test_a_selection_is_proved_against_the_last_checkpoint(database: Database, tmp_path: Path) -> None:
    bodies = [text for text in story(150) if '"print"' not in text]
    ids = await fill(database, bodies)
    await sequence(database, [100, 256, 700, 1000, 1350])
    chosen = Selection("card C26-000001A", [ids[n] for n in (1349, 0, 255, 256, 511, 700, 1280, 0)], [256])

    async with database.read() as session:
        manifest = await export(session, tmp_path / "out", OCCASION, KEY.vkey, selection=chosen)

    papers = await notes_of(database)
    report = verify_export(tmp_path / "out", KEY.vkey, [papers[256], papers[1350]])
    assert report.verified, report
    assert indexes(tmp_path / "out") == [0, 255, 256, 511, 700, 1280, 1349]
    # The last checkpoint of the day is the last of all; the second was asked for.
    assert report.checkpoints == 2
    assert manifest.question == "card C26-000001A"


async def test_every_leaf_can_be_proved_from_the_rows_of_the_tree(database: Database) -> None:
    await fill(database, [f'{{"n":{n}}}' for n in range(1000)])
    await sequence(database, [1000])

    async with database.read() as session:
        connection = await driver(session)
        leaves = [row["hash"] for row in await connection.fetch("SELECT hash FROM leaf ORDER BY leaf_index")]
        for size in (1, 255, 256, 257, 1000):
            prover, root = Prover(connection, size), merkle.root(leaves[:size])
            proofs = await prover.inclusions(range(size))
            assert all(merkle.included(leaves[n], n, size, root, proof) for n, proof in proofs)
            assert len(proofs) == size


async def test_an_entry_that_is_not_signed_yet_is_not_exported(database: Database, tmp_path: Path) -> None:
    ids = await fill(database, story(1)[:4])
    async with refused(database, tmp_path, "nothing in the log is signed"):
        pass
    await sequence(database, [3])

    async with refused(
        database, tmp_path, "1 of the entries are not under a checkpoint", Selection("x", ids)
    ):
        pass
    async with refused(database, tmp_path, r"no checkpoint of \[2\]", Selection("x", ids[:1], [2])):
        pass
    async with database.read() as session:
        manifest = await export(session, tmp_path / "out", OCCASION, KEY.vkey)

    assert manifest.entries == 3
    assert verify_export(tmp_path / "out", KEY.vkey).verified


async def test_an_export_that_fails_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    await fill(database, story(1))
    await sequence(database, [10])

    def stop(_done: int, _total: int) -> None:
        raise RuntimeError("the disk is full")

    async with database.read() as session:
        with pytest.raises(RuntimeError, match="disk is full"):
            await export(session, tmp_path / "out", OCCASION, KEY.vkey, progress=stop)

    assert there(tmp_path) == []


async def test_an_export_never_replaces_what_is_there(database: Database, tmp_path: Path) -> None:
    await fill(database, story(1))
    await sequence(database, [10])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep\n")

    async with refused(database, tmp_path, "exists already"):
        pass

    assert (tmp_path / "out" / "mine.txt").read_text() == "keep\n"


async def test_equal_exports_are_equal_bytes(database: Database, tmp_path: Path) -> None:
    ids = await fill(database, story(3)[:9])
    await sequence(database, [4, 9])

    for name in ("first", "second"):
        for part, chosen in (("whole", None), ("part", Selection("x", ids[2:5]))):
            async with database.read() as session:
                await export(session, tmp_path / f"{name}-{part}", OCCASION, KEY.vkey, selection=chosen)

    for part in ("whole", "part"):
        files = {path.name: path.read_bytes() for path in (tmp_path / f"first-{part}").iterdir()}
        assert files == {path.name: path.read_bytes() for path in (tmp_path / f"second-{part}").iterdir()}


async def test_damaged_rows_of_the_tree_prove_nothing(database: Database, tmp_path: Path) -> None:
    ids = await fill(database, [f'{{"n":{n}}}' for n in range(600)])
    await sequence(database, [600], lost=(8, 1))

    async with database.read() as session:
        with pytest.raises(merkle.Unavailable):
            await export(session, tmp_path / "out", OCCASION, KEY.vkey, selection=Selection("x", ids[:1]))

    assert there(tmp_path) == []


@asynccontextmanager
async def refused(
    database: Database, tmp_path: Path, why: str, selection: Selection | None = None
) -> AsyncIterator[None]:
    async with database.read() as session:
        with pytest.raises(ExportRefused, match=why):
            await export(session, tmp_path / "out", OCCASION, KEY.vkey, selection=selection)
    yield


def there(path: Path) -> list[str]:
    return [item.name for item in path.iterdir()]


def sha(text: str) -> bytes:
    return sha256(text.encode()).digest()
