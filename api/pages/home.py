"""The door: the page of whoever comes in, finding a thing by its code, and the switch of language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, messages, office_tasks, speech, tasks
from api.pages.html import page
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, type_of
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor, may, relations
from logistics.work import places, schedule, todo

ONE_YEAR = 31_536_000
# How many reports are announced, and for how long.
MOST_REPORTS, NEW_FOR = 6, timedelta(days=7)
# Where a code's page is.
PAGES = {
    CodeType.CARD: "/cards/{}",
    CodeType.BATCH: "/batches/{}",
    CodeType.BOX: "/boxes/{}",
    CodeType.ARRIVAL: "/arrivals/{}",
    CodeType.MANIFEST: "/receiving/{}",
    CodeType.RUN: "/runs/{}",
    CodeType.SLOT: "/slots/{}",
    CodeType.VAULT: "/vaults/{}",
    CodeType.DISCREPANCY: "/discrepancies/{}",
    CodeType.PICK_LIST: "/pick-lists/{}",
    CodeType.COUNT: "/counts/{}",
    CodeType.CASE: "/cases/{}",
    CodeType.INCIDENT: "/incidents/{}",
    CodeType.APPROVAL: "/approvals/{}",
    CodeType.PROPOSAL: "/disposal/{}",
    CodeType.SUCCESSION: "/successions/{}",
    CodeType.PERSON: "/people/{}",
    CodeType.DOCUMENT: "/papers/{}",
}


@get("/", guards=[auth.signed_in], name="home")
async def home(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What waits for the reader today."""
    today = business_date(now)
    calendar = await places.calendar(snapshot)
    return page(
        "home.html",
        request=request,
        reader=reader,
        today=today,
        place=await places.place(snapshot, reader.place) if reader.place else None,
        tasks=await office_tasks.tasks(snapshot, reader, now)
        + tasks.tasks(reader, await todo.waiting(snapshot, reader, today)),
        runs_today=calendar.is_run_day(today),
        next_run=calendar.next_run_day(today),
        reports=await _new_reports(snapshot, reader, now),
        titles=schedule.TITLES,
    )


async def _new_reports(session: AsyncSession, reader: Actor, now: datetime) -> list[dict[str, Any]]:
    """The reports that were made by themselves lately and are the reader's to read, the latest first."""
    if not may(reader, "make_report"):
        return []
    place = None if may(reader, "make_report", relations(reader)) else reader.place
    made = await schedule.made_for(session, place, MOST_REPORTS)
    return [one for one in made if one["made_at"] > now - NEW_FOR]


@get("/language/{lang:str}", opt=auth.PUBLIC)
async def switch(lang: FromPath[str], back: Annotated[str | None, QueryParameter()] = None) -> Redirect:
    """Back to the page, in another language from now on."""
    if lang not in speech.LANGUAGES:
        raise NotFound("language", lang[:8])
    answer = Redirect(messages.local(back), status_code=303)
    answer.set_cookie(speech.COOKIE, lang, path="/", max_age=ONE_YEAR, httponly=True, samesite="lax")
    return answer


@get("/find", guards=[auth.signed_in])
async def find(
    code: Annotated[str, QueryParameter(max_length=40)],
    reader: NamedDependency[Actor],
    snapshot: NamedDependency[AsyncSession],
) -> Redirect:
    """To the page of what a code stands for."""
    text = speech.folded(code)
    kind = type_of(text)
    if kind not in PAGES:
        raise InvalidValue("code", "is no code of a card, batch, box, slot or paper")
    return Redirect(PAGES[kind].format(text), status_code=303)


router = Router(
    "/",
    route_handlers=[home, switch, find],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
