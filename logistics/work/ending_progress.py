"""How far scanning is at a thing's end, as `progress` says it of the way: picked, destroyed, handed on."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import CardState
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import proposing
from logistics.work.progress import MOST_LISTED, Awaited, Progress
from logistics.work.succession_views import LEFT

_PLACE_OF = "SELECT place FROM proposal WHERE code = $1"
_SUCCESSION = "SELECT EXISTS (SELECT FROM succession WHERE code = $1)"
_HANDED_ON = """
SELECT count(*)
FROM succession_card AS frozen
JOIN card ON card.id = frozen.card
WHERE frozen.succession = $1 AND frozen.place = $2 AND card.state = 'transferred'
"""
_LEFT_HERE = """
SELECT card.code, slot.shelf, slot.position
FROM card
LEFT JOIN slot ON slot.code = card.slot
WHERE card.place = $1 AND card.state = ANY ($2::text[])
ORDER BY card.slot NULLS LAST, card.code
"""


async def picking(session: AsyncSession, actor: Actor, proposal: str | None) -> Progress:
    """What of a proposal is picked into the locked stock, and what still lies in its slot."""
    rows = await _own(session, actor, str(proposal))
    missing = [Awaited(row["code"], row["slot"] or "") for row in rows if row["state"] == CardState.APPROVED]
    picked = sum(row["state"] in (CardState.PICKED, CardState.DESTROYED) for row in rows)
    return _progress(proposal, picked, picked + len(missing), missing)


async def destroying(session: AsyncSession, actor: Actor, proposal: str | None) -> Progress:
    """What of a proposal is destroyed, and what waits in the locked stock."""
    rows = await _own(session, actor, str(proposal))
    missing = [Awaited(row["code"], row["slot"] or "") for row in rows if row["state"] == CardState.PICKED]
    done = sum(row["state"] == CardState.DESTROYED for row in rows)
    return _progress(proposal, done, done + len(missing), missing)


async def handing_on(session: AsyncSession, actor: Actor, succession: str | None) -> Progress:
    """What the actor's place has handed on, and what is left there, in walking order."""
    connection = await driver(session)
    if not await connection.fetchval(_SUCCESSION, succession):
        raise NotFound("succession", str(succession))
    rows = await connection.fetch(_LEFT_HERE, actor.place, LEFT)
    missing = [Awaited(row["code"], _where(row)) for row in rows]
    done = await connection.fetchval(_HANDED_ON, succession, actor.place)
    return _progress(succession, done, done + len(missing), missing)


async def _own(session: AsyncSession, actor: Actor, proposal: str) -> list[dict[str, Any]]:
    """The cards of a proposal of the actor's place. NotFound."""
    if await (await driver(session)).fetchval(_PLACE_OF, proposal) != actor.place:
        raise NotFound("proposal", proposal)
    return await proposing.cards_of(session, proposal)


def _where(row: Any) -> str:
    return f"{row['shelf']}-{row['position']:03d}" if row["shelf"] else ""


def _progress(subject: str | None, done: int, expected: int, missing: list[Awaited]) -> Progress:
    return Progress(subject, done, expected, len(missing), missing[:MOST_LISTED])
