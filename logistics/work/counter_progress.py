"""How far scanning is in the vault and at the counter, as `progress` says it of the way there.

A count stays blind: which slots somebody has been at is said, and never what is expected in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.counting import BY_NUMBER, FIRST, SECOND
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor, may
from logistics.rules.returns import ONE_WAY
from logistics.store.database import driver
from logistics.work import counts, picks, progress
from logistics.work.progress import MOST_LISTED, Awaited, Progress

_HANDS = """
SELECT card.code, person.name, card.state
FROM card
JOIN person ON person.code = card.holder
WHERE card.place = $1 AND card.state = ANY ($2::text[]) AND ($3::text IS NULL OR card.holder = $3)
ORDER BY card.code
"""
_SLOT = """
SELECT slot.capacity, slot.occupied, vault.name
FROM slot
JOIN vault ON vault.code = slot.vault
WHERE slot.code = $1 AND slot.place = $2
"""
_SEEN = "SELECT count(*) FROM stock_count_sighting WHERE count = $1 AND round = $2"
_TOUCHED = """
SELECT slot FROM stock_count_sighting WHERE count = $1 AND round = $2 AND slot IS NOT NULL
UNION
SELECT slot FROM stock_count_tally WHERE count = $1 AND round = $2
"""
_WHERE = "SELECT code, shelf, position FROM slot WHERE code = ANY ($1::text[]) ORDER BY code"
_TO_RETURN = """
SELECT card.code, kind.name
FROM card
JOIN kind ON kind.code = card.kind
WHERE card.place = $1 AND (card.state = 'held' OR card.kind = ANY ($2::text[]) AND card.state IN ('received', 'stored'))
ORDER BY card.code
"""
# What has left its slot, on purpose.
_GONE = ("out", "with_city", "issued")


async def taking_out(session: AsyncSession, actor: Actor, pick_list: str | None) -> Progress:
    """A pick list in walking order; without one, how many cards the actor has in hand."""
    mine = await _in_hands(session, actor, ("out",), actor.code)
    facts = {"in_hand": len(mine)}
    if pick_list is None:
        return _progress(None, len(mine), None, [], facts)
    listed = await picks.pick_list(session, pick_list)
    if listed["place"] != actor.place:
        raise NotFound("pick list", pick_list)
    lines = listed["lines"]
    where = await slots_named(session, [line["slot"] for line in lines if line["slot"]])
    missing = [
        Awaited(line["card"], " ".join(filter(None, (where.get(line["slot"]), line["booked_for"]))))
        for line in lines
        if line["state"] == "stored"
    ]
    done = sum(line["state"] in _GONE for line in lines)
    elsewhere = len(lines) - done - len(missing)
    return _progress(pick_list, done, len(lines), missing, facts | {"elsewhere": elsewhere})


async def putting_back(session: AsyncSession, actor: Actor, slot: str | None) -> Progress:
    """What is to go back: the actor's own hand, or every hand of the place for whoever may put back for others."""
    holder = None if may(actor, "put_back_for_others") else actor.code
    missing = await _in_hands(session, actor, ("out",), holder)
    facts = await _slot(session, actor, slot)
    return _progress(slot, facts.get("occupied", 0), None, missing, facts)


async def carrying(session: AsyncSession, actor: Actor, slot: str | None) -> Progress:
    """The slot into which cards of another vault are carried."""
    facts = await _slot(session, actor, slot)
    return _progress(slot, facts.get("occupied", 0), None, [], facts)


async def handing_to_city(session: AsyncSession, actor: Actor, _subject: str | None) -> Progress:
    """What the actor has in hand and could hand on."""
    given = await _in_hands(session, actor, ("with_city",), None)
    return _progress(None, len(given), None, await _in_hands(session, actor, ("out",), actor.code), {})


async def taking_from_city(session: AsyncSession, actor: Actor, _subject: str | None) -> Progress:
    """What is with city employees of the place."""
    mine = await _in_hands(session, actor, ("out",), actor.code)
    given = await _in_hands(session, actor, ("with_city",), None)
    return _progress(None, len(mine), None, given, {})


async def counting(session: AsyncSession, actor: Actor, count: str | None) -> Progress:
    """A count: how many cards were seen in this round, and the slots at which nobody has been yet."""
    row = await counts.own(session, actor, str(count))
    connection = await driver(session)
    round_ = FIRST if row["counters"] is None else SECOND
    wanted = row["slots"] if round_ == FIRST else row["recount_slots"]
    touched = {found["slot"] for found in await connection.fetch(_TOUCHED, count, round_)}
    where = await slots_named(session, wanted)
    missing = [Awaited(slot, where[slot]) for slot in wanted if slot not in touched]
    facts = {
        "kind": row["kind"],
        "round": round_,
        "state": row["state"].value,
        "by_number": row["kind"] in BY_NUMBER,
        "slots": len(wanted),
        "slots_done": len(wanted) - len(missing),
    }
    return _progress(count, await connection.fetchval(_SEEN, count, round_), None, missing, facts)


async def returning(session: AsyncSession, actor: Actor, batch: str | None) -> Progress:
    """A return batch: what is in it, and what lies at the site and is to go back."""
    found = await progress.unpacking(session, actor, batch)
    rows = await (await driver(session)).fetch(_TO_RETURN, actor.place, sorted(ONE_WAY))
    return _progress(
        batch, found.done, None, [Awaited(row["code"], row["name"]) for row in rows], found.facts
    )


async def _in_hands(
    session: AsyncSession, actor: Actor, states: tuple[str, ...], holder: str | None
) -> list[Awaited]:
    rows = await (await driver(session)).fetch(_HANDS, actor.place, list(states), holder)
    return [Awaited(row["code"], row["name"]) for row in rows]


async def _slot(session: AsyncSession, actor: Actor, slot: str | None) -> dict[str, Any]:
    if slot is None:
        return {}
    row = await (await driver(session)).fetchrow(_SLOT, slot, actor.place)
    if row is None:
        raise NotFound("slot", slot)
    return {"vault": row["name"], "occupied": row["occupied"], "capacity": row["capacity"]}


async def slots_named(session: AsyncSession, slots: Sequence[str]) -> dict[str, str]:
    """Slots as they are written on the shelf: A-001."""
    rows = await (await driver(session)).fetch(_WHERE, list(slots))
    return {row["code"]: f"{row['shelf']}-{row['position']:03d}" for row in rows}


def _progress(
    subject: str | None, done: int, expected: int | None, missing: list[Awaited], facts: Any
) -> Progress:
    return Progress(subject, done, expected, len(missing), missing[:MOST_LISTED], facts)
