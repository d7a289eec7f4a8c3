"""What waits for whoever decides and keeps the registers: approvals, papers that run out, rosters that are missing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.pages.tasks import Task
from logistics.rules.calendar import business_date
from logistics.rules.permissions import ACTS, Actor, may
from logistics.work import approvals, registers

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


async def tasks(session: AsyncSession, reader: Actor, now: datetime) -> list[tuple[Task, int]]:
    """What waits for the reader, with how much of it, most urgent first."""
    found = []
    if reader.place is not None:
        asked = await approvals.waiting(session, reader, now, MOST)
        mine = sum(
            one.requested_by != reader.code and reader.role in ACTS[one.act].approvers for one in asked
        )
        found += [(_APPROVALS, mine)] if mine else []
    if may(reader, "record_papers"):
        soon = len(await registers.expiring(session, reader, business_date(now)))
        found += [(_EXPIRING, soon)] if soon else []
    return found
