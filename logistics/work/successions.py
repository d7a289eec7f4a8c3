"""The end of the contract (body 13(3)): all that is left goes to the next contractor or the city, or is destroyed.

What lies in stock is frozen when a succession is opened. Then each place counts its vaults in full and scans every
sleeve over. It is concluded when nothing is left anywhere, and both sides acknowledge its paper P18.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, SecondPersonNeeded, SuccessionNotReady
from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.succeeding import Receiver, Side
from logistics.store.database import driver
from logistics.work import people, succession_papers
from logistics.work.locking import lock_cards
from logistics.work.numbering import next_codes
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict
from logistics.work.succession_views import LEFT, UNDER_WAY, one

_GOES = frozenset(state for state in CardState if CARD.target(CardStep.TRANSFER, state) is not None)

_FREEZE = """
INSERT INTO succession_card (succession, card, place, slot, state)
SELECT $1, id, place, slot, state
FROM card
WHERE state = ANY ($2::text[])
"""
# A vault that holds anything, or the first one where something lies aside, and was not counted in full since.
_UNCOUNTED = """
SELECT vault.code
FROM vault
WHERE vault.place = $1
  AND (EXISTS (SELECT FROM slot WHERE slot.vault = vault.code AND slot.occupied > 0)
       OR vault.code = (SELECT min(code) FROM vault AS other WHERE other.place = $1)
          AND EXISTS (SELECT FROM card WHERE card.place = $1 AND card.slot IS NULL
                      AND card.state IN ('arrived', 'ready', 'received', 'held')))
  AND NOT EXISTS (
      SELECT FROM stock_count AS counted
      JOIN stock_count_end AS ended ON ended.count = counted.code AND ended.how = 'concluded'
      WHERE counted.vault = vault.code AND counted.kind = 'full' AND counted.opened_at >= $2)
ORDER BY vault.code
"""
_STILL_HERE = """
SELECT place.short_name AS name, count(*) AS cards
FROM card
JOIN place ON place.code = card.place
WHERE card.state = ANY ($1::text[])
GROUP BY place.code, place.number, place.short_name
ORDER BY place.number
"""


async def open_succession(
    session: AsyncSession,
    actor: Actor,
    receiver: Receiver,
    successor: str,
    reference: str,
    directed_by: str,
    now: datetime,
) -> dict[str, Any]:
    """Begin to hand everything on, as the city directed under `reference`: what is in stock now is frozen.

    Raises SupervisorNeeded for a direction by nobody of the city; SuccessionNotReady while another one is under way.
    """
    permissions.require(actor, "hand_on")
    connection = await driver(session)
    await _lock(connection)
    if going := await connection.fetchrow(UNDER_WAY):
        raise SuccessionNotReady(going["code"], "it is under way. Conclude it, or give it up, first.")
    city = people.require_supervisor(await people.actors(session, [directed_by]), directed_by, "directed_by")
    (code,) = await next_codes(session, CodeType.SUCCESSION, 1, now)
    facts = {"succession": code, "receiver": receiver.value, "successor": successor, "reference": reference}
    act = Act("open_succession", actor, actor.home, now, supervisor=city.code, facts=facts)
    (taken,) = await take(session, [act], now)
    cards = await connection.fetchval("SELECT count(*) FROM card WHERE state = ANY ($1::text[])", LEFT)
    await connection.execute("INSERT INTO party (code, name) VALUES ($1, $2)", code, successor)
    await connection.execute(
        "INSERT INTO succession (code, receiver, successor, reference, directed_by, cards, opened_by, opened_at, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        code,
        receiver.value,
        successor,
        reference,
        city.code,
        cards,
        actor.code,
        now,
        taken.entry,
    )
    await connection.execute(_FREEZE, code, LEFT)
    return await one(session, code)


async def uncounted(session: AsyncSession, place: str, since: datetime) -> str | None:
    """A vault of a place that was not counted in full since a succession was opened, so that nothing goes there yet."""
    found: str | None = await (await driver(session)).fetchval(_UNCOUNTED, place, since)
    return found


async def hand_on(
    session: AsyncSession,
    actor: Actor,
    code: str,
    scans: Sequence[Scan],
    supervisor: str | None,
    now: datetime,
) -> list[Answer]:
    """Scan sleeves of the actor's own place over to the successor, one by one; an outcome per scan.

    Refused, and recorded: before the place's vaults were counted in full, and what does not rest here. NotFound for
    no such succession; SuccessionNotReady once it has ended; SupervisorNeeded.
    """
    permissions.require(actor, "transfer")
    site = str(actor.place)
    known = await _under_way(session, code)
    city = await people.directing(session, actor, supervisor)
    waiting = await uncounted(session, site, known["opened_at"])
    call = Call(
        actor,
        Purpose.HAND_ON,
        code,
        site,
        scans,
        supervisor=city,
        custodian=code,
        facts={"succession": code},
    )
    cards = await lock_cards(session, [call])

    def judge(_call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
        if card is None:
            return Verdict(Outcome.UNKNOWN)
        if card["state"] == CardState.TRANSFERRED:
            return Verdict(Outcome.ALREADY_HANDED_ON)
        if card["place"] != site or card["state"] not in _GOES:
            elsewhere = card["place"] if card["place"] != site else None
            return Verdict(Outcome.NOT_READY, belongs_to=elsewhere, reason=f"it is {card['state']}")
        if waiting:
            return Verdict(Outcome.NOT_COUNTED, reason=f"vault {waiting} was not counted in full")
        return Verdict(Outcome.HANDED_ON, CardStep.TRANSFER)

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


async def conclude(session: AsyncSession, actor: Actor, code: str, now: datetime) -> dict[str, Any]:
    """End a succession of which nothing is left: its paper P18 is frozen. SuccessionNotReady says what is left where."""
    permissions.require(actor, "hand_on")
    connection = await driver(session)
    await _lock(connection)
    known = await _under_way(session, code)
    if left := await connection.fetch(_STILL_HERE, LEFT):
        said = ", ".join(f"{row['name']} {row['cards']}" for row in left)
        raise SuccessionNotReady(code, f"cards are left: {said}. Each needs return, handover or disposal.")
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    act = Act("conclude_succession", actor, actor.home, now, facts={"succession": code, "document": number})
    (taken,) = await take(session, [act], now)
    await succession_papers.freeze(session, actor, number, known, now)
    await _end(connection, code, number, None, actor, now, taken.entry)
    return await one(session, code)


async def give_up(
    session: AsyncSession, actor: Actor, code: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Give a succession up, with a reason; what was handed on stays handed on. SuccessionNotReady once it has ended."""
    permissions.require(actor, "hand_on")
    connection = await driver(session)
    await _lock(connection)
    await _under_way(session, code)
    act = Act("give_up_succession", actor, actor.home, now, reason=reason, facts={"succession": code})
    (taken,) = await take(session, [act], now)
    await _end(connection, code, None, reason, actor, now, taken.entry)
    return await one(session, code)


async def acknowledge(
    session: AsyncSession, actor: Actor, code: str, side: Side, named: str, sha256: str, now: datetime
) -> dict[str, Any]:
    """Say for a side that P18 is right, as it is (`sha256` of its record); `named` is who signs the paper.

    The contractor's manager gives; a city employee says who takes over, having seen them sign. Raises NotAllowed,
    SecondPersonNeeded, SuccessionNotReady before it is concluded or after the side has spoken; InvalidValue for
    another record.
    """
    permissions.require(actor, "hand_on" if side is Side.GIVER else "witness")
    known = await one(session, code)
    if known["document"] is None:
        raise SuccessionNotReady(code, "it has not been concluded.")
    if sha256 != known["sha256"]:
        raise InvalidValue("sha256", "is not that of the record of P18")
    facts = {
        "succession": code,
        "document": known["document"],
        "side": side.value,
        "named": named,
        "sha256": sha256,
    }
    act = Act("acknowledge_succession", actor, actor.home, now, facts=facts)
    (taken,) = await take(session, [act], now)
    try:
        await (await driver(session)).execute(
            "INSERT INTO succession_acknowledgement (succession, side, person, named, sha256, acknowledged_at, entry)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            code,
            side.value,
            actor.code,
            named,
            sha256,
            now,
            taken.entry,
        )
    except asyncpg.UniqueViolationError as refusal:
        if refusal.constraint_name == "succession_acknowledgement_person_key":
            raise SecondPersonNeeded("person") from None
        raise SuccessionNotReady(code, f"the {side.value} has acknowledged it already.") from None
    return await one(session, code)


async def _under_way(session: AsyncSession, code: str) -> dict[str, Any]:
    known = await one(session, code)
    if known["ended_at"]:
        raise SuccessionNotReady(code, "it has ended.")
    return known


async def _lock(connection: Any) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('succession', 5))")


async def _end(
    connection: Any,
    code: str,
    document: str | None,
    reason: str | None,
    actor: Actor,
    now: datetime,
    entry: int,
) -> None:
    await connection.execute(
        "INSERT INTO succession_end (succession, document, reason, ended_by, ended_at, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        code,
        document,
        reason,
        actor.code,
        now,
        entry,
    )
