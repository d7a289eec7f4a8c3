"""Packing: a batch is one sealed container for one run, from the annex to a site, or back (see `returns`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import open_batch, take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import CountDiffers, InvalidValue, NotFound, NothingToSeal, SealUsed, StepRefused
from logistics.rules.lifecycle import BATCH, BatchState, BatchStep, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import approvals, runs
from logistics.work.locking import lock_cards, mark_packed_from
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

_PAGE = """
SELECT batch.code, batch.run, run.day, batch.origin, batch.destination, batch.state, batch.place, batch.custodian,
       batch.manifest, batch.seal_number, batch.sealed_cards, batch.opened_at, batch.sealed_at, batch.loaded_at,
       (SELECT count(*) FROM card WHERE card.batch = batch.code) AS cards
FROM batch
JOIN run ON run.code = batch.run
WHERE batch.code > $1
  AND ($2::text IS NULL OR batch.run = $2)
  AND ($3::text IS NULL OR batch.destination = $3)
  AND ($4::text IS NULL OR batch.state = $4)
  AND ($5::text IS NULL OR batch.code = $5)
  AND ($7::text IS NULL OR $7 IN (batch.place, batch.custodian, batch.origin, batch.destination, run.courier))
ORDER BY batch.code
LIMIT $6
"""


# What may leave the annex for a site: fresh from set-up, come back, or kept in the annex's own vault.
_LEAVES = frozenset({CardState.READY, CardState.RECEIVED, CardState.STORED})


async def open_for(
    session: AsyncSession, actor: Actor, destination: str, run_day: date, now: datetime
) -> Row:
    """Open a batch for a site and the run of a day. Raises InvalidValue, NotARunDay, RunDeparted."""
    permissions.require(actor, "pack")
    connection = await driver(session)
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM place WHERE code = $1 AND kind IN ('counter', 'center'))", destination
    ):
        raise InvalidValue("destination", "is not the code of a site")
    return await open_to(session, actor, destination, run_day, now)


async def open_to(session: AsyncSession, actor: Actor, destination: str, run_day: date, now: datetime) -> Row:
    """Open a batch from the actor's own place to another, for the run of a day."""
    run = await runs.ensure(session, actor, run_day, now)
    code = random_code(CodeType.BATCH)
    await open_batch(
        session,
        Act("open", actor, str(actor.place), now, run=run["code"], facts={"destination": destination}),
        code,
        destination,
        now,
    )
    return await one(session, code)


async def pack(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Scan cards into an open batch; an outcome per scan. Raises NotFound, StepRefused if it is not open."""
    return await _scan(session, actor, code, scans, Purpose.PACK, now)


async def unpack(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Scan cards out of an open batch again; at a site, what was set aside before is set aside again."""
    return await _scan(session, actor, code, scans, Purpose.UNPACK, now)


async def seal(
    session: AsyncSession, actor: Actor, code: str, seal_number: str, counted: int, now: datetime
) -> Row:
    """Seal an open batch after counting its cards by hand.

    Raises NothingToSeal; CountDiffers when `counted` is not what was scanned in; SealUsed; StepRefused.
    """
    permissions.require(actor, "seal")
    batch = await lock(session, actor, code)
    connection = await driver(session)
    cards = await connection.fetchval("SELECT count(*) FROM card WHERE batch = $1", code)
    if cards == 0:
        raise NothingToSeal(code)
    if counted != cards:
        raise CountDiffers("counted", counted, cards)
    facts = {"seal_number": seal_number, "counted": counted}
    await _step(session, actor, batch, BatchStep.SEAL, now, facts=facts)
    try:
        await connection.execute(
            "INSERT INTO seal (number, batch, applied_at) VALUES ($1, $2, $3)", seal_number, code, now
        )
    except asyncpg.UniqueViolationError:
        raise SealUsed("seal_number", seal_number) from None
    await connection.execute(
        "UPDATE batch SET seal_number = $2, sealed_cards = $3, sealed_at = $4 WHERE code = $1",
        code,
        seal_number,
        cards,
        now,
    )
    return await one(session, code)


async def unseal(
    session: AsyncSession, actor: Actor, code: str, reason: str, approval: str | None, now: datetime
) -> Row:
    """Open a sealed batch again, for a reason that a second person approved; its seal number is spent."""
    permissions.require(actor, "unseal")
    batch = await lock(session, actor, code)
    if BATCH.target(BatchStep.UNSEAL, BatchState(batch["state"])) is None:
        raise StepRefused(
            BatchStep.UNSEAL, [code], batch["state"], BATCH.steps_from(BatchState(batch["state"]))
        )
    shown = await unseal_shown(session, actor, code, {"reason": reason})
    approved = await approvals.consume(session, actor, "unseal", code, shown, approval, now)
    facts = {"seal_number": batch["seal_number"], "approved": approved}
    await _step(session, actor, batch, BatchStep.UNSEAL, now, reason=reason, facts=facts)
    await (await driver(session)).execute(
        "UPDATE batch SET seal_number = NULL, sealed_cards = NULL, sealed_at = NULL, loaded_at = NULL"
        " WHERE code = $1",
        code,
    )
    return await one(session, code)


async def unseal_shown(
    session: AsyncSession, actor: Actor, code: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What a second person sees of a batch that is to be opened again. NotFound."""
    permissions.require(actor, "unseal")
    (reason,) = approvals.details_of(details, "reason")
    batch = await one(session, code)
    cards = await (await driver(session)).fetch("SELECT code FROM card WHERE batch = $1 ORDER BY code", code)
    return {
        "run_day": batch["day"].isoformat(),
        "destination": batch["destination"],
        "seal_number": batch["seal_number"],
        "cards": [row["code"] for row in cards],
        "reason": reason,
    }


async def cancel(session: AsyncSession, actor: Actor, code: str, now: datetime) -> Row:
    """Give up an open batch that holds nothing. Raises CountDiffers while cards are in it."""
    require_packing(actor)
    batch = await lock(session, actor, code)
    cards = await (await driver(session)).fetchval("SELECT count(*) FROM card WHERE batch = $1", code)
    if cards:
        raise CountDiffers("cards", 0, cards)
    await _step(session, actor, batch, BatchStep.CANCEL, now)
    return await one(session, code)


async def page(
    session: AsyncSession,
    *,
    after: str = "",
    limit: int = 100,
    run: str | None = None,
    destination: str | None = None,
    state: BatchState | None = None,
    code: str | None = None,
    scope: str | None = None,
) -> list[Row]:
    """Batches in code order, after the one coded `after`; those of the site or courier `scope` alone."""
    rows = await (await driver(session)).fetch(_PAGE, after, run, destination, state, code, limit, scope)
    return [dict(row) for row in rows]


async def one(session: AsyncSession, code: str) -> Row:
    """The batch with this code; NotFound."""
    found = await page(session, code=code, limit=1)
    if not found:
        raise NotFound("batch", code)
    return found[0]


def require_packing(actor: Actor) -> None:
    """NotAllowed for who packs neither at the annex nor, for the way back, at a site."""
    permissions.require(actor, "pack" if actor.where is Where.ANNEX else "pack_return")


async def lock(session: AsyncSession, actor: Actor, code: str) -> Row:
    """The row of a batch that leaves the actor's place, locked; NotFound."""
    row = await (await driver(session)).fetchrow(
        "SELECT * FROM batch WHERE code = $1 FOR NO KEY UPDATE", code
    )
    if row is None or row["origin"] != actor.place:
        raise NotFound("batch", code)
    return dict(row)


async def lock_open(session: AsyncSession, actor: Actor, code: str, step: CardStep) -> Row:
    """The row, locked, of a batch whose cards are to take `step`; NotFound, StepRefused if it is not open here."""
    batch = await lock(session, actor, code)
    if batch["state"] != BatchState.OPEN:
        raise refused(step, [code], batch["state"])
    return batch


def refused(step: BatchStep | CardStep, batches: Sequence[str], state: str) -> StepRefused:
    """Why a batch in `state` cannot take `step`, or its cards cannot."""
    return StepRefused(step, batches, state, BATCH.steps_from(BatchState(state)))


async def _scan(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], purpose: Purpose, now: datetime
) -> list[Answer]:
    if purpose is Purpose.PACK:
        permissions.require(actor, "pack")
    require_packing(actor)
    step = CardStep.PACK if purpose is Purpose.PACK else CardStep.UNPACK
    batch = await lock_open(session, actor, code, step)
    call = Call(
        actor,
        purpose,
        code,
        str(actor.place),
        scans,
        batch=code if purpose is Purpose.PACK else None,
        run=batch["run"],
        destination=batch["destination"],
    )
    rows = await lock_cards(session, [call])
    if actor.where is Where.SITE:
        await mark_packed_from(session, rows)
    judge = _judge_pack if purpose is Purpose.PACK else _judge_unpack
    return (await settle(session, [call], rows, judge, CodeType.CARD, now))[0]


def _judge_pack(call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["state"] == CardState.PACKED:
        elsewhere = card["batch"] if card["batch"] != call.subject else None
        return Verdict(Outcome.ALREADY_PACKED, belongs_to=elsewhere)
    if card["state"] == CardState.HELD:
        return Verdict(Outcome.ON_HOLD)
    if card["state"] not in _LEAVES or card["place"] != call.site:
        return Verdict(Outcome.NOT_READY, reason=f"it is {card['state']}")
    if card["destination"] != call.destination:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["destination"])
    return Verdict(Outcome.PACKED, CardStep.PACK)


def _judge_unpack(call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["state"] != CardState.PACKED or card["batch"] != call.subject:
        return Verdict(Outcome.NOT_READY, belongs_to=card["batch"], reason="it is not in this batch")
    if call.actor.where is Where.ANNEX:
        return Verdict(Outcome.UNPACKED, CardStep.UNPACK)
    aside = card["packed_from"] == CardState.HELD
    return Verdict(Outcome.UNPACKED, CardStep.HOLD if aside else CardStep.TAKE_BACK)


async def _step(
    session: AsyncSession,
    actor: Actor,
    batch: Row,
    step: BatchStep,
    now: datetime,
    *,
    reason: str | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    act = Act(
        step.value,
        actor,
        str(actor.place),
        now,
        batch_step=step,
        batches=[batch["code"]],
        run=batch["run"],
        reason=reason,
        facts=facts or {},
    )
    (taken,) = await take(session, [act], now)
    if not taken.batches:
        raise refused(step, [batch["code"]], batch["state"])
