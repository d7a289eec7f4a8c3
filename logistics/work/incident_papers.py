"""P9 事故報告書: first report, follow-ups and the final one, frozen from what is written about an incident and the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules.codes import CodeType, type_of
from logistics.rules.errors import IncidentNotReady, InvalidValue, NotFound
from logistics.rules.incident_records import (
    ActionLine,
    ClockLine,
    CourseLine,
    CustodyLine,
    EvidenceLine,
    IncidentReportRecord,
    ItemLine,
    ToldLine,
)
from logistics.rules.incidents import Clock, ClockName, EventKind
from logistics.rules.lifecycle import IncidentStep
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.store.database import driver
from logistics.work import custody, documents, freezing, incident_course, incidents, mailing, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes
from logistics.work.scans import Row

CATALOGUE = "P9"
STAGES = {
    IncidentStep.FIRST_REPORT: "速報",
    IncidentStep.FOLLOW_UP: "続報",
    IncidentStep.FINAL_REPORT: "確報",
}
# The clocks that a report stops.
_DOES = {
    IncidentStep.FIRST_REPORT: (ClockName.DAY_3, ClockName.DAY_5),
    IncidentStep.FINAL_REPORT: (ClockName.DAY_30, ClockName.DAY_60),
}
# Of each card the last entries; the whole of it is in the sealed evidence, and on P17.
MOST_ENTRIES, MOST_CARDS = 8, 50
_PAGE = 500

_FILES = """
SELECT attachment.name, encode(attachment.file, 'hex') AS sha256, attachment.added_at
FROM attachment
WHERE subject_type = $1 AND subject = $2
ORDER BY added_at, id
"""


async def issue(session: AsyncSession, actor: Actor, code: str, stage: IncidentStep, now: datetime) -> Row:
    """Issue a report of an incident: P9 is frozen, the incident moves on, and the city hears that it is there.

    InvalidValue for a step that is no report, IncidentStepRefused out of order, IncidentNotReady for a final report
    without what it must say.
    """
    if stage not in STAGES:
        raise InvalidValue("stage", f"must be one of {', '.join(STAGES)}")
    row = await incident_course.open_one(session, actor, code, now, "issue_incident_report")
    edge = incident_course.edge_of(row, stage)
    if stage is IncidentStep.FINAL_REPORT and (lacking := await incident_course.lacking(session, code)):
        raise IncidentNotReady(code, lacking)
    course = await incidents.course(session, code)
    version = sum(event["step"] in STAGES for event in course) + 1
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = await _record(session, actor, row, number, stage, version, course, now)
    await documents.freeze(session, [Paper(number, CATALOGUE, code, record)], now)
    facts: dict[str, Json] = {
        "incident": code,
        "stage": stage.value,
        "version": version,
        "document": number,
    }
    act = Act("issue_incident_report", actor, row["place"], now, facts=facts)
    (taken,) = await take(session, [act], now)
    words = f"事故報告書（{STAGES[stage]}・第{version}報）{number}"
    await incidents.write_event(
        session, actor, code, EventKind.STEP, words, taken.entry, now, document=number, edge=edge
    )
    await incidents.tell(session, code, "incident.reported", f"{words} を作成しました。", now)
    return {**await incidents.one(session, code, now), "document": number}


async def custody_lines(session: AsyncSession, cards: Sequence[str]) -> tuple[CustodyLine, ...]:
    """What the log last says of each of these cards, as paper shows it; nothing of what it does not know."""
    connection = await driver(session)
    names = {row["code"]: row["name"] for row in await places.all_places(session)}
    people = {row["code"]: row["name"] for row in await connection.fetch("SELECT code, name FROM person")}
    lines = []
    for card in cards[:MOST_CARDS]:
        for row in (await _entries(session, card))[-MOST_ENTRIES:]:
            body = json.loads(row["body"])
            site = names.get(body["site"], body["site"])
            by = people.get(body["actor"], body["actor"])
            lines.append(CustodyLine(card, row["occurred_at"], row["act"], site, by, row["to_state"]))
    return tuple(lines)


async def files_of(session: AsyncSession, kind: str, subject: str) -> tuple[EvidenceLine, ...]:
    """What is attached to a thing, as paper names it."""
    rows = await (await driver(session)).fetch(_FILES, kind, subject)
    return tuple(EvidenceLine(row["added_at"], row["name"], None, row["sha256"]) for row in rows)


async def _entries(session: AsyncSession, card: str) -> list[Row]:
    rows: list[Row] = []
    try:
        while page := await custody.of_card(session, card, rows[-1]["id"] if rows else 0, _PAGE):
            rows += page
    except NotFound:
        # Somebody named a card that was never ours.
        return []
    return rows


async def _record(
    session: AsyncSession,
    actor: Actor,
    row: Row,
    number: str,
    stage: IncidentStep,
    version: int,
    course: Sequence[Row],
    now: datetime,
) -> IncidentReportRecord:
    code, items = row["code"], await incidents.items(session, row["code"])
    return IncidentReportRecord(
        number=number,
        incident=code,
        stage=stage.value,
        version=version,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [row["place"]]))[row["place"]],
        kind=row["kind"],
        grade=row["class"].value,
        malicious=row["malicious"],
        reportable=row["reportable"],
        noticed_at=row["noticed_at"],
        opened_at=row["opened_at"],
        opened_by=NamedPerson(row["opened_by"], row["opened_by_name"]),
        by_itself=row["by_itself"],
        happened=row["happened"],
        items=tuple(
            ItemLine(one["code"], one["type_name"], one["kind_name"], one["card_state"], one["pin_set"])
            for one in items
        ),
        clocks=tuple(_clock(clock, stage, now) for clock in row["clocks"]),
        told=await _told(session, code, course),
        course=tuple(
            CourseLine(
                event["kind"],
                event["occurred_at"],
                event["words"],
                event["recorded_by_name"],
                event["whom"],
                event["decided"],
            )
            for event in course
        ),
        custody=await custody_lines(
            session, [one["code"] for one in items if type_of(one["code"]) is CodeType.CARD]
        ),
        actions=await _actions(session, code, now),
        evidence=tuple(
            EvidenceLine(one["frozen_at"], "取扱記録の保全", one["entries"], one["sha256"])
            for one in await freezing.evidence(session, code)
        ),
        files=await files_of(session, "incident", code),
    )


def _clock(clock: Clock, stage: IncidentStep, now: datetime) -> ClockLine:
    """A clock as the report leaves it: what is reported with it is done by it."""
    done = clock.done_at or (now if clock.name in _DOES.get(stage, ()) else None)
    return ClockLine(clock.name.value, clock.due_at, done, (done or now) > clock.due_at)


async def _actions(session: AsyncSession, code: str, now: datetime) -> tuple[ActionLine, ...]:
    return tuple(
        ActionLine(
            action["number"],
            action["what"],
            NamedPerson(action["responsible"], action["responsible_name"]),
            action["due_on"],
            action["how"],
            action["ended_at"],
        )
        for action in await incident_course.actions(session, code, now)
    )


async def _told(session: AsyncSession, code: str, course: Sequence[Row]) -> tuple[ToldLine, ...]:
    """What reached the city, in order: mails, webhooks, and what somebody said in person."""
    said: list[ToldLine] = [
        ToldLine(event["occurred_at"], "口頭・電話等", event["whom"])
        for event in course
        if event["kind"] == EventKind.TOLD_CITY
    ]
    words: dict[str, str] = {"mail": "電子メール", "webhook": "自動通知"}
    for message in await mailing.messages(session, 0, 100, code):
        deliveries: list[dict[str, Any]] = message["deliveries"]
        said += [
            ToldLine(one["sent_at"], words[one["channel"]], one["recipient"])
            for one in deliveries
            if one["sent_at"]
        ]
    return tuple(sorted(said, key=lambda line: line.at))
