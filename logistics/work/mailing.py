"""What is told to the city and to others: `tell` writes it in the transaction of what it tells, `sending` sends it.

Whether anything leaves by mail or webhook is the operator's choice. What was told is on the screen in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import new_uuid
from logistics.rules.errors import MyNumberRefused
from logistics.rules.guard import holds_my_number
from logistics.store.database import driver

LONGEST_SUBJECT = 200

_TELL = """
INSERT INTO message (uuid, event, about, subject, body, recipients, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_PAGE = """
SELECT message.id, message.uuid, message.event, message.about, message.subject, message.body, message.created_at,
       delivery.channel, delivery.recipient, delivery.tries, delivery.next_try_at, delivery.sent_at,
       delivery.gave_up_at, delivery.said
FROM (
    SELECT *
    FROM message
    WHERE ($1::bigint = 0 OR id < $1) AND ($2::text IS NULL OR about = $2)
    ORDER BY id DESC
    LIMIT $3
) AS message
LEFT JOIN delivery ON delivery.message = message.id
ORDER BY message.id DESC, delivery.id
"""


async def tell(
    session: AsyncSession,
    event: str,
    about: str,
    subject: str,
    body: str,
    now: datetime,
    recipients: Sequence[str] = (),
) -> UUID:
    """Have something told once this transaction is committed; the id under which it goes out.

    `event` is what happened, as `incident.opened` or `report.made`; `about` the number of what it happened to. It
    goes to those named in MAIL_TO and to the mail addresses in `recipients`. MyNumberRefused: no such number leaves.
    """
    for field, text in (("subject", subject), ("body", body)):
        if holds_my_number(text):
            raise MyNumberRefused(field)
    uuid = new_uuid()
    line = " ".join(subject.split())[:LONGEST_SUBJECT]
    await (await driver(session)).execute(_TELL, uuid, event, about, line, body, sorted(set(recipients)), now)
    return uuid


async def messages(
    session: AsyncSession, before: int, limit: int, about: str | None = None
) -> list[dict[str, Any]]:
    """What was told before the one with this id (0: up to now), the latest first, each with its `deliveries`."""
    rows = await (await driver(session)).fetch(_PAGE, before, about, limit)
    told: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = told.setdefault(row["id"], {**dict(row), "deliveries": []})
        if row["channel"]:
            one["deliveries"].append({**dict(row), "standing": _standing(row)})
    return list(told.values())


def _standing(row: Any) -> str:
    if row["sent_at"]:
        return "sent"
    if row["gave_up_at"]:
        return "given_up"
    return "failing" if row["said"] else "waiting"
