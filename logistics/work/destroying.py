"""Destruction: what was picked is counted out of the locked stock and scanned at the machine, card by card.

Every attempt that is refused is a scan with its outcome: without approval, held, twice, with the witness away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.disposal import Chip, Method, require_chip
from logistics.rules.errors import CountDiffers, ProposalNotReady, SecondPersonNeeded
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import attachments, disposal_papers, proposing
from logistics.work.locking import lock_cards
from logistics.work.numbering import next_codes
from logistics.work.picking import case_of, found_after, not_to_go
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

SITTING = """
SELECT destruction.*
FROM destruction
LEFT JOIN destruction_end AS ended ON ended.destruction = destruction.id
WHERE destruction.proposal = $1 AND ended.destruction IS NULL
"""

_PRESENT = """
SELECT EXISTS (
    SELECT FROM (SELECT DISTINCT ON (person) present FROM destruction_witness
                 WHERE destruction = $1 ORDER BY person, id DESC) AS last
    WHERE present)
"""

_DESTROYED = """
SELECT card.code
FROM scan
JOIN card ON card.id = scan.card
WHERE scan.subject = $1 AND scan.purpose = 'destroy' AND scan.outcome = 'destroyed' AND scan.entry > $2
"""


async def begin(
    session: AsyncSession,
    actor: Actor,
    code: str,
    method: Method,
    chip: Chip,
    machine: str,
    counted: int,
    now: datetime,
) -> int:
    """Begin to destroy what was picked of a proposal, counted out of the locked stock; the sitting's number.

    Raises ProposalNotReady without approval, with nothing picked or while a sitting is open; CountDiffers;
    InvalidValue for a method that would leave a chip whole.
    """
    permissions.require(actor, "destroy")
    await proposing.lock(session, actor, code)
    connection = await driver(session)
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM proposal_decision WHERE proposal = $1 AND approved)", code
    ):
        raise ProposalNotReady(code, "the city has not approved it.")
    if await connection.fetchrow(SITTING, code):
        raise ProposalNotReady(code, "it is being destroyed already.")
    picked = await _picked(session, code)
    if not picked:
        raise ProposalNotReady(code, "nothing of it is in the locked stock.")
    require_chip(method, chip, {row["kind"] for row in picked})
    if counted != len(picked):
        raise CountDiffers("counted", counted, len(picked))
    facts = {
        "proposal": code,
        "method": method.value,
        "chip": chip.value,
        "machine": machine,
        "counted": counted,
    }
    (taken,) = await take(session, [Act("begin_destruction", actor, actor.home, now, facts=facts)], now)
    number: int = await connection.fetchval(
        "INSERT INTO destruction (proposal, method, chip, machine, counted, begun_by, begun_at, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        code,
        method.value,
        chip.value,
        machine,
        counted,
        actor.code,
        now,
        taken.entry,
    )
    return number


async def attend(session: AsyncSession, actor: Actor, code: str, present: bool, now: datetime) -> None:
    """A city employee comes to witness, or leaves. ProposalNotReady while nothing is being destroyed."""
    permissions.require(actor, "witness")
    await proposing.lock(session, None, code)
    sitting = await _sitting(session, code)
    if sitting["begun_by"] == actor.code:
        raise SecondPersonNeeded("witness")
    facts = {"proposal": code, "destruction": sitting["id"], "present": present}
    (taken,) = await take(session, [Act("witness", actor, actor.home, now, facts=facts)], now)
    await (await driver(session)).execute(
        "INSERT INTO destruction_witness (destruction, person, begun_by, present, at, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        sitting["id"],
        actor.code,
        sitting["begun_by"],
        present,
        now,
        taken.entry,
    )


async def destroy(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Scan cards at the machine, one by one as each goes in; an outcome per scan, the refused ones too."""
    permissions.require(actor, "destroy")
    await proposing.lock(session, actor, code)
    connection, site = await driver(session), str(actor.place)
    sitting = await connection.fetchrow(SITTING, code)
    awaited = await connection.fetchval(
        "SELECT witness_requested FROM proposal_decision WHERE proposal = $1", code
    )
    alone = bool(awaited) and not (sitting and await connection.fetchval(_PRESENT, sitting["id"]))
    just_now = await connection.fetch(_DESTROYED, code, sitting["entry"]) if sitting else []
    done = {row["code"] for row in just_now}
    facts = {"proposal": code} | (
        {"destruction": sitting["id"], "method": sitting["method"], "chip": sitting["chip"]}
        if sitting
        else {}
    )
    call = Call(actor, Purpose.DESTROY, code, site, scans, place=site, custodian=site, facts=facts)
    cards = await lock_cards(session, [call])
    case = await case_of(session, code, cards, now)

    def judge(_call: Call, _scan: Scan, card_code: str, card: Row | None) -> Verdict:
        if card is None:
            return Verdict(Outcome.UNKNOWN)
        if card["state"] == CardState.DESTROYED:
            # The same card twice at one sitting is read twice; at another one it was never destroyed.
            return Verdict(Outcome.ALREADY_DESTROYED) if card_code in done else found_after(card)
        if refused := not_to_go(case, card_code, card, CardState.PICKED):
            return refused
        if sitting is None:
            return Verdict(Outcome.NOT_BEGUN)
        if alone:
            return Verdict(Outcome.WITNESS_ABSENT)
        done.add(card_code)
        return Verdict(Outcome.DESTROYED, CardStep.DESTROY)

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


async def finish(
    session: AsyncSession, actor: Actor, code: str, remaining: int, photos: Sequence[str], now: datetime
) -> dict[str, Any]:
    """End the sitting: what is left is counted again, and the certificate P8 is frozen for what was destroyed.

    Raises CountDiffers if `remaining` is not what is still picked; ProposalNotReady without a sitting, or without the
    photos that the city asked for.
    """
    permissions.require(actor, "destroy")
    await proposing.lock(session, actor, code)
    sitting = await _sitting(session, code)
    left = len(await _picked(session, code))
    if remaining != left:
        raise CountDiffers("remaining", remaining, left)
    connection = await driver(session)
    destroyed = [row["code"] for row in await connection.fetch(_DESTROYED, code, sitting["entry"])]
    taken_now = await attachments.of(session, "destruction", code, sitting["entry"])
    photos = [*photos, *(f"{file['name']}　SHA-256 {file['sha256']}" for file in taken_now)]
    if destroyed and not photos and await _photos_wanted(session, code):
        raise ProposalNotReady(code, "the city asked for photos of the destruction.")
    certificate = None
    if destroyed:
        (certificate,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    facts = {
        "proposal": code,
        "destruction": sitting["id"],
        "destroyed": len(destroyed),
        "remaining": left,
        "certificate": certificate,
        "photos": list(photos),
    }
    (taken,) = await take(session, [Act("end_destruction", actor, actor.home, now, facts=facts)], now)
    await connection.execute(
        "INSERT INTO destruction_end (destruction, destroyed, remaining, photos, certificate, ended_by, ended_at,"
        " entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        sitting["id"],
        len(destroyed),
        left,
        list(photos),
        certificate,
        actor.code,
        now,
        taken.entry,
    )
    if certificate:
        await disposal_papers.freeze_certificate(session, actor, certificate, sitting["id"], now)
    return {
        "proposal": code,
        "counted": sitting["counted"],
        "destroyed": len(destroyed),
        "remaining": left,
        "certificate": certificate,
    }


async def _sitting(session: AsyncSession, code: str) -> Row:
    row = await (await driver(session)).fetchrow(SITTING, code)
    if row is None:
        raise ProposalNotReady(code, "nothing of it is being destroyed.")
    return dict(row)


async def _picked(session: AsyncSession, code: str) -> list[Row]:
    rows = await (await driver(session)).fetch(proposing.OF_PROPOSAL, code)
    return [dict(row) for row in rows if row["state"] == CardState.PICKED]


async def _photos_wanted(session: AsyncSession, code: str) -> bool:
    return bool(
        await (await driver(session)).fetchval(
            "SELECT photos_requested FROM proposal_decision WHERE proposal = $1", code
        )
    )
