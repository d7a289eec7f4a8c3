"""Disposal on pages (廃棄): what could go, proposals, holds; a proposal's decision, its picks, the machine, P7 and P8."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.disposal import ProposalPath
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.disposal import CHIPS, METHODS, Chip, Method
from logistics.rules.permissions import Actor, may
from logistics.rules.retention import Clock, Requester
from logistics.rules.tokens import letters
from logistics.work import (
    attachments,
    candidates,
    disposal_views,
    people,
    picking,
    places,
    proposing,
    retaining,
)
from logistics.work.approvals import CONFIRMED_MINUTES

MOST = 500
STANDING = {
    "waiting": ("wait", "本市の承認待ち", "Waits for the city"),
    "approved": ("move", "承認済・作業中", "Approved, under way"),
    "refused": ("none", "却下", "Refused"),
    "withdrawn": ("none", "取下げ", "Withdrawn"),
    "done": ("done", "廃棄済", "Destroyed"),
}
OBSTACLES = {
    None: ("なし", "None"),
    "on_hold": ("廃棄留保中", "Held"),
    "proposed": ("伺い中", "On a proposal"),
    "not_at_annex": ("分室にない", "Not at the annex"),
    "not_stored": ("棚に入っていない", "In no slot"),
}
REQUESTERS = {
    Requester.HOLDER: ("本人", "The holder"),
    Requester.PROXY: ("代理人", "An agent"),
    Requester.CITY: ("本市", "The city"),
    Requester.AUTHORITY: ("公的機関", "An authority"),
}
METHOD_ENGLISH = {Method.SHRED: "Shred", Method.DISSOLVE: "Dissolve", Method.INCINERATE: "Incinerate"}
CHIP_ENGLISH = {
    Chip.PUNCHED: "Punched",
    Chip.SHREDDED: "Shredded",
    Chip.DISSOLVED: "Dissolved",
    Chip.BURNT: "Burnt",
    Chip.NO_CHIP: "No chip: paper",
}


@get("/disposal")
async def disposal_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    due: Annotated[bool, QueryParameter(description="With who could go today")] = False,
) -> Response[str]:
    """Proposals, what waits in the locked stock, what is held; who could go, where it is asked for."""
    permissions.require(reader, "see")
    today, mine = business_date(now), permissions.scope(reader)
    found = await candidates.candidates(snapshot, today, limit=MOST, place=mine) if due else None
    return page(
        "disposal.html",
        request=request,
        reader=reader,
        today=today,
        rows=(await proposing.page(snapshot, today, limit=MOST, place=mine))[::-1],
        stock=await picking.stock(snapshot, now, "", MOST, mine),
        holds=await retaining.holds(snapshot, limit=MOST, on=today, scope=mine),
        candidates=found,
        names={row["code"]: row["short_name"] for row in await places.all_places(snapshot)},
        standing=STANDING,
        obstacles=OBSTACLES,
        requesters=REQUESTERS,
        until=today + timedelta(days=90),
        may_propose=may(reader, "propose"),
        may_hold=may(reader, "hold_disposal"),
        may_release=may(reader, "release_disposal"),
        may_block=may(reader, "block"),
    )


@post("/disposal")
async def propose(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Put the cards that were ticked before the city."""
    ticked = [name.removeprefix("card-") for name in request.state[forms.TYPED] if name.startswith("card-")]
    cards = [require(card, CodeType.CARD, "cards") for card in ticked]
    made = await proposing.propose(session, actor, cards, forms.text(request, "note", most=200), now)
    return done(
        f"/disposal/{made['code']}",
        f"廃棄伺い {made['code']} を作り、本市に承認を求めました。P7 を印刷してください。",
        f"Proposal {made['code']} is made and the city is asked. Print P7.",
    )


@post("/disposal/holds")
async def hold(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep a card from disposal until a day."""
    card = forms.code(request, "card", CodeType.CARD)
    requester = forms.choice(request, "requester", Requester)
    until = on_calendar(forms.day(request, "until"), "until")
    await retaining.hold(session, actor, card, forms.text(request, "reason"), requester, until, now)
    return done("/disposal", f"{card} を廃棄留保にしました。", f"{card} is held from disposal.")


@post("/disposal/releases")
async def release(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The city ends a hold before its day."""
    number = forms.code(request, "hold", CodeType.HOLD)
    await retaining.release(session, actor, number, forms.text(request, "why"), now)
    return done("/disposal", f"廃棄留保 {number} を解きました。", f"Hold {number} is released.")


@post("/disposal/blocks")
async def block(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The city says that cards are no longer valid, from a day on: they may go."""
    cards = forms.codes(request, "blocked", CodeType.CARD)
    day = on_calendar(forms.day(request, "day"), "day")
    reason = forms.text(request, "block_reason")
    count = await retaining.tell(session, actor, Clock.BLOCKED_ON, cards, day, reason, now)
    return done("/disposal?due=true", f"{count} 件の失効を記録しました。", f"{count} are blocked.")


@get("/disposal/{proposal:str}")
async def proposal_page(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """One proposal: what the city is shown and decided, where its cards are, and what its reader does next."""
    permissions.require(reader, "see")
    today = business_date(now)
    known = await proposing.one(snapshot, proposal, today)
    going_on = await disposal_views.sitting(snapshot, proposal)
    persons = [one for one in (known["proposed_by"], known["decided_by"]) if one]
    actors = await people.actors(snapshot, persons)
    here = known["place"] == reader.place
    return page(
        "proposal.html",
        request=request,
        reader=reader,
        today=today,
        one=known,
        cards=await proposing.cards_of(snapshot, proposal),
        sitting=going_on,
        files=await attachments.listed(snapshot, reader, "destruction", proposal),
        persons={code: actor.name for code, actor in actors.items()},
        standing=STANDING,
        methods=[(known.value, (words, METHOD_ENGLISH[known])) for known, words in METHODS.items()],
        chips=[(known.value, (words, CHIP_ENGLISH[known])) for known, words in CHIPS.items()],
        seen=letters(bytes.fromhex(known["sha256"])) if known["sha256"] else "",
        is_fresh=_is_fresh(reader, now),
        is_witness=going_on is not None and any(one["code"] == reader.code for one in going_on["witnesses"]),
        may_decide=known["standing"] == "waiting" and may(reader, "approve_disposal"),
        may_ask=here and known["standing"] == "waiting" and may(reader, "propose"),
        may_withdraw=here and known["standing"] in ("waiting", "approved") and may(reader, "withdraw"),
        may_pick=here and bool(known["approved_cards"]) and may(reader, "pick"),
        may_destroy=here and may(reader, "destroy"),
        may_witness=may(reader, "witness"),
        may_attach=bool(going_on) and may(reader, "attach"),
    )


def _is_fresh(reader: Actor, now: datetime) -> bool:
    """Whether who reads proved lately who that is: a decision needs it."""
    at = reader.confirmed_at
    return at is not None and now <= at + timedelta(minutes=CONFIRMED_MINUTES)


def due_on(request: Request[Any, Any, Any]) -> date | None:
    """The day by which the city wants the certificate, if it names one."""
    if not forms.optional(request, "certificate_due_on"):
        return None
    return on_calendar(forms.day(request, "certificate_due_on"), "certificate_due_on")


router = Router(
    "/",
    route_handlers=[disposal_page, propose, hold, release, block, proposal_page],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
