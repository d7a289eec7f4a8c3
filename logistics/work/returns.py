"""The way back: return batches from a site to the annex, each card with its reason; batches that were left behind.

A return batch is sealed, loaded, released, taken over and received as every batch is; only its ends are swapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.lifecycle import BatchStep, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.returns import WhyReturned, fits
from logistics.store.database import driver
from logistics.work import batches, places, runs
from logistics.work.locking import lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

# A scan that was recorded before has its reason too: the same scan again says the same reason.
_REASONS = """
INSERT INTO return_reason (batch, card, entry, reason)
SELECT $2, card, entry, $3
FROM scan
WHERE id = ANY ($1::uuid[]) AND outcome = 'packed'
ON CONFLICT DO NOTHING
"""

_SETTLED = """
SELECT discrepancy.code
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE ended.discrepancy IS NULL AND discrepancy.card = ANY ($1::text[])
  AND discrepancy.place = $2 AND discrepancy.kind IN ('misrouted', 'damaged', 'over')
ORDER BY discrepancy.code
"""

_LEAVES = frozenset({CardState.RECEIVED, CardState.STORED, CardState.HELD})


async def open_return(session: AsyncSession, actor: Actor, run_day: date, now: datetime) -> Row:
    """Open a batch from the actor's site to the annex, for the run of a day. NotARunDay, RunDeparted."""
    permissions.require(actor, "pack_return")
    return await batches.open_to(session, actor, await places.annex(session), run_day, now)


async def pack(
    session: AsyncSession,
    actor: Actor,
    code: str,
    reason: WhyReturned,
    scans: Sequence[Scan],
    now: datetime,
) -> list[Answer]:
    """Scan cards into an open return batch, for one reason; an outcome per scan. NotFound, StepRefused."""
    permissions.require(actor, "pack_return")
    batch = await batches.lock_open(session, actor, code, CardStep.PACK)
    site = str(actor.place)
    call = Call(
        actor,
        Purpose.PACK,
        code,
        site,
        scans,
        batch=code,
        run=batch["run"],
        reason=reason.value,
        said=(reason.value,),
    )
    rows = await lock_cards(session, [call])

    def judge(call: Call, _scan: Scan, _code: str, card: Row | None) -> Verdict:
        return _judge(call, card, reason)

    (answers,) = await settle(session, [call], rows, judge, CodeType.CARD, now)
    packed = [answer.id for answer in answers if answer.outcome is Outcome.PACKED and not answer.repeated]
    await (await driver(session)).execute(_REASONS, packed, code, reason.value)
    return answers


def _judge(call: Call, card: Row | None, reason: WhyReturned) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["state"] == CardState.PACKED:
        elsewhere = card["batch"] if card["batch"] != call.subject else None
        return Verdict(Outcome.ALREADY_PACKED, belongs_to=elsewhere)
    if card["place"] != call.site:
        return Verdict(Outcome.NOT_READY, belongs_to=card["place"], reason="it is not at this place")
    if card["state"] not in _LEAVES:
        return Verdict(Outcome.NOT_READY, reason=f"it is {card['state']}")
    if not fits(reason, card["kind"], belongs_here=card["destination"] == call.site):
        return Verdict(Outcome.WRONG_REASON, reason=f"a {card['kind']} is not returned as {reason}")
    return Verdict(Outcome.PACKED, CardStep.PACK)


async def recall(
    session: AsyncSession, actor: Actor, code: str, run_day: date, reason: str, now: datetime
) -> Row:
    """Take back a batch that was released and left behind by the courier; sealed as it is, it waits for a later run.

    Its manifest keeps the lines as they were printed; its receipt no longer expects them. NotFound, StepRefused,
    NotARunDay, RunDeparted, InvalidValue for a run that is not later.
    """
    permissions.require(actor, "recall")
    # The run that leaves, then its manifest, then the batch: the order in which everybody locks them.
    found = await batches.one(session, code)
    if run_day <= max(found["day"], business_date(now)):
        raise InvalidValue("run_day", "is no later run than the one that left without it")
    following = await runs.ensure(session, actor, run_day, now)
    connection = await driver(session)
    await connection.execute("SELECT code FROM manifest WHERE code = $1 FOR NO KEY UPDATE", found["manifest"])
    batch = await batches.lock(session, actor, code)
    cards = await connection.fetch(
        "SELECT code FROM card WHERE batch = $1 AND state = 'dispatched' ORDER BY id FOR NO KEY UPDATE", code
    )
    act = Act(
        "recall",
        actor,
        str(actor.place),
        now,
        step=CardStep.RECALL,
        cards=[row["code"] for row in cards],
        batch_step=BatchStep.RECALL,
        batches=[code],
        run=following["code"],
        manifest=batch["manifest"],
        reason=reason,
        facts={"left_behind_by": batch["run"], "run_day": run_day.isoformat()},
    )
    (taken,) = await take(session, [act], now)
    if not taken.batches:
        raise batches.refused(BatchStep.RECALL, [code], batch["state"])
    await connection.execute("UPDATE batch SET loaded_at = NULL WHERE code = $1", code)
    await connection.execute(
        "UPDATE manifest SET recalled = recalled + $2 WHERE code = $1", batch["manifest"], len(cards)
    )
    return await batches.one(session, code)


async def settled_by(session: AsyncSession, manifest: Row, cards: Sequence[str]) -> list[str]:
    """The open differences of these cards at the site they came back from, for which they were set aside."""
    rows = await (await driver(session)).fetch(_SETTLED, list(cards), manifest["origin"])
    return [row["code"] for row in rows]
