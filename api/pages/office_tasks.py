"""What waits for whoever decides and keeps the registers: approvals, incidents and their clocks, papers that run out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.pages.tasks import Task
from logistics.rules.calendar import business_date
from logistics.rules.permissions import ACTS, Actor, Relation, may
from logistics.work import approvals, office_alarms, registers

MOST = 100

_APPROVALS = Task(
    "approvals",
    ("あなたの承認を待つ依頼", "Requests for your approval"),
    (
        "内容を現物と見比べて、30 分以内に決めます。",
        "Compare with the thing itself; decide within 30 minutes.",
    ),
    "/approvals",
    ("見て決める", "Look and decide"),
    None,
    True,
)
_EXPIRING = Task(
    "expiring",
    ("30 日以内に操作できなくなる人", "People whose papers run out within 30 days"),
    ("登録・誓約書・研修を更新します。", "Renew registration, pledge or training."),
    "/people",
    ("名簿へ", "See them"),
    "record_papers",
)
_OVERDUE = Task(
    "incidents_overdue",
    ("期限を過ぎた事故", "Incidents past a clock"),
    (
        "市への通知、3日・5日の速報、30日・60日の確報、再発防止のいずれかが遅れています。",
        "The notice, a report of 3, 5, 30 or 60 days, or a measure is late.",
    ),
    "/incidents",
    ("事故へ", "See them"),
    None,
    True,
)
_OPEN = Task(
    "incidents_open",
    ("終結していない事故", "Incidents that are not closed"),
    (
        "経過を書き、報告書を出し、本市の判断で終結します。",
        "Write their course, issue reports; the city closes them.",
    ),
    "/incidents",
    ("事故へ", "See them"),
)
_UNCOVERED = Task(
    "close_uncovered",
    (
        "次の月次締めの日に登録が有効な管理者がいません",
        "Nobody will be registered as manager on the day of the next month's close",
    ),
    (
        "締めの日を含むように、管理者の登録と研修を更新します。",
        "Renew a manager's registration and training beyond that day.",
    ),
    "/people",
    ("名簿へ", "See them"),
    "record_papers",
    True,
)


async def tasks(session: AsyncSession, reader: Actor, now: datetime) -> list[tuple[Task, int]]:
    """What waits for the reader, with how much of it, most urgent first."""
    found = []
    if reader.place is not None:
        asked = await approvals.waiting(session, reader, now, MOST)
        mine = sum(
            one.requested_by != reader.code and reader.role in ACTS[one.act].approvers for one in asked
        )
        found += [(_APPROVALS, mine)] if mine else []
    if may(reader, "follow_up_incident"):
        own = None if may(reader, "see", frozenset({Relation.NONE})) else reader.place
        standing = await office_alarms.open_incidents(session, own, now)
        found += [
            (task, count) for task, count in ((_OVERDUE, standing.overdue), (_OPEN, standing.open)) if count
        ]
    if may(reader, "record_papers"):
        if await office_alarms.uncovered_close(session, business_date(now)):
            found.append((_UNCOVERED, 1))
        soon = len(await registers.expiring(session, reader, business_date(now)))
        found += [(_EXPIRING, soon)] if soon else []
    return found
