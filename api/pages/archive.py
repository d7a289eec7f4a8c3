"""The archive of papers: found by number, kind and day, printed again under the next copy number, and checked."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.checking
from api import archive, auth
from api.guarding import READS_PDF, is_pdf
from api.pages import faults, forms, speech
from api.pages.html import HEADERS, fragment, page
from api.pages.paper_words import PAPERS
from api.times import on_calendar
from labels.signing import Press
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.work import paper_search, places, verifying
from logistics.work.paper_search import Wanted

PER_PAGE = 50
Text = Annotated[str, QueryParameter(max_length=80)]


@get("/papers")
async def list_papers(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    q: Text = "",
    catalogue: Text = "",
    on: Text = "",
    before: Text = "",
) -> Response[str]:
    """Papers that the reader may see, newest first."""
    scope = permissions.scope(reader)
    code = speech.folded(q) or None
    wanted = Wanted(catalogue=catalogue or None, day=_day(on))
    rows = await _found(snapshot, wanted, code, scope, before or None)
    return page(
        "papers.html",
        request=request,
        reader=reader,
        rows=rows[:PER_PAGE],
        following=rows[PER_PAGE - 1]["number"] if len(rows) > PER_PAGE else None,
        names=await _names(snapshot),
        kinds=[(key, f"{key} {words[speech.language(request) == 'en']}") for key, words in PAPERS.items()],
        asked={"q": q, "catalogue": catalogue, "on": on},
    )


@get("/papers/{number:str}")
async def paper_page(
    request: Request[Any, Any, Any],
    number: FromPath[str],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """One paper with all its prints, and the way to the next."""
    known = await paper_search.one(snapshot, number)
    return page(
        "paper.html",
        request=request,
        reader=reader,
        paper=known,
        prints=await paper_search.prints(snapshot, number),
        names=await _names(snapshot),
        may_print=permissions.may(reader, "print")
        and (known["catalogue"] not in archive.REGISTERS or permissions.may(reader, "see_registers")),
    )


@get("/papers/{number:str}/paper.pdf", media_type="application/pdf")
async def print_paper(
    number: FromPath[str],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """The next print: the original the first time, then numbered reprints."""
    return await archive.printed(session, actor, press, number, now)


@post("/papers/verify", opt=READS_PDF, request_max_body_size=verifying.LARGEST_FILE, status_code=200)
async def verify(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    press: NamedDependency[Press],
) -> Response[str]:
    """Whether this very file was issued here, as a part of the page."""
    content = await request.body()
    if not is_pdf(request, content):
        raise ClientException("not a PDF", status_code=400)
    check = partial(labels.checking.check, trusted=press.trusted)
    verdict = await verifying.verify_document(snapshot, content, check)
    lang = speech.language(request)
    text = fragment("verdict.html", lang, verdict=verdict, reasons=verifying.REASONS)
    return Response(text, media_type="text/html", headers=HEADERS | {"Cache-Control": "no-store"})


async def _found(
    session: AsyncSession,
    wanted: Wanted,
    code: str | None,
    scope: str | None,
    before: str | None,
) -> list[dict[str, Any]]:
    """What fits; a code is a paper's own number, or else that of the thing it is about."""
    if code is None:
        return list(await paper_search.search(session, wanted, scope, PER_PAGE + 1, before))
    named = Wanted(code, wanted.catalogue, None, wanted.day)
    about = Wanted(None, wanted.catalogue, code, wanted.day)
    found = {
        row["number"]: row
        for one in (named, about)
        for row in await paper_search.search(session, one, scope, PER_PAGE + 1, before)
    }
    return sorted(found.values(), key=lambda row: (row["created_at"], row["number"]), reverse=True)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return on_calendar(date.fromisoformat(text), "on")
    except ValueError:
        raise InvalidValue("on", "is not a day such as 2026-04-01") from None


async def _names(session: AsyncSession) -> dict[str, str]:
    return {row["code"]: row["name"] for row in await places.all_places(session)}


router = Router(
    "/",
    route_handlers=[list_papers, paper_page, print_paper, verify],
    guards=[auth.signed_in],
    before_request=forms.read_form,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
