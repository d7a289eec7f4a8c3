"""How long what was not handed over is kept: clocks, periods, and rules over them as written text. Pure.

A rule is a small tree over clocks, written as `ANY(reminded_on + 90 days, expires_on passed)`; `due` says from which
day on something may be proposed for disposal. The rule decides nothing else: a proposal, the city's approval, two
scans and a machine still come after it. Which rule holds for which kind since when is data (see `work.policies`).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from logistics.rules.calendar import fiscal_year
from logistics.rules.errors import InvalidValue

LONGEST = 500
DEEPEST = 6


class Clock(StrEnum):
    """A day from which something may be counted; the comment is what paper calls it."""

    APPLIED_ON = "applied_on"  # 申請日
    ARRIVED_ON = "arrived_on"  # 着荷・受入日
    FIRST_NOTICE_ON = "first_notice_on"  # 交付通知日
    NOTICE_DEADLINE = "notice_deadline"  # 交付期限
    NOTICE_RETURNED_ON = "notice_returned_on"  # 通知返戻日
    REMINDED_ON = "reminded_on"  # 再通知日
    REMINDER_DEADLINE = "reminder_deadline"  # 再通知期限
    MAIL_RETURNED_ON = "mail_returned_on"  # 郵便返戻日
    EXPIRES_ON = "expires_on"  # 有効期限
    BLOCKED_ON = "blocked_on"  # 失効・停止（本市職員のみ）


CLOCKS: Mapping[Clock, str] = {
    Clock.APPLIED_ON: "申請日",
    Clock.ARRIVED_ON: "着荷・受入日",
    Clock.FIRST_NOTICE_ON: "交付通知日",
    Clock.NOTICE_DEADLINE: "交付期限",
    Clock.NOTICE_RETURNED_ON: "通知返戻日",
    Clock.REMINDED_ON: "再通知日",
    Clock.REMINDER_DEADLINE: "再通知期限",
    Clock.MAIL_RETURNED_ON: "郵便返戻日",
    Clock.EXPIRES_ON: "有効期限",
    Clock.BLOCKED_ON: "失効・停止日",
}
# Told by what happened to a card, and set by nobody.
TOLD_BY_ACTS = frozenset(
    {Clock.ARRIVED_ON, Clock.FIRST_NOTICE_ON, Clock.NOTICE_RETURNED_ON, Clock.REMINDED_ON}
)


class Unit(StrEnum):
    """What a period is counted in."""

    DAYS = "days"
    MONTHS = "months"
    MONTHS_TO_MONTH_END = "months to month end"
    FISCAL_YEARS = "fiscal years"


MOST: Mapping[Unit, int] = {
    Unit.DAYS: 36_500,
    Unit.MONTHS: 1_200,
    Unit.MONTHS_TO_MONTH_END: 1_200,
    Unit.FISCAL_YEARS: 100,
}


@dataclass(frozen=True, slots=True)
class After:
    """Once a period that began with the clock's day is over."""

    clock: Clock
    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Passed:
    """Once the clock's day, a deadline, is over."""

    clock: Clock


@dataclass(frozen=True, slots=True)
class Set:
    """From the clock's day on."""

    clock: Clock


@dataclass(frozen=True, slots=True)
class Never:
    """On no day."""


@dataclass(frozen=True, slots=True)
class Tree:
    """ANY: the first of its rules. ALL and LATER-OF: the last of them, and none while one of them is open.

    ALL is said of conditions and LATER-OF of periods; on a calendar they are the same. A reminder that was never
    posted keeps its period open: nothing is disposed of because a clock does not run.
    """

    how: str
    rules: tuple[Rule, ...]


Rule: TypeAlias = After | Passed | Set | Never | Tree
_HOW = ("ALL", "ANY", "LATER-OF")

# Modelled on what cities published (research section 2.5); `COLLECTED` and `ISSUE-PAPERS` on sections 2.4 and 5.2.
SUSPENDED = "SUSPENDED"
PRESETS: Mapping[str, str] = {
    SUSPENDED: "ANY(expires_on passed, blocked_on set)",
    "NAT-2017": "reminded_on + 90 days",
    "ONE-YEAR": "ANY(ALL(reminder_deadline passed, applied_on + 12 months),"
    " ALL(notice_returned_on set, applied_on + 12 months), expires_on passed)",
    "LATER-OF": "LATER-OF(first_notice_on + 12 months, reminded_on + 3 months)",
    "MONTH-END": "reminded_on + 3 months to month end",
    "MAIL-RETURN": "mail_returned_on + 6 months",
    "NOTICE-3M": "mail_returned_on + 3 months",
    "NOTICE-1Y": "mail_returned_on + 12 months",
    "COLLECTED": "arrived_on set",
    "ISSUE-PAPERS": "arrived_on + 15 fiscal years",
}
# When a reminder is to be posted, where no policy says otherwise.
REMIND_AFTER = "ANY(notice_deadline passed, first_notice_on + 3 months)"


def last_day(start: date, count: int, unit: Unit) -> date:
    """The last day of a period that began on `start`, which itself is not counted.

    Months end on the same day of the month, or on its last day where it has no such day. To month end: with the
    month. Fiscal years are counted from the first of April that follows.
    """
    match unit:
        case Unit.DAYS:
            return start + timedelta(days=count)
        case Unit.MONTHS:
            year, month = _month(start, count)
            return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
        case Unit.MONTHS_TO_MONTH_END:
            year, month = _month(start, count)
            return date(year, month, calendar.monthrange(year, month)[1])
        case Unit.FISCAL_YEARS:
            return date(fiscal_year(start) + 1 + count, 3, 31)


def due(rule: Rule, clocks: Mapping[Clock, date]) -> date | None:
    """The first day on which `rule` lets something go, as its clocks stand; None while it does not."""
    match rule:
        case After(clock, count, unit):
            start = clocks.get(clock)
            return last_day(start, count, unit) + timedelta(days=1) if start else None
        case Passed(clock):
            start = clocks.get(clock)
            return start + timedelta(days=1) if start else None
        case Set(clock):
            return clocks.get(clock)
        case Never():
            return None
        case Tree(how, rules):
            days = [due(inner, clocks) for inner in rules]
            known = [day for day in days if day is not None]
            if how == "ANY":
                return min(known, default=None)
            return max(known) if len(known) == len(days) else None


def written(rule: Rule) -> str:
    """The rule as text; `parse` reads it back."""
    match rule:
        case After(clock, count, unit):
            return f"{clock} + {count} {unit}"
        case Passed(clock):
            return f"{clock} passed"
        case Set(clock):
            return f"{clock} set"
        case Never():
            return "never"
        case Tree(how, rules):
            return f"{how}({', '.join(written(inner) for inner in rules)})"


_JAPANESE = {"ANY": "いずれか早い日", "ALL": "すべてを満たす日", "LATER-OF": "いずれか遅い日"}
_UNITS = {
    Unit.DAYS: "{}日",
    Unit.MONTHS: "{}か月",
    Unit.MONTHS_TO_MONTH_END: "{}か月後の月末",
    Unit.FISCAL_YEARS: "翌年度4月1日から{}年",
}


def in_japanese(rule: Rule) -> str:
    """The rule as paper says it: 再通知日から90日を経過."""
    match rule:
        case After(clock, count, unit):
            return f"{CLOCKS[clock]}から{_UNITS[unit].format(count)}を経過"
        case Passed(clock):
            return f"{CLOCKS[clock]}を経過"
        case Set(clock):
            return f"{CLOCKS[clock]}以後"
        case Never():
            return "期限なし"
        case Tree(how, rules):
            return f"{_JAPANESE[how]}（{'・'.join(in_japanese(inner) for inner in rules)}）"


@lru_cache(maxsize=256)
def parse(text: str, field: str = "rule") -> Rule:
    """The rule that `text` writes. InvalidValue, naming `field` and the part that cannot be read."""
    if len(text) > LONGEST:
        raise InvalidValue(field, f"is longer than {LONGEST} characters")
    rule, rest = _read(text.strip(), field, 0)
    if rest:
        raise InvalidValue(field, f"goes on after its end: {rest[:40]!r}")
    return rule


_TREE = re.compile(r"(ALL|ANY|LATER-OF)\s*\(\s*")
_LEAF = re.compile(
    r"(?P<clock>[a-z_]+)(?:\s*\+\s*(?P<count>[0-9]{1,5})\s+(?P<unit>days|months to month end|months|fiscal years)"
    r"|\s+(?P<word>passed|set))?"
)


def _read(text: str, field: str, depth: int) -> tuple[Rule, str]:
    if depth > DEEPEST:
        raise InvalidValue(field, "nests too deep")
    if not (tree := _TREE.match(text)):
        return _leaf(text, field)
    inner, rest, rules = ",", text[tree.end() :], []
    while inner == ",":
        rule, rest = _read(rest, field, depth + 1)
        rules.append(rule)
        inner, rest = rest[:1], rest[1:].lstrip()
    if inner != ")":
        raise InvalidValue(field, f"lacks a comma or a closing bracket before {rest[:40]!r}")
    return Tree(tree[1], tuple(rules)), rest


def _leaf(text: str, field: str) -> tuple[Rule, str]:
    found = _LEAF.match(text)
    if not found:
        raise InvalidValue(field, f"cannot be read at {text[:40]!r}")
    rest = text[found.end() :].lstrip()
    if found[0] == "never":
        return Never(), rest
    if found["clock"] not in set(Clock):
        raise InvalidValue(field, f"there is no clock {found['clock'][:40]!r}")
    clock = Clock(found["clock"])
    if found["word"]:
        return (Passed(clock) if found["word"] == "passed" else Set(clock)), rest
    if found["unit"] is None:
        raise InvalidValue(field, f"says nothing of {clock}: add a period, `passed` or `set`")
    unit, count = Unit(found["unit"]), int(found["count"])
    if count > MOST[unit]:
        raise InvalidValue(field, f"a period is at most {MOST[unit]} {unit}")
    return After(clock, count, unit), rest


def _month(start: date, count: int) -> tuple[int, int]:
    months = start.year * 12 + start.month - 1 + count
    return months // 12, months % 12 + 1


class Requester(StrEnum):
    """At whose request disposal is held; never who that is."""

    HOLDER = "holder"  # 本人
    PROXY = "proxy"  # 代理人
    CITY = "city"  # 本市
    AUTHORITY = "authority"  # 官公署


REQUESTERS: Mapping[Requester, str] = {
    Requester.HOLDER: "本人",
    Requester.PROXY: "代理人",
    Requester.CITY: "本市",
    Requester.AUTHORITY: "官公署",
}
