"""Keeping on pages: the policy by version, who is to be reminded (再通知), notices that came back (返戻), clocks told."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.pages.speech import folded
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor, Role, may
from logistics.rules.retention import (
    CLOCKS,
    LONGEST,
    PRESETS,
    REMIND_AFTER,
    TOLD_BY_ACTS,
    Clock,
    in_japanese,
    parse,
)
from logistics.work import candidates, people, places, policies, retaining

MOST, MOST_VERSIONS, MOST_PEOPLE = 500, 20, 10_000
CLOCK_ENGLISH = {
    Clock.APPLIED_ON: "Applied for",
    Clock.ARRIVED_ON: "Arrived",
    Clock.FIRST_NOTICE_ON: "Notice posted",
    Clock.NOTICE_DEADLINE: "The notice's deadline",
    Clock.NOTICE_RETURNED_ON: "Notice came back",
    Clock.REMINDED_ON: "Reminded",
    Clock.REMINDER_DEADLINE: "The reminder's deadline",
    Clock.MAIL_RETURNED_ON: "Mail came back",
    Clock.EXPIRES_ON: "Expires",
    Clock.BLOCKED_ON: "Blocked",
}
CLOCK_WORDS = {clock: (ja, CLOCK_ENGLISH[clock]) for clock, ja in CLOCKS.items()}
# What people tell here; blocking is the city's alone, on the page of disposal.
TOLD = [clock for clock in CLOCKS if clock not in TOLD_BY_ACTS | {Clock.BLOCKED_ON}]
# What is chosen for a kind that has a rule written for it alone.
OWN = "own"
_RULE = re.compile(r"rules\[(\d+)\](?:\.(\w+))?")


@get("/retention")
async def retention_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    card: Annotated[str, QueryParameter(max_length=40, description="What counts for this card")] = "",
) -> Response[str]:
    """What the city decided, who is to be reminded by today, and what the reader may record."""
    permissions.require(reader, "see")
    today, mine = business_date(now), permissions.scope(reader)
    versions = [
        row | {"rules": msgspec.json.decode(row["rules"])}
        for row in await policies.page(snapshot, 2**53, MOST_VERSIONS)
    ]
    named = {code for row in versions for code in (row["approver"], row["recorded_by"])}
    actors = await people.actors(snapshot, sorted(named))
    may_set = may(reader, "set_retention")
    staff = await people.people(snapshot, None, "", MOST_PEOPLE) if may_set else []
    sought = folded(card)
    return page(
        "retention.html",
        request=request,
        reader=reader,
        today=today,
        policy=await policies.in_force(snapshot, today),
        versions=versions,
        persons={code: one.name for code, one in actors.items()},
        kinds=await places.kinds(snapshot),
        presets=PRESETS,
        remind_after=REMIND_AFTER,
        said_in_japanese=lambda text: in_japanese(parse(text)),
        due=await candidates.reminders(snapshot, today, limit=MOST, place=mine),
        names={row["code"]: row["short_name"] for row in await places.all_places(snapshot)},
        sought=sought,
        found=await _of_card(snapshot, reader, sought, today),
        clock_words={clock.value: words for clock, words in CLOCK_WORDS.items()},
        told=[(clock.value, CLOCK_WORDS[clock]) for clock in TOLD],
        bosses=[
            (one["code"], f"{one['name']}（{one['code']}）")
            for one in staff
            if one["role"] == Role.CITY and one["code"] != reader.code
        ],
        most=MOST,
        own=OWN,
        may_set=may_set,
        may_remind=may(reader, "post_reminder"),
        may_return=may(reader, "return_notice"),
        may_tell=may(reader, "tell_clock"),
        may_block=may(reader, "block"),
    )


async def _of_card(session: AsyncSession, reader: Actor, card: str, today: date) -> dict[str, Any] | None:
    """What counts for a card that the reader may see; None for none such."""
    row = await candidates.of_card(session, card, today) if card else None
    mine = permissions.scope(reader)
    return row if row and mine in (None, row["place"]) else None


@post("/retention/policies")
async def set_policy(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a version of the policy, as the city decided it; a kind left open stays suspended."""
    permissions.require(actor, "set_retention")
    # What was left open is not carried back and forth.
    typed = request.state[forms.TYPED] = {
        name: value for name, value in request.state[forms.TYPED].items() if value
    }
    start = on_calendar(forms.day(request, "effective_from"), "effective_from")
    kinds = [row["code"] for row in await places.kinds(session) if typed.get(f"preset-{row['code']}")]
    rulings = [_ruling(request, kind) for kind in kinds]
    remind = forms.optional(request, "remind_after") or None
    reference = forms.text(request, "reference", most=60)
    try:
        await policies.decide(
            session,
            actor,
            forms.code(request, "approver", CodeType.PERSON),
            start,
            reference,
            forms.text(request, "note", most=200),
            rulings,
            remind,
            now,
        )
    except InvalidValue as wrong:
        raise _of_the_form(wrong, kinds) from None
    return done(
        "/retention",
        f"決定 {reference} を記録しました。{start.month}月{start.day}日から効きます。",
        f"{reference} is recorded; it counts from {start.isoformat()}.",
    )


def _ruling(request: Request[Any, Any, Any], kind: str) -> policies.Ruling:
    chosen = forms.text(request, f"preset-{kind}", most=40)
    if chosen == OWN:
        return policies.Ruling(kind, None, forms.text(request, f"rule-{kind}", most=LONGEST))
    return policies.Ruling(kind, chosen, None)


def _of_the_form(wrong: InvalidValue, kinds: list[str]) -> InvalidValue:
    """The same refusal, naming the field of the form in which the rule was given."""
    at = _RULE.fullmatch(wrong.field)
    if at is None:
        return wrong
    part = "rule" if at[2] == "rule" else "preset"
    return InvalidValue(f"{part}-{kinds[int(at[1])]}", wrong.reason)


@post("/retention/reminders")
async def record_reminders(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record the reminders posted: of the list what is ticked, and what was scanned beside it."""
    typed = request.state[forms.TYPED]
    cards = [
        require(name.removeprefix("card-"), CodeType.CARD, "scanned") for name in typed if name[:5] == "card-"
    ]
    if forms.optional(request, "scanned") or not cards:
        cards += forms.codes(request, "scanned", CodeType.CARD)
    day = on_calendar(forms.day(request, "day"), "day")
    deadline = None
    if forms.optional(request, "deadline"):
        deadline = on_calendar(forms.day(request, "deadline"), "deadline")
    count = await retaining.post_reminder(session, actor, cards, day, deadline, now)
    return done(
        "/retention",
        f"再通知 {count} 件の発送を記録しました。",
        f"{count} reminders are recorded as posted.",
    )


@post("/retention/returned-notices")
async def record_returned(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record that notices came back undelivered."""
    cards = forms.codes(request, "returned", CodeType.CARD)
    day = on_calendar(forms.day(request, "returned_on"), "returned_on")
    try:
        count = await retaining.return_notice(session, actor, cards, day, now)
    except InvalidValue as wrong:
        raise InvalidValue("returned_on", wrong.reason) from None
    return done(
        "/retention", f"通知の返戻 {count} 件を記録しました。", f"{count} notices are recorded as returned."
    )


@post("/retention/clocks")
async def tell_clock(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Tell from which day a clock of cards counts; told again, the last day counts."""
    clock = forms.choice(request, "clock", Clock)
    cards = forms.codes(request, "counted", CodeType.CARD)
    day = on_calendar(forms.day(request, "counts_from"), "counts_from")
    reason = forms.text(request, "reason")
    count = await retaining.tell(session, actor, clock, cards, day, reason, now)
    ja, en = CLOCK_WORDS[clock]
    return done("/retention", f"{ja}を {count} 件に記録しました。", f"{en}: recorded for {count}.")


router = Router(
    "/",
    route_handlers=[retention_page, set_policy, record_reminders, record_returned, tell_clock],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
