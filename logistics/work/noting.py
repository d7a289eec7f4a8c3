"""What is being done about a difference that cannot be settled the same day: a word on it, by name and time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.errors import AlreadyResolved, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import discrepancies

_NOTE = """
INSERT INTO discrepancy_note (entry, discrepancy, note, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5)
"""


async def note(session: AsyncSession, actor: Actor, code: str, words: str, now: datetime) -> None:
    """Write a word on a difference of the actor's place. NotFound, AlreadyResolved."""
    permissions.require(actor, "search")
    found = await discrepancies.page(session, code=code, limit=1)
    if not found or found[0]["place"] != actor.place:
        raise NotFound("difference", code)
    if found[0]["how"]:
        raise AlreadyResolved(code)
    facts = {"discrepancy": code, "note": words}
    (taken,) = await take(session, [Act("note_difference", actor, found[0]["place"], now, facts=facts)], now)
    await (await driver(session)).execute(_NOTE, taken.entry, code, words, actor.code, now)
