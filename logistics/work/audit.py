"""An auditor's questions to the custody log: by any combination of filters, and who held a card when.

Each is answered from one snapshot. That it was asked is an entry of its own, written before the answer is
handed out (`record`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import IN_BATCH, IN_HAND, IN_SLOT, CardState
from logistics.rules.permissions import Actor, Role
from logistics.store.database import Database, driver
from logistics.work.audit_sources import AHEAD, EXAMINED, SLACK, Filters, Span, walk

# A missing card keeps the container it was last known to be in.
_KEEPS_BATCH = IN_BATCH | {CardState.MISSING}

_FIRST_ID = """
SELECT min(entry.id)
FROM (SELECT recorded_at FROM entry WHERE recorded_at >= $1 ORDER BY recorded_at LIMIT 1) AS first
JOIN entry ON entry.recorded_at BETWEEN first.recorded_at AND first.recorded_at + $2::interval
"""

_LAST_ID = """
SELECT max(entry.id)
FROM (SELECT recorded_at FROM entry WHERE recorded_at < $1 ORDER BY recorded_at DESC LIMIT 1) AS last
JOIN entry ON entry.recorded_at BETWEEN last.recorded_at - $2::interval AND last.recorded_at
"""

_ENTRIES = """
SELECT entry.id, entry.uuid, entry.act, entry.actor, person.name AS actor_name, entry.device, entry.site,
       entry.supervisor, entry.run, entry.manifest, entry.from_party, entry.to_party, NULL AS step,
       NULL AS from_state, NULL AS to_state, NULL AS outcome, entry.occurred_at, entry.recorded_at, entry.body,
       entry.hash
FROM entry
JOIN person ON person.code = entry.actor
WHERE entry.id = ANY ($1::bigint[])
ORDER BY entry.id
"""

_UNTIL = """
SELECT entry.id, entry.occurred_at, entry.recorded_at, entry.to_party, moved.to_state,
       entry.body::jsonb ->> 'place' AS place, entry.body::jsonb ->> 'batch' AS batch,
       entry.body::jsonb ->> 'slot' AS slot, entry.body::jsonb ->> 'holder' AS holder
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
WHERE moved.card = $1 AND entry.occurred_at <= $2
ORDER BY entry.id
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Items in log order; `next`, given as `after`, continues. Only its absence says that this was the end.

    A page may hold fewer items than asked for, even none, and still have a next one: so many entries were
    looked at that the answer is given rather than kept waiting for.
    """

    items: Sequence[dict[str, Any]]
    next: int | None


async def entries(session: AsyncSession, filters: Filters, after: int, limit: int) -> Page:
    """Entries that every filter lets pass, in log order, after the one with the id `after`."""
    connection = await driver(session)
    span = await span_of(connection, filters)
    if span is None:
        return Page([], None)
    # Where few are passed over a short walk is enough; where many are, a longer one decides.
    for most in (min(2 * limit, EXAMINED), EXAMINED):
        statement, values = walk(filters, span, after, most)
        met = await connection.fetch(statement, *values)
        wanted = [row["id"] for row in met if row["fits"]]
        if len(wanted) > limit or len(met) < most:
            break
    following = met[-1]["id"] if len(met) == most else None
    if len(wanted) > limit:
        wanted = wanted[:limit]
        following = wanted[-1]
    rows = await connection.fetch(_ENTRIES, wanted)
    return Page([{**dict(row), "hash": row["hash"].hex()} for row in rows], following)


async def holder(session: AsyncSession, code: str, at: datetime) -> dict[str, Any]:
    """State, place, custodian of a card at a moment and who had it in hand, by when things occurred. NotFound.

    `entry` is the last one that moved it until then, `recorded_at` when that was written down: what occurred
    before the moment may have become known after it.
    """
    connection = await driver(session)
    card = await connection.fetchval("SELECT id FROM card WHERE code = $1", code)
    if card is None:
        raise NotFound("card", code)
    held: dict[str, Any] = {
        "card": code,
        "at": at,
        "state": CardState.NEW.value,
        "place": None,
        "custodian": None,
        "batch": None,
        "slot": None,
        "holder": None,
        "entry": None,
        "occurred_at": None,
        "recorded_at": None,
    }
    for row in await connection.fetch(_UNTIL, card, at):
        held |= {
            "state": row["to_state"],
            "place": row["place"] or held["place"],
            "custodian": row["to_party"] or held["custodian"],
            "batch": (row["batch"] or held["batch"]) if row["to_state"] in _KEEPS_BATCH else None,
            "slot": (row["slot"] or held["slot"]) if row["to_state"] in IN_SLOT else None,
            "holder": (row["holder"] or held["holder"]) if row["to_state"] in IN_HAND else None,
            "entry": row["id"],
            "occurred_at": row["occurred_at"],
            "recorded_at": row["recorded_at"],
        }
    return held


async def record(
    session: AsyncSession, actor: Actor, question: str, asked: Mapping[str, Any], answered: int, now: datetime
) -> None:
    """Write down that a question was asked, with its parameters and how many items were answered."""
    permissions.require(actor, "ask")
    said: dict[str, Json] = {
        name: timestamp(value) if isinstance(value, datetime) else value
        for name, value in asked.items()
        if value is not None
    }
    facts: dict[str, Json] = {"question": question, "parameters": said, "answered": answered}
    await take(session, [Act("ask", actor, str(actor.place), now, facts=facts)], now)


async def read_by_auditor(
    database: Database, reader: Actor, what: str, asked: Mapping[str, Any], answered: int, now: datetime
) -> None:
    """Write down what an auditor reads of the log (contract appendix 2 article 11); what others read is their work."""
    if reader.role is Role.AUDITOR:
        async with database.begin() as session:
            await record(session, reader, what, asked, answered, now)


async def span_of(connection: Any, filters: Filters) -> Span | None:
    """Between which ids the periods lie; None if nothing was recorded in them.

    What occurs is recorded at most AHEAD before, and any time after; ids follow recording but for SLACK.
    """
    starts = [filters.recorded_from, filters.occurred_from and filters.occurred_from - AHEAD]
    start = max((time for time in starts if time), default=None)
    low = 0
    if start is not None:
        first = await connection.fetchval(_FIRST_ID, start, SLACK)
        if first is None:
            return None
        low = first - 1
    occurred_by = filters.occurred_to and filters.occurred_to + SLACK
    end = min((time for time in (filters.recorded_to, occurred_by) if time), default=None)
    if end is None:
        return Span(low, None, late_beyond=False)
    high = await connection.fetchval(_LAST_ID, end, SLACK)
    return Span(low, high or 0, late_beyond=end == occurred_by)
