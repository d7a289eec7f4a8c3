"""Whether custody adds up: opening + in - out = closing, for a place or a container, on one day.

Told from the entries card by card, by when things occurred. What is there is counted by state and custodian; a card
that came and went on the same day counts on both sides. A day's closing is the next day's opening.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import CardState, CardStep
from logistics.store.database import driver
from logistics.work.audit import span_of
from logistics.work.audit_places import PRESENT
from logistics.work.audit_sources import Filters

Of = Literal["place", "batch"]

_ABSENT = frozenset(CardState) - PRESENT
_OUT_OF_BATCH = frozenset({CardStep.UNPACK.value, CardStep.TAKE_BACK.value})
_CHUNK = 5_000

_PLACE = "SELECT place.party, place.kind FROM place WHERE code = $1"
# Cards that did not move since the day began are where they were: they are only counted. Who comes, goes to the place;
# who leaves or is lost was of it, or of several at once, which an entry does not name.
_MOVED_SINCE = """
SELECT DISTINCT moved.card
FROM entry
JOIN entry_card AS moved ON moved.entry = entry.id
WHERE entry.id > $1 AND moved.entry > $1
  AND (entry.to_party = $2 OR entry.from_party = $2 OR (entry.from_party IS NULL AND moved.step <> 'expect'))
"""
_STILL = """
SELECT count(*)
FROM card
WHERE place = $1 AND custodian = $2 AND NOT state = ANY ($3::text[]) AND id <> ALL ($4::bigint[])
"""
_EVER_IN_BATCH = "SELECT DISTINCT card FROM scan WHERE subject = $1 AND accepted AND card IS NOT NULL"
_LIVES = """
SELECT moved.card, entry.occurred_at, moved.step, moved.to_state, entry.to_party,
       CASE WHEN moved.step = 'pack' THEN entry.body::jsonb ->> 'batch' END AS batch
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
WHERE moved.card = ANY ($1::bigint[]) AND entry.occurred_at < $2
ORDER BY moved.card, entry.id
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """One day of a place or a container, in cards: opening + incoming + found - every way out = closing.

    `returned` left a site, or a container, with another one; `sent` left the annex with the courier. `lost` counts
    what is missing, too; `undone` was there by mistake. `stored`: how many the present state says, for today alone.
    """

    of: Of
    code: str
    day: date
    opening: int = 0
    incoming: int = 0
    found: int = 0
    issued: int = 0
    returned: int = 0
    sent: int = 0
    transferred: int = 0
    destroyed: int = 0
    lost: int = 0
    undone: int = 0
    closing: int = 0
    stored: int | None = None

    @property
    def balanced(self) -> bool:
        """Whether it adds up, and agrees with the present where the day is today."""
        out = self.issued + self.returned + self.sent + self.transferred + self.destroyed + self.lost
        adds_up = self.opening + self.incoming + self.found - out - self.undone == self.closing
        return adds_up and self.stored in (None, self.closing)


@dataclass(frozen=True, slots=True)
class _Where:
    """A card as its entries have left it."""

    state: str = CardState.NEW.value
    custodian: str | None = None
    batch: str | None = None

    def after(self, row: Any) -> _Where:
        batch = None if row["step"] in _OUT_OF_BATCH else row["batch"] or self.batch
        return _Where(row["to_state"], row["to_party"] or self.custodian, batch)


async def balance(session: AsyncSession, of: Of, code: str, day: date, now: datetime) -> Balance:
    """How a Japanese calendar day of a place or a container adds up. NotFound."""
    connection = await driver(session)
    start = datetime.combine(day, time(), JST)
    end = start + timedelta(days=1)
    if of == "batch":
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM batch WHERE code = $1)", code):
            raise NotFound("batch", code)
        cards = [row["card"] for row in await connection.fetch(_EVER_IN_BATCH, code)]
        sums = await _sums(connection, cards, start, end, lambda w: w.batch == code, "returned")
        return Balance(of, code, day, **sums)
    place = await connection.fetchrow(_PLACE, code)
    if place is None:
        raise NotFound("place", code)
    party, absent = place["party"], sorted(_ABSENT)
    span = await span_of(connection, Filters(occurred_from=start))
    since = span.low if span else await connection.fetchval("SELECT COALESCE(max(id), 0) FROM entry")
    cards = [row["card"] for row in await connection.fetch(_MOVED_SINCE, since, party)]
    still = await connection.fetchval(_STILL, code, party, absent, cards)
    away = "sent" if place["kind"] == "annex" else "returned"
    sums = await _sums(connection, cards, start, end, lambda w: w.custodian == party, away)
    sums["opening"] += still
    sums["closing"] += still
    found = Balance(of, code, day, **sums)
    if start <= now < end:
        return replace(found, stored=await connection.fetchval(_STILL, code, party, absent, []))
    return found


async def _sums(
    connection: Any,
    cards: Sequence[int],
    start: datetime,
    end: datetime,
    here: Callable[[_Where], bool],
    away: str,
) -> Counter[str]:
    """The day's sums over these cards; `here` says whether a card belongs to what is asked for."""
    sums: Counter[str] = Counter()
    for at in range(0, len(cards), _CHUNK):
        rows = await connection.fetch(_LIVES, cards[at : at + _CHUNK], end)
        for _, life in groupby(rows, key=lambda row: row["card"]):
            sums.update(_of_card(list(life), start, here, away))
    return sums


def _of_card(
    life: Sequence[Any], start: datetime, here: Callable[[_Where], bool], away: str
) -> Iterator[str]:
    """What one card adds to the day."""

    def there(where: _Where) -> bool:
        return where.state not in _ABSENT and here(where)

    before = now = _Where()
    passed, left = False, ""
    for row in life:
        was, now = now, now.after(row)
        if there(was) and not there(now):
            left = now.state
        if row["occurred_at"] < start:
            before = before.after(row)
        else:
            passed = passed or there(now)
    if there(before):
        yield "opening"
    elif passed or there(now):
        yield "found" if before.state in _ABSENT - {CardState.NEW, CardState.EXPECTED} else "incoming"
    if there(now):
        yield "closing"
    elif there(before) or passed:
        yield _GONE.get(left, away)


_GONE = {
    CardState.ISSUED.value: "issued",
    CardState.DESTROYED.value: "destroyed",
    CardState.MISSING.value: "lost",
    CardState.LOST.value: "lost",
    CardState.TRANSFERRED.value: "transferred",
    CardState.EXPECTED.value: "undone",
}
