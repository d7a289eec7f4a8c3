"""Taken in by hand: what no arrival list announced, but a counter collected or the post brought back.

Returned notices, cards come back by post, collected cards and document bundles are kinds of their own. Each gets
a control number on its sleeve and is in somebody's custody from then on; nothing of whose it was is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import NewCard, admit
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import CardsRefused, InvalidValue
from logistics.rules.lifecycle import CardStep
from logistics.rules.permissions import Actor, Where
from logistics.rules.returns import ONE_WAY, POSTAL, TAKEN_IN, Source
from logistics.store.database import driver
from logistics.work import places, spent

# At a site: what was collected there, what is set aside because it belongs elsewhere or cannot be issued, and what
# has expired or was blocked.
_UNNEEDED = """
SELECT card.code, card.kind, kind.name AS kind_name, card.state, card.place, card.slot, why.reason,
       CASE WHEN why.reason IN ('blocked', 'expired') THEN why.day
            ELSE (came.at AT TIME ZONE 'Asia/Tokyo')::date END AS since
FROM card
JOIN kind ON kind.code = card.kind
JOIN place ON place.code = card.place AND place.kind IN ('counter', 'center')
CROSS JOIN LATERAL (
    SELECT CASE WHEN card.kind = ANY ($4::text[]) THEN card.kind
                WHEN card.state = 'held' AND card.destination <> card.place THEN 'misrouted'
                WHEN card.state = 'held' AND EXISTS (
                    SELECT FROM discrepancy AS found
                    LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = found.code
                    WHERE found.card = card.code AND found.kind = 'damaged' AND ended.discrepancy IS NULL)
                THEN 'defect'
                WHEN blocked.day <= $5 THEN 'blocked'
                WHEN expires.day < $5 THEN 'expired' END AS reason,
           CASE WHEN card.state <> 'held' THEN COALESCE(blocked.day, expires.day + 1) END AS day
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN LATERAL (SELECT day FROM retention_clock AS told WHERE told.card = card.id AND clock = 'blocked_on'
                       ORDER BY id DESC LIMIT 1) AS blocked ON true
    LEFT JOIN LATERAL (SELECT day FROM retention_clock AS told WHERE told.card = card.id AND clock = 'expires_on'
                       ORDER BY id DESC LIMIT 1) AS expires ON true
) AS why
CROSS JOIN LATERAL (
    SELECT max(entry.occurred_at) AS at
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = card.id AND moved.step IN ('collect', 'receive', 'hold', 'find')
) AS came
WHERE why.reason IS NOT NULL
  AND card.state IN ('received', 'stored', 'held')
  AND ($1::text IS NULL OR card.place = $1)
  AND card.code > $2
ORDER BY card.code
LIMIT $3
"""

# What the post brought back is kept for a time that counts from the day it came.
_CAME_BACK = """
INSERT INTO retention_clock (card, clock, day, entry)
SELECT moved.card, 'mail_returned_on', $2, moved.entry
FROM entry_card AS moved
JOIN card ON card.id = moved.card
WHERE card.code = ANY ($1::text[]) AND moved.step = 'collect'
"""


async def collect(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    cards: Sequence[str],
    source: Source,
    destination: str | None,
    day: date,
    now: datetime,
) -> dict[str, Any]:
    """Take things of one kind into the actor's place, all or none: received there, to be put away or sent on.

    What is collected, and documents, belong to the annex; anything else to `destination`, or to the actor's own
    site. CardsRefused for a number that is known; InvalidValue.
    """
    permissions.require(actor, "collect")
    where = await _destination(session, actor, kind, destination)
    await _require_kind(session, kind, source, day, now)
    if len(set(cards)) != len(cards):
        raise InvalidValue("cards", "names one control number twice")
    connection = await driver(session)
    known = await connection.fetch(
        "SELECT code AS card, state FROM card WHERE code = ANY ($1::text[]) ORDER BY code", list(cards)
    )
    if known:
        raise CardsRefused(CardStep.COLLECT, [dict(row) for row in known])
    contents: list[Json] = [{"kind": kind, "destination": where, "codes": sorted(cards)}]
    act = Act(
        "collect",
        actor,
        str(actor.place),
        now,
        place=str(actor.place),
        custodian=str(actor.place),
        day=day,
        facts={"contents": contents, "source": source.value},
    )
    try:
        await admit(session, CardStep.COLLECT, [(act, [NewCard(c, kind, where) for c in cards])], now)
    except asyncpg.UniqueViolationError:
        raise CardsRefused(CardStep.COLLECT, [{"card": c, "state": "known"} for c in cards]) from None
    if source is Source.POST:
        await connection.execute(_CAME_BACK, list(cards), day)
    return {"kind": kind, "cards": len(cards), "place": actor.place, "destination": where}


async def _destination(session: AsyncSession, actor: Actor, kind: str, said: str | None) -> str:
    annex = await places.annex(session)
    if kind in ONE_WAY:
        if said not in (None, annex):
            raise InvalidValue("destination", "is the annex for what is collected")
        return annex
    if said is None and actor.where is Where.SITE:
        return str(actor.place)
    sites = {row["code"] for row in await places.all_places(session)} - {annex}
    if said is None or said not in sites:
        raise InvalidValue("destination", "must name the site at which it is to be handed over")
    return said


async def _require_kind(session: AsyncSession, kind: str, source: Source, day: date, now: datetime) -> None:
    if kind not in TAKEN_IN:
        raise InvalidValue("kind", f"only {', '.join(sorted(TAKEN_IN))} are taken in by hand")
    if (kind in POSTAL) != (source is Source.POST):
        raise InvalidValue("source", "is post for what the post brought back, and for nothing else")
    if day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    starts = {row["code"]: row["starts_on"] for row in await places.kinds(session)}
    if kind not in starts or day < starts[kind]:
        raise InvalidValue("kind", "is not handled on that day")


async def unneeded(
    session: AsyncSession, place: str | None, today: date, after: str, limit: int
) -> list[dict[str, Any]]:
    """What is no longer needed where it lies, in code order, with the day by which it must be on its way.

    Appendix 2 article 12: as soon as it is of no use, which for a site is the next run day after it came.
    """
    connection = await driver(session)
    rows = await connection.fetch(_UNNEEDED, place, after, limit, sorted(ONE_WAY), today)
    # Spent papers stand behind the cards: the number of a manifest comes after every card's.
    rows += await connection.fetch(spent.SPENT, place, after, limit - len(rows))
    calendar = await places.calendar(session)
    due = {day: calendar.next_run_day(day) for day in {row["since"] for row in rows}}
    return [{**dict(row), "due_on": due[row["since"]], "overdue": due[row["since"]] < today} for row in rows]
