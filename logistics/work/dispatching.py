"""The run leaves: manifests and slips are written, then the courier acknowledges.

Two changes of hands follow each other, annex to courier to site, or back from a site; each has a release and an
acceptance, and the time between them is visible as nobody's confirmation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import AlreadyTakenOver, NotFound, RunNotReady
from logistics.rules.lifecycle import BatchState, BatchStep, CardStep
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import dispatch_papers, places, runs
from logistics.work.dispatch_papers import Departure
from logistics.work.numbering import next_codes
from logistics.work.scans import Row

_ABOARD = """
SELECT card.id, card.code, card.kind, kind.name AS kind_name, card.batch, card.destination
FROM card
JOIN kind ON kind.code = card.kind
WHERE card.batch = ANY ($1::text[])
ORDER BY card.id
FOR NO KEY UPDATE OF card
"""

_LINES = """
INSERT INTO manifest_card (manifest, card, batch, position)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::int[])
"""

_INSERT_MANIFESTS = """
INSERT INTO manifest (code, run, origin, destination, transfer_slip, cards, dispatched_at, dispatched_by)
SELECT code, $2, $8, destination, slip, cards, $6, $7
FROM unnest($1::text[], $3::text[], $4::text[], $5::int[]) AS m (code, destination, slip, cards)
"""

_WAITING = """
SELECT *
FROM batch
WHERE run = $1 AND origin = $2 AND state <> 'cancelled'
ORDER BY code
FOR NO KEY UPDATE
"""


async def dispatch(session: AsyncSession, actor: Actor, code: str, now: datetime) -> list[Row]:
    """Release to the courier what leaves the actor's place: a manifest per destination, all on its way, or none.

    The papers P1 (from a site P4) and P2 are frozen in the same transaction. Raises RunNotReady naming what is not sealed and
    loaded, or saying that its day is not today; RunDeparted.
    """
    permissions.require(actor, "dispatch")
    run = await runs.lock(session, code)
    batches = await _ready_batches(session, actor, run, now)
    aboard = await (await driver(session)).fetch(_ABOARD, [b["code"] for b in batches])
    cards = sorted((dict(row) for row in aboard), key=lambda card: (card["batch"], card["code"]))
    _require_as_sealed(code, batches, cards)
    destinations = sorted({batch["destination"] for batch in batches})
    manifests = await next_codes(session, CodeType.MANIFEST, len(destinations), now)
    slips = await next_codes(session, CodeType.TRANSFER_SLIP, len(destinations), now)
    departures = [
        _departure(numbers, batches, cards) for numbers in zip(manifests, slips, destinations, strict=True)
    ]
    await _write_manifests(session, actor, run, departures, now)
    await take(session, [_release(actor, run, departure, now) for departure in departures], now)
    await dispatch_papers.freeze(session, actor, run, departures, now)
    if actor.where is Where.ANNEX:
        await (await driver(session)).execute("UPDATE run SET departed_at = $2 WHERE code = $1", code, now)
    return await runs.manifests_page(session, now, run=code, origin=str(actor.place), limit=len(departures))


async def take_over(
    session: AsyncSession,
    actor: Actor,
    code: str,
    batches: Sequence[str],
    now: datetime,
    origin: str | None = None,
) -> dict[str, Any]:
    """The courier acknowledges batches of the run at `origin` (None: the annex), all that wait where none is named.

    What is not acknowledged stays that place's, and stays visible as such. Raises NotFound, RunNotReady,
    AlreadyTakenOver where nothing waits any more.
    """
    permissions.require(actor, "take_over")
    run = await runs.lock(session, code)
    if run["courier"] != actor.courier:
        raise NotFound("run", code)
    connection = await driver(session)
    place = origin or await places.annex(session)
    waiting = await _released(session, code, place)
    if strangers := sorted(set(batches) - set(waiting)):
        raise RunNotReady(code, "these do not wait to be taken over:", strangers)
    taken = [waiting[batch] for batch in (batches or waiting)]
    cards = await connection.fetch(
        "SELECT card.code, batch.manifest FROM card JOIN batch ON batch.code = card.batch"
        " WHERE batch.code = ANY ($1::text[]) AND card.state = 'dispatched'",
        [batch["code"] for batch in taken],
    )
    vehicle = await places.vehicle(session, run["courier"])
    acts = [
        Act(
            "take_over",
            actor,
            place,
            now,
            step=CardStep.TAKE_OVER,
            cards=[row["code"] for row in cards if row["manifest"] == manifest],
            batch_step=BatchStep.TAKE_OVER,
            batches=[batch["code"] for batch in taken if batch["manifest"] == manifest],
            place=vehicle,
            custodian=run["courier"],
            run=code,
            manifest=manifest,
        )
        for manifest in sorted({batch["manifest"] for batch in taken})
    ]
    await take(session, acts, now)
    await connection.execute(
        "UPDATE manifest SET taken_over_at = $2, taken_over_by = $3"
        " WHERE code = ANY ($1::text[]) AND taken_over_at IS NULL",
        [act.manifest for act in acts],
        now,
        actor.code,
    )
    return {
        "run": code,
        "batches": len(taken),
        "cards": len(cards),
        "left_behind": sorted(set(waiting) - {batch["code"] for batch in taken}),
    }


async def _released(session: AsyncSession, run: str, place: str) -> dict[str, Row]:
    """What was released at a place and waits to be taken over, locked; RunNotReady before anything was,
    AlreadyTakenOver once nothing does."""
    connection = await driver(session)
    manifests = await connection.fetch(
        "SELECT code FROM manifest WHERE run = $1 AND origin = $2 ORDER BY code FOR NO KEY UPDATE", run, place
    )
    if not manifests:
        raise RunNotReady(run, "it was not dispatched.", [])
    rows = await connection.fetch(
        "SELECT * FROM batch WHERE run = $1 AND origin = $2 AND state = 'dispatched'"
        " ORDER BY code FOR NO KEY UPDATE",
        run,
        place,
    )
    if not rows:
        raise AlreadyTakenOver(run)
    return {row["code"]: dict(row) for row in rows}


def _departure(numbers: tuple[str, str, str], batches: Sequence[Row], cards: Sequence[Row]) -> Departure:
    """What leaves for one destination, under the numbers of its manifest and slip."""
    manifest, slip, destination = numbers
    leaving = [batch for batch in batches if batch["destination"] == destination]
    inside = {batch["code"] for batch in leaving}
    return Departure(manifest, slip, destination, leaving, [c for c in cards if c["batch"] in inside])


async def _ready_batches(session: AsyncSession, actor: Actor, run: Row, now: datetime) -> list[Row]:
    code = run["code"]
    await runs.require_here(session, code, str(actor.place))
    if run["courier"] is None:
        raise RunNotReady(code, "no courier is set. Plan the run first.", [])
    if run["day"] != business_date(now):
        reason = f"it is the run of {run['day'].isoformat()}, and today is {business_date(now).isoformat()}."
        raise RunNotReady(code, reason, [])
    rows = await (await driver(session)).fetch(_WAITING, code, actor.place)
    if not rows:
        raise RunNotReady(code, "it carries nothing.", [])
    if waiting := [row["code"] for row in rows if row["state"] != BatchState.LOADED]:
        raise RunNotReady(code, "these are not sealed and loaded:", waiting)
    return [dict(row) for row in rows]


def _require_as_sealed(run: str, batches: Sequence[Row], cards: Sequence[Row]) -> None:
    """A card that was sealed in and then seen elsewhere is not in its container: open it before it leaves."""
    inside = Counter(card["batch"] for card in cards)
    if differing := [b["code"] for b in batches if b["sealed_cards"] != inside[b["code"]]]:
        raise RunNotReady(run, "these hold other cards than were sealed in; open and count them:", differing)


async def _write_manifests(
    session: AsyncSession, actor: Actor, run: Row, departures: Sequence[Departure], now: datetime
) -> None:
    connection = await driver(session)
    await connection.execute(
        _INSERT_MANIFESTS,
        [d.manifest for d in departures],
        run["code"],
        [d.destination for d in departures],
        [d.slip for d in departures],
        [len(d.cards) for d in departures],
        now,
        actor.code,
        actor.place,
    )
    lines = [
        (d.manifest, card["id"], card["batch"], position)
        for d in departures
        for position, card in enumerate(d.cards, start=1)
    ]
    await connection.execute(_LINES, *(list(column) for column in zip(*lines, strict=True)))


def _release(actor: Actor, run: Row, departure: Departure, now: datetime) -> Act:
    seals: list[dict[str, str | int]] = [
        {"batch": b["code"], "seal_number": b["seal_number"], "cards": b["sealed_cards"]}
        for b in departure.batches
    ]
    return Act(
        "dispatch",
        actor,
        str(actor.place),
        now,
        step=CardStep.DISPATCH,
        cards=[card["code"] for card in departure.cards],
        batch_step=BatchStep.DISPATCH,
        batches=[batch["code"] for batch in departure.batches],
        run=run["code"],
        manifest=departure.manifest,
        facts={
            "destination": departure.destination,
            "courier": run["courier"],
            "transfer_slip": departure.slip,
            "seals": seals,
        },
    )
