"""What counts as an incident, how grave it is, and by when who is told (別紙1 art. 13, 別紙2 art. 13, 個人情報保護法)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType


class IncidentKind(StrEnum):
    """What happened; the Japanese word is in KINDS."""

    LOSS = "loss"
    THEFT = "theft"
    WRONG_HANDOVER = "wrong_handover"
    MISDELIVERY = "misdelivery"
    LEAK = "leak"
    DAMAGE = "damage"
    WRONG_DISPOSAL = "wrong_disposal"
    FOUND_AFTER_DISPOSAL = "found_after_disposal"
    BROKEN_SEAL = "broken_seal"
    SYSTEM = "system"
    OTHER = "other"


KINDS: Mapping[IncidentKind, str] = {
    IncidentKind.LOSS: "紛失",
    IncidentKind.THEFT: "盗難",
    IncidentKind.WRONG_HANDOVER: "誤交付",
    IncidentKind.MISDELIVERY: "誤配送",
    IncidentKind.LEAK: "漏えい",
    IncidentKind.DAMAGE: "毀損",
    IncidentKind.WRONG_DISPOSAL: "誤廃棄",
    IncidentKind.FOUND_AFTER_DISPOSAL: "廃棄済みカードの発見",
    IncidentKind.BROKEN_SEAL: "封印の異常",
    IncidentKind.SYSTEM: "システム障害",
    IncidentKind.OTHER: "その他",
}


class IncidentClass(StrEnum):
    """How grave an incident is; A is the gravest."""

    A = "A"
    B = "B"
    C = "C"


CLASSES: Mapping[IncidentClass, str] = {
    IncidentClass.A: "A（重大）",
    IncidentClass.B: "B（中）",
    IncidentClass.C: "C（軽微）",
}

_GRAVE = frozenset({IncidentKind.THEFT, IncidentKind.LEAK})
_SERIOUS = frozenset(
    {
        IncidentKind.LOSS,
        IncidentKind.WRONG_HANDOVER,
        IncidentKind.WRONG_DISPOSAL,
        IncidentKind.FOUND_AFTER_DISPOSAL,
    }
)
# More persons than this make any incident a grave one (個人情報保護法施行規則 art. 7).
MANY = 100


def class_of(kind: IncidentKind, cards: int, *, pin_set: bool, malicious: bool) -> IncidentClass:
    """How grave it is. A card whose PIN is set can be used by whoever has it: that raises the class by one."""
    if kind in _GRAVE or malicious or cards > MANY:
        return IncidentClass.A
    if kind in _SERIOUS:
        return IncidentClass.A if pin_set else IncidentClass.B
    return IncidentClass.B if pin_set else IncidentClass.C


class EventKind(StrEnum):
    """What is written into an incident's course; the Japanese word is in EVENTS."""

    STEP = "step"
    COURSE = "course"
    TOLD_CITY = "told_city"
    CONTAINED = "contained"
    CONTACTED = "contacted"
    RECOVERED = "recovered"
    CAUSE = "cause"
    PREVENTION = "prevention"
    REPORTABLE = "reportable"
    MALICIOUS = "malicious"
    ITEM = "item"
    EVIDENCE = "evidence"
    ACTION = "action"


EVENTS: Mapping[EventKind, str] = {
    EventKind.STEP: "報告・終結",
    EventKind.COURSE: "経過",
    EventKind.TOLD_CITY: "市への連絡",
    EventKind.CONTAINED: "被害拡大の防止",
    EventKind.CONTACTED: "本人・関係者への連絡",
    EventKind.RECOVERED: "復旧・代替措置",
    EventKind.CAUSE: "原因",
    EventKind.PREVENTION: "再発防止策",
    EventKind.REPORTABLE: "監督機関への報告の要否",
    EventKind.MALICIOUS: "不正の目的のおそれ",
    EventKind.ITEM: "対象の追加",
    EventKind.EVIDENCE: "証拠の保全",
    EventKind.ACTION: "再発防止の実施",
}
# What people write; the others the service writes as it does them.
WRITTEN = (
    EventKind.COURSE,
    EventKind.TOLD_CITY,
    EventKind.CONTAINED,
    EventKind.CONTACTED,
    EventKind.RECOVERED,
    EventKind.CAUSE,
    EventKind.PREVENTION,
    EventKind.REPORTABLE,
    EventKind.MALICIOUS,
)
# These say yes or no, with a reason.
DECIDED = frozenset({EventKind.REPORTABLE, EventKind.MALICIOUS})
# Without these no final report is issued (appendix 1 article 13-2).
NEEDED_AT_LAST = (
    EventKind.TOLD_CITY,
    EventKind.CONTAINED,
    EventKind.CAUSE,
    EventKind.PREVENTION,
    EventKind.REPORTABLE,
)

# What an incident can concern.
ITEM_TYPES: Mapping[CodeType, str] = {
    CodeType.CARD: "カード",
    CodeType.BATCH: "搬送袋",
    CodeType.MANIFEST: "発送明細書",
    CodeType.RUN: "便",
    CodeType.BOX: "小箱",
    CodeType.SLOT: "棚",
    CodeType.VAULT: "保管庫",
    CodeType.PLACE: "場所",
    CodeType.DISCREPANCY: "差異",
    CodeType.CASE: "所在不明の調査",
    CodeType.COUNT: "棚卸し",
    CodeType.PROPOSAL: "廃棄伺い",
    CodeType.DEVICE: "端末",
    CodeType.DOCUMENT: "帳票",
}

# At once: the city is to be told within this time.
AT_ONCE = timedelta(hours=1)


class ClockName(StrEnum):
    """The clocks of an incident; the Japanese word is in CLOCKS."""

    NOW = "now"
    DAY_3 = "day_3"
    DAY_5 = "day_5"
    DAY_30 = "day_30"
    DAY_60 = "day_60"


CLOCKS: Mapping[ClockName, str] = {
    ClockName.NOW: "直ちに：市への通知",
    ClockName.DAY_3: "3日：速報（目安）",
    ClockName.DAY_5: "5日：速報（期限）",
    ClockName.DAY_30: "30日：確報",
    ClockName.DAY_60: "60日：確報（不正の目的のおそれ）",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """By when something is to be done, when it was, and whether it is late: done late, or not done and past due."""

    name: ClockName
    due_at: datetime
    done_at: datetime | None
    overdue: bool


def clocks(
    noticed_at: datetime,
    opened_at: datetime,
    *,
    told_at: datetime | None,
    first_at: datetime | None,
    final_at: datetime | None,
    malicious: bool,
    now: datetime,
) -> list[Clock]:
    """The clocks that run for an incident. The day on which it was noticed is day one; a day ends at midnight.

    Weekends and holidays count. A last day that is none of work is not put off: early is always right.
    """
    final = ClockName.DAY_60 if malicious else ClockName.DAY_30
    wanted = (
        (ClockName.NOW, opened_at + AT_ONCE, told_at),
        (ClockName.DAY_3, _end_of_day(noticed_at, 3), first_at),
        (ClockName.DAY_5, _end_of_day(noticed_at, 5), first_at),
        (final, _end_of_day(noticed_at, 60 if malicious else 30), final_at),
    )
    return [Clock(name, due, done, (done or now) > due) for name, due, done in wanted]


def _end_of_day(noticed_at: datetime, days: int) -> datetime:
    return datetime.combine(business_date(noticed_at) + timedelta(days=days - 1), time(23, 59, 59), JST)
