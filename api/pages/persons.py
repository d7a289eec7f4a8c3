"""People: the register with what runs out, one person's papers and account, and what may be done about them.

What is secret (a one-time code) is shown once, on the page that answers the form, and kept nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms, speech
from api.pages.approving import asked
from api.pages.html import page
from api.pages.messages import done
from api.parameters import After, PersonPath
from api.times import on_calendar
from logistics.rules.calendar import business_date
from logistics.rules.permissions import EMPLOYMENTS, Actor, Role, may, scope
from logistics.rules.words import EMPLOYMENTS as EMPLOYMENT_WORDS
from logistics.rules.words import FAULTS
from logistics.work import account_lists, approvable, credentials, people, places, registers

PER_PAGE = 50
FAULT_WORDS = {
    "registration": (FAULTS["registration"], "not registered"),
    "pledge": (FAULTS["pledge"], "no pledge"),
    "training": (FAULTS["training"], "no training in force"),
}
_ROW = (
    "name",
    "role",
    "home",
    "employer",
    "employment",
    "effective_from",
    "registered_from",
    "registered_to",
)


@get("/people")
async def list_people(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    site: Annotated[str, QueryParameter(max_length=12)] = "",
    after: After = "",
) -> Response[str]:
    """Who works here and may act today; what runs out within 30 days."""
    own = scope(reader, "see_people")
    today = business_date(now)
    rows = await people.people(snapshot, site or None, after, PER_PAGE + 1, own)
    shown = rows[:PER_PAGE]
    codes = [row["code"] for row in shown]
    accounts = (
        await account_lists.accounts(snapshot, reader, codes, now) if may(reader, "manage_people") else {}
    )
    return page(
        "people.html",
        request=request,
        reader=reader,
        rows=shown,
        following=codes[-1] if len(rows) > PER_PAGE else None,
        expiring=await registers.expiring(snapshot, reader, today),
        today=today,
        site=site,
        accounts=accounts,
        fault_words=FAULT_WORDS,
        may_register=may(reader, "register_person"),
        **await _choices(snapshot, own, speech.language(request)),
    )


@get("/people/{person:str}")
async def person_page(
    request: Request[Any, Any, Any],
    person: PersonPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """One person: rows of the register, pledges, trainings, account, and what may be done."""
    found = await registers.history(snapshot, reader, person)
    accounts = (
        await account_lists.accounts(snapshot, reader, [person], now) if may(reader, "manage_people") else {}
    )
    return page(
        "person.html",
        request=request,
        reader=reader,
        found=found,
        one=found["person"],
        account=accounts.get(person),
        is_self=person == reader.code,
        today=business_date(now),
        fault_words=FAULT_WORDS,
        may_manage=may(reader, "manage_people") and person != reader.code,
        may_record=may(reader, "record_papers") and person != reader.code,
        may_register=may(reader, "register_person") and person != reader.code,
        **await _choices(snapshot, None, speech.language(request)),
    )


@post("/people/register")
async def register(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask a second person for a row of the register: of somebody new, or of `person`."""
    details = {name: forms.text(request, name, most=100) for name in _ROW}
    for name in ("effective_to", "deputises"):
        if said := forms.optional(request, name):
            details[name] = said
    details["reason"] = forms.text(request, "reason")
    subject = forms.optional(request, "person") or registers.NEW_PERSON
    made = await approvable.request(
        session, actor, "register_person", subject, details, details["reason"], now
    )
    return asked(made)


@post("/people/{person:str}/enrolment", status_code=200)
async def issue(
    request: Request[Any, Any, Any],
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """A one-time code, shown here and nowhere else; what the person had ends."""
    once = await credentials.issue(session, actor, person, now)
    return page(
        "secret.html",
        request=request,
        reader=actor,
        secret=once,
        title=("登録コード", "Enrolment code"),
        about=person,
        where="/enrol",
        back=f"/people/{person}",
    )


@post("/people/{person:str}/unlock")
async def unlock(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Let a person try again whom failures have locked."""
    await credentials.unlock(session, actor, person, now)
    return done(f"/people/{person}", "ロックを解除しました。", "Unlocked.")


@post("/people/{person:str}/disable")
async def disable(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Shut a person out at once."""
    await credentials.disable(session, actor, person, now)
    return done(
        f"/people/{person}", "停止しました。セッションも終わりました。", "Shut out; sessions have ended."
    )


@post("/people/{person:str}/enable")
async def enable(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Let a person in again."""
    await credentials.enable(session, actor, person, now)
    return done(f"/people/{person}", "再開しました。", "Let in again.")


@post("/people/{person:str}/pledges")
async def record_pledge(
    request: Request[Any, Any, Any],
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a signed pledge."""
    day = on_calendar(forms.day(request, "received_on"), "received_on")
    await registers.pledge(session, actor, person, day, forms.text(request, "reference", most=60), now)
    return done(f"/people/{person}", "誓約書を記録しました。", "The pledge is recorded.")


@post("/people/{person:str}/trainings")
async def record_training(
    request: Request[Any, Any, Any],
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a training that was attended."""
    held = on_calendar(forms.day(request, "held_on"), "held_on")
    until = on_calendar(forms.day(request, "valid_to"), "valid_to")
    topic, reference = (
        forms.text(request, "topic", most=100),
        forms.text(request, "training_reference", most=60),
    )
    await registers.training(session, actor, person, held, topic, until, reference, now)
    return done(f"/people/{person}", "研修を記録しました。", "The training is recorded.")


async def _choices(session: AsyncSession, own: str | None, lang: str) -> dict[str, Any]:
    known, couriers = await places.all_places(session), await places.couriers(session)
    homes = [(row["code"], row["name"]) for row in (*known, *couriers)]
    english = lang == "en"
    return {
        "sites": [(row["code"], row["name"]) for row in known if own in (None, row["code"])],
        "homes": homes,
        "names": dict(homes),
        "roles": [(role.value, words[english]) for role, words in speech.ROLES.items() if role in set(Role)],
        "employments": [(e, speech.spoken(e) if english else EMPLOYMENT_WORDS[e]) for e in EMPLOYMENTS],
        "employment_words": EMPLOYMENT_WORDS,
    }


router = Router(
    "/",
    route_handlers=[
        list_people,
        person_page,
        register,
        issue,
        unlock,
        disable,
        enable,
        record_pledge,
        record_training,
    ],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
