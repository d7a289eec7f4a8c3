"""Cards come to the annex: each small box is unpacked, set-up and notice are recorded.

A box cannot be closed until scanned + missing = listed and a second person has seen that it is empty: two
published losses were cards thrown away with the box they came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import (
    BoxClosed,
    BoxNotDone,
    BoxNotOpened,
    CardsRefused,
    InvalidValue,
    NotFound,
    SecondPersonNeeded,
)
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import discrepancies, people
from logistics.work.discrepancies import Difference
from logistics.work.locking import lock_cards
from logistics.work.missing import Gone, open_cases
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

_BOX = "SELECT * FROM box WHERE code = $1 FOR NO KEY UPDATE"

# A card of the list for which the day is too early.
_TOO_EARLY = {
    CardStep.SET_UP: """
SELECT card.code
FROM card
JOIN box ON box.code = card.box
JOIN arrival ON arrival.code = box.arrival
WHERE card.code = ANY ($1::text[]) AND (arrival.imported_at AT TIME ZONE 'Asia/Tokyo')::date > $2
ORDER BY card.code
LIMIT 1
""",
    CardStep.POST_NOTICE: """
SELECT code
FROM card
WHERE code = ANY ($1::text[]) AND set_up_on > $2
ORDER BY code
LIMIT 1
""",
}

_ARRIVALS = """
SELECT arrival.code, arrival.imported_at, arrival.imported_by, arrival.cards,
       count(box.code) AS boxes, count(box.closed_at) AS boxes_closed
FROM arrival
JOIN box ON box.arrival = arrival.code
WHERE arrival.code > $1 AND ($2::text IS NULL OR arrival.code = $2)
GROUP BY arrival.code
ORDER BY arrival.code
LIMIT $3
"""

_BOXES = """
SELECT box.code, box.label, box.cards, box.opened_at, box.opened_by, box.closed_at, box.closed_by,
       box.emptied_by, count(card.id) FILTER (WHERE card.state <> 'expected') AS accounted
FROM box
JOIN card ON card.box = box.code
WHERE box.arrival = $1 AND box.label > $2
GROUP BY box.code
ORDER BY box.label
LIMIT $3
"""


async def open_box(session: AsyncSession, actor: Actor, code: str, now: datetime) -> None:
    """Begin to unpack a box; one that is open already stays as it is. Raises NotFound, BoxClosed."""
    permissions.require(actor, "check_in")
    box = await _lock_box(session, code)
    if box["closed_at"]:
        raise BoxClosed(code)
    if box["opened_at"] is None:
        connection = await driver(session)
        await connection.execute(
            "UPDATE box SET opened_at = $2, opened_by = $3 WHERE code = $1", code, now, actor.code
        )
        act = Act("open_box", actor, str(actor.place), now, facts={"box": code, "listed": box["cards"]})
        await take(session, [act], now)


async def check_in(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Scan cards out of an open box; an outcome per scan. Over and damaged items become differences."""
    permissions.require(actor, "check_in")
    box = await _lock_box(session, code)
    _require_open(box)
    call = Call(actor, Purpose.CHECK_IN, code, str(actor.place), scans, place=actor.place, box=code)
    rows = await lock_cards(session, [call])
    return (await settle(session, [call], rows, _judge, CodeType.CARD, now))[0]


def _judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN, difference="over", note="着荷リストにない管理番号")
    if card["box"] != call.box:
        return Verdict(
            Outcome.WRONG_BOX,
            belongs_to=card["box"],
            difference="over",
            note=f"小箱 {card['box']} のリストにあるカード",
        )
    if card["state"] == CardState.EXPECTED:
        if scan.damaged:
            return Verdict(Outcome.DAMAGED, CardStep.HOLD, difference="damaged", note="着荷時に破損を確認")
        return Verdict(Outcome.CHECKED_IN, CardStep.CHECK_IN)
    if card["state"] == CardState.ARRIVED and scan.damaged:
        return Verdict(Outcome.DAMAGED, CardStep.HOLD, difference="damaged", note="着荷時に破損を確認")
    return Verdict(Outcome.ALREADY_CHECKED_IN)


async def close_box(
    session: AsyncSession,
    actor: Actor,
    code: str,
    emptied_by: str,
    missing: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    """Close a box: scanned + missing = listed, and `emptied_by`, a second person, has seen it empty.

    `missing` names the cards that were searched for and not found; each becomes a difference. Raises
    BoxNotDone with what is unaccounted for, SecondPersonNeeded, InvalidValue for a missing card that is not
    expected in this box.
    """
    permissions.require(actor, "close_box")
    box = await _lock_box(session, code)
    _require_open(box)
    await _require_second(session, actor, emptied_by)
    connection = await driver(session)
    waiting = [
        row["code"]
        for row in await connection.fetch(
            "SELECT code FROM card WHERE box = $1 AND state = 'expected' ORDER BY id FOR NO KEY UPDATE", code
        )
    ]
    if strangers := sorted(set(missing) - set(waiting)):
        raise InvalidValue("missing", f"not awaited in this box: {', '.join(strangers)}")
    if unaccounted := [card for card in waiting if card not in set(missing)]:
        raise BoxNotDone(code, unaccounted)
    await _declare_missing(session, actor, code, waiting, emptied_by, now)
    await connection.execute(
        "UPDATE box SET closed_at = $2, closed_by = $3, emptied_by = $4 WHERE code = $1",
        code,
        now,
        actor.code,
        emptied_by,
    )
    return {"box": code, "listed": box["cards"], "missing": len(waiting)}


async def set_up(session: AsyncSession, actor: Actor, cards: Sequence[str], day: date, now: datetime) -> int:
    """Record 交付前設定 done on `day` for all the cards, or for none. Raises CardsRefused."""
    return await _mark(session, actor, "set_up", CardStep.SET_UP, cards, day, now)


async def post_notice(
    session: AsyncSession, actor: Actor, cards: Sequence[str], day: date, now: datetime
) -> int:
    """Record 交付通知書 posted on `day` for all the cards, or for none; the first day counts for retention."""
    return await _mark(session, actor, "post_notice", CardStep.POST_NOTICE, cards, day, now)


async def arrivals(
    session: AsyncSession, after: str, limit: int, code: str | None = None
) -> list[dict[str, Any]]:
    """Arrivals in number order with how many of their boxes are done."""
    return [dict(row) for row in await (await driver(session)).fetch(_ARRIVALS, after, code, limit)]


async def boxes(
    session: AsyncSession, arrival: str, after: str = "", limit: int | None = None
) -> list[dict[str, Any]]:
    """The boxes of an arrival by label, with how many of their cards are accounted for; all of them without a limit."""
    return [dict(row) for row in await (await driver(session)).fetch(_BOXES, arrival, after, limit)]


async def _lock_box(session: AsyncSession, code: str) -> Row:
    row = await (await driver(session)).fetchrow(_BOX, code)
    if row is None:
        raise NotFound("box", code)
    return dict(row)


def _require_open(box: Any) -> None:
    if box["closed_at"]:
        raise BoxClosed(box["code"])
    if box["opened_at"] is None:
        raise BoxNotOpened(box["code"])


async def _require_second(session: AsyncSession, actor: Actor, code: str) -> None:
    second = (await people.actors(session, [code])).get(code)
    if second is None or second.code == actor.code or second.place != actor.place:
        raise SecondPersonNeeded("emptied_by")
    if not permissions.may(second, "close_box"):
        raise SecondPersonNeeded("emptied_by")


async def _declare_missing(
    session: AsyncSession, actor: Actor, box: str, missing: Sequence[str], emptied_by: str, now: datetime
) -> None:
    site = str(actor.place)
    short = [Difference("short", site, card=card, box=box, note="小箱に入っていない") for card in missing]
    numbers, new = await discrepancies.number(session, short, now)
    closing = Act(
        "close_box",
        actor,
        site,
        now,
        step=CardStep.MISS if missing else None,
        cards=missing,
        facts={"box": box, "emptied_by": emptied_by, "differences": sorted(numbers.values())},
    )
    (taken,) = await take(session, [closing], now)
    await discrepancies.open_numbered(session, [(numbers[d.key], d, taken.entry) for d in new], now)
    gone = [Gone(card) for card in missing]
    await open_cases(session, site, gone, "box", box, taken.entry, now)


async def _mark(
    session: AsyncSession,
    actor: Actor,
    name: str,
    step: CardStep,
    cards: Sequence[str],
    day: date,
    now: datetime,
) -> int:
    permissions.require(actor, name)
    if day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    asked = sorted(set(cards))
    await _require_after(session, step, asked, day)
    act = Act(name, actor, str(actor.place), now, step=step, cards=asked, day=day)
    (taken,) = await take(session, [act], now)
    if refused := [card for card in asked if card not in taken.cards]:
        raise CardsRefused(step, await _states(session, refused))
    return len(asked)


async def _require_after(session: AsyncSession, step: CardStep, cards: Sequence[str], day: date) -> None:
    """No card is set up before it was announced, and no notice is posted before its card was set up."""
    early = await (await driver(session)).fetchval(_TOO_EARLY[step], list(cards), day)
    if early:
        raise InvalidValue("day", f"lies before what has to come first, for card {early}")


async def _states(session: AsyncSession, cards: Sequence[str]) -> list[dict[str, str]]:
    rows = await (await driver(session)).fetch(
        "SELECT code, state FROM card WHERE code = ANY ($1::text[])", cards
    )
    states = {row["code"]: row["state"] for row in rows}
    return [{"card": card, "state": states.get(card, "unknown")} for card in cards]
