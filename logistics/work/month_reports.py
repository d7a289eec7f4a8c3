"""P13 月次報告書: stock, runs and differences of a month on one paper (contract 8(6)ア(イ); appendix 1 articles 9, 15)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.report_records import (
    DifferenceLine,
    MonthReportRecord,
    PlaceStock,
    RunLine,
    UndeliveredData,
)
from logistics.store.database import driver
from logistics.work import documents, performance, undelivered
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P13"

DIFFERENCES = """
SELECT place.code AS place, place.short_name AS place_name, discrepancy.kind,
       (count(*) FILTER (WHERE discrepancy.opened_at >= $1))::int AS opened,
       (count(*) FILTER (WHERE ended.resolved_at >= $1 AND ended.resolved_at < $2))::int AS settled,
       (count(*) FILTER (WHERE ended.resolved_at IS NULL OR ended.resolved_at >= $2))::int AS open
FROM discrepancy
JOIN place ON place.code = discrepancy.place
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE discrepancy.opened_at < $2 AND (ended.resolved_at IS NULL OR ended.resolved_at >= $1)
GROUP BY place.code, place.number, discrepancy.kind
ORDER BY place.number, discrepancy.kind
"""


async def make(session: AsyncSession, actor: Actor, month: date, now: datetime) -> MonthReportRecord:
    """Freeze the report of a month as far as it is recorded, under a number. InvalidValue for a month to come."""
    permissions.require(actor, "make_report", permissions.relations(actor))
    data = await undelivered.data(session, month, now)
    went = await performance.of_month(session, month, now)
    start = datetime.combine(data.month, time(), JST)
    connection = await driver(session)
    found = await connection.fetch(DIFFERENCES, start, data.until)
    (code,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = MonthReportRecord(
        number=code,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        month=data.month,
        until=data.until,
        runs=tuple(_run(run) for run in went.runs),
        stock=tuple(_stock(data)),
        differences=tuple(DifferenceLine(**row) for row in found),
    )
    act = Act(
        "make_report",
        actor,
        actor.home,
        now,
        facts={
            "catalogue": CATALOGUE,
            "document": code,
            "month": f"{data.month:%Y-%m}",
            "until": timestamp(data.until),
        },
    )
    await take(session, [act], now)
    await documents.freeze(session, [Paper(code, CATALOGUE, f"{data.month:%Y-%m}", record)], now)
    return record


def _run(run: performance.RunPerformance) -> RunLine:
    return RunLine(
        run=run.run,
        day=run.day,
        courier_name=run.courier_name,
        manifests=run.manifests,
        cards=run.cards,
        late=run.late,
        not_arrived=run.not_arrived,
        differences=run.differences,
        seals=run.seals,
        grade=run.grade.value,
    )


def _stock(data: UndeliveredData) -> list[PlaceStock]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in (*data.lines, *data.beside):
        for index, cards in enumerate((line.received, line.issued, line.closing)):
            sums[line.place][index] += cards
    return [PlaceStock(state.place, state.place_name, *sums[state.place]) for state in data.places]
