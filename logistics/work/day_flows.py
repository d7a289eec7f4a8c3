"""What came to a place and left it since its last close, per kind: set-wise, from the entries after that one alone.

The cost is that of the days since the last close, whatever came before: the opening is the closing of the close
before. One statement sees one moment, so that flows and stock belong together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import CardState
from logistics.rules.vaulting import CITY_PARTY
from logistics.store.database import driver

# States of a card that is in nobody's stock: not here yet, gone, or not to be found.
ABSENT = frozenset(
    {
        CardState.NEW,
        CardState.EXPECTED,
        CardState.ISSUED,
        CardState.MISSING,
        CardState.LOST,
        CardState.DESTROYED,
        CardState.TRANSFERRED,
    }
)
# An entry is visible a moment after it got its id; so many ids back, one may still be on its way.
HOLES = 5_000

# $1 place, $2 its party, $3 last entry of the close before, $4 its holes, $5 absent states, $6 how far holes reach,
# $7 the city, which has cards in hand within a place: they are still here.
_FLOWS = """
WITH upto AS (
    SELECT COALESCE(max(id), 0) AS last FROM entry
), moved AS (
    SELECT entry_card.card, entry.id AS entry, entry_card.from_state, entry_card.to_state, NULLIF(entry.to_party, $7) AS to_party
    FROM entry_card
    JOIN entry ON entry.id = entry_card.entry
    WHERE entry_card.entry > $3
    UNION ALL
    SELECT entry_card.card, entry.id, entry_card.from_state, entry_card.to_state, NULLIF(entry.to_party, $7) AS to_party
    FROM entry_card
    JOIN entry ON entry.id = entry_card.entry
    WHERE entry_card.entry = ANY ($4::bigint[])
), before AS (
    SELECT first.card, (
        SELECT entry.to_party
        FROM entry_card AS earlier
        JOIN entry ON entry.id = earlier.entry
        WHERE earlier.card = first.card AND earlier.entry < first.entry AND entry.to_party <> $7
        ORDER BY earlier.entry DESC
        LIMIT 1) AS party
    FROM (SELECT card, min(entry) AS entry FROM moved GROUP BY card) AS first
), numbered AS (
    SELECT moved.*, count(to_party) OVER by_card AS change
    FROM moved
    WINDOW by_card AS (PARTITION BY card ORDER BY entry)
), held AS (
    SELECT numbered.*, COALESCE(first_value(numbered.to_party) OVER (PARTITION BY numbered.card, change ORDER BY entry),
                                before.party) AS custodian
    FROM numbered
    JOIN before USING (card)
), stepped AS (
    SELECT held.*, COALESCE(lag(held.custodian) OVER (PARTITION BY held.card ORDER BY entry), before.party) AS earlier
    FROM held
    JOIN before USING (card)
), crossed AS (
    SELECT card, from_state, to_state,
           earlier IS NOT DISTINCT FROM $2 AND NOT from_state = ANY ($5::text[]) AS was_here,
           custodian IS NOT DISTINCT FROM $2 AND NOT to_state = ANY ($5::text[]) AS is_here
    FROM stepped
), flows AS (
    SELECT card.kind,
           count(*) FILTER (WHERE is_here AND from_state NOT IN ('issued', 'missing', 'lost', 'destroyed', 'transferred'))
               AS incoming,
           count(*) FILTER (WHERE is_here AND from_state IN ('issued', 'missing', 'lost', 'destroyed', 'transferred'))
               AS found,
           count(*) FILTER (WHERE was_here AND to_state = 'issued') AS issued,
           count(*) FILTER (WHERE was_here AND to_state = 'transferred') AS transferred,
           count(*) FILTER (WHERE was_here AND to_state = 'destroyed') AS destroyed,
           count(*) FILTER (WHERE was_here AND to_state IN ('missing', 'lost')) AS lost,
           count(*) FILTER (WHERE was_here AND to_state = 'expected') AS undone,
           count(*) FILTER (WHERE was_here AND NOT to_state = ANY ($5::text[])) AS returned
    FROM crossed
    JOIN card ON card.id = crossed.card
    WHERE was_here <> is_here
    GROUP BY card.kind
), lying AS (
    SELECT kind, count(*) AS closing
    FROM card
    WHERE place = $1 AND custodian IN ($2, $7) AND NOT state = ANY ($5::text[])
    GROUP BY kind
)
SELECT upto.last,
       ARRAY(SELECT id FROM generate_series(GREATEST(1, upto.last - $6), upto.last) AS given (id)
             WHERE NOT EXISTS (SELECT FROM entry WHERE entry.id = given.id)) AS holes,
       sums.*
FROM upto
LEFT JOIN (
    SELECT kind, COALESCE(incoming, 0) AS incoming, COALESCE(found, 0) AS found, COALESCE(issued, 0) AS issued,
           COALESCE(returned, 0) AS returned, COALESCE(transferred, 0) AS transferred,
           COALESCE(destroyed, 0) AS destroyed, COALESCE(lost, 0) AS lost, COALESCE(undone, 0) AS undone,
           COALESCE(closing, 0) AS closing
    FROM flows
    FULL JOIN lying USING (kind)
) AS sums ON true
ORDER BY kind
"""

_LAST_CLOSE = """
SELECT day, last_entry, holes FROM site_day WHERE place = $1 ORDER BY day DESC LIMIT 1
"""
_CLOSINGS = "SELECT kind, closing FROM site_day_line WHERE place = $1 AND day = $2"

FLOWS = ("incoming", "found", "issued", "returned", "transferred", "destroyed", "lost", "undone")
COLUMNS = ("opening", *FLOWS, "closing")


@dataclass(frozen=True, slots=True)
class Flows:
    """What happened since the last close: a line per kind, and how far the log was read for it."""

    lines: list[dict[str, Any]]
    last_entry: int
    holes: list[int]


async def since_last_close(session: AsyncSession, place: str, party: str) -> Flows:
    """opening + incoming + found - issued - returned - transferred - destroyed - lost - undone = closing, per kind."""
    connection = await driver(session)
    before = await connection.fetchrow(_LAST_CLOSE, place)
    last, holes = (before["last_entry"], before["holes"]) if before else (0, [])
    rows = await connection.fetch(_FLOWS, place, party, last, holes, sorted(ABSENT), HOLES, CITY_PARTY)
    opening: dict[str, int] = {}
    if before:
        opening = dict(await connection.fetch(_CLOSINGS, place, before["day"]))
    by_kind = {row["kind"]: dict(row) for row in rows if row["kind"]}
    lines = [
        {"kind": kind, "opening": opening.get(kind, 0)}
        | {name: by_kind.get(kind, {}).get(name, 0) for name in (*FLOWS, "closing")}
        for kind in sorted(by_kind.keys() | {kind for kind, cards in opening.items() if cards})
    ]
    return Flows(lines, rows[0]["last"], list(rows[0]["holes"]))
