"""Sends what `mailing` has written: each message once to each recipient, whatever is restarted, killed or away meanwhile.

Of several processes one at a time has a delivery: claiming it moves its next try behind the time a try may last. A
process that dies between a server's yes and our record of it makes the next one try again, under the same id
(Message-ID, webhook-id), by which whoever receives it tells that it is the same. What is down is tried ever more rarely.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.store.database import Database, driver
from logistics.work import people

TICK_SECONDS = 2.0
# A try lasts no longer than this; afterwards another process may take the delivery up.
CLAIM = timedelta(seconds=90)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
# A little more than four days.
MOST_TRIES = 100
# What was told before a channel was set up is not sent years later; a service that was away makes up for so long.
MAKES_UP = timedelta(days=31)
LONGEST_ANSWER = 300

log = structlog.get_logger("sending")

_ADDRESS = """
INSERT INTO delivery (message, channel, recipient, tries, next_try_at)
SELECT message.id, $1, recipient, 0, $3
FROM message
CROSS JOIN LATERAL (
    SELECT unnest($2::text[]) AS recipient
    UNION
    SELECT unnest(message.recipients) WHERE $1 = 'mail'
) AS address
WHERE message.created_at > $3::timestamptz - $4::interval
  AND NOT EXISTS (SELECT FROM delivery WHERE delivery.message = message.id AND delivery.channel = $1)
ORDER BY message.id, recipient
ON CONFLICT DO NOTHING
"""

_CLAIM = """
UPDATE delivery
SET tries = delivery.tries + 1, next_try_at = $2::timestamptz + $3::interval
FROM message
WHERE message.id = delivery.message
  AND delivery.id = (
    SELECT id
    FROM delivery
    WHERE channel = $1 AND sent_at IS NULL AND gave_up_at IS NULL AND next_try_at <= $2
    ORDER BY next_try_at, id
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
  )
RETURNING delivery.id, delivery.recipient, delivery.tries, message.uuid, message.event, message.about,
          message.subject, message.body, message.created_at
"""

_SENT = """
UPDATE delivery
SET sent_at = $2, said = $3
WHERE id = $1 AND sent_at IS NULL AND gave_up_at IS NULL
RETURNING true
"""

_FAILED = """
UPDATE delivery
SET next_try_at = $2, said = $3, gave_up_at = $4
WHERE id = $1 AND sent_at IS NULL AND gave_up_at IS NULL
RETURNING true
"""


class NotDelivered(Exception):
    """The other side did not take it; the text says why, and is kept."""


class Channel(Protocol):
    """A way out: to whom everything goes, and how one message goes to one of them."""

    name: str
    recipients: Sequence[str]

    async def send(self, message: Mapping[str, Any], recipient: str) -> str:
        """What the other side answered. NotDelivered."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try."""

    delivery: int
    delivered: bool
    said: str


async def keep_sending(
    database: Database, channels: Sequence[Channel], clock: Callable[[], datetime]
) -> None:
    """Send what is there to be sent, each channel on its own, until cancelled."""
    await asyncio.gather(*(_keep(database, channel, clock) for channel in channels))


async def send_due(database: Database, channel: Channel, clock: Callable[[], datetime]) -> list[Sent]:
    """Try everything that is due on a channel, one after the other; what became of each."""
    async with database.begin() as session:
        await (await driver(session)).execute(
            _ADDRESS, channel.name, list(channel.recipients), clock(), MAKES_UP
        )
    done = []
    while message := await _claim(database, channel, clock()):
        done.append(await _try(database, channel, message, clock))
    return done


async def _keep(database: Database, channel: Channel, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            await send_due(database, channel, clock)
        except Exception as fault:
            # The database is away; what is to be sent stays to be sent.
            log.warning("nothing could be sent", channel=channel.name, error=type(fault).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def _claim(database: Database, channel: Channel, now: datetime) -> dict[str, Any] | None:
    async with database.begin() as session:
        row = await (await driver(session)).fetchrow(_CLAIM, channel.name, now, CLAIM)
    return dict(row) if row else None


async def _try(
    database: Database, channel: Channel, message: Mapping[str, Any], clock: Callable[[], datetime]
) -> Sent:
    try:
        async with asyncio.timeout(CLAIM.total_seconds() * 2 / 3):
            said, delivered = await channel.send(message, message["recipient"]), True
    except (NotDelivered, OSError) as fault:
        said, delivered = str(fault) or type(fault).__name__, False
    said = " ".join(said.split())[:LONGEST_ANSWER]
    async with database.begin() as session:
        if delivered:
            await _record_sent(session, channel, message, said, clock())
        else:
            await _record_failed(session, channel, message, said, clock())
    return Sent(message["id"], delivered, said)


async def _record_sent(
    session: AsyncSession, channel: Channel, message: Mapping[str, Any], said: str, now: datetime
) -> None:
    if await (await driver(session)).fetchval(_SENT, message["id"], now, said):
        await _tell_log(session, "deliver_message", channel, message, now)


async def _record_failed(
    session: AsyncSession, channel: Channel, message: Mapping[str, Any], said: str, now: datetime
) -> None:
    last = message["tries"] >= MOST_TRIES
    pause = min(FIRST_PAUSE * 2 ** min(message["tries"] - 1, 12), LONGEST_PAUSE)
    log.warning("not delivered", channel=channel.name, about=message["about"], tries=message["tries"])
    recorded = await (await driver(session)).fetchval(
        _FAILED, message["id"], now + pause, said, now if last else None
    )
    if recorded and last:
        await _tell_log(session, "give_up_message", channel, message, now)


async def _tell_log(
    session: AsyncSession, name: str, channel: Channel, message: Mapping[str, Any], now: datetime
) -> None:
    service = await people.service(session)
    facts = {
        "message": str(message["uuid"]),
        "event": message["event"],
        "about": message["about"],
        "channel": channel.name,
        "recipient": message["recipient"],
        "tries": message["tries"],
    }
    await take(session, [Act(name, service, service.home, now, facts=facts)], now)
