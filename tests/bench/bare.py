"""The same durable work by asyncpg alone: the same rows into the same tables, as few statements as there can be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg

from logistics.ledger.canonical import Json, canonical, leaf_hash
from logistics.ledger.log import new_uuid, timestamp
from seed.load import COURIER, place_code
from tests.bench.world import NOW, Card, site_clerk, supervisor

_RECEIVED = """
WITH taken AS (
    UPDATE card SET state = 'received', place = $4, custodian = $4, batch = NULL
    {cards}
    RETURNING card.id, card.code{manifest_of_card}
)"""

_ENTRY = """, added AS (
    INSERT INTO entry (uuid, act, actor, device, site, supervisor, manifest, from_party, to_party, occurred_at,
                       recorded_at, body, hash)
    VALUES ($5, 'receive', $6, 'bench', $4, $7, $8, $9, $4, $10, $10, $11, $12)
    RETURNING id
), moved AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT taken.id, added.id, 'in_transit', 'receive', 'received' FROM taken, added
)"""

_SCAN = """
INSERT INTO scan (id, entry, purpose, subject, code, card, manifest, outcome, accepted, content, occurred_at)
SELECT {id}, {entry}, 'receive', $4, taken.code, taken.id, {manifest}, 'received', true, uuid_send({id}), $10
FROM taken{added}
"""

_BY_CODE = "WHERE code = $1 AND state = 'in_transit' AND $2::uuid IS NOT NULL AND $3::text IS NOT NULL"
_BY_LIST = """FROM unnest($1::text[], $2::uuid[], $3::text[]) AS asked (code, scan, manifest)
    WHERE card.code = asked.code AND card.state = 'in_transit'"""

SINGLE = (
    _RECEIVED.format(cards=_BY_CODE, manifest_of_card="")
    + _ENTRY
    + _SCAN.format(id="$2", entry="added.id", manifest="$3", added=", added")
)
BULK = (
    _RECEIVED.format(cards=_BY_LIST, manifest_of_card=", asked.scan, asked.manifest")
    + _ENTRY
    + _SCAN.format(id="taken.scan", entry="added.id", manifest="taken.manifest", added=", added")
)
# The scan keeps its idempotency without a log; it has to name some entry.
WITHOUT_LOG = """
WITH taken AS (
    UPDATE card SET state = 'received', place = $4, custodian = $4, batch = NULL
    WHERE code = $1 AND state = 'in_transit'
    RETURNING id, code
)
INSERT INTO scan (id, entry, purpose, subject, code, card, manifest, outcome, accepted, content, occurred_at)
SELECT $2, 1, 'receive', $4, taken.code, taken.id, $3, 'received', true, uuid_send($2), $5
FROM taken
"""


@asynccontextmanager
async def connected(dsn: dict[str, str], count: int) -> AsyncIterator[list[asyncpg.Connection]]:
    """So many connections to the database."""
    made = [await asyncpg.connect(**dsn) for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            await connection.close()


def single(card: Card) -> tuple[Any, ...]:
    """The arguments of SINGLE."""
    return (card.code, uuid4(), card.manifest, *_entry([card]))


def bulk(cards: Sequence[Card]) -> tuple[Any, ...]:
    """The arguments of BULK; the cards go to one site."""
    codes, manifests = [card.code for card in cards], [card.manifest for card in cards]
    return (codes, [uuid4() for _ in cards], manifests, *_entry(cards))


def without_log(card: Card) -> tuple[Any, ...]:
    """The arguments of WITHOUT_LOG."""
    return (card.code, uuid4(), card.manifest, place_code(card.site), NOW)


async def drain(
    connections: Sequence[asyncpg.Connection], statement: str, calls: Sequence[tuple[Any, ...]], rows: int
) -> float:
    """Run the statement once per call, a transaction each, sharing them out; seconds. Each writes `rows` rows."""
    waiting = iter(calls)
    said: list[str] = []

    async def work(connection: asyncpg.Connection) -> None:
        prepared = await connection.prepare(statement)
        for arguments in waiting:
            await prepared.fetch(*arguments)
            said.append(prepared.get_statusmsg())

    started = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    seconds = time.perf_counter() - started
    assert set(said) == {f"INSERT 0 {rows}"}, set(said)
    return seconds


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _entry(cards: Sequence[Card]) -> tuple[Any, ...]:
    """What an entry about receiving these cards says: the body as the service writes it."""
    uuid, site = new_uuid(), cards[0].site
    place, clerk, directs = place_code(site), site_clerk(site), supervisor(site)
    manifests = {card.manifest for card in cards}
    manifest = manifests.pop() if len(manifests) == 1 else None
    scans: list[Json] = [
        {"id": str(uuid4()), "code": c.code, "outcome": "received", "at": timestamp(NOW), "subject": place}
        for c in cards
    ]
    moves: list[Json] = [
        {"step": "receive", "from": "in_transit", "to": "received", "codes": sorted(c.code for c in cards)}
    ]
    said: dict[str, Json] = {
        "v": 1, "id": str(uuid), "act": "receive", "actor": clerk, "device": "bench", "site": place,
        "supervisor": directs, "manifest": manifest, "from": COURIER, "to": place, "place": place,
        "occurred_at": timestamp(NOW), "recorded_at": timestamp(NOW), "cards": moves, "scans": scans,
    }  # fmt: skip
    body = canonical(said)
    return (place, uuid, clerk, directs, manifest, COURIER, NOW, body, leaf_hash(body))
