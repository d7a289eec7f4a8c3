"""What is known of a succession: how far it is, place by place, and what became of each card."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import IN_FLIGHT, IN_STOCK
from logistics.store.database import driver

# States of a card that somebody still has to do something about: nothing may be left in one of them.
LEFT = sorted(IN_STOCK | IN_FLIGHT)

_SUCCESSIONS = """
SELECT one.code, one.receiver, one.successor, one.reference, one.directed_by, one.cards, one.opened_by, one.opened_at,
       ended.document, ended.reason, ended.ended_at, document.digest,
       (SELECT array_agg(said.side ORDER BY said.side) FROM succession_acknowledgement AS said
        WHERE said.succession = one.code) AS acknowledged
FROM succession AS one
LEFT JOIN succession_end AS ended ON ended.succession = one.code
LEFT JOIN document ON document.number = ended.document
"""
UNDER_WAY = _SUCCESSIONS + "WHERE ended.succession IS NULL ORDER BY one.code LIMIT 1"
_ONE = _SUCCESSIONS + "WHERE one.code = $1"
_PAGE = _SUCCESSIONS + "WHERE one.code > $1 ORDER BY one.code LIMIT $2"

_PROGRESS = """
SELECT place.code AS place, place.short_name AS name, count(frozen.card)::int AS opening,
       (count(*) FILTER (WHERE card.state = 'transferred'))::int AS transferred,
       (count(*) FILTER (WHERE card.state = 'destroyed'))::int AS destroyed,
       (count(*) FILTER (WHERE card.state = 'issued'))::int AS issued,
       (count(*) FILTER (WHERE card.state IN ('missing', 'lost')))::int AS missing,
       (count(*) FILTER (WHERE card.state = ANY ($2::text[])))::int AS "left"
FROM succession_card AS frozen
JOIN card ON card.id = frozen.card
JOIN place ON place.code = frozen.place
WHERE frozen.succession = $1 AND ($3::text IS NULL OR frozen.place = $3)
GROUP BY place.code, place.number, place.short_name
ORDER BY place.number
"""
_CARDS = """
SELECT card.code, card.kind, frozen.place, frozen.slot, card.state
FROM succession_card AS frozen
JOIN card ON card.id = frozen.card
WHERE frozen.succession = $1 AND card.code > $2 AND ($4::text IS NULL OR frozen.place = $4)
ORDER BY card.code
LIMIT $3
"""


async def one(session: AsyncSession, code: str, place: str | None = None) -> dict[str, Any]:
    """A succession and how far it is, place by place or at one place alone. NotFound."""
    connection = await driver(session)
    row = await connection.fetchrow(_ONE, code)
    if row is None:
        raise NotFound("succession", code)
    places = [dict(line) for line in await connection.fetch(_PROGRESS, code, LEFT, place)]
    return _said(row) | {"places": places}


async def page(
    session: AsyncSession, after: str, limit: int, place: str | None = None
) -> list[dict[str, Any]]:
    """Successions in the order of their numbers, as `one` tells them."""
    rows = await (await driver(session)).fetch(_PAGE, after, limit)
    return [await one(session, row["code"], place) for row in rows]


async def cards(
    session: AsyncSession, code: str, after: str, limit: int, place: str | None = None
) -> list[dict[str, Any]]:
    """What was frozen when the succession was opened, in the order of the codes, and what became of each.

    Of one place alone where one is given.
    """
    return [dict(row) for row in await (await driver(session)).fetch(_CARDS, code, after, limit, place)]


def _said(row: Any) -> dict[str, Any]:
    digest = row["digest"]
    return {
        **{name: row[name] for name in dict(row) if name != "digest"},
        "acknowledged": row["acknowledged"] or [],
        "sha256": digest.hex() if digest else None,
    }
