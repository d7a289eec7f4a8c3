"""What forms on an incident's page do: write into its course, add, issue, send back, close, attach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.attachments import taken_in
from api.guarding import READS_FILES
from api.pages import faults, forms
from api.pages.incident_words import REPORT_WORDS
from api.pages.messages import done
from api.pages.speech import folded
from api.parameters import IncidentPath
from logistics.rules.calendar import JST
from logistics.rules.codes import require, type_of
from logistics.rules.errors import InvalidValue
from logistics.rules.incidents import DECIDED, ITEM_TYPES, WRITTEN, EventKind
from logistics.rules.lifecycle import IncidentStep
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import incident_course, incident_papers
from logistics.work.cleaning import MOST_BYTES
from logistics.work.incidents import Item

MOST_ITEMS = 500
_PINS = {"": None, "yes": True, "no": False}


@post("/incidents/{incident:str}/course")
async def write_course(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write something into the course."""
    kind = forms.text(request, "kind", most=40)
    if kind not in {one.value for one in WRITTEN}:
        raise InvalidValue("kind", "is nothing that is written into a course")
    said = forms.optional(request, "decided") if EventKind(kind) in DECIDED else ""
    await incident_course.write(
        session,
        actor,
        incident,
        EventKind(kind),
        forms.text(request, "words", most=2_000),
        now,
        whom=(forms.optional(request, "whom") or None) if kind == EventKind.TOLD_CITY else None,
        decided=_PINS.get(said),
    )
    return _back(incident, "経過を記録しました。", "It is in the course.")


@post("/incidents/{incident:str}/items")
async def add_items(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say what else it concerns, or what is known of a PIN."""
    words = forms.text(request, "words")
    await incident_course.add_items(session, actor, incident, items_of(request), words, now)
    return _back(incident, "対象を記録しました。", "Recorded.")


@post("/incidents/{incident:str}/actions")
async def add_action(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say what is to be done."""
    responsible = folded(forms.text(request, "responsible", most=12))
    what, due = forms.text(request, "what", most=2_000), forms.day(request, "due_on")
    await incident_course.add_action(session, actor, incident, what, responsible, due, now)
    return _back(incident, "実施項目を登録しました。", "The action is on the list.")


@post("/incidents/{incident:str}/actions/{position:int}/end")
async def end_action(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    position: FromPath[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say that it was done, or is dropped."""
    how, words = forms.text(request, "how", most=10), forms.text(request, "words")
    await incident_course.end_action(session, actor, incident, position, how, words, now)
    return _back(incident, "実施項目を終えました。", "The action has ended.")


@post("/incidents/{incident:str}/reports")
async def issue_report(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Issue P9."""
    stage = forms.text(request, "stage", most=20)
    if stage not in REPORT_WORDS:
        raise InvalidValue("stage", "is no report")
    row = await incident_papers.issue(session, actor, incident, IncidentStep(stage), now)
    return _back(
        incident, f"事故報告書 {row['document']} を作成しました。", f"Report {row['document']} is made."
    )


@post("/incidents/{incident:str}/send-back")
async def send_back(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The city wants to know more."""
    await incident_course.send_back(session, actor, incident, forms.text(request, "words"), now)
    return _back(incident, "差し戻しました。", "It was sent back.")


@post("/incidents/{incident:str}/close")
async def close(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Close it with the city's approval."""
    approval = folded(forms.optional(request, "approval")) or None
    words = forms.text(request, "words")
    await incident_course.close(session, actor, incident, words, approval, now)
    return _back(incident, "終結しました。", "It is closed.")


@post(
    "/incidents/{incident:str}/files",
    request_max_body_size=MOST_BYTES + 1_000,
    opt=READS_FILES | auth.RESOLVES,
)
async def attach(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    name: Annotated[str, QueryParameter(min_length=1, max_length=200)],
) -> Redirect:
    """Attach the file that is the body of the request."""
    row = await taken_in(request, database, "incident", incident, name, now)
    return _back(incident, f"{row['name']} を添付しました。", f"{row['name']} is attached.")


def _back(incident: str, ja: str, en: str) -> Redirect:
    return done(f"/incidents/{incident}", ja, en)


def items_of(request: Request[Any, Any, Any]) -> Sequence[Item]:
    """What the form says an incident concerns, one code a line, with one word on the PIN. InvalidValue."""
    pins = forms.optional(request, "pin_set")
    if pins not in _PINS:
        raise InvalidValue("pin_set", "must be yes, no or nothing")
    typed = forms.optional(request, "items").replace(",", " ").replace("、", " ").split()
    if len(typed) > MOST_ITEMS:
        raise InvalidValue("items", f"are more than {MOST_ITEMS}")
    items = []
    for text in dict.fromkeys(folded(one) for one in typed):
        kind = type_of(text)
        if kind is None or kind not in ITEM_TYPES:
            raise InvalidValue("items", "holds a text that is no control number")
        require(text, kind, "items")
        items.append(Item(text, _PINS[pins] if text.startswith("C") else None))
    return items


def moment_of(request: Request[Any, Any, Any], name: str) -> datetime:
    """A time of the form, in Japan where it names no zone. InvalidValue."""
    try:
        at = datetime.fromisoformat(forms.text(request, name, most=25))
    except ValueError:
        raise InvalidValue(name, "is no time such as 2026-04-01T09:00") from None
    return at if at.tzinfo else at.replace(tzinfo=JST)


router = Router(
    "/",
    route_handlers=[
        write_course,
        add_items,
        add_action,
        end_action,
        issue_report,
        send_back,
        close,
        attach,
    ],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
