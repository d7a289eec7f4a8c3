"""Pick lists: what is booked for a session of a day, in the order in which one walks past the slots.

Most published losses showed when booked cards were taken out. So a list says at once which of its cards do not lie
in the vault, and where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.booking_list import parse
from logistics.rules.calendar import PlaceKind, business_date
from logistics.rules.codes import CodeType
from logistics.rules.csv_list import fault
from logistics.rules.errors import CardsRefused, InvalidValue, ListInvalid, NotFound
from logistics.rules.lifecycle import ENDED, CardState
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import NOT_ISSUED
from logistics.store.database import driver
from logistics.work import notice_numbers, places
from logistics.work.notice_numbers import NoticeKey, Numbered
from logistics.work.numbering import next_codes

MOST_CARDS = 2_000

_LIST = """
SELECT list.code, list.place, list.day, list.service, list.made_at, list.made_by
FROM pick_list AS list
"""

_PAGE = """
SELECT list.code, list.place, list.day, list.service, list.made_at, list.made_by,
       count(line.card) AS cards,
       count(*) FILTER (WHERE card.state = 'stored') AS in_vault,
       count(*) FILTER (WHERE card.state IN ('out', 'with_city')) AS in_hand,
       count(*) FILTER (WHERE card.state = 'issued') AS issued,
       count(*) FILTER (WHERE card.state NOT IN ('stored', 'out', 'with_city', 'issued')) AS elsewhere
FROM pick_list AS list
LEFT JOIN pick_line AS line ON line.pick_list = list.code
LEFT JOIN card ON card.id = line.card
WHERE list.code > $1 AND ($2::text IS NULL OR list.place = $2) AND ($3::date IS NULL OR list.day = $3)
GROUP BY list.code
ORDER BY list.code
LIMIT $4
"""

_LINES = """
SELECT card.code AS card, card.kind, kind.name AS kind_name, card.state, card.place, card.slot, slot.vault,
       vault.name AS vault_name, card.holder, line.booked_for
FROM pick_line AS line
JOIN card ON card.id = line.card
JOIN kind ON kind.code = card.kind
LEFT JOIN slot ON slot.code = card.slot
LEFT JOIN vault ON vault.code = slot.vault
WHERE line.pick_list = $1
ORDER BY card.slot NULLS LAST, card.code
"""

_FOUND = """
SELECT card.code, card.kind, card.state, card.place, card.destination,
       EXISTS (SELECT FROM pick_line AS line WHERE line.pick_list = $2 AND line.card = card.id) AS listed
FROM card
WHERE card.code = ANY ($1::text[])
"""

_ADD = """
INSERT INTO pick_line (pick_list, card, booked_for, entry)
SELECT $1, card.id, given.booked_for, $4
FROM unnest($2::text[], $3::text[]) AS given (code, booked_for)
JOIN card USING (code)
"""


@dataclass(frozen=True, slots=True)
class Pick:
    """A card that is booked, and the time of day for which it is."""

    card: str
    booked_for: str | None = None


async def make(session: AsyncSession, actor: Actor, day: date, service: str, now: datetime) -> str:
    """The code of the pick list of a session of the actor's site; the same one again. InvalidValue for no session."""
    permissions.require(actor, "pick_list")
    site = await places.place(session, str(actor.place))
    if day < business_date(now):
        raise InvalidValue("day", "lies in the past")
    calendar = await places.calendar(session)
    held = {s.service.value for s in calendar.sessions(PlaceKind(site["kind"]), day, site["number"])}
    if service not in held:
        raise InvalidValue("service", f"is not held here that day; held: {', '.join(sorted(held)) or 'none'}")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", site["code"])
    known: str | None = await connection.fetchval(
        "SELECT code FROM pick_list WHERE place = $1 AND day = $2 AND service = $3",
        site["code"],
        day,
        service,
    )
    if known is not None:
        return known
    (code,) = await next_codes(session, CodeType.PICK_LIST, 1, now)
    facts: dict[str, Json] = {"pick_list": code, "day": day.isoformat(), "service": service}
    (taken,) = await take(session, [Act("make_pick_list", actor, site["code"], now, facts=facts)], now)
    await connection.execute(
        "INSERT INTO pick_list (code, place, day, service, made_at, made_by, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        code,
        site["code"],
        day,
        service,
        now,
        actor.code,
        taken.entry,
    )
    return code


async def add(session: AsyncSession, actor: Actor, code: str, picks: Sequence[Pick], now: datetime) -> int:
    """Put cards on a pick list by hand, all or none; how many. Raises NotFound, CardsRefused with each reason."""
    await _lock(session, actor, code)
    if len({pick.card for pick in picks}) != len(picks):
        raise InvalidValue("cards", "names a card twice")
    wrong = await _unfit(session, actor, code, [pick.card for pick in picks])
    if wrong:
        raise CardsRefused(
            "add_picks", [{"card": card, "reason": why} for card, why in sorted(wrong.items())]
        )
    await _add(session, actor, code, picks, {}, now)
    return len(picks)


async def import_bookings(
    session: AsyncSession, actor: Actor, code: str, content: bytes, key: NoticeKey | None, now: datetime
) -> int:
    """Put the bookings of a CSV list on a pick list, all or none; how many.

    Numbers of notices are kept as keyed hashes only. Raises NotFound, ListInvalid with every fault at once.
    """
    await _lock(session, actor, code)
    lines, faults = parse(content)
    numbered: list[Numbered] = []
    for line in lines:
        if line.notice_number is None:
            continue
        if key is None:
            faults.append(fault(line.number, "notice_number", "this service has no key for notices"))
            continue
        try:
            numbered.append(Numbered(line.card, key.hash(line.notice_number, "notice_number")))
        except InvalidValue as refusal:
            faults.append(fault(line.number, "notice_number", refusal.reason))
    wrong = await _unfit(session, actor, code, [line.card for line in lines])
    said = {(found["line"], found["column"]) for found in faults}
    faults += [
        fault(line.number, "control_number", wrong[line.card])
        for line in lines
        if line.card in wrong and (line.number, "control_number") not in said
    ]
    if faults:
        raise ListInvalid(sorted(faults, key=lambda found: found["line"]))
    picks = [Pick(line.card, line.booked_for) for line in lines]
    facts: dict[str, Json] = {"notices": len(numbered)} if numbered else {}
    entry = await _add(session, actor, code, picks, facts, now)
    await notice_numbers.insert(session, numbered, entry)
    return len(picks)


async def pick_list(session: AsyncSession, code: str) -> dict[str, Any]:
    """A pick list with its lines in walking order; what does not lie in the vault stands last. NotFound."""
    connection = await driver(session)
    row = await connection.fetchrow(_LIST + "WHERE list.code = $1", code)
    if row is None:
        raise NotFound("pick list", code)
    return {**dict(row), "lines": [dict(line) for line in await connection.fetch(_LINES, code)]}


async def pick_lists(
    session: AsyncSession, place: str | None, day: date | None, after: str, limit: int
) -> list[dict[str, Any]]:
    """Pick lists in number order, with how far each has come."""
    return [dict(row) for row in await (await driver(session)).fetch(_PAGE, after, place, day, limit)]


async def cards_of(session: AsyncSession, actor: Actor, code: str) -> frozenset[str]:
    """The cards on a pick list of the actor's site. NotFound."""
    connection = await driver(session)
    place = await connection.fetchval("SELECT place FROM pick_list WHERE code = $1", code)
    if place is None or place != actor.place:
        raise NotFound("pick list", code)
    rows = await connection.fetch(
        "SELECT card.code FROM pick_line AS line JOIN card ON card.id = line.card WHERE line.pick_list = $1",
        code,
    )
    return frozenset(row["code"] for row in rows)


async def _lock(session: AsyncSession, actor: Actor, code: str) -> None:
    permissions.require(actor, "pick_list")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 8))", code)
    place = await connection.fetchval("SELECT place FROM pick_list WHERE code = $1", code)
    permissions.require_over(actor, "pick_list", "pick list", code, holder=place)


async def _unfit(session: AsyncSession, actor: Actor, code: str, cards: Sequence[str]) -> dict[str, str]:
    """The cards that cannot be on this list, each with the reason; one that is on its way, or missing, can."""
    rows = {row["code"]: row for row in await (await driver(session)).fetch(_FOUND, list(cards), code)}
    reasons = {card: _why_not(rows.get(card), str(actor.place)) for card in cards}
    return {card: why for card, why in reasons.items() if why}


def _why_not(row: Mapping[str, Any] | None, site: str) -> str | None:
    if row is None:
        return "nobody knows this control number"
    if row["listed"]:
        return "stands on this pick list already"
    if row["place"] != site and row["destination"] != site:
        return "belongs to another site"
    if CardState(row["state"]) in ENDED:
        return f"it is {row['state']}"
    return f"{row['kind']} is handed to nobody" if row["kind"] in NOT_ISSUED else None


async def _add(
    session: AsyncSession,
    actor: Actor,
    code: str,
    picks: Sequence[Pick],
    facts: Mapping[str, Json],
    now: datetime,
) -> int:
    said: dict[str, Json] = {"pick_list": code, "codes": sorted(pick.card for pick in picks), **facts}
    (taken,) = await take(session, [Act("add_picks", actor, str(actor.place), now, facts=said)], now)
    await (await driver(session)).execute(
        _ADD, code, [pick.card for pick in picks], [pick.booked_for for pick in picks], taken.entry
    )
    return taken.entry
