"""Counts (棚卸し) of a vault: opened with a frozen expectation that stays on the server, and given up if need be.

What is scanned is in `counting`, what follows from it in `count_findings`, how a count ends in `concluding`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.counting import (
    BY_TWO,
    OF_SLOTS,
    CountEnd,
    CountKind,
    CountState,
)
from logistics.rules.errors import CountEnded, CountOpen, InvalidValue, NotFound, SecondPersonNeeded
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import AlarmKind
from logistics.store.database import driver
from logistics.work import alarms, count_papers, people
from logistics.work.numbering import next_codes

MOST_CYCLIC_SLOTS = 40
FIGURES = ("matched", "explained", "missing", "misplaced", "unexpected")
# States of a card that lies at a place of ours outside any slot: it is counted with the place's first vault.
ASIDE = ("arrived", "ready", "received", "held")

_VAULT = """
SELECT code, place, code = (SELECT min(code) FROM vault AS other WHERE other.place = vault.place) AS is_first
FROM vault
WHERE code = $1
"""
_SLOTS = "SELECT code FROM slot WHERE vault = $1 ORDER BY code"

_DUE_SLOTS = """
SELECT card.slot
FROM card
JOIN slot ON slot.code = card.slot
WHERE slot.vault = $1 AND (card.sighted_at IS NULL OR card.sighted_at < $2)
GROUP BY card.slot
ORDER BY min(card.sighted_at) NULLS FIRST, card.slot
LIMIT $3
"""

# Whoever moves one of these cards has to wait for us, so that its entry comes after ours: it is explained by it.
_FREEZE = """
SELECT id, code, slot
FROM card
WHERE slot = ANY ($1::text[]) OR ($2 AND place = $3 AND slot IS NULL AND state = ANY ($4::text[]))
ORDER BY id
FOR SHARE
"""

_INSERT = """
INSERT INTO stock_count (code, kind, place, vault, day, slots, aside, expected, opened_at, opened_by, witness,
                         supervisor, sheet, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_KEEP = """
INSERT INTO stock_count_card (count, card, slot)
SELECT $1, card, slot FROM unnest($2::bigint[], $3::text[]) AS frozen (card, slot)
"""

_COUNTS = """
SELECT counted.code, counted.kind, counted.place, counted.vault, counted.day, counted.slots, counted.aside,
       counted.opened_at, counted.opened_by, counted.witness, counted.supervisor, counted.sheet, counted.entry,
       first.slots AS recount_slots, first.aside AS recount_aside, first.counters,
       second.finished_by AS recounted_by, COALESCE(second.finished_at, first.finished_at) AS finished_at,
       ended.how, ended.reason, ended.matched, ended.explained, ended.missing, ended.misplaced, ended.unexpected,
       ended.report, ended.ended_at, ended.ended_by
FROM stock_count AS counted
LEFT JOIN stock_count_round AS first ON first.count = counted.code AND first.round = 1
LEFT JOIN stock_count_round AS second ON second.count = counted.code AND second.round = 2
LEFT JOIN stock_count_end AS ended ON ended.count = counted.code
"""
_ONE = _COUNTS + "WHERE counted.code = $1"
_PAGE = (
    _COUNTS
    + """WHERE counted.code > $1
  AND ($2::text IS NULL OR counted.place = $2)
  AND ($3::text IS NULL OR counted.vault = $3)
  AND ($4::date IS NULL OR counted.day = $4)
ORDER BY counted.code
LIMIT $5
"""
)
_LATEST = _COUNTS + "WHERE counted.place = $1 ORDER BY counted.code DESC LIMIT $2"
_OPEN_IN = """
SELECT stock_count.code
FROM stock_count
LEFT JOIN stock_count_end AS ended ON ended.count = stock_count.code
WHERE vault = $1 AND ended.count IS NULL
LIMIT 1
"""
_END = """
INSERT INTO stock_count_end (count, how, reason, report, matched, explained, missing, misplaced, unexpected, ended_at,
                             ended_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody wants counted, and who else is named for it."""

    kind: CountKind
    slots: Sequence[str] = ()
    witness: str | None = None
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a count ended, with the numbers and the number of its report."""

    how: CountEnd
    reason: str | None
    figures: Mapping[str, int]
    report: str | None = None


async def open_count(
    session: AsyncSession, actor: Actor, vault: str, wanted: Opening, now: datetime
) -> dict[str, Any]:
    """Open a count of a vault: what should be there is frozen, and its sheet P5 with it.

    Cyclic and spot counts are of `slots`; a cyclic one without any takes those that are due. Raises NotFound for
    a vault of another place, CountOpen while it is being counted, SecondPersonNeeded, SupervisorNeeded.
    """
    permissions.require(actor, "open_count")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", vault)
    row = await connection.fetchrow(_VAULT, vault)
    if row is None or row["place"] != actor.place:
        raise NotFound("vault", vault)
    if is_open := await connection.fetchval(_OPEN_IN, vault):
        raise CountOpen(vault, is_open)
    supervisor = await people.directing(session, actor, wanted.supervisor)
    await _require_witness(session, actor, wanted)
    slots = await _scope(session, vault, row["place"], wanted, now)
    aside = bool(row["is_first"]) and wanted.kind not in OF_SLOTS
    frozen = await connection.fetch(_FREEZE, slots, aside, row["place"], list(ASIDE))
    (code,) = await next_codes(session, CodeType.COUNT, 1, now)
    sheet = await count_papers.freeze_sheet(session, actor, code, vault, wanted, slots, aside, now)
    act = Act(
        "open_count",
        actor,
        row["place"],
        now,
        supervisor=supervisor,
        facts={
            "count": code,
            "kind": wanted.kind.value,
            "vault": vault,
            "witness": wanted.witness,
            "slots": slots if wanted.kind in OF_SLOTS else [],
            "expectation": digest(frozen),
        },
    )
    (taken,) = await take(session, [act], now)
    day = business_date(now)
    about = (code, wanted.kind, row["place"], vault, day, slots, aside, len(frozen))
    named = (now, actor.code, wanted.witness, supervisor, sheet, taken.entry)
    await connection.execute(_INSERT, *about, *named)
    await connection.execute(_KEEP, code, [r["id"] for r in frozen], [r["slot"] for r in frozen])
    return await one(session, code)


async def cancel(
    session: AsyncSession, actor: Actor, code: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Give a count up, with a reason; what was scanned stays in the log. Raises NotFound, CountEnded."""
    permissions.require(actor, "close_count")
    await lock(session, code)
    count = await own(session, actor, code)
    if count["how"]:
        raise CountEnded(code, count["state"])
    act = Act("cancel_count", actor, count["place"], now, reason=reason, facts={"count": code})
    (taken,) = await take(session, [act], now)
    ended = Ended(CountEnd.CANCELLED, reason, dict.fromkeys(FIGURES, 0))
    await end(session, actor, code, ended, taken.entry, now)
    return await one(session, code)


async def end(
    session: AsyncSession, actor: Actor, code: str, ended: Ended, entry: int, now: datetime
) -> None:
    """Write how a count ended."""
    figures = (ended.figures[name] for name in FIGURES)
    await (await driver(session)).execute(
        _END, code, ended.how, ended.reason, ended.report, *figures, now, actor.code, entry
    )


async def lock(session: AsyncSession, code: str, *, shared: bool = False) -> None:
    """Wait for whoever ends the count or a round of it; `shared` goes together with other counters."""
    name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    # The rows of a count are never updated, so they are not locked: the service has no right to.
    await (await driver(session)).execute(f"SELECT {name}(hashtextextended($1, 3))", code)


async def one(session: AsyncSession, code: str) -> dict[str, Any]:
    """A count and how far it is, without its expectation. NotFound."""
    row = await (await driver(session)).fetchrow(_ONE, code)
    if row is None:
        raise NotFound("count", code)
    return _with_state(dict(row))


async def own(session: AsyncSession, actor: Actor, code: str) -> dict[str, Any]:
    """A count of the actor's own place; NotFound for any other."""
    count = await one(session, code)
    if count["place"] != actor.place:
        raise NotFound("count", code)
    return count


async def page(
    session: AsyncSession,
    after: str,
    limit: int,
    *,
    place: str | None = None,
    vault: str | None = None,
    day: Any = None,
) -> list[dict[str, Any]]:
    """Counts in number order, after the one numbered `after`."""
    rows = await (await driver(session)).fetch(_PAGE, after, place, vault, day, limit)
    return [_with_state(dict(row)) for row in rows]


async def latest(session: AsyncSession, place: str, limit: int) -> list[dict[str, Any]]:
    """The newest counts of a place, the newest first."""
    return [_with_state(dict(row)) for row in await (await driver(session)).fetch(_LATEST, place, limit)]


def digest(frozen: Sequence[Any]) -> str:
    """SHA-256 of the expectation, `card slot` lines in code order: the log holds it to what was frozen, unsaid."""
    lines = sorted(f"{row['code']} {row['slot'] or '-'}\n" for row in frozen)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _with_state(row: dict[str, Any]) -> dict[str, Any]:
    if row["how"]:
        state = CountState(row["how"])
    elif row["counters"] is None:
        state = CountState.COUNTING
    elif row["recounted_by"] or not (row["recount_slots"] or row["recount_aside"]):
        state = CountState.TO_CONCLUDE
    else:
        state = CountState.RECOUNTING
    return row | {"state": state}


async def _require_witness(session: AsyncSession, actor: Actor, wanted: Opening) -> None:
    if wanted.witness is None:
        if wanted.kind in BY_TWO:
            raise SecondPersonNeeded("witness")
        return
    second = (await people.actors(session, [wanted.witness])).get(wanted.witness)
    if second is None or second.code == actor.code or second.place != actor.place:
        raise SecondPersonNeeded("witness")


async def _scope(session: AsyncSession, vault: str, place: str, wanted: Opening, now: datetime) -> list[str]:
    connection = await driver(session)
    slots = [row["code"] for row in await connection.fetch(_SLOTS, vault)]
    if wanted.kind not in OF_SLOTS:
        if wanted.slots:
            raise InvalidValue("slots", f"a count of kind {wanted.kind} is of the whole vault")
        return slots
    if strangers := sorted(set(wanted.slots) - set(slots)):
        raise NotFound("slot", strangers[0])
    if wanted.slots:
        return sorted(set(wanted.slots))
    if wanted.kind is CountKind.CYCLIC:
        # Two thirds of the term, so that a slot comes up before its cards are overdue.
        before = now - await alarms.limit(session, AlarmKind.UNSIGHTED, place, now) * 2 / 3
        due = await connection.fetch(_DUE_SLOTS, vault, before, MOST_CYCLIC_SLOTS)
        if due:
            return sorted(row["slot"] for row in due)
    raise InvalidValue("slots", "name the slots to be counted; none is due by itself")
