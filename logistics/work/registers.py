"""The register of people: who is what from which day on, pledges, trainings. Nothing in it is overwritten.

A row that gives somebody a role or a site is approved by a second person, and nobody makes or approves his own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import InvalidValue, NotFound, SecondPersonNeeded
from logistics.rules.permissions import EMPLOYMENTS, OF_THE_CITY, REGISTERED_ROLES, Actor, Role
from logistics.store.database import driver
from logistics.work import approvals, people

# The fields of a row, as text in an approval's details and in an entry's facts.
FIELDS = (
    "name",
    "role",
    "home",
    "employer",
    "employment",
    "effective_from",
    "registered_from",
    "registered_to",
)
NEW_PERSON = "new"
_SOON = timedelta(days=30)

_VERSIONS = """
SELECT effective_from, effective_to, name, role, place, courier, employer, employment, registered_from,
       registered_to, deputises, reason, recorded_at, recorded_by, approval
FROM registration
WHERE person = $1
ORDER BY effective_from, id
"""
_PLEDGES = "SELECT received_on, reference, recorded_by FROM pledge WHERE person = $1 ORDER BY received_on"
_TRAININGS = """
SELECT held_on, topic, valid_to, reference, recorded_by FROM training WHERE person = $1 ORDER BY held_on, topic
"""
_ADD = """
INSERT INTO registration (person, effective_from, effective_to, name, role, place, courier, employer, employment,
                          registered_from, registered_to, deputises, reason, recorded_at, recorded_by, approval)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""


_HOMES = """
SELECT EXISTS (SELECT FROM place WHERE code = $1 AND kind <> 'vehicle' UNION ALL SELECT FROM courier WHERE code = $2)
"""


async def history(session: AsyncSession, reader: Actor, code: str) -> dict[str, Any]:
    """A person as registered today, with every row, pledge and training there ever was. NotFound."""
    scope = permissions.scope(reader, "see_people")
    found = await people.people(session, None, "", 1, scope, code)
    if not found:
        raise NotFound("person", code)
    connection = await driver(session)
    return {
        "person": found[0],
        "versions": [dict(row) for row in await connection.fetch(_VERSIONS, code)],
        "pledges": [dict(row) for row in await connection.fetch(_PLEDGES, code)],
        "trainings": [dict(row) for row in await connection.fetch(_TRAININGS, code)],
    }


async def expiring(session: AsyncSession, reader: Actor, day: date) -> list[dict[str, Any]]:
    """Who may not act on `day`, or will not be able to 30 days later unless something is renewed; why, until when."""
    scope = permissions.scope(reader, "see_people")
    found = []
    for row in await people.people(session, None, "", 10_000, scope):
        ends = row["registered_to"]
        what = "registration"
        if row["role"] not in OF_THE_CITY and row["trained_to"] is not None and row["trained_to"] < ends:
            ends, what = row["trained_to"], "training"
        if row["fault"] or ends < day + _SOON:
            said = {name: row[name] for name in ("code", "name", "role", "place", "courier")}
            found.append({**said, "what": row["fault"] or what, "ends": None if row["fault"] else ends})
    return sorted(found, key=lambda one: (one["ends"] or date.min, one["code"]))


async def change_shown(
    session: AsyncSession, actor: Actor, subject: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What a second person sees of a row of the register: as it was, and as it is to be. InvalidValue, NotFound."""
    permissions.require(actor, "register_person")
    optional = {name: details[name] for name in ("effective_to", "deputises") if name in details}
    plain = {name: value for name, value in details.items() if name not in optional}
    approvals.details_of(plain, *FIELDS, "reason")
    before: dict[str, Json] = {}
    if subject != NEW_PERSON:
        _refuse_self(actor, subject)
        found = await people.people(session, None, "", 1, None, subject)
        if not found:
            raise NotFound("person", subject)
        before = {name: str(found[0][name]) for name in ("name", "role", "place", "courier", "registered_to")}
    place, courier = _home(_row(details))
    if not await (await driver(session)).fetchval(_HOMES, place, courier):
        raise InvalidValue("details.home", "is not a place, or a courier, of the register")
    return {"before": before, "after": {name: str(details[name]) for name in sorted(details)}}


async def change(
    session: AsyncSession,
    actor: Actor,
    subject: str,
    details: Mapping[str, str],
    approval: str | None,
    now: datetime,
) -> str:
    """Add a row to the register: of a new person (subject `new`), or of one who is in it. The person's code.

    It holds from its day on; a deputy's row ends by itself. Raises NotFound, InvalidValue, SecondPersonNeeded for
    one's own row and where the approver is the person concerned, ApprovalNeeded, ApprovalUnusable.
    """
    permissions.require(actor, "register_person")
    shown = await change_shown(session, actor, subject, details)
    used = await approvals.consume(session, actor, "register_person", subject, shown, approval, now)
    if subject in (used["approved_by"], used["requested_by"]):
        raise SecondPersonNeeded("approver")
    row, connection = _row(details), await driver(session)
    person = subject
    if subject == NEW_PERSON:
        person = random_code(CodeType.PERSON)
        place, courier = _home(row)
        await connection.execute(
            "INSERT INTO person (code, name, role, place, courier) VALUES ($1, $2, $3, $4, $5)",
            person,
            row["name"],
            row["role"],
            place,
            courier,
        )
    await _add(connection, person, row, actor, approval, now)
    facts: dict[str, Json] = {"person": person, **shown, "approved": used}
    await take(
        session,
        [Act("register_person", actor, str(actor.place), now, reason=details["reason"], facts=facts)],
        now,
    )
    return person


async def pledge(
    session: AsyncSession, actor: Actor, code: str, received_on: date, reference: str, now: datetime
) -> None:
    """Record a pledge that was handed in. NotFound, InvalidValue for one that is recorded already."""
    await _paper(session, actor, code, "pledge", {"received_on": received_on, "reference": reference}, now)


async def training(
    session: AsyncSession,
    actor: Actor,
    code: str,
    held_on: date,
    topic: str,
    valid_to: date,
    reference: str,
    now: datetime,
) -> None:
    """Record a training that was attended, and until when it counts. NotFound, InvalidValue."""
    if valid_to < held_on:
        raise InvalidValue("valid_to", "lies before the training")
    said = {"held_on": held_on, "topic": topic, "valid_to": valid_to, "reference": reference}
    await _paper(session, actor, code, "training", said, now)


async def _paper(
    session: AsyncSession, actor: Actor, code: str, what: str, said: Mapping[str, Any], now: datetime
) -> None:
    permissions.require(actor, "record_papers")
    _refuse_self(actor, code)
    connection = await driver(session)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM registration WHERE person = $1)", code):
        raise NotFound("person", code)
    names = [*said, "person", "recorded_at", "recorded_by"]
    marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    try:
        await connection.execute(
            f"INSERT INTO {what} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names of our own
            *said.values(),
            code,
            now,
            actor.code,
        )
    except asyncpg.UniqueViolationError:
        raise InvalidValue(next(iter(said)), "is recorded already") from None
    facts: dict[str, Json] = {"person": code, **{name: str(value) for name, value in said.items()}}
    await take(session, [Act(f"record_{what}", actor, str(actor.place), now, facts=facts)], now)


async def _add(
    connection: Any, person: str, row: Mapping[str, Any], actor: Actor, approval: str | None, now: datetime
) -> None:
    place, courier = _home(row)
    try:
        await connection.execute(
            _ADD,
            person,
            row["effective_from"],
            row.get("effective_to"),
            row["name"],
            row["role"],
            place,
            courier,
            row["employer"],
            row["employment"],
            row["registered_from"],
            row["registered_to"],
            row.get("deputises"),
            row["reason"],
            now,
            actor.code,
            approval,
        )
    except asyncpg.ForeignKeyViolationError:
        raise InvalidValue("details.deputises", "is nobody in the register") from None
    except asyncpg.CheckViolationError as refusal:
        name = str(refusal.constraint_name).removeprefix("registration_").removesuffix("_check")
        raise InvalidValue("details", f"do not fit together ({name})") from None


def _row(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as a row. InvalidValue names what is wrong."""
    row = dict(details)
    for name in ("effective_from", "registered_from", "registered_to", "effective_to"):
        if name in row:
            try:
                row[name] = date.fromisoformat(row[name])
            except ValueError:
                raise InvalidValue(f"details.{name}", "is not a date such as 2026-04-01") from None
    if row["role"] not in REGISTERED_ROLES or row["role"] == Role.SERVICE:
        raise InvalidValue("details.role", f"must be one of {', '.join(REGISTERED_ROLES)}")
    if row["employment"] not in EMPLOYMENTS:
        raise InvalidValue("details.employment", f"must be one of {', '.join(EMPLOYMENTS)}")
    return row


def _home(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Place and courier: the home of courier crew is the courier."""
    return (None, row["home"]) if row["role"] == Role.COURIER else (row["home"], None)


def _refuse_self(actor: Actor, subject: str) -> None:
    if actor.code == subject:
        raise SecondPersonNeeded("person")
