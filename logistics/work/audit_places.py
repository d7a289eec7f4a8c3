"""What lay in a place, a vault or a slot at a past moment.

Read backwards from the moment: the entries that brought cards there, and of each card whether it was the last
that placed it. What came last is found first; entries long overtaken are walked page by page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import ENDED, IN_SLOT, CardState
from logistics.store.database import driver
from logistics.work.audit import span_of
from logistics.work.audit_sources import LATE, Filters

Inside = Literal["place", "vault", "slot"]
Key = tuple[int, str]

# A card in another state is not there: announced only, gone for good, or nowhere to be found.
PRESENT = frozenset(CardState) - {CardState.NEW, CardState.EXPECTED, CardState.MISSING} - ENDED

# Looked at for one page, whether they were overtaken or not.
EXAMINED_ENTRIES = 400
EXAMINED_CARDS = 2_000
# Before everything: the newest entry, and behind every code.
NEWEST: Key = (2**62, "~")

_WHERE: dict[Inside, str] = {
    "place": "SELECT place.code AS place, place.party, NULL AS slots FROM place WHERE code = $1",
    "vault": """
        SELECT vault.place, place.party, ARRAY(SELECT code FROM slot WHERE slot.vault = vault.code) AS slots
        FROM vault JOIN place ON place.code = vault.place WHERE vault.code = $1
    """,
    "slot": """
        SELECT slot.place, place.party, ARRAY[slot.code] AS slots
        FROM slot JOIN place ON place.code = slot.place WHERE slot.code = $1
    """,
}

# The last were recorded in time; what was recorded late has ids beyond those, and few.
_BROUGHT_TO_PLACE = f"""
SELECT id FROM (
    (SELECT id FROM entry WHERE to_party = $1 AND id <= LEAST($3::bigint, $4::bigint) ORDER BY id DESC LIMIT $5)
    UNION
    (SELECT id FROM entry WHERE site = $2 AND {LATE} AND id <= $3 AND id > $4 AND occurred_at <= $6
     ORDER BY id DESC LIMIT $5)
) AS brought
ORDER BY id DESC
LIMIT $5
"""  # noqa: S608 - constants only

_BROUGHT_TO_SLOT = """
SELECT entry AS id FROM scan WHERE subject = $1 AND entry <= $2
UNION
SELECT moved_by FROM stock_count_finding WHERE found_in = $1 AND moved_by <= $2
ORDER BY id DESC
LIMIT $3
"""

_CARDS = """
SELECT entry.id, jsonb_array_elements_text(moved.step -> 'codes') AS code
FROM entry
CROSS JOIN LATERAL jsonb_array_elements(entry.body::jsonb -> 'cards') AS moved (step)
WHERE entry.id = ANY ($1::bigint[]) AND entry.occurred_at <= $2 AND entry.to_party = $3
  AND entry.body::jsonb ->> 'place' = $4
  AND ($5::text[] IS NULL OR entry.body::jsonb ->> 'slot' = ANY ($5))
ORDER BY 1 DESC, 2 DESC
"""

_LAY = """
SELECT brought.entry, card.code AS card, card.kind, last.state,
       CASE WHEN last.state = ANY ($5::text[]) THEN last.slot END AS slot, last.placed_at
FROM unnest($1::bigint[], $2::text[]) AS brought (entry, code)
JOIN card ON card.code = brought.code
CROSS JOIN LATERAL (
    SELECT max(entry.id) FILTER (WHERE entry.to_party IS NOT NULL) AS placed_by,
           (array_agg(moved.to_state ORDER BY entry.id DESC))[1] AS state,
           (array_agg(entry.body::jsonb ->> 'slot' ORDER BY entry.id DESC)
            FILTER (WHERE entry.body::jsonb ? 'slot'))[1] AS slot,
           (array_agg(entry.occurred_at ORDER BY entry.id DESC)
            FILTER (WHERE entry.to_party IS NOT NULL))[1] AS placed_at
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = card.id AND entry.occurred_at <= $3
) AS last
WHERE last.placed_by = brought.entry AND last.state = ANY ($4::text[])
ORDER BY brought.entry DESC, card.code DESC
"""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A page whose items are told apart by entry and a code within it; `next` as in audit.Page."""

    items: Sequence[dict[str, Any]]
    next: Key | None


async def contents(
    session: AsyncSession, inside: Inside, code: str, at: datetime, after: Key | None, limit: int
) -> Keyed:
    """The cards that were in the custody of a place, or stored in a vault or slot, at a moment; last come first.

    By when things occurred, whenever they were recorded. NotFound.
    """
    connection = await driver(session)
    where = await connection.fetchrow(_WHERE[inside], code)
    if where is None:
        raise NotFound(inside, code)
    start = after or NEWEST
    span = await span_of(connection, Filters(occurred_to=at))
    high = span.high if span and span.high is not None else 0
    if inside == "slot":
        brought = await connection.fetch(_BROUGHT_TO_SLOT, code, start[0], EXAMINED_ENTRIES)
    else:
        named = (where["party"], where["place"], start[0], high)
        brought = await connection.fetch(_BROUGHT_TO_PLACE, *named, EXAMINED_ENTRIES, at)
    ids = [row["id"] for row in brought]
    found = await connection.fetch(_CARDS, ids, at, where["party"], where["place"], where["slots"])
    keys = [(row["id"], row["code"]) for row in found]
    ahead = [key for key in keys if key < start]
    lay = await _lay(connection, ahead[:EXAMINED_CARDS], at, inside != "place")
    return Keyed(lay[:limit], _following(lay, limit, ahead, ids))


async def _lay(connection: Any, keys: Sequence[Key], at: datetime, stored: bool) -> list[dict[str, Any]]:
    """Of these cards and the entries that brought them, those that still lay there at the moment."""
    states = sorted(IN_SLOT if stored else PRESENT)
    rows = await connection.fetch(
        _LAY, [entry for entry, _ in keys], [code for _, code in keys], at, states, sorted(IN_SLOT)
    )
    return [dict(row) for row in rows]


def _following(
    lay: Sequence[dict[str, Any]], limit: int, ahead: Sequence[Key], ids: Sequence[int]
) -> Key | None:
    """Where the next page starts: behind the last item of a full page, else behind what was looked at."""
    if len(lay) > limit or (len(lay) == limit and len(ids) == EXAMINED_ENTRIES):
        return lay[limit - 1]["entry"], lay[limit - 1]["card"]
    if len(ahead) > EXAMINED_CARDS:
        return ahead[EXAMINED_CARDS - 1]
    # The oldest entry looked at is done: the code before every other ends it.
    return (ids[-1], "") if len(ids) == EXAMINED_ENTRIES else None
