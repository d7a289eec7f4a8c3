"""Dispatch of a run, and the papers that follow it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from logistics.ledger.canonical import canonical, leaf_hash
from logistics.ledger.log import new_uuid
from logistics.rules.codes import CodeType, sequenced_code
from tests.bench import bare, client
from tests.bench.measuring import Row, in_turn
from tests.bench.setting import Stage
from tests.bench.world import ANNEX, CLERK, NOW, TODAY, Run, World

SIZES = ((300, 1), (900, 13))
SIDES = 2

_NUMBER = """
INSERT INTO numbering (series, last) VALUES ($1, $2)
ON CONFLICT (series) DO UPDATE SET last = numbering.last + $2
RETURNING last
"""
_MANIFESTS = """
INSERT INTO manifest (code, run, origin, destination, transfer_slip, cards, dispatched_at, dispatched_by)
SELECT code, $2, (SELECT code FROM place WHERE kind = 'annex'), destination, slip, cards, $6, $7
FROM unnest($1::text[], $3::text[], $4::text[], $5::int[]) AS m (code, destination, slip, cards)
"""
_LINES = """
INSERT INTO manifest_card (manifest, card, batch, position)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::int[])
"""
_BATCHES = """
UPDATE batch SET state = 'dispatched', manifest = asked.manifest
FROM unnest($1::text[], $2::text[]) AS asked (code, manifest)
WHERE batch.code = asked.code AND batch.state = 'loaded'
"""
_CARDS = "UPDATE card SET state = 'dispatched' WHERE batch = ANY ($1::text[]) AND state = 'packed'"
_ENTRIES = """
WITH added AS (
    INSERT INTO entry (uuid, act, actor, site, run, manifest, from_party, occurred_at, recorded_at, body, hash)
    SELECT uuid, 'dispatch', $2, $3, $4, manifest, $3, $7, $7, body, hash
    FROM unnest($1::uuid[], $5::text[], $6::text[], $8::bytea[]) AS e (uuid, manifest, body, hash)
    RETURNING id, manifest
), cards AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT line.card, added.id, 'packed', 'dispatch', 'dispatched'
    FROM unnest($9::text[], $10::bigint[]) AS line (manifest, card)
    JOIN added USING (manifest)
)
INSERT INTO entry_batch (batch, entry, from_state, step, to_state)
SELECT line.batch, added.id, 'loaded', 'dispatch', 'dispatched'
FROM unnest($11::text[], $12::text[]) AS line (batch, manifest)
JOIN added USING (manifest)
"""
_PAPERS = """
INSERT INTO document (number, catalogue, subject, record, digest, created_at)
SELECT number, catalogue, subject, record, digest, $6
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
     AS paper (number, catalogue, subject, record, digest)
"""


def furnish(world: World, rounds: int) -> None:
    """A run for every dispatch of this module, and one more whose papers are printed."""
    for size in SIZES:
        for _ in range((rounds + 1) * SIDES):
            world.add_waiting(*size)


async def three_hundred(stage: Stage) -> list[Row]:
    """A run of 300 cards to one site."""
    row, _ = await _dispatch(stage, *SIZES[0])
    return [row]


async def nine_hundred(stage: Stage) -> list[Row]:
    """A run of 900 cards to 13 sites, and its 13 manifests as PDF."""
    row, manifests = await _dispatch(stage, *SIZES[1], bound=1.5)
    papers = [client.get(f"/api/v1/manifests/{code}/manifest.pdf", CLERK) for code in manifests]
    async with client.connected(stage.base, 1) as http:
        seconds = await client.drain(http, papers, _is_pdf)
    return [row, Row("the 13 manifests as PDF after that", "s", seconds, bound=3)]


async def _dispatch(
    stage: Stage, cards: int, manifests: int, bound: float | None = None
) -> tuple[Row, list[str]]:
    last: list[str] = []
    async with client.connected(stage.base, 1) as http, bare.connected(stage.dsn, 1) as sql:

        async def ours() -> float:
            run = stage.world.run(cards, manifests)
            await _set_day(stage, run, today=True)
            started = time.perf_counter()
            answer = await http[0].call(client.post(f"/api/v1/runs/{run.code}/dispatch", CLERK))
            seconds = time.perf_counter() - started
            await _set_day(stage, run, today=False)
            last[:] = [manifest["code"] for manifest in msgspec.json.decode(answer)]
            return seconds

        async def theirs() -> float:
            return await _bare(sql[0], stage.world.run(cards, manifests))

        seconds, bare_seconds = await in_turn(ours, theirs, stage.rounds)
    path = f"dispatch, {cards} cards in {manifests} manifest{'s' if manifests > 1 else ''}"
    return Row(path, "s", seconds, bare_seconds, bound=bound), last


async def _set_day(stage: Stage, run: Run, *, today: bool) -> None:
    """There is one run a day: each of ours leaves today and makes room for the next."""
    day = TODAY if today else run.day
    await stage.superuser.execute("UPDATE run SET day = $2 WHERE code = $1", run.code, day)


async def _bare(sql: asyncpg.Connection, run: Run) -> float:
    """The same rows, their texts made beforehand; seconds."""
    of = {destination: len(batches) for destination, batches in run.batches.items()}
    records = {to: _record(run, to) for to in of}
    started = time.perf_counter()
    async with sql.transaction():
        last = await sql.fetchval(_NUMBER, "M07", len(of))
        await sql.fetchval(_NUMBER, "T07", len(of))
        numbers = [900_000 + last - n for n in range(len(of))]
        manifest = {
            to: sequenced_code(CodeType.MANIFEST, n, fiscal_year=7) for to, n in zip(of, numbers, strict=True)
        }
        slip = {
            to: sequenced_code(CodeType.TRANSFER_SLIP, n, fiscal_year=7)
            for to, n in zip(of, numbers, strict=True)
        }
        await _write(sql, run, manifest, slip, records)
    return time.perf_counter() - started


async def _write(
    sql: asyncpg.Connection, run: Run, manifest: dict[str, str], slip: dict[str, str], records: dict[str, str]
) -> None:
    sites = list(manifest)
    batches = [(batch, manifest[to]) for to in sites for batch in run.batches[to]]
    lines = [
        (code, card, batch, position)
        for batch, code in batches
        for position, (card, _) in enumerate(run.cards[batch], 1)
    ]
    counts = [sum(len(run.cards[batch]) for batch in run.batches[to]) for to in sites]
    papers = [(manifest[to], "P1", records[to]) for to in sites] + [
        (slip[to], "P2", records[to][:700]) for to in sites
    ]
    bodies = [records[to] for to in sites]
    numbers = [manifest[to] for to in sites]
    await sql.execute(_MANIFESTS, numbers, run.code, sites, [slip[to] for to in sites], counts, NOW, CLERK)
    await sql.execute(_LINES, *_columns(lines))
    await sql.execute(_BATCHES, *_columns(batches))
    await sql.execute(_CARDS, [batch for batch, _ in batches])
    uuids, hashes = [new_uuid() for _ in sites], [leaf_hash(body) for body in bodies]
    log = (uuids, CLERK, ANNEX, run.code, numbers, bodies, NOW, hashes)
    await sql.execute(_ENTRIES, *log, *_columns([line[:2] for line in lines]), *_columns(batches))
    texts = [text for _, _, text in papers]
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    await sql.execute(_PAPERS, *_columns([(n, c, n) for n, c, _ in papers]), texts, digests, NOW)
    await sql.execute("UPDATE run SET departed_at = $2 WHERE code = $1", run.code, NOW)


def _record(run: Run, destination: str) -> str:
    """A text as long as the frozen record of a manifest and the body of its entry."""
    cards = [code for batch in run.batches[destination] for _, code in run.cards[batch]]
    return canonical({"lines": [{"card": card, "kind": "standard", "batch": run.code} for card in cards]})


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _is_pdf(body: bytes) -> None:
    assert body.startswith(b"%PDF"), body[:40]
