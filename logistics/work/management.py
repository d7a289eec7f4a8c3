"""P14 管理状況報告書: stock, counts, differences, access, what runs out, measures in force, of one month on one paper."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType
from logistics.rules.management import (
    ACCESS_ACTS,
    STANDING,
    AccessLine,
    CaseFigures,
    CountLine,
    ExpiringLine,
    ManagementData,
    ManagementRecord,
    Measure,
    ReviewLine,
    StockLine,
)
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.report_records import DifferenceLine, UndeliveredData
from logistics.store.database import driver
from logistics.work import documents, moments, month_reports, people, places, sessions, undelivered
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P14"
# What runs out within so long is named.
SOON = timedelta(days=60)

# $1, $2: between which times. A place that counted nothing has a line all the same.
_COUNTS = """
SELECT place.code AS place, place.short_name AS place_name, counted.kind, COALESCE(counted.counts, 0)::int AS counts,
       COALESCE(counted.cards, 0)::int AS cards, COALESCE(counted.missing, 0)::int AS missing, last.day AS last_on
FROM place
LEFT JOIN LATERAL (
    SELECT stock_count.kind, count(*) AS counts, sum(stock_count.expected) AS cards, sum(ended.missing) AS missing
    FROM stock_count
    JOIN stock_count_end AS ended ON ended.count = stock_count.code AND ended.how = 'concluded'
    WHERE stock_count.place = place.code AND ended.ended_at >= $1 AND ended.ended_at < $2
    GROUP BY stock_count.kind
) AS counted ON true
LEFT JOIN LATERAL (
    SELECT max(stock_count.day) AS day
    FROM stock_count
    JOIN stock_count_end AS ended ON ended.count = stock_count.code AND ended.how = 'concluded'
    WHERE stock_count.place = place.code AND ended.ended_at < $2
) AS last ON true
WHERE place.kind <> 'vehicle'
ORDER BY place.number, counted.kind
"""
_CASES = """
SELECT (count(*) FILTER (WHERE opened_at >= $1))::int AS opened,
       (count(*) FILTER (WHERE ended.ended_at >= $1 AND ended.ended_at < $2 AND ended.how = 'found'))::int AS found,
       (count(*) FILTER (WHERE ended.ended_at >= $1 AND ended.ended_at < $2 AND ended.how = 'lost'))::int AS lost,
       (count(*) FILTER (WHERE ended.ended_at IS NULL OR ended.ended_at >= $2))::int AS open
FROM missing_case
LEFT JOIN missing_case_end AS ended ON ended.case_code = missing_case.code
WHERE opened_at < $2
"""
# $1, $2: between which times; $3, $4: between which ids they lie, so that the past before costs nothing.
_ACCESS = """
SELECT wanted.act, found.times::int AS times, found.people::int AS people
FROM unnest($5::text[]) WITH ORDINALITY AS wanted (act, position)
CROSS JOIN LATERAL (
    SELECT count(*) AS times, count(DISTINCT actor) AS people
    FROM entry
    WHERE entry.act = wanted.act AND entry.id BETWEEN $3 AND $4 AND recorded_at >= $1 AND recorded_at < $2
) AS found
ORDER BY wanted.position
"""
_REVIEWS = """
SELECT entry.recorded_at AS at, entry.actor, person.name, entry.body::jsonb ->> 'reason' AS note
FROM entry
JOIN person ON person.code = entry.actor
WHERE entry.act = 'review_access' AND entry.id BETWEEN $3 AND $4 AND recorded_at >= $1 AND recorded_at < $2
ORDER BY entry.id
"""
# Of each company only the consent that lasts longest counts.
_EXPIRING = """
SELECT 'consent' AS what, courier.name, consent.number AS code, consent.valid_to AS until
FROM consent
JOIN courier ON courier.code = consent.courier
WHERE consent.valid_to BETWEEN $1::date - 1 AND $2::date AND NOT EXISTS (
    SELECT FROM consent AS later WHERE later.courier = consent.courier AND later.valid_to > consent.valid_to)
UNION ALL
SELECT 'token', name, person, (expires_at AT TIME ZONE 'Asia/Tokyo')::date
FROM api_token
WHERE revoked_at IS NULL AND (expires_at AT TIME ZONE 'Asia/Tokyo')::date BETWEEN $1::date AND $2::date
ORDER BY 1, 4, 3
"""
_STATE = """
SELECT (SELECT count(*) FROM vault) AS vaults,
       (SELECT count(DISTINCT vault) FROM premises WHERE vault IS NOT NULL) AS registered,
       (SELECT count(*) FROM device WHERE revoked_at IS NULL AND enrolled_at IS NOT NULL) AS devices,
       (SELECT reference FROM retention_policy WHERE effective_from <= $1 ORDER BY effective_from DESC, id DESC LIMIT 1)
           AS policy,
       (SELECT size FROM checkpoint ORDER BY size DESC LIMIT 1) AS signed
"""


async def data(session: AsyncSession, month: date, now: datetime) -> ManagementData:
    """The figures of a month as far as it is recorded. InvalidValue for a month to come."""
    counted = await undelivered.data(session, month, now)
    start, until, day = datetime.combine(counted.month, time(), JST), counted.until, business_date(now)
    connection = await driver(session)
    opens, closes = await moments.moment(session, start), await moments.moment(session, until)
    within = (start, until, opens.first, max((closes.first - 1, *closes.early)))
    reviews = await connection.fetch(_REVIEWS, *within)
    return ManagementData(
        month=counted.month,
        until=until,
        day=day,
        stock=tuple(_stock(counted)),
        counts=tuple(CountLine(**row) for row in await connection.fetch(_COUNTS, start, until)),
        differences=tuple(
            DifferenceLine(**row) for row in await connection.fetch(month_reports.DIFFERENCES, start, until)
        ),
        cases=CaseFigures(**await connection.fetchrow(_CASES, start, until)),
        access=tuple(
            AccessLine(**row) for row in await connection.fetch(_ACCESS, *within, list(ACCESS_ACTS))
        ),
        reviews=tuple(
            ReviewLine(row["at"].astimezone(UTC), NamedPerson(row["actor"], row["name"]), row["note"])
            for row in reviews
        ),
        expiring=tuple([line async for line in _expiring(session, day)]),
        measures=await measures(session, day),
    )


async def make(session: AsyncSession, actor: Actor, month: date, now: datetime) -> ManagementRecord:
    """Freeze P14 of a month under a number. InvalidValue for a month to come."""
    permissions.require(actor, "make_report", permissions.relations(actor))
    found = await data(session, month, now)
    annex = await places.annex(session)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = ManagementRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [annex]))[annex],
        data=found,
    )
    act = Act(
        "make_report",
        actor,
        actor.home,
        now,
        facts={
            "catalogue": CATALOGUE,
            "document": number,
            "month": f"{found.month:%Y-%m}",
            "until": timestamp(found.until),
            "sha256": hashlib.sha256(msgspec.json.encode(found)).hexdigest(),
        },
    )
    await take(session, [act], now)
    await documents.freeze(session, [Paper(number, CATALOGUE, f"{found.month:%Y-%m}", record)], now)
    return record


async def review_access(session: AsyncSession, actor: Actor, note: str, now: datetime) -> None:
    """Write down that the rights and their use were looked through, and what came of it (appendix 2 article 4)."""
    permissions.require(actor, "review_access")
    await take(session, [Act("review_access", actor, actor.home, now, reason=note)], now)


async def measures(session: AsyncSession, day: date) -> tuple[Measure, ...]:
    """The safety measures in force on a day: those that always hold, and what the others are set to."""
    state = await (await driver(session)).fetchrow(_STATE, day)
    minutes, hours = sessions.IDLE // timedelta(minutes=1), sessions.LONGEST // timedelta(hours=1)
    return (
        *STANDING,
        Measure("別紙1 第10条(7)1", "離席時の保護", f"{minutes}分で画面ロック、{hours}時間で再サインイン"),
        Measure(
            "別紙1 第10条(2)",
            "保管場所の届出",
            f"保管庫 {state['vaults']} のうち届出済 {state['registered']}",
        ),
        Measure("別紙1 第10条(7)3", "端末の登録", f"有効な登録端末 {state['devices']} 台"),
        Measure(
            "別紙1 第11条",
            "保管期間の方針",
            state["policy"] or "未決定（期限到来・本市の指定以外は廃棄の対象としない）",
        ),
        Measure("別紙1 第10条(1)", "取扱記録の署名", f"{state['signed'] or 0:,} 件目まで署名済"),
    )


async def _expiring(session: AsyncSession, day: date) -> Any:
    """What runs out within SOON or ran out already, people first."""
    until = day + SOON
    for person in await people.people(session, None, "", 10_000):
        if not person["registered_from"] <= day <= person["registered_to"]:
            continue
        for line in _lacking(person, until):
            yield line
    for row in await (await driver(session)).fetch(_EXPIRING, day, until):
        yield ExpiringLine(**row)


def _lacking(person: dict[str, Any], until: date) -> Iterator[ExpiringLine]:
    name, code = person["name"], person["code"]
    if person["registered_to"] <= until:
        yield ExpiringLine("registration", name, code, person["registered_to"])
    if person["role"] in permissions.OF_THE_CITY:
        return
    if person["pledged_on"] is None:
        yield ExpiringLine("pledge", name, code, None)
    if person["trained_to"] is None or person["trained_to"] <= until:
        yield ExpiringLine("training", name, code, person["trained_to"])


def _stock(counted: UndeliveredData) -> Iterator[StockLine]:
    for state in counted.places:
        yield StockLine(
            state.place,
            state.place_name,
            sum(line.closing for line in counted.lines if line.place == state.place),
            sum(line.closing for line in counted.beside if line.place == state.place),
            state.to_destroy,
        )
