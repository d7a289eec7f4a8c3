"""What is set: limits of alarms with their days, the policy of retention, the calendar, kinds, rights; and who may change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms, speech
from api.pages.html import page
from api.pages.messages import done
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import ACTS, Actor, may
from logistics.rules.vaulting import MINUTES_A_DAY, AlarmKind
from logistics.work import alarms, authenticating, management, places, policies, sessions

LIMIT_WORDS: Mapping[str, tuple[str, str]] = {
    "unsighted": ("現物を確かめる間隔（循環棚卸し）", "Every card is seen at least every"),
    "unslotted": ("収受してから棚に入れるまで", "From receipt into a slot"),
    "out": ("取り出してから戻すまで", "Out of its slot"),
    "with_city": ("本市職員に渡してから戻るまで", "With a city employee"),
    "vault_open": ("保管庫を開けておく時間", "A vault stays open"),
    "rearranging": ("棚の整理にかける時間", "Rearranging a vault"),
    "slot_count": ("棚の枚数の不一致を放置する時間", "A count that does not agree"),
    "unexplained_opening": ("説明のない開扉", "An opening that nothing explains"),
    "awaiting_destruction": ("承認から廃棄まで", "From approval to destruction"),
    "certificate_overdue": ("廃棄から証明書まで", "From destruction to its certificate"),
    "incident_open": ("終結していない事故", "An incident that is open"),
    "incident_overdue": ("期限を過ぎた事故", "An incident past one of its clocks"),
    "close_uncovered": ("次の月次締めの日に管理者がいない", "No manager on the day of the month's close"),
}
# What is set, and the act that changes it: who may is read from the table of rights.
CHANGED_BY = {
    "limits": "set_limit",
    "retention": "set_retention",
    "people": "register_person",
    "devices": "manage_devices",
    "consents": "register_consent",
    "premises": "register_premises",
    "rosters": "hand_in_roster",
}
MOST_MINUTES = 3_650 * MINUTES_A_DAY


@get("/settings")
async def settings_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What is configured, since when, by whom, and who may change it."""
    permissions.require(reader, "see_registers")
    today = business_date(now)
    known = await places.all_places(snapshot)
    limits = await alarms.limits(snapshot, now)
    calendar = await places.calendar(snapshot)
    lang = speech.language(request)
    return page(
        "settings.html",
        request=request,
        reader=reader,
        today=today,
        limits=sorted(limits, key=lambda row: (row["kind"] != "unsighted", row["kind"], row["place"] or "")),
        limit_words=LIMIT_WORDS,
        minutes_a_day=MINUTES_A_DAY,
        kinds=await places.kinds(snapshot),
        policy=await policies.in_force(snapshot, today),
        overrides=[one for one in calendar.overrides if one.day >= today][:50],
        sites=[(row["code"], row["name"]) for row in known],
        names={row["code"]: row["name"] for row in known},
        changers={what: _who(act, lang) for what, act in CHANGED_BY.items()},
        two={what for what, act in CHANGED_BY.items() if ACTS[act].approvers},
        may_limit=may(reader, "set_limit"),
        may_review=may(reader, "review_access"),
        door={
            "failures": authenticating.MOST_FAILURES,
            "longest": sessions.LONGEST,
            "idle": sessions.IDLE,
        },
    )


@post("/settings/limits")
async def set_limit(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Set a limit from now on, everywhere or at one site; the one before stays true for its time."""
    kind = forms.text(request, "kind", most=40)
    if kind not in set(AlarmKind):
        raise InvalidValue("kind", f"must be one of {', '.join(AlarmKind)}")
    unit = MINUTES_A_DAY if forms.text(request, "unit", most=10) == "days" else 1
    minutes = forms.number(request, "value", most=MOST_MINUTES) * unit
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidValue("value", f"must be a whole number from 1 to {MOST_MINUTES // unit}")
    place = forms.optional(request, "place") or None
    reason = forms.text(request, "reason")
    await alarms.set_limit(session, actor, AlarmKind(kind), place, minutes, reason, now)
    return done("/settings", "設定を変えました。いまから効きます。", "It is set, from now on.")


@post("/settings/access-reviews")
async def review_access(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record that rights and their use were looked through, and what came of it; it stands in P14."""
    await management.review_access(session, actor, forms.text(request, "review", most=500), now)
    return done("/settings", "アクセス権の点検を記録しました。", "The review of rights is recorded.")


def _who(act: str, lang: str) -> str:
    roles = sorted(
        {role for line in ACTS[act].lines for role in line.roles}, key=list(permissions.Role).index
    )
    return "、".join(speech.role(role, lang) for role in roles)


router = Router(
    "/",
    route_handlers=[settings_page, set_limit, review_access],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
