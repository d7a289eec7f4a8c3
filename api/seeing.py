"""Which place a list is about: the one that was asked for, or all that the reader may see."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.permissions import Actor, Relation
from logistics.work import places


async def own_or_all(snapshot: AsyncSession, reader: Actor, place: str | None) -> str | None:
    """The place asked for, if the reader may see it; else the reader's own, or None, every place, for oversight.

    Raises NotFound for a place that is none, or not the reader's to see.
    """
    if place is None and not permissions.may(reader, "see", frozenset({Relation.NONE})):
        place = reader.home
    if place is not None:
        await places.place(snapshot, place)
        permissions.require_over(reader, "see", "place", place, holder=place)
    return place
