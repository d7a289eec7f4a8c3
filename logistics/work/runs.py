"""Runs: one departure on each weekday; who carries it, and what was loaded onto it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import (
    CourierNotRegistered,
    InvalidValue,
    NotARunDay,
    NotFound,
    RunDeparted,
)
from logistics.rules.lifecycle import BatchState, BatchStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import couriers, places
from logistics.work.locking import codes
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

PLANNED_AHEAD = timedelta(days=366)

_RUN = "SELECT * FROM run WHERE code = $1"

_PAGE = """
SELECT run.code, run.day, run.sequence, run.courier, run.crew, run.vehicle, run.departed_at,
       (SELECT count(*) FROM batch WHERE batch.run = run.code AND batch.state <> 'cancelled') AS batches,
       (SELECT count(*) FROM manifest WHERE manifest.run = run.code) AS manifests
FROM run
WHERE run.day < $1 AND ($2::text IS NULL OR run.code = $2)
  AND ($4::text IS NULL OR run.courier = $4 OR EXISTS (
      SELECT FROM batch
      WHERE batch.run = run.code AND $4 IN (batch.place, batch.custodian, batch.origin, batch.destination)))
ORDER BY run.day DESC
LIMIT $3
"""

_MANIFESTS = """
SELECT manifest.code, manifest.run, run.day, manifest.origin, manifest.destination, manifest.transfer_slip,
       manifest.cards, manifest.recalled,
       manifest.dispatched_at, manifest.dispatched_by, manifest.taken_over_at, manifest.taken_over_by,
       manifest.arrived_at, manifest.arrived_by, manifest.closed_at, manifest.closed_by, manifest.receipt,
       (SELECT count(*) FROM scan
        WHERE scan.manifest = manifest.code AND scan.accepted AND scan.purpose = 'receive'
          AND scan.card IS NOT NULL
          AND NOT EXISTS (SELECT FROM scan_undone WHERE scan_undone.scan = scan.id)) AS received
FROM manifest
JOIN run ON run.code = manifest.run
WHERE manifest.code > $1
  AND ($2::text IS NULL OR manifest.run = $2)
  AND ($3::text IS NULL OR manifest.destination = $3)
  AND ($4::text IS NULL OR manifest.code = $4)
  AND ($5::text IS NULL OR manifest.origin = $5)
  AND ($7::text IS NULL OR $7 IN (manifest.destination, manifest.origin, run.courier))
ORDER BY manifest.code
LIMIT $6
"""


async def ensure(session: AsyncSession, actor: Actor, day: date, now: datetime) -> Row:
    """The run of a day, made if it is not there yet. Raises NotARunDay; RunDeparted if it has left the actor's
    place; and InvalidValue for the past and what is further ahead than anybody plans.
    """
    today = business_date(now)
    if day < today:
        raise InvalidValue("run_day", "lies in the past")
    if day > today + PLANNED_AHEAD:
        raise InvalidValue("run_day", f"lies more than {PLANNED_AHEAD.days} days ahead")
    calendar = await places.calendar(session)
    if not calendar.is_run_day(day):
        raise NotARunDay("run_day", day.isoformat(), calendar.next_run_day(day).isoformat())
    connection = await driver(session)
    code = random_code(CodeType.RUN)
    made = await connection.fetchval(
        "INSERT INTO run (code, day, sequence, crew) VALUES ($1, $2, 1, '{}')"
        " ON CONFLICT (day, sequence) DO NOTHING RETURNING code",
        code,
        day,
    )
    if made:
        await take(
            session,
            [Act("plan_run", actor, str(actor.place), now, run=code, facts={"day": day.isoformat()})],
            now,
        )
    # Locked, so that no batch is opened for a run while it leaves.
    found = "SELECT * FROM run WHERE day = $1 AND sequence = 1 FOR NO KEY UPDATE"
    run = dict(await connection.fetchrow(found, day))
    await require_here(session, run["code"], str(actor.place))
    return run


async def require_here(session: AsyncSession, run: str, place: str) -> None:
    """RunDeparted if the run has left a place: it calls at each once a day, to bring and to take."""
    if await (await driver(session)).fetchval(
        "SELECT EXISTS (SELECT FROM manifest WHERE run = $1 AND origin = $2)", run, place
    ):
        raise RunDeparted(run)


async def plan(
    session: AsyncSession,
    actor: Actor,
    day: date,
    courier: str,
    crew: Sequence[str],
    vehicle: str,
    now: datetime,
) -> Row:
    """Say who carries the run of a day. CourierNotRegistered without a consent on that day, CrewNotRegistered."""
    permissions.require(actor, "plan_run")
    run = await lock(session, (await ensure(session, actor, day, now))["code"])
    connection = await driver(session)
    consent = await couriers.in_force(session, courier, day)
    if consent is None:
        raise CourierNotRegistered("courier", courier, day.isoformat())
    await couriers.require_crew(session, courier, crew)
    await connection.execute(
        "UPDATE run SET courier = $2, crew = $3, vehicle = $4, consent = $5, consent_from = $6, consent_to = $7"
        " WHERE code = $1",
        run["code"],
        courier,
        list(crew),
        vehicle,
        consent["number"],
        consent["valid_from"],
        consent["valid_to"],
    )
    facts = {"day": day.isoformat(), "courier": courier, "crew": list(crew), "vehicle": vehicle}
    await take(session, [Act("plan_run", actor, str(actor.place), now, run=run["code"], facts=facts)], now)
    return await one(session, run["code"])


async def load(
    session: AsyncSession, actor: Actor, code: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Scan sealed batches onto the run's vehicle; an outcome per scan. Raises NotFound, RunDeparted."""
    permissions.require(actor, "load")
    run = await lock(session, code)
    await require_here(session, code, str(actor.place))
    call = Call(actor, Purpose.LOAD, code, str(actor.place), scans, run=run["code"])
    connection = await driver(session)
    rows = await connection.fetch(
        "SELECT * FROM batch WHERE code = ANY ($1::text[]) ORDER BY code FOR NO KEY UPDATE",
        codes([call]),
    )
    batches = {row["code"]: dict(row) for row in rows}
    (answers,) = await settle(session, [call], batches, _judge_load, CodeType.BATCH, now)
    await connection.execute(
        "UPDATE batch SET loaded_at = $2 WHERE code = ANY ($1::text[]) AND loaded_at IS NULL",
        [a.code for a in answers if a.outcome is Outcome.LOADED and not a.repeated],
        now,
    )
    return answers


def _judge_load(call: Call, _scan: Scan, code: str, batch: Row | None) -> Verdict:
    if batch is None or batch["origin"] != call.site:
        return Verdict(Outcome.UNKNOWN)
    if batch["run"] != call.run:
        return Verdict(Outcome.WRONG_RUN, belongs_to=batch["run"])
    if batch["state"] == BatchState.LOADED:
        return Verdict(Outcome.ALREADY_LOADED)
    if batch["state"] != BatchState.SEALED:
        return Verdict(Outcome.NOT_SEALED, reason=f"it is {batch['state']}")
    batch["state"] = BatchState.LOADED.value
    return Verdict(Outcome.LOADED, batch_step=BatchStep.LOAD, group=code)


async def page(
    session: AsyncSession, before: date, limit: int, code: str | None = None, scope: str | None = None
) -> list[Row]:
    """Runs, the latest day first, from the day before `before`; those of the site or courier `scope` alone."""
    return [dict(row) for row in await (await driver(session)).fetch(_PAGE, before, code, limit, scope)]


async def one(session: AsyncSession, code: str) -> Row:
    """The run with this code; NotFound."""
    found = await page(session, date.max, 1, code)
    if not found:
        raise NotFound("run", code)
    return found[0]


async def manifests_page(
    session: AsyncSession,
    now: datetime,
    *,
    after: str = "",
    limit: int = 100,
    run: str | None = None,
    destination: str | None = None,
    code: str | None = None,
    origin: str | None = None,
    scope: str | None = None,
) -> list[Row]:
    """Manifests in number order: how many cards were received, and whose confirmation is awaited how long."""
    connection = await driver(session)
    rows = await connection.fetch(_MANIFESTS, after, run, destination, code, origin, limit, scope)
    return [{**dict(row), **_waiting(row, now)} for row in rows]


async def lock(session: AsyncSession, code: str) -> Row:
    """The run's row, locked; NotFound."""
    row = await (await driver(session)).fetchrow(f"{_RUN} FOR NO KEY UPDATE", code)
    if row is None:
        raise NotFound("run", code)
    return dict(row)


def _waiting(manifest: Any, now: datetime) -> Row:
    """Between a release and its acceptance nobody has confirmed; this is the clock on that gap."""
    if manifest["recalled"] == manifest["cards"]:
        return {"waiting_for": None, "waiting_minutes": 0}
    for awaited, since, until in (
        ("courier", manifest["dispatched_at"], manifest["taken_over_at"] or manifest["arrived_at"]),
        ("site", manifest["taken_over_at"], manifest["arrived_at"]),
        ("receipt", manifest["arrived_at"], manifest["closed_at"]),
    ):
        if since and not until:
            return {"waiting_for": awaited, "waiting_minutes": int((now - since).total_seconds() // 60)}
    return {"waiting_for": None, "waiting_minutes": 0}
