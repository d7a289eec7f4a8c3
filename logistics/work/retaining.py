"""What counts towards keeping: reminders and returned notices, other clocks, and holds from disposal (廃棄留保)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import AlreadyResolved, CardsRefused, InvalidValue, NotFound
from logistics.rules.lifecycle import ENDED, CardStep
from logistics.rules.permissions import Actor
from logistics.rules.retention import TOLD_BY_ACTS, Clock, Requester
from logistics.store.database import driver
from logistics.work.numbering import next_codes

_TELL = """
INSERT INTO retention_clock (card, clock, day, entry)
SELECT id, $2, $3, $4
FROM card
WHERE code = ANY ($1::text[])
ORDER BY id
"""

_HOLD = """
INSERT INTO retention_hold (code, card, reason, requester, until, placed_by, placed_at, entry)
SELECT $1, id, $3, $4, $5, $6, $7, $8
FROM card
WHERE code = $2
"""

_HOLDS = """
SELECT hold.code, card.code AS card, hold.reason, hold.requester, hold.until, hold.placed_by, hold.placed_at,
       ended.reason AS release_reason, ended.released_by, ended.released_at
FROM retention_hold AS hold
JOIN card ON card.id = hold.card
LEFT JOIN retention_release AS ended ON ended.hold = hold.code
WHERE hold.code > $1
  AND ($2::text IS NULL OR card.code = $2)
  AND ($3::date IS NULL OR (ended.hold IS NULL AND hold.until >= $3))
  AND ($5::text IS NULL OR $5 IN (card.place, card.custodian, card.destination))
ORDER BY hold.code
LIMIT $4
"""

# Cards for which a day is too early, or that wait for something that was never done.
_NOT_NOTIFIED = """
SELECT code
FROM card
WHERE code = ANY ($1::text[]) AND (first_notice_on IS NULL OR first_notice_on > $2)
ORDER BY code
LIMIT 1
"""

# Held on a day, by card.
_HELD = """
SELECT card.code, max(hold.until) AS until
FROM card
JOIN retention_hold AS hold ON hold.card = card.id
LEFT JOIN retention_release AS ended ON ended.hold = hold.code
WHERE card.code = ANY ($1::text[]) AND ended.hold IS NULL AND hold.until >= $2
GROUP BY card.code
"""


async def post_reminder(
    session: AsyncSession, actor: Actor, cards: Sequence[str], day: date, deadline: date | None, now: datetime
) -> int:
    """Record 再通知 posted on `day`, with the day by which it asks to come, for all the cards or for none."""
    if deadline is not None and deadline < day:
        raise InvalidValue("deadline", "lies before the reminder itself")
    entry, marked = await _mark(session, actor, CardStep.POST_REMINDER, cards, day, now)
    if deadline is not None:
        await (await driver(session)).execute(_TELL, marked, Clock.REMINDER_DEADLINE.value, deadline, entry)
    return len(marked)


async def return_notice(
    session: AsyncSession, actor: Actor, cards: Sequence[str], day: date, now: datetime
) -> int:
    """Record that the notices of all the cards, or of none, came back undelivered on `day`."""
    return len((await _mark(session, actor, CardStep.RETURN_NOTICE, cards, day, now))[1])


async def tell(
    session: AsyncSession,
    actor: Actor,
    clock: Clock,
    cards: Sequence[str],
    day: date,
    reason: str,
    now: datetime,
) -> int:
    """Tell a clock's day of all the cards, or of none; told again, the last day counts and the first stays on record.

    Only city staff blocks (death, move, defect). InvalidValue for a clock that acts tell; CardsRefused for a card
    that is unknown or has met its end.
    """
    permissions.require(actor, "block" if clock is Clock.BLOCKED_ON else "tell_clock")
    if clock in TOLD_BY_ACTS:
        raise InvalidValue("clock", "is told by what happens to the card, not by hand")
    if clock is Clock.BLOCKED_ON and day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    asked = sorted(set(cards))
    await _require_alive(session, asked)
    facts = {"clock": clock.value, "codes": list(asked)}
    act = Act("tell_clock", actor, actor.home, now, day=day, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await (await driver(session)).execute(_TELL, asked, clock.value, day, taken.entry)
    return len(asked)


async def hold(
    session: AsyncSession,
    actor: Actor,
    card: str,
    reason: str,
    requester: Requester,
    until: date,
    now: datetime,
) -> dict[str, Any]:
    """Keep a card from disposal until a day, whatever the policy says; also one that is on a proposal already."""
    permissions.require(actor, "hold_disposal")
    if until < business_date(now):
        raise InvalidValue("until", "lies in the past")
    await _require_alive(session, [card])
    (code,) = await next_codes(session, CodeType.HOLD, 1, now)
    facts = {"hold": code, "card": card, "requester": requester.value, "until": until.isoformat()}
    act = Act("hold_disposal", actor, actor.home, now, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await (await driver(session)).execute(
        _HOLD, code, card, reason, requester.value, until, actor.code, now, taken.entry
    )
    return (await holds(session, code=code))[0]


async def release(
    session: AsyncSession, actor: Actor, code: str, reason: str, now: datetime
) -> dict[str, Any]:
    """End a hold before its day. NotFound; AlreadyResolved for one that was ended before."""
    permissions.require(actor, "release_disposal")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", code)
    found = await holds(session, code=code)
    if not found:
        raise NotFound("hold", code)
    if found[0]["released_at"]:
        raise AlreadyResolved(code)
    facts = {"hold": code, "card": found[0]["card"]}
    act = Act("release_disposal", actor, actor.home, now, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await connection.execute(
        "INSERT INTO retention_release (hold, reason, released_by, released_at, entry) VALUES ($1, $2, $3, $4, $5)",
        code,
        reason,
        actor.code,
        now,
        taken.entry,
    )
    return (await holds(session, code=code))[0]


async def holds(
    session: AsyncSession,
    *,
    after: str = "",
    limit: int = 100,
    card: str | None = None,
    on: date | None = None,
    code: str | None = None,
    scope: str | None = None,
) -> list[dict[str, Any]]:
    """Holds in number order; those in force on a day where `on` is given; of the cards of `scope` alone."""
    connection = await driver(session)
    if code is not None:
        rows = await connection.fetch(
            _HOLDS.replace("hold.code > $1", "hold.code = $1"), code, card, on, 1, scope
        )
    else:
        rows = await connection.fetch(_HOLDS, after, card, on, limit, scope)
    return [dict(row) for row in rows]


async def held(session: AsyncSession, cards: Sequence[str], day: date) -> dict[str, date]:
    """Which of these cards are held on a day, each with the last day of it."""
    rows = await (await driver(session)).fetch(_HELD, list(cards), day)
    return {row["code"]: row["until"] for row in rows}


async def _mark(
    session: AsyncSession, actor: Actor, step: CardStep, cards: Sequence[str], day: date, now: datetime
) -> tuple[int, list[str]]:
    permissions.require(actor, step.value)
    if day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    asked = sorted(set(cards))
    early = await (await driver(session)).fetchval(_NOT_NOTIFIED, asked, day)
    if early:
        raise InvalidValue("day", f"lies before the first notice of card {early}, or there was none")
    act = Act(step.value, actor, actor.home, now, step=step, cards=asked, day=day)
    (taken,) = await take(session, [act], now)
    if refused := [card for card in asked if card not in taken.cards]:
        raise CardsRefused(step, await _states(session, refused))
    return taken.entry, asked


async def _require_alive(session: AsyncSession, cards: Sequence[str]) -> None:
    found = await _states(session, cards)
    if gone := [one for one in found if one["state"] in ENDED or one["state"] == "unknown"]:
        raise CardsRefused("tell_clock", gone)


async def _states(session: AsyncSession, cards: Sequence[str]) -> list[dict[str, str]]:
    rows = await (await driver(session)).fetch(
        "SELECT code, state FROM card WHERE code = ANY ($1::text[])", list(cards)
    )
    states = {row["code"]: row["state"] for row in rows}
    return [{"card": card, "state": states.get(card, "unknown")} for card in cards]
