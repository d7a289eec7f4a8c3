"""What a clerk has in hand: one card, unless a leader has allowed more for a while.

Several cards out at once is how a wrong one was handed to somebody. Whoever is about to take a card takes the lock
on their own hand first, so that two requests of one person cannot both find it empty.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, SecondPersonNeeded
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import CARDS_IN_HAND
from logistics.store.database import driver
from logistics.work import people

# Longer than a working day is no exception any more.
LONGEST_ALLOWANCE = timedelta(hours=12)

_FREE = """
SELECT COALESCE((
           SELECT cards FROM (SELECT cards, until FROM hand_allowance WHERE person = $1 ORDER BY id DESC LIMIT 1) AS last
           WHERE last.until > $2), $3)
       - (SELECT count(*) FROM card WHERE holder = $1 AND state = 'out')
"""

_HANDS = """
SELECT card.code AS card, card.kind, card.place, card.state, card.holder, person.name AS holder_name,
       taken.occurred_at AS since, taken.body::json -> 'facts' ->> 'purpose' AS purpose
FROM card
JOIN person ON person.code = card.holder
CROSS JOIN LATERAL (
    SELECT entry.occurred_at, entry.body
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = card.id AND moved.from_state <> moved.to_state
    ORDER BY moved.entry DESC
    LIMIT 1
) AS taken
WHERE card.holder IS NOT NULL AND ($1::text IS NULL OR card.place = $1)
ORDER BY taken.occurred_at, card.code
"""


async def lock(session: AsyncSession, actor: Actor, now: datetime) -> int:
    """How many cards the actor may still take; nobody else changes that until the transaction ends.

    Before any card is locked, so that hands and cards are always locked in this order.
    """
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 6))", actor.code)
    free: int = await connection.fetchval(_FREE, actor.code, now, CARDS_IN_HAND)
    return free


async def allow(
    session: AsyncSession, actor: Actor, person: str, cards: int, until: datetime, reason: str, now: datetime
) -> None:
    """Let somebody of the leader's own place have so many cards in hand until a time, at most twelve hours ahead.

    The latest leave counts: one card ends the exception. Raises SecondPersonNeeded for oneself, InvalidValue.
    """
    permissions.require(actor, "allow_hand")
    if person == actor.code:
        raise SecondPersonNeeded("person")
    known = (await people.actors(session, [person])).get(person)
    if known is None or known.place != actor.place or not permissions.may(known, "take_out"):
        raise InvalidValue("person", "nobody of this place who takes cards out")
    if not now < until <= now + LONGEST_ALLOWANCE:
        raise InvalidValue("until", "must lie ahead, by twelve hours at most")
    facts: dict[str, Json] = {"person": person, "cards": cards, "until": until.isoformat()}
    act = Act("allow_hand", actor, str(actor.place), now, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await (await driver(session)).execute(
        "INSERT INTO hand_allowance (person, cards, allowed_at, allowed_by, until, reason, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        person,
        cards,
        now,
        actor.code,
        until,
        reason,
        taken.entry,
    )


async def hands(session: AsyncSession, place: str | None, now: datetime) -> list[dict[str, Any]]:
    """Every card that a clerk or a city employee has in hand, since when and what for; the oldest first."""
    rows = await (await driver(session)).fetch(_HANDS, place)
    return [{**dict(row), "minutes": int((now - row["since"]).total_seconds() // 60)} for row in rows]
