"""Temporary custody (預り): a holder's own card that stays overnight by exception, from its sleeve on like any other.

It has a kind of its own and a control number on its sleeve; it lies in the vault, is taken out and handed back as a
card is issued. The receipt says what was taken in, when and by whom, and names no citizen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import NewCard, admit
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import CardsRefused, InvalidValue
from logistics.rules.lifecycle import CardStep
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.vault_records import DepositReceiptRecord
from logistics.rules.vaulting import DEPOSITED
from logistics.store.database import driver
from logistics.work import documents, people, places
from logistics.work.city import handed_cards
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes


async def take_in(
    session: AsyncSession,
    actor: Actor,
    cards: Sequence[str],
    supervisor: str,
    reason: str,
    now: datetime,
) -> str:
    """Take cards into temporary custody, all or none, under a city employee's direction; the receipt's number.

    They are received at the actor's site, to be put away before the day ends. Raises SupervisorNeeded, InvalidValue,
    CardsRefused for a control number that is known already.
    """
    permissions.require(actor, "take_custody")
    known = await people.actors(session, [supervisor])
    boss = people.require_supervisor(known, supervisor, "supervisor")
    if boss.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    if len(set(cards)) != len(cards):
        raise InvalidValue("cards", "names a control number twice")
    site = str(actor.place)
    taken = await (await driver(session)).fetch(
        "SELECT code AS card, state FROM card WHERE code = ANY ($1::text[]) ORDER BY code", list(cards)
    )
    if taken:
        raise CardsRefused(CardStep.COLLECT, [dict(row) for row in taken])
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    contents: list[Json] = [{"kind": DEPOSITED, "destination": site, "codes": sorted(cards)}]
    act = Act(
        "collect",
        actor,
        site,
        now,
        place=site,
        custodian=site,
        supervisor=boss.code,
        reason=reason,
        facts={"contents": contents, "receipt": number},
    )
    try:
        await admit(session, CardStep.COLLECT, [(act, [NewCard(c, DEPOSITED, site) for c in cards])], now)
    except asyncpg.UniqueViolationError:
        raise CardsRefused(CardStep.COLLECT, [{"card": c, "state": "known"} for c in cards]) from None
    record = DepositReceiptRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [site]))[site],
        supervisor=NamedPerson(boss.code, boss.name),
        reason=reason,
        cards=await handed_cards(session, cards),
    )
    await documents.freeze(session, [Paper(number, "P3A", site, record)], now)
    return number
