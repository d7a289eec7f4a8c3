"""The scan page and what it asks: the page itself, the counts, news, the test barcode, the service worker."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import barcode
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import PASSIVE
from api.pages import ending_purposes, faults, scan_looks, vault_purposes
from api.pages.html import ASSETS, HEADERS, STATIC, VERSION, page
from api.pages.live import Hub
from api.pages.scan_purposes import OF_THE_WAY, Field, ScanPurpose, facts_in_words, following
from logistics.rules import permissions
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor, Role, Where
from logistics.work import people, places, progress, queues

# Upper and lower case, digits, the hyphen of a seal: what an input method, Caps Lock or another layout would change.
TEST_CODE = "TEST-AZ09-KS"
MOST_PEOPLE = 200
PURPOSES = {
    purpose.name: purpose
    for purpose in (*OF_THE_WAY, *vault_purposes.IN_THE_VAULT, *ending_purposes.AT_THE_END)
}

Subject = Annotated[
    str | None, QueryParameter(pattern=r"^[A-Z][0-9A-Z]{3,11}$", description="What is scanned against")
]


@get("/scan/{purpose:str}", guards=[auth.signed_in])
async def scan(
    request: Request[Any, Any, Any],
    purpose: FromPath[str],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """The scan page without a subject; on to the only one there is."""
    wanted = _purpose(purpose, reader)
    if wanted.name == "receive":
        found = await progress.receiving(snapshot, reader, None)
        if len(found.facts["manifests"]) == 1:
            return Redirect(f"/scan/receive/{found.facts['manifests'][0]}", status_code=303)
    return await _page(request, wanted, None, snapshot, reader, now)


@get("/scan/{purpose:str}/{subject:str}", guards=[auth.signed_in])
async def scan_against(
    request: Request[Any, Any, Any],
    purpose: FromPath[str],
    subject: FromPath[str],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The scan page for a box, a batch, a run, a manifest, a slot."""
    wanted = _purpose(purpose, reader)
    if wanted.subject_kind is None:
        raise NotFound("page", purpose)
    require(subject, wanted.subject_kind, "subject")
    await wanted.ask(snapshot, reader, subject)
    return await _page(request, wanted, subject, snapshot, reader, now)


@get("/scan/{purpose:str}/progress", guards=[auth.signed_in], opt=PASSIVE)
async def ask_progress(
    purpose: FromPath[str],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    subject: Subject = None,
    queue: Annotated[str | None, QueryParameter(pattern=r"^[0-9A-Z]{10}$")] = None,
) -> Response[dict[str, Any]]:
    """What is done, what is missing, and which numbers of the browser's queue never arrived."""
    wanted = _purpose(purpose, reader)
    if subject and wanted.subject_kind:
        require(subject, wanted.subject_kind, "subject")
    found = await wanted.ask(snapshot, reader, subject)
    names = await _names(snapshot)
    answer = {
        "title": subject or "",
        "done": found.done,
        "expected": found.expected,
        "left": found.left,
        "missing": [{"code": one.code, "note": one.note} for one in found.missing],
        "facts": facts_in_words(wanted, found, names) or vault_purposes.facts_in_words(found),
        "next": following(wanted, found)
        or vault_purposes.following(wanted, found)
        or ending_purposes.following(wanted, found),
        "gaps": await queues.gaps(snapshot, queue) if queue else [],
        "now": now.isoformat(),
    }
    return Response(answer, headers=HEADERS | {"Cache-Control": "no-store"})


@get("/scan/live", guards=[auth.signed_in], opt=PASSIVE)
async def live(
    hub: NamedDependency[Hub], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> ServerSentEvent:
    """A word whenever something was recorded at the reader's place."""

    async def words() -> AsyncIterator[dict[str, str]]:
        async for _ in hub.changes(reader.place):
            yield {"event": "changed", "data": "1"}

    return hub.stream(words())


@get("/scan/test-barcode", guards=[auth.signed_in])
async def test_barcode(
    request: Request[Any, Any, Any], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Response[str]:
    """The test barcode, to be printed and kept beside the scanner."""
    return page("test_barcode.html", request=request, reader=reader, bars=bars(TEST_CODE), code=TEST_CODE)


@get("/sw.js", opt=auth.PUBLIC)
async def service_worker() -> Response[bytes]:
    """The service worker, which keeps the scan pages; it stands at the root because it answers for what is below."""
    said = {"version": VERSION, "assets": sorted(ASSETS.values())}
    script = f"const KEPT = {json.dumps(said)};\n".encode() + (STATIC / "worker.js").read_bytes()
    headers = HEADERS | {"Cache-Control": "no-cache"}
    return Response(script, media_type="text/javascript", headers=headers)


def bars(text: str) -> list[tuple[int, int]]:
    """Code 128 of a text: position and width of every bar, in modules."""
    modules = barcode.get("code128", text).build()[0]
    found: list[tuple[int, int]] = []
    at = 0
    for run in modules.replace("01", "0 1").replace("10", "1 0").split():
        if run[0] == "1":
            found.append((at, len(run)))
        at += len(run)
    return found


def _purpose(name: str, reader: Actor) -> ScanPurpose:
    if name not in PURPOSES:
        raise NotFound("page", name[:20])
    permissions.require(reader, PURPOSES[name].act)
    return PURPOSES[name]


async def _page(
    request: Request[Any, Any, Any],
    wanted: ScanPurpose,
    subject: str | None,
    session: AsyncSession,
    reader: Actor,
    now: datetime,
) -> Response[str]:
    supervised = wanted.is_supervised and reader.where is Where.SITE
    staff = await people.people(session, reader.place, "", MOST_PEOPLE)
    config = {
        "purpose": wanted.name,
        "path": wanted.path,
        "subject": subject,
        "subjectKind": wanted.subject_kind or "",
        "subjectWord": wanted.subject_word,
        "subjectPrompt": wanted.subject_prompt,
        "subjectField": wanted.subject_field,
        "recordsSubject": wanted.records_subject,
        "spotKind": CodeType.SLOT if wanted.stands_at_slots else "",
        "tallyPath": wanted.tally_path,
        "sealedKind": wanted.sealed_kind or "",
        "pairedKind": wanted.paired_kind or "",
        "supervised": supervised,
        "offline": wanted.works_offline,
        "damage": wanted.can_be_damaged,
        "undo": wanted.can_be_undone,
        "prompt": wanted.prompt,
        "person": reader.code,
        "outcomes": scan_looks.in_words(),
        "places": await _names(session),
        "testCode": TEST_CODE,
    }
    return page(
        "scan.html",
        request=request,
        reader=reader,
        purpose=wanted,
        subject=subject,
        config=json.dumps(config, ensure_ascii=False),
        supervised=supervised,
        supervisors=_named(staff, "city"),
        fields=[_asked(field, staff, reader) for field in wanted.fields],
        bars=bars(TEST_CODE),
        code=TEST_CODE,
        now=now,
    )


def _named(staff: Sequence[Mapping[str, Any]], who: str) -> list[tuple[str, str]]:
    """City employees of a place, or everybody else there."""
    return [(row["code"], row["name"]) for row in staff if (row["role"] == Role.CITY) is (who == "city")]


def _asked(field: Field, staff: Sequence[Mapping[str, Any]], reader: Actor) -> Field:
    """A field with the people that can be chosen in it; nobody goes along with themselves."""
    if not field.people:
        return field
    return replace(field, options=tuple(one for one in _named(staff, field.people) if one[0] != reader.code))


async def _names(session: AsyncSession) -> Mapping[str, str]:
    return {row["code"]: row["short_name"] for row in await places.all_places(session)}


router = Router(
    "/",
    route_handlers=[scan, scan_against, ask_progress, live, test_barcode, service_worker],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
