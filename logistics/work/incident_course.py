"""The course of an incident: what is done and found out, what else it concerns, what will be done, and its end.

Whoever leads writes it; the city alone decides that it is over (contract 13(5), appendix 1 article 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import Taken, take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import IncidentNotReady, IncidentStepRefused, InvalidValue, NotFound
from logistics.rules.incidents import DECIDED, EVENTS, NEEDED_AT_LAST, WRITTEN, EventKind
from logistics.rules.lifecycle import INCIDENT, IncidentState, IncidentStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import approvals, incidents, people
from logistics.work.incidents import AHEAD, Item, write_event
from logistics.work.scans import Row

Edge = tuple[IncidentState, IncidentStep, IncidentState]

_ACTIONS = """
SELECT action.*, person.name AS responsible_name, ended.how, ended.words, ended.ended_by, ended.ended_at,
       ended.how IS NULL AND action.due_on < $2::date AS overdue
FROM corrective_action AS action
JOIN person ON person.code = action.responsible
LEFT JOIN corrective_action_end AS ended ON ended.incident = action.incident AND ended.number = action.number
WHERE action.incident = $1
ORDER BY action.number
"""
_ADD_ACTION = """
INSERT INTO corrective_action (incident, number, what, responsible, due_on, recorded_by, recorded_at, entry)
SELECT $1, COALESCE(max(number), 0) + 1, $2, $3, $4, $5, $6, $7 FROM corrective_action WHERE incident = $1
RETURNING number
"""
_END_ACTION = """
INSERT INTO corrective_action_end (incident, number, how, words, ended_by, ended_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def write(
    session: AsyncSession,
    actor: Actor,
    code: str,
    kind: EventKind,
    words: str,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    whom: str | None = None,
    decided: bool | None = None,
) -> Row:
    """Write something into an open incident's course. Whoever was told is named; a decision says yes or no.

    InvalidValue, NotFound, IncidentStepRefused for one that is closed.
    """
    if kind not in WRITTEN:
        raise InvalidValue("kind", f"must be one of {', '.join(WRITTEN)}")
    if (kind in DECIDED) != (decided is not None):
        raise InvalidValue("decided", "says yes or no to what is decided, and to nothing else")
    if (kind is EventKind.TOLD_CITY) != (whom is not None):
        raise InvalidValue("whom", "names who at the city was told, and belongs to that alone")
    if occurred_at is not None and occurred_at > now + AHEAD:
        raise InvalidValue("occurred_at", "lies in the future")
    before = await open_one(session, actor, code, now)
    said: dict[str, Json] = {"kind": kind.value, "words": words, "whom": whom, "decided": decided}
    said["at"] = timestamp(occurred_at) if occurred_at else None
    taken = await _record(session, actor, before, "note_incident", said, now)
    await write_event(
        session, actor, code, kind, words, taken.entry, now, occurred_at=occurred_at, whom=whom, decided=decided
    )  # fmt: skip
    return await _raised(session, before, now)


async def add_items(
    session: AsyncSession, actor: Actor, code: str, new: Sequence[Item], words: str, now: datetime
) -> Row:
    """Say what else an incident concerns, or what is now known of an item's PIN; the class may rise, and is told."""
    incidents.require_items(new)
    before = await open_one(session, actor, code, now)
    listed: list[Json] = [{"code": item.code, "pin_set": item.pin_set} for item in new]
    taken = await _record(
        session, actor, before, "add_incident_items", {"items": listed, "words": words}, now
    )
    await incidents.write_items(session, actor, code, new, taken.entry, now)
    said = f"{words}（{'、'.join(item.code for item in new)}）"
    await write_event(session, actor, code, EventKind.ITEM, said, taken.entry, now)
    return await _raised(session, before, now)


async def actions(session: AsyncSession, code: str, now: datetime) -> list[Row]:
    """The corrective actions of an incident in order, and which are overdue today."""
    rows = await (await driver(session)).fetch(_ACTIONS, code, business_date(now))
    return [dict(row) for row in rows]


async def add_action(
    session: AsyncSession, actor: Actor, code: str, what: str, responsible: str, due_on: date, now: datetime
) -> Row:
    """Say what is to be done, by whom, until when. NotFound for nobody of ours, InvalidValue for a day gone by."""
    if due_on < business_date(now):
        raise InvalidValue("due_on", "lies in the past")
    before = await open_one(session, actor, code, now)
    await people.actor(session, responsible)
    said: dict[str, Json] = {"what": what, "responsible": responsible, "due_on": due_on.isoformat()}
    taken = await _record(session, actor, before, "add_corrective_action", said, now)
    number = await (await driver(session)).fetchval(
        _ADD_ACTION, code, what, responsible, due_on, actor.code, now, taken.entry
    )
    await write_event(
        session, actor, code, EventKind.ACTION, f"実施項目{number}を追加：{what}", taken.entry, now
    )
    return await incidents.one(session, code, now)


async def end_action(
    session: AsyncSession, actor: Actor, code: str, number: int, how: str, words: str, now: datetime
) -> Row:
    """A corrective action was done, or is dropped. NotFound for one that is none or has ended."""
    if how not in ("done", "dropped"):
        raise InvalidValue("how", "must be done or dropped")
    before = await open_one(session, actor, code, now)
    known = {row["number"]: row for row in await actions(session, code, now)}
    if number not in known or known[number]["how"]:
        raise NotFound("corrective action", str(number))
    said: dict[str, Json] = {"number": number, "how": how, "words": words}
    taken = await _record(session, actor, before, "end_corrective_action", said, now)
    await (await driver(session)).execute(_END_ACTION, code, number, how, words, actor.code, now, taken.entry)
    ended = {"done": "完了", "dropped": "取止め"}[how]
    await write_event(
        session, actor, code, EventKind.ACTION, f"実施項目{number}を{ended}：{words}", taken.entry, now
    )
    return await incidents.one(session, code, now)


async def send_back(session: AsyncSession, actor: Actor, code: str, words: str, now: datetime) -> Row:
    """The city does not take the final report: it wants to know more. IncidentStepRefused, NotFound."""
    permissions.require(actor, "send_back_incident")
    before = await lock(session, code, now)
    edge = edge_of(before, IncidentStep.SEND_BACK)
    taken = await _record(session, actor, before, "send_back_incident", {"words": words}, now)
    await write_event(session, actor, code, EventKind.STEP, words, taken.entry, now, edge=edge)
    return await incidents.one(session, code, now)


async def close(
    session: AsyncSession, actor: Actor, code: str, words: str, approval: str | None, now: datetime
) -> Row:
    """End an incident by the city's decision, which a city employee gave on exactly this (four eyes).

    IncidentStepRefused before the final report, IncidentNotReady while a corrective action is open; ApprovalNeeded,
    ApprovalUnusable.
    """
    permissions.require(actor, "close_incident")
    before = await _closable(session, actor, code, now)
    edge = edge_of(before, IncidentStep.CLOSE)
    shown = _shown(before, words)
    facts = await approvals.consume(session, actor, "close_incident", code, shown, approval, now)
    taken = await _record(session, actor, before, "close_incident", {"words": words, "approved": facts}, now)
    await write_event(session, actor, code, EventKind.STEP, words, taken.entry, now, edge=edge)
    await incidents.tell(session, code, "incident.closed", "市の決定により終結しました。", now)
    return await incidents.one(session, code, now)


async def close_shown(
    session: AsyncSession, actor: Actor, code: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What the city sees of an incident that is to be closed; nothing of it depends on the time of asking."""
    permissions.require(actor, "close_incident")
    (words,) = approvals.details_of(details, "reason")
    return _shown(await _closable(session, actor, code, datetime.now(UTC)), words)


async def lock(session: AsyncSession, code: str, now: datetime) -> Row:
    """The incident, nobody else writing into it meanwhile. NotFound."""
    # Its row is written once and cannot be locked by the service: its number is.
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", code)
    return await incidents.one(session, code, now)


async def open_one(
    session: AsyncSession, actor: Actor, code: str, now: datetime, act: str = "follow_up_incident"
) -> Row:
    """The incident under a lock, if it is the actor's to work on and is not closed. NotFound, IncidentStepRefused."""
    permissions.require(actor, act)
    row = await lock(session, code, now)
    permissions.require_over(actor, act, "incident", code, holder=row["place"])
    if row["state"] == IncidentState.CLOSED:
        raise IncidentStepRefused(code, act, row["state"], [])
    return row


def edge_of(row: Mapping[str, Any], step: IncidentStep) -> Edge:
    """The step from the state an incident is in. IncidentStepRefused where it is not legal."""
    state = IncidentState(row["state"])
    target = INCIDENT.target(step, state)
    if target is None:
        raise IncidentStepRefused(row["code"], step, state, INCIDENT.steps_from(state))
    return state, step, target


async def lacking(session: AsyncSession, code: str) -> list[str]:
    """What must be written into the course before the final report, and is not yet; in Japanese."""
    written = {event["kind"] for event in await incidents.course(session, code)}
    return [EVENTS[kind] for kind in NEEDED_AT_LAST if kind not in written]


async def _closable(session: AsyncSession, actor: Actor, code: str, now: datetime) -> Row:
    row = await open_one(session, actor, code, now, "close_incident")
    edge_of(row, IncidentStep.CLOSE)
    if row["open_actions"]:
        raise IncidentNotReady(code, [f"再発防止の実施 {row['open_actions']}件の完了"])
    return row


def _shown(row: Mapping[str, Any], words: str) -> dict[str, Json]:
    return {
        "kind": row["kind"],
        "class": row["class"].value,
        "place": row["place"],
        "opened_at": timestamp(row["opened_at"]),
        "final_report_at": timestamp(row["final_at"]),
        "cards": row["cards"],
        "evidence": row["evidence"],
        "reason": words,
    }


async def _record(
    session: AsyncSession, actor: Actor, row: Row, name: str, said: dict[str, Json], now: datetime
) -> Taken:
    facts: dict[str, Json] = {"incident": row["code"], **{k: v for k, v in said.items() if v is not None}}
    (taken,) = await take(session, [Act(name, actor, row["place"], now, facts=facts)], now)
    return taken


async def _raised(session: AsyncSession, before: Row, now: datetime) -> Row:
    """The incident as it is now; where its class has risen, the city hears of it."""
    after = await incidents.one(session, before["code"], now)
    if after["class"] < before["class"]:
        await incidents.tell(
            session, before["code"], "incident.raised", f"分類が {after['class']} に上がりました。", now
        )
    return after
