"""The counter: what is in whose hand, issuing, the city and back, temporary custody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.counter import hashed
from api.pages import faults, forms, scan_looks, speech
from api.pages.html import page
from api.pages.messages import done, told
from logistics.ledger.log import new_uuid
from logistics.rules import permissions
from logistics.rules.calendar import PlaceKind, business_date
from logistics.rules.codes import CodeType
from logistics.rules.outcomes import DONE, JAPANESE
from logistics.rules.permissions import Actor, Role, may
from logistics.rules.vaulting import SERVICES, WithoutNotice
from logistics.work import alarms, city, counter, deposits, hands, people, picks, places
from logistics.work.counter import IssueScan
from logistics.work.notice_numbers import NoticeKey
from logistics.work.scans import Scan

MOST = 200
WHY = {
    WithoutNotice.LOST: ("紛失", "Lost"),
    WithoutNotice.NOT_BROUGHT: ("持参なし", "Not brought"),
    WithoutNotice.UNREADABLE: ("読み取れない", "Unreadable"),
}
Number = Annotated[str | None, QueryParameter(pattern=r"^[A-Z][0-9A-Z]{3,11}$")]


@get("/counter")
async def counter_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    paper: Number = None,
) -> Response[str]:
    """What is in hand and with the city, today's pick lists, and what lasts too long."""
    permissions.require(reader, "take_out")
    place, today = str(reader.place), business_date(now)
    known = await places.place(snapshot, place)
    calendar = await places.calendar(snapshot)
    held = calendar.sessions(PlaceKind(known["kind"]), today, known["number"])
    staff = await people.people(snapshot, place, "", MOST)
    return page(
        "counter.html",
        request=request,
        reader=reader,
        today=today,
        hands=await hands.hands(snapshot, place, now),
        handovers=await city.handovers(snapshot, place, "", MOST, now, only_open=True),
        lists=await picks.pick_lists(snapshot, place, today, "", MOST),
        sessions=[(one.service.value, SERVICES[one.service.value]) for one in held],
        services=SERVICES,
        alarms=await alarms.alarms(snapshot, place, now),
        clerks=[(p["code"], p["name"]) for p in staff if p["role"] != Role.CITY and p["code"] != reader.code],
        bosses=[(p["code"], p["name"]) for p in staff if p["role"] == Role.CITY],
        paper=paper,
        may_allow=may(reader, "allow_hand"),
        may_keep=may(reader, "take_custody"),
        may_book=may(reader, "pick_list"),
        may_register_notice=may(reader, "register_notice"),
        may_hand=may(reader, "hand_to_city"),
    )


@post("/counter/allowance")
async def allow(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A leader lets a clerk have more than one card in hand for a while."""
    person = forms.code(request, "person", CodeType.PERSON)
    cards, until = forms.number(request, "cards", most=100), forms.today_at(request, "until", now)
    await hands.allow(session, actor, person, cards, until, forms.text(request, "reason"), now)
    return done(
        "/counter", f"{until:%-H:%M} まで {cards} 枚を許可しました。", f"{cards} cards until {until:%-H:%M}."
    )


@post("/counter/deposits")
async def deposit(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take cards into temporary custody; the receipt is to be printed and handed over."""
    cards = forms.codes(request, "cards", CodeType.CARD, most=20)
    boss = forms.code(request, "supervisor", CodeType.PERSON)
    number = await deposits.take_in(session, actor, cards, boss, forms.text(request, "reason"), now)
    return done(
        f"/counter?paper={number}",
        f"{len(cards)} 枚を預かりました。預り証 {number} を印刷して渡し、今日中に棚に納めてください。",
        f"{len(cards)} cards are in custody. Print receipt {number}, hand it over, and put the cards away today.",
    )


@get("/issue")
async def issue_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Hand a card over: the sleeve, then the notice."""
    permissions.require(reader, "issue")
    choose = speech.chooser(speech.language(request))
    mine = await hands.hands(snapshot, str(reader.place), now)
    return page(
        "issue.html",
        request=request,
        reader=reader,
        cards=[one for one in mine if reader.code == one["holder"]],
        without_words=[(known.value, choose(*words)) for known, words in WHY.items()],
        may_undo=may(reader, "undo_issue"),
    )


@post("/issue")
async def issue(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> Redirect:
    """Issue a card; what the scan came to is said in its own words. The notice's number is kept nowhere."""
    number = speech.folded(forms.take(request, "notice_number"))
    without = forms.optional(request, "without_notice")
    scan = Scan(new_uuid(), speech.folded(forms.text(request, "card", most=40)), now)
    said = IssueScan(
        scan,
        hashed(notice_key, number, "notice_number") if number else None,
        forms.choice(request, "without_notice", WithoutNotice) if without and not number else None,
    )
    (answer,) = await counter.issue(session, actor, [said], now)
    known = scan_looks.in_words()[answer.outcome.value]
    about = answer.code or ""
    return told(
        "/issue",
        f"{about} {JAPANESE[answer.outcome]}",
        f"{about} {known['sentence']}",
        is_fault=answer.outcome not in DONE,
    )


@post("/issue/undo")
async def undo_issue(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A leader takes a wrong issue back; the card is in hand again."""
    card = forms.code(request, "card_undone", CodeType.CARD)
    await counter.undo_issue(session, actor, card, forms.text(request, "reason"), now)
    return done(
        "/issue", f"{card} の交付を取り消しました。手元にあります。", f"The issue of {card} is undone."
    )


router = Router(
    "/",
    route_handlers=[counter_page, allow, deposit, issue_page, issue, undo_issue],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
