"""Custody questions: where is it, who held it, what happened. Answered in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import CARD, CardState
from logistics.store.database import driver
from logistics.work.audit import span_of
from logistics.work.audit_sources import LATE, Filters

_CARDS = """
SELECT card.id, card.code, card.kind, kind.name AS kind_name, card.state, card.place, place.name AS place_name,
       card.custodian, party.name AS custodian_name, card.destination, card.box, card.batch, card.slot,
       card.set_up_on, card.first_notice_on
FROM card
JOIN kind ON kind.code = card.kind
JOIN place ON place.code = card.place
JOIN party ON party.code = card.custodian
"""

_ONE = _CARDS + "WHERE card.code = $1"

_PAGE = (
    _CARDS
    + """
WHERE card.code > $1
  AND ($2::text IS NULL OR card.place = $2)
  AND ($3::text IS NULL OR card.state = $3)
  AND ($4::text IS NULL OR card.destination = $4)
  AND ($5::text IS NULL OR card.kind = $5)
  AND ($6::text IS NULL OR card.batch = $6)
  AND ($7::text IS NULL OR card.slot = $7)
  AND ($9::text IS NULL OR $9 IN (card.place, card.custodian, card.destination))
ORDER BY card.code
LIMIT $8
"""
)

_ENTRY = """
SELECT entry.id, entry.uuid, entry.act, entry.actor, person.name AS actor_name, entry.device, entry.site,
       entry.supervisor, entry.run, entry.manifest, entry.from_party, entry.to_party, entry.occurred_at,
       entry.recorded_at, entry.body, entry.hash
"""

_OF_CARD = (
    _ENTRY
    + """, moved.step, moved.from_state, moved.to_state, NULL AS outcome
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
JOIN person ON person.code = entry.actor
WHERE moved.card = $1 AND moved.entry > $3
UNION ALL
"""
    + _ENTRY
    + """, NULL, NULL, NULL, scan.outcome
FROM scan
JOIN entry ON entry.id = scan.entry
JOIN person ON person.code = entry.actor
WHERE scan.code = $2 AND NOT scan.accepted AND scan.entry > $3
  AND NOT EXISTS (SELECT FROM entry_card WHERE entry_card.card = $1 AND entry_card.entry = scan.entry)
ORDER BY id
LIMIT $4
"""
)

_OF_BATCH = (
    _ENTRY
    + """, moved.step, moved.from_state, moved.to_state, NULL AS outcome
FROM entry_batch AS moved
JOIN entry ON entry.id = moved.entry
JOIN person ON person.code = entry.actor
WHERE moved.batch = $1 AND moved.entry > $2
ORDER BY entry.id
LIMIT $3
"""
)

_OF_RUN = (
    """WITH of_run AS (
    SELECT id FROM entry
    WHERE run = $1 AND id > $2 AND ($4::text IS NULL OR $4 IN (site, from_party, to_party))
    UNION
    SELECT entry.id FROM manifest JOIN entry ON entry.manifest = manifest.code
    WHERE manifest.run = $1 AND entry.id > $2
      AND ($4::text IS NULL OR $4 IN (manifest.origin, manifest.destination, entry.from_party, entry.to_party))
    ORDER BY id
    LIMIT $3
)"""  # noqa: S608 - constants only
    + _ENTRY
    + """, NULL AS step, NULL AS from_state, NULL AS to_state, NULL AS outcome
FROM of_run
JOIN entry USING (id)
JOIN person ON person.code = entry.actor
ORDER BY entry.id
"""
)

# What was recorded when it occurred has ids up to $6; beyond, only what was recorded late can be of that day.
_OF_SITE = (
    f"""WITH of_day AS (
    (SELECT id FROM entry
     WHERE site = $1 AND id > $2 AND id <= $6 AND occurred_at >= $4 AND occurred_at < $5
     ORDER BY id LIMIT $3)
    UNION ALL
    (SELECT id FROM entry
     WHERE site = $1 AND id > GREATEST($2, $6) AND {LATE} AND occurred_at >= $4 AND occurred_at < $5
     ORDER BY id LIMIT $3)
    ORDER BY id
    LIMIT $3
)"""  # noqa: S608 - constants only
    + _ENTRY
    + """, NULL AS step, NULL AS from_state, NULL AS to_state, NULL AS outcome
FROM of_day
JOIN entry USING (id)
JOIN person ON person.code = entry.actor
ORDER BY entry.id
"""
)


async def card(session: AsyncSession, code: str) -> dict[str, Any]:
    """State, place and custodian of a card now, and the steps its state allows. NotFound."""
    row = await (await driver(session)).fetchrow(_ONE, code)
    if row is None:
        raise NotFound("card", code)
    return _with_steps(dict(row))


async def cards(
    session: AsyncSession,
    *,
    after: str = "",
    limit: int = 100,
    place: str | None = None,
    state: CardState | None = None,
    destination: str | None = None,
    kind: str | None = None,
    batch: str | None = None,
    slot: str | None = None,
    scope: str | None = None,
) -> list[dict[str, Any]]:
    """Cards in code order, after the one coded `after`; only what a site or courier may see, where `scope` names it."""
    connection = await driver(session)
    rows = await connection.fetch(_PAGE, after, place, state, destination, kind, batch, slot, limit, scope)
    return [_with_steps(dict(row)) for row in rows]


async def of_card(session: AsyncSession, code: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Every entry that moved a card, and every refused scan of it, in log order. NotFound."""
    connection = await driver(session)
    known = await connection.fetchval("SELECT id FROM card WHERE code = $1", code)
    if known is None:
        raise NotFound("card", code)
    return _entries(await connection.fetch(_OF_CARD, known, code, after, limit))


async def of_batch(session: AsyncSession, code: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Every entry that moved a batch, in log order."""
    return _entries(await (await driver(session)).fetch(_OF_BATCH, code, after, limit))


async def of_run(
    session: AsyncSession, code: str, after: int, limit: int, scope: str | None = None
) -> list[dict[str, Any]]:
    """Every entry of a run and of its manifests, up to the last receipt, in log order.

    For a site, where `scope` names it, what is of its own manifests, and for a courier what he did.
    """
    return _entries(await (await driver(session)).fetch(_OF_RUN, code, after, limit, scope))


async def of_site(
    session: AsyncSession, place: str, day: date, after: int, limit: int
) -> list[dict[str, Any]]:
    """Every entry made at a place on a Japanese calendar day, in log order."""
    start = datetime.combine(day, time(), JST)
    end = start + timedelta(days=1)
    connection = await driver(session)
    span = await span_of(connection, Filters(occurred_from=start, occurred_to=end))
    if span is None:
        return []
    rows = await connection.fetch(_OF_SITE, place, max(after, span.low), limit, start, end, span.high)
    return _entries(rows)


def _with_steps(row: dict[str, Any]) -> dict[str, Any]:
    row["possible_steps"] = [step.value for step in CARD.steps_from(CardState(row["state"]))]
    return row


def _entries(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{**dict(row), "hash": row["hash"].hex()} for row in rows]
