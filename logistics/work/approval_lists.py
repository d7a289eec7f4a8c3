"""One's own requests for a second person, as a page shows them: waiting, given, refused, used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work.approvals import HALF_HOUR

_SHOWN_FOR = timedelta(hours=24)

_MINE = """
SELECT approval.code, approval.act, approval.subject, approval.requested_at, approval.expires_at, said.approved,
       said.decided_at, person.name AS decided_by_name, used.used_at
FROM approval
LEFT JOIN approval_decision AS said ON said.approval = approval.code
LEFT JOIN person ON person.code = said.decided_by
LEFT JOIN approval_use AS used ON used.approval = approval.code
WHERE approval.requested_by = $1 AND approval.place = $4 AND approval.requested_at > $2
ORDER BY approval.requested_at DESC, approval.code
LIMIT $3
"""


async def mine(session: AsyncSession, reader: Actor, now: datetime, limit: int) -> Sequence[dict[str, Any]]:
    """What the reader asked for since a day ago, newest first, with how it stands now."""
    rows = await (await driver(session)).fetch(_MINE, reader.code, now - _SHOWN_FOR, limit, reader.place)
    return [{**dict(row), "stands": stands(row, now)} for row in rows]


def stands(asked: Any, now: datetime) -> str:
    """In a word how a request stands: waiting, expired, refused, used, given."""
    if asked["approved"] is None:
        return "waiting" if now <= asked["expires_at"] else "expired"
    if not asked["approved"]:
        return "refused"
    if asked["used_at"] is not None:
        return "used"
    return "given" if now <= asked["decided_at"] + HALF_HOUR else "expired"
