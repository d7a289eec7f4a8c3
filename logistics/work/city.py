"""In the site, from a clerk to a city employee and back: what only the city may do at the terminal.

Contract 8(3)ア(イ): for agents, and where a PIN is entered by proxy, the set of papers goes to the city with the card.
While an employee has it, the card is in the city's custody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor, Role
from logistics.rules.records import NamedPerson
from logistics.rules.vault_records import CitySlipRecord, HandedCard
from logistics.rules.vaulting import CITY_PARTY, HandOverReason
from logistics.store.database import driver
from logistics.work import documents, hands, people, places
from logistics.work.documents import Paper
from logistics.work.locking import lock_cards
from logistics.work.numbering import next_codes
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

_CARDS = """
INSERT INTO city_handover_card (handover, card)
SELECT $1, id FROM card WHERE code = ANY ($2::text[])
"""

_NAMED = """
SELECT card.code, kind.name
FROM card
JOIN kind ON kind.code = card.kind
WHERE card.code = ANY ($1::text[])
ORDER BY card.code
"""

# A card is still with the city by its latest hand-over only.
_PAGE = """
SELECT handed.number, handed.place, handed.handed_by, giver.name AS handed_by_name, handed.handed_to,
       taker.name AS handed_to_name, handed.reason, handed.handed_at,
       array_agg(card.code ORDER BY card.code) AS cards,
       COALESCE(array_agg(card.code ORDER BY card.code) FILTER (
           WHERE card.state = 'with_city' AND NOT EXISTS (
               SELECT FROM city_handover_card AS later
               WHERE later.card = card.id AND later.handover > handed.number)), '{}') AS still_with_city
FROM city_handover AS handed
JOIN city_handover_card AS of_it ON of_it.handover = handed.number
JOIN card ON card.id = of_it.card
JOIN person AS giver ON giver.code = handed.handed_by
JOIN person AS taker ON taker.code = handed.handed_to
WHERE handed.number > $1 AND ($2::text IS NULL OR handed.place = $2)
GROUP BY handed.number, giver.name, taker.name
HAVING NOT $3 OR bool_or(card.state = 'with_city' AND NOT EXISTS (
           SELECT FROM city_handover_card AS later
           WHERE later.card = card.id AND later.handover > handed.number))
ORDER BY handed.number
LIMIT $4
"""


async def hand_to_city(
    session: AsyncSession,
    actor: Actor,
    to: str,
    reason: HandOverReason,
    scans: Sequence[Scan],
    now: datetime,
) -> tuple[list[Answer], str | None]:
    """Hand cards that the actor has in hand to a city employee of the site; an outcome per scan.

    The number of the slip (P2 in the site) that was frozen for them; None where nothing changed hands. Raises
    InvalidValue for somebody who is no city employee of this site.
    """
    permissions.require(actor, "hand_to_city")
    employee = (await people.actors(session, [to])).get(to)
    if employee is None or employee.role is not Role.CITY or employee.place != actor.place:
        raise InvalidValue("to", "must be a city employee who works at this place")
    site = str(actor.place)
    call = Call(
        actor,
        Purpose.HAND_TO_CITY,
        to,
        site,
        scans,
        place=site,
        custodian=CITY_PARTY,
        holder=to,
        facts={"why": reason.value},
        said=(reason.value,),
    )
    cards = await lock_cards(session, [call])
    (answers,) = await settle(session, [call], cards, _judge_given, CodeType.CARD, now)
    given = [a.code for a in answers if a.outcome is Outcome.WITH_CITY and a.code and not a.repeated]
    return answers, await _slip(session, actor, employee, reason, given, now) if given else None


def _judge_given(call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    state = CardState(card["state"])
    if state is CardState.WITH_CITY:
        return Verdict(Outcome.ALREADY_OUT, belongs_to=card["holder"])
    if state is not CardState.OUT:
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}; take it out first")
    if card["holder"] != call.actor.code:
        return Verdict(Outcome.NOT_IN_HAND, belongs_to=card["holder"])
    return Verdict(Outcome.WITH_CITY, CardStep.HAND_TO_CITY)


async def take_from_city(
    session: AsyncSession, actor: Actor, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Take cards back from a city employee into the actor's own hand, which must have room; an outcome per scan."""
    permissions.require(actor, "take_from_city")
    free = await hands.lock(session, actor, now)
    site = str(actor.place)
    call = Call(
        actor,
        Purpose.TAKE_FROM_CITY,
        site,
        site,
        scans,
        place=site,
        custodian=site,
        holder=actor.code,
    )
    cards = await lock_cards(session, [call])

    def judge(call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
        nonlocal free
        verdict = _judge_returned(call, card, free)
        free -= verdict.step is not None
        return verdict

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


def _judge_returned(call: Call, card: Row | None, free: int) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    if card["state"] != CardState.WITH_CITY:
        return Verdict(Outcome.NOT_READY, reason=f"it is {card['state']}, not with the city")
    if free <= 0:
        return Verdict(Outcome.HAND_FULL)
    facts = {"from_hand_of": card["holder"]}
    return Verdict(Outcome.BACK_FROM_CITY, CardStep.TAKE_FROM_CITY, group=card["holder"], facts=facts)


async def handovers(
    session: AsyncSession, place: str | None, after: str, limit: int, now: datetime, *, only_open: bool
) -> list[dict[str, Any]]:
    """Hand-overs to the city in number order; those that are open have cards that have not come back.

    `minutes` is how long ago it was, for the clock on the wall of the counter.
    """
    rows = await (await driver(session)).fetch(_PAGE, after, place, only_open, limit)
    return [{**dict(row), "minutes": int((now - row["handed_at"]).total_seconds() // 60)} for row in rows]


async def handed_cards(session: AsyncSession, cards: Sequence[str]) -> tuple[HandedCard, ...]:
    """Cards as a slip lists them, in code order."""
    rows = await (await driver(session)).fetch(_NAMED, list(cards))
    return tuple(HandedCard(n, row["code"], row["name"]) for n, row in enumerate(rows, 1))


async def _slip(
    session: AsyncSession,
    actor: Actor,
    employee: Actor,
    reason: HandOverReason,
    cards: Sequence[str],
    now: datetime,
) -> str:
    site = str(actor.place)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    home = await places.named(session, [site])
    record = CitySlipRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=home[site],
        handed_to=NamedPerson(employee.code, employee.name),
        reason=reason.value,
        cards=await handed_cards(session, cards),
    )
    await documents.freeze(session, [Paper(number, "P2A", site, record)], now)
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO city_handover (number, place, handed_by, handed_to, reason, handed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        number,
        site,
        actor.code,
        employee.code,
        reason.value,
        now,
    )
    await connection.execute(_CARDS, number, list(cards))
    return number
