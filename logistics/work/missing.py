"""Missing cards (所在不明): each opens a case that says who saw it last, and ends found or lost, by the right person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.counting import CaseState
from logistics.rules.errors import CaseEnded, InvalidValue, NotFound, StepRefused
from logistics.rules.lifecycle import AT_REST, CARD, CardState, CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import discrepancies
from logistics.work.discrepancies import Difference
from logistics.work.numbering import next_codes

_OPEN_FOR = """
SELECT missing_case.card, missing_case.code
FROM missing_case
LEFT JOIN missing_case_end AS ended ON ended.case_code = missing_case.code
WHERE missing_case.card = ANY ($1::text[]) AND ended.case_code IS NULL
"""
_INSERT = """
INSERT INTO missing_case (code, card, place, cause, subject, last_slot, opened_at, entry)
SELECT code, card, $3, $4, $5, slot, $6, $7
FROM unnest($1::text[], $2::text[], $8::text[]) AS opened (code, card, slot)
"""
_PAGE = """
SELECT missing_case.code, missing_case.card, card.kind, card.state AS card_state, missing_case.place,
       missing_case.cause, missing_case.subject, missing_case.last_slot, missing_case.opened_at, missing_case.entry,
       card.sighted_at, ended.how, ended.reason, ended.ended_at, ended.ended_by, ended.decided_by,
       (SELECT count(*) FROM missing_case_mark AS mark WHERE mark.case_code = missing_case.code) AS marks
FROM missing_case
JOIN card ON card.code = missing_case.card
LEFT JOIN missing_case_end AS ended ON ended.case_code = missing_case.code
WHERE missing_case.code > $1
  AND ($2::text IS NULL OR missing_case.place = $2)
  AND ($3::text IS NULL OR missing_case.card = $3)
  AND ($4::boolean IS NULL OR (ended.case_code IS NULL) = $4)
  AND ($5::text IS NULL OR missing_case.code = $5)
ORDER BY missing_case.code
LIMIT $6
"""
_ITEMS = """
SELECT code, ja, en FROM search_item
WHERE starts_on <= $1 AND (ends_on IS NULL OR ends_on >= $1)
ORDER BY position
"""
_MARK = """
INSERT INTO missing_case_mark (entry, case_code, item, note, marked_by, marked_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """A card that is missing from now on, and the slot in which the log last had it."""

    card: str
    slot: str | None = None


async def open_for(session: AsyncSession, cards: Collection[str]) -> dict[str, str]:
    """The case that is open for each of these cards, by card."""
    if not cards:
        return {}
    rows = await (await driver(session)).fetch(_OPEN_FOR, sorted(cards))
    return {row["card"]: row["code"] for row in rows}


async def open_cases(
    session: AsyncSession,
    place: str,
    gone: Sequence[Gone],
    cause: str,
    subject: str | None,
    entry: int,
    now: datetime,
) -> dict[str, str]:
    """Open a case for each card that `entry` says is missing; the case of each, by card.

    `cause` is how it was noticed: count, receipt, box or report; `subject` what that was about.
    """
    known = await open_for(session, [one.card for one in gone])
    new = [one for one in gone if one.card not in known]
    if not new:
        return known
    codes = await next_codes(session, CodeType.CASE, len(new), now)
    await (await driver(session)).execute(
        _INSERT,
        codes,
        [one.card for one in new],
        place,
        cause,
        subject,
        now,
        entry,
        [one.slot for one in new],
    )
    return known | {one.card: code for one, code in zip(new, codes, strict=True)}


async def report(
    session: AsyncSession, actor: Actor, card: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Somebody reaches for a card and it is not there: it is missing from now on, and its case is open.

    Raises NotFound for a card of another place, StepRefused for one that is not at rest here.
    """
    permissions.require(actor, "report_missing")
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT code, state, place, slot FROM card WHERE code = $1 FOR NO KEY UPDATE", card
    )
    if row is None or row["place"] != actor.place:
        raise NotFound("card", card)
    if row["state"] not in AT_REST:
        raise StepRefused(CardStep.MISS, [card], row["state"], CARD.steps_from(CardState(row["state"])))
    difference = Difference("short", row["place"], card=card, note="取り出そうとした所に無い")
    numbers, new = await discrepancies.number(session, [difference], now)
    act = Act(
        "miss",
        actor,
        row["place"],
        now,
        step=CardStep.MISS,
        cards=[card],
        reason=reason,
        facts={"differences": sorted(numbers.values())},
    )
    (taken,) = await take(session, [act], now)
    await discrepancies.open_numbered(session, [(numbers[d.key], d, taken.entry) for d in new], now)
    gone = [Gone(card, row["slot"])]
    cases = await open_cases(session, row["place"], gone, "report", None, taken.entry, now)
    return await one(session, cases[card])


async def page(
    session: AsyncSession,
    after: str,
    limit: int,
    *,
    place: str | None = None,
    card: str | None = None,
    is_open: bool | None = None,
    code: str | None = None,
) -> list[dict[str, Any]]:
    """Cases in number order, after the one numbered `after`."""
    rows = await (await driver(session)).fetch(_PAGE, after, place, card, is_open, code, limit)
    return [dict(row) | {"state": _state(row)} for row in rows]


async def one(session: AsyncSession, code: str) -> dict[str, Any]:
    """A case. NotFound."""
    found = await page(session, "", 1, code=code)
    if not found:
        raise NotFound("case", code)
    return found[0]


async def checklist(session: AsyncSession, code: str, now: datetime) -> list[dict[str, Any]]:
    """The lines of the search that are in force, each with what was done for this case, the last word last."""
    connection = await driver(session)
    marks = await connection.fetch(
        "SELECT item, note, marked_by, marked_at FROM missing_case_mark WHERE case_code = $1 ORDER BY entry",
        code,
    )
    items = await connection.fetch(_ITEMS, business_date(now))
    return [
        dict(item) | {"marks": [dict(mark) for mark in marks if mark["item"] == item["code"]]}
        for item in items
    ]


async def mark(
    session: AsyncSession, actor: Actor, code: str, item: str | None, note: str, now: datetime
) -> dict[str, Any]:
    """Record that a line of the search was done, or what else was found out. NotFound, CaseEnded, InvalidValue."""
    permissions.require(actor, "search")
    case = await own(session, actor, code)
    if case["how"]:
        raise CaseEnded(code, case["state"])
    connection = await driver(session)
    items = {row["code"] for row in await connection.fetch(_ITEMS, business_date(now))}
    if item is not None and item not in items:
        raise InvalidValue("item", f"must be one of {', '.join(sorted(items))}")
    facts = {"case": code, "card": case["card"], "item": item, "note": note}
    (taken,) = await take(session, [Act("search", actor, case["place"], now, facts=facts)], now)
    await connection.execute(_MARK, taken.entry, code, item, note, actor.code, now)
    return await one(session, code)


async def own(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> dict[str, Any]:
    if lock:
        # Cases are never updated; the lock lets a second leader see that the first has ended it.
        await (await driver(session)).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", code)
    case = await one(session, code)
    if case["place"] != actor.place:
        raise NotFound("case", code)
    return case


def _state(row: Any) -> CaseState:
    if row["how"]:
        return CaseState(row["how"])
    return CaseState.SEARCHING if row["card_state"] == CardState.MISSING else CaseState.TURNED_UP
