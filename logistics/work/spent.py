"""Spent papers: a manifest whose receipt is closed is of no use at its site any more (appendix 2 article 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import AlreadyResolved, InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.succeeding import HowSpent
from logistics.store.database import driver

# $1 place or all, $2 after, $3 limit.
SPENT = """
SELECT manifest.code, 'manifest' AS kind, '発送明細書（控え）' AS kind_name, NULL::text AS state,
       manifest.destination AS place, NULL::text AS slot, 'spent_paper' AS reason,
       (manifest.closed_at AT TIME ZONE 'Asia/Tokyo')::date AS since
FROM manifest
JOIN place ON place.code = manifest.destination AND place.kind IN ('counter', 'center')
LEFT JOIN spent_paper AS ended ON ended.manifest = manifest.code
WHERE manifest.closed_at IS NOT NULL AND ended.manifest IS NULL
  AND ($1::text IS NULL OR manifest.destination = $1)
  AND manifest.code > $2
ORDER BY manifest.code
LIMIT $3
"""
_OWN = """
SELECT code FROM manifest WHERE code = ANY ($1::text[]) AND destination = $2 AND closed_at IS NOT NULL
"""
_END = """
INSERT INTO spent_paper (manifest, place, how, day, recorded_by, recorded_at, entry)
SELECT manifest, $2, $3, $4, $5, $6, $7 FROM unnest($1::text[]) AS spent (manifest) ORDER BY manifest
"""


async def end(
    session: AsyncSession, actor: Actor, manifests: Sequence[str], how: HowSpent, day: date, now: datetime
) -> int:
    """Record what became of spent manifests of the actor's site, of all or of none; how many.

    NotFound for one that is not of this site, or whose receipt is open; AlreadyResolved; InvalidValue for a day to come.
    """
    permissions.require(actor, "close_receipt")
    if day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    connection, asked = await driver(session), sorted(set(manifests))
    own = {row["code"] for row in await connection.fetch(_OWN, asked, actor.place)}
    if strangers := [code for code in asked if code not in own]:
        raise NotFound("manifest", strangers[0])
    facts = {"manifests": list(asked), "how": how.value}
    (taken,) = await take(
        session, [Act("end_spent_papers", actor, actor.home, now, day=day, facts=facts)], now
    )
    about = (actor.home, how.value, day, actor.code, now, taken.entry)
    try:
        await connection.execute(_END, asked, *about)
    except asyncpg.UniqueViolationError:
        raise AlreadyResolved(asked[0]) from None
    return len(asked)
