"""Incidents (事故): reported by anybody at work, or opened by the service itself; the city hears of each at once.

What is known of one is read here. Its course is written in `incident_course`, its reports are in `incident_papers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules import incidents as rules
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, type_of
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.incidents import CLASSES, ITEM_TYPES, KINDS, IncidentClass, IncidentKind
from logistics.rules.japanese import japanese_time
from logistics.rules.lifecycle import IncidentState, IncidentStep
from logistics.rules.permissions import OVERSIGHT, Actor
from logistics.store.database import driver
from logistics.work import contacts, mailing, places
from logistics.work import incident_sql as sql
from logistics.work.numbering import next_codes
from logistics.work.scans import Row

# Clocks of clients may run ahead by so much.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Item:
    """What an incident concerns; `pin_set` says whether a card's PIN is set, None that nobody knows."""

    code: str
    pin_set: bool | None = None


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What is reported. `place` None is where the reporter works; the courier's crew reports to the annex."""

    kind: IncidentKind
    happened: str
    noticed_at: datetime
    items: Sequence[Item] = ()
    place: str | None = None


async def report(session: AsyncSession, actor: Actor, new: NewIncident, now: datetime) -> Row:
    """Open an incident and tell the city at once. InvalidValue for a time to come or an item that is none; NotFound."""
    permissions.require(actor, "report_incident")
    if new.noticed_at > now + AHEAD:
        raise InvalidValue("noticed_at", "lies in the future")
    require_items(new.items)
    place = await _place(session, actor, new.place)
    return await _open(session, actor, place, new, now, by_itself=False)


async def found_after_disposal(
    session: AsyncSession, actor: Actor, place: str, cards: Collection[str], now: datetime
) -> str | None:
    """Open one incident for cards that were certified as destroyed and lie here; None where each has one already."""
    if not cards:
        return None
    rows = await (await driver(session)).fetch(sql.OPEN_FOR, sorted(cards))
    new = sorted(set(cards) - {row["code"] for row in rows})
    if not new:
        return None
    kind = IncidentKind.FOUND_AFTER_DISPOSAL
    happened = (
        "廃棄済みと記録されたカードが読み取られました（廃棄証明書と不一致）。システムが自動で登録しました。"
    )
    found = NewIncident(kind, happened, now, [Item(card) for card in new])
    return str((await _open(session, actor, place, found, now, by_itself=True))["code"])


async def page(
    session: AsyncSession,
    now: datetime,
    *,
    after: str = "",
    limit: int = 100,
    code: str | None = None,
    place: str | None = None,
    is_open: bool | None = None,
    item: str | None = None,
) -> list[Row]:
    """Incidents in number order, each with its state, class and clocks as they are at `now`."""
    today = business_date(now)
    rows = await (await driver(session)).fetch(sql.PAGE, after, code, place, is_open, limit, today, item)
    return [_standing(dict(row), now) for row in rows]


async def one(session: AsyncSession, code: str, now: datetime) -> Row:
    """The incident with this number. NotFound."""
    found = await page(session, now, code=code, limit=1)
    if not found:
        raise NotFound("incident", code)
    return found[0]


async def items(session: AsyncSession, code: str) -> list[Row]:
    """What an incident concerns, in code order, cards as they are now."""
    rows = await (await driver(session)).fetch(sql.ITEMS_OF, code)
    return [{**dict(row), "type_name": ITEM_TYPES[CodeType(row["code"][0])]} for row in rows]


async def through(session: AsyncSession, code: str) -> list[str]:
    """The card or the batch that a difference or a case is about; nothing for anything else."""
    return [row["code"] for row in await (await driver(session)).fetch(sql.THROUGH, code)]


async def course(session: AsyncSession, code: str) -> list[Row]:
    """What was written into an incident's course, in that order."""
    query = """
    SELECT event.*, person.name AS recorded_by_name
    FROM incident_event AS event JOIN person ON person.code = event.recorded_by
    WHERE incident = $1 ORDER BY event.id
    """
    return [dict(row) for row in await (await driver(session)).fetch(query, code)]


async def write_items(
    session: AsyncSession, actor: Actor, code: str, new: Sequence[Item], entry: int, now: datetime
) -> None:
    """Write what an incident concerns, as `entry` says."""
    await (await driver(session)).execute(
        sql.ITEMS, code, [one.code for one in new], [one.pin_set for one in new], actor.code, now, entry
    )


async def write_event(
    session: AsyncSession,
    actor: Actor,
    code: str,
    kind: str,
    words: str,
    entry: int,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    whom: str | None = None,
    decided: bool | None = None,
    document: str | None = None,
    edge: tuple[IncidentState, IncidentStep, IncidentState] | None = None,
) -> None:
    """Write one thing into an incident's course, as `entry` says. `edge` is the step it was, from and to which state."""
    source, step, target = edge or (None, None, None)
    await (await driver(session)).execute(
        sql.EVENT, code, kind, occurred_at or now, words, whom, decided, document, "incident" if edge else None,
        source, step, target, actor.code, now, entry,
    )  # fmt: skip


def require_items(new: Sequence[Item]) -> None:
    """InvalidValue for a code that is of nothing an incident can concern, or for one that is given twice."""
    for one in new:
        if type_of(one.code) not in ITEM_TYPES:
            raise InvalidValue("items", f"{one.code} is of nothing that an incident can concern")
    if twice := [code for code, times in Counter(one.code for one in new).items() if times > 1]:
        raise InvalidValue("items", f"{twice[0]} is named twice")


async def tell(session: AsyncSession, code: str, event: str, says: str, now: datetime) -> None:
    """Have the city told how an incident stands: number, kind, class, place and counts, and nothing more (8(6)イ)."""
    row = await one(session, code, now)
    counted = Counter(item["type_name"] for item in await items(session, code))
    pins = "あり" if row["pin_set"] else "未確認のものあり" if row["pin_unknown"] else "なし"
    lines = [
        f"マイナンバーカード取扱管理から、事故についてお知らせします。{says}",
        "",
        f"番号　　：{code}",
        f"種類　　：{KINDS[IncidentKind(row['kind'])]}　分類 {CLASSES[row['class']]}",
        f"場所　　：{row['place_name']}",
        f"判明　　：{japanese_time(row['noticed_at'])}",
        f"登録　　：{japanese_time(row['opened_at'])}　{row['opened_by_name']}（{row['opened_by']}）",
        f"対象　　：{'、'.join(f'{name} {count}' for name, count in counted.items()) or '記録なし'}",
        f"暗証番号：{pins if row['cards'] else '該当なし'}",
        "",
        f"内容はサービスの画面 /incidents/{code} で確かめてください。この通知に市民の情報は含まれません。",
    ]
    subject = (
        f"【事故 {row['class']}】{KINDS[IncidentKind(row['kind'])]}　{row['place_name']}　{code}　{says}"
    )
    to = await contacts.notified(session)
    await mailing.tell(session, event, code, subject, "\n".join(lines) + "\n", now, to)


async def _open(
    session: AsyncSession, actor: Actor, place: str, new: NewIncident, now: datetime, *, by_itself: bool
) -> Row:
    (code,) = await next_codes(session, CodeType.INCIDENT, 1, now)
    said: list[Json] = [{"code": item.code, "pin_set": item.pin_set} for item in new.items]
    facts: dict[str, Json] = {
        "incident": code,
        "kind": new.kind.value,
        "happened": new.happened,
        "noticed_at": timestamp(new.noticed_at),
        "by_itself": by_itself,
        "items": said,
    }
    (taken,) = await take(session, [Act("open_incident", actor, place, now, facts=facts)], now)
    await (await driver(session)).execute(
        sql.INSERT, code, new.kind.value, place, new.happened, new.noticed_at, by_itself, actor.code, now, taken.entry
    )  # fmt: skip
    await write_items(session, actor, code, new.items, taken.entry, now)
    edge = (IncidentState.NEW, IncidentStep.OPEN, IncidentState.OPEN)
    await write_event(session, actor, code, "step", new.happened, taken.entry, now, edge=edge)
    await tell(session, code, "incident.opened", "新しく登録されました。", now)
    return await one(session, code, now)


async def _place(session: AsyncSession, actor: Actor, asked: str | None) -> str:
    if asked is not None and asked != actor.place:
        if actor.role not in OVERSIGHT or not await places.named(session, [asked]):
            raise NotFound("place", asked)
        return asked
    return actor.place or await places.annex(session)


def _standing(row: Row, now: datetime) -> Row:
    running = rules.clocks(
        row["noticed_at"],
        row["opened_at"],
        told_at=row["told_at"],
        first_at=row["first_at"],
        # What the city sent back is not final yet.
        final_at=row["final_at"] if row["state"] in (IncidentState.FINAL, IncidentState.CLOSED) else None,
        malicious=row["malicious"],
        now=now,
    )
    return {
        **row,
        "class": class_of(row),
        "clocks": running,
        "overdue": any(clock.overdue and clock.done_at is None for clock in running)
        or row["late_actions"] > 0,
    }


def class_of(row: Mapping[str, Any]) -> IncidentClass:
    """How grave an incident of `page` is."""
    return rules.class_of(
        IncidentKind(row["kind"]), row["cards"], pin_set=row["pin_set"], malicious=row["malicious"]
    )
