"""What was refused and is a fact all the same: who tried to do what, and why it was not done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules.errors import CardsRefused, DomainError, NotAllowed
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import places


async def note(
    database: Database, actor: Actor, act: str, subject: str, refusal: DomainError, now: datetime
) -> None:
    """Record an attempt that was refused, in a transaction of its own: the attempt's is rolled back."""
    facts: dict[str, Json] = {"act": act, "subject": subject, "problem": type(refusal).__name__}
    if isinstance(refusal, CardsRefused):
        facts["refused"] = [dict(one) for one in refusal.refused]
    async with database.begin() as session:
        # A courier has no place of ours; what it tries, it tries of the annex.
        where = actor.place or await places.annex(session)
        await take(session, [Act("refuse", actor, where, now, facts=facts)], now)


async def record(
    session: AsyncSession,
    actor: Actor,
    act: str,
    method: str,
    route: str,
    now: datetime,
    about: str = "",
) -> None:
    """Append that `actor` was refused the right to `act`; nothing of the request but its route is kept.

    An attempt at what is another's task shows in the log (escalation). `about` is the number of what was tried.
    """
    site = actor.place or await places.vehicle(session, str(actor.courier))
    facts: dict[str, Json] = {"act": act, "role": actor.role.value, "method": method, "route": route}
    if about:
        facts |= {"subject": about, "problem": NotAllowed.__name__}
    await take(session, [Act("refuse_right", actor, site, now, facts=facts)], now)
