"""The end of the contract on pages: what is left where, its handing on, and P18 acknowledged by both sides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.successions import SuccessionPath
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor, Role, may
from logistics.rules.succeeding import Receiver, Side
from logistics.rules.tokens import letters
from logistics.work import people, succession_views, successions

MOST, MOST_PEOPLE, MOST_CARDS = 100, 10_000, 1_000
RECEIVERS = {Receiver.CONTRACTOR: ("次期受託者", "Next contractor"), Receiver.CITY: ("京都市", "The city")}
SIDES = {Side.GIVER: ("引渡者（受託者）", "Giver: contractor"), Side.TAKER: ("引受者", "Taker")}


@get("/successions")
async def list_successions(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """Every succession with how far it is, and opening one."""
    rows = await succession_views.page(snapshot, "", MOST, permissions.scope(reader, "make_report"))
    staff = await people.people(snapshot, None, "", MOST_PEOPLE) if may(reader, "hand_on") else []
    return page(
        "successions.html",
        request=request,
        reader=reader,
        rows=[_summed(row) for row in reversed(rows)],
        receivers=RECEIVERS,
        bosses=[(p["code"], f"{p['name']}（{p['code']}）") for p in staff if p["role"] == Role.CITY],
        may_open=may(reader, "hand_on") and all(row["ended_at"] for row in rows),
    )


@post("/successions")
async def open_succession(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin to hand everything on, as the city directed."""
    made = await successions.open_succession(
        session,
        actor,
        forms.choice(request, "receiver", Receiver),
        forms.text(request, "successor", most=200),
        forms.text(request, "reference", most=200),
        forms.code(request, "directed_by", CodeType.PERSON),
        now,
    )
    return done(
        f"/successions/{made['code']}",
        f"引継ぎ {made['code']} を始めました。いまある {made['cards']} 件を固定しました。",
        f"Succession {made['code']} has begun; the {made['cards']} in stock are frozen.",
    )


@get("/successions/{succession:str}")
async def succession_page(
    request: Request[Any, Any, Any],
    succession: SuccessionPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """A succession: what is left where, each thing that was in stock, and what its reader may do."""
    own = permissions.scope(reader, "make_report")
    known = _summed(await succession_views.one(snapshot, succession, own))
    going_on, signed = known["ended_at"] is None, known["acknowledged"]
    side = Side.GIVER if may(reader, "hand_on") else Side.TAKER
    may_sign = may(reader, "hand_on") or may(reader, "witness")
    return page(
        "succession.html",
        request=request,
        reader=reader,
        one=known,
        uncounted=await successions.uncounted(snapshot, str(reader.place), known["opened_at"])
        if going_on
        else None,
        cards=await succession_views.cards(snapshot, succession, "", MOST_CARDS, own),
        receivers=RECEIVERS,
        sides=SIDES,
        side=side,
        seen=letters(bytes.fromhex(known["sha256"])) if known["sha256"] else "",
        may_scan=going_on and may(reader, "transfer"),
        may_end=going_on and may(reader, "hand_on"),
        may_sign=known["document"] is not None and may_sign and side not in signed,
    )


@post("/successions/{succession:str}/conclude")
async def conclude(
    request: Request[Any, Any, Any],
    succession: SuccessionPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """End it, nothing being left; P18 is frozen."""
    ended = await successions.conclude(session, actor, succession, now)
    return done(
        f"/successions/{succession}",
        f"引継書（P18）{ended['document']} を作りました。印刷し、双方で確認してください。",
        f"P18 {ended['document']} is made. Print it; both sides acknowledge it.",
    )


@post("/successions/{succession:str}/give-up")
async def give_up(
    request: Request[Any, Any, Any],
    succession: SuccessionPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give it up, with a reason."""
    await successions.give_up(session, actor, succession, forms.text(request, "reason"), now)
    return done("/successions", f"引継ぎ {succession} を取りやめました。", f"{succession} is given up.")


@post("/successions/{succession:str}/acknowledge")
async def acknowledge(
    request: Request[Any, Any, Any],
    succession: SuccessionPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say for one side that P18 is right, as the page showed it."""
    side = forms.choice(request, "side", Side)
    known = await succession_views.one(session, succession)
    # In letters: a row of hexadecimal digits would now and then be taken for a My Number.
    is_seen = known["sha256"] and forms.text(request, "seen", most=64) == letters(
        bytes.fromhex(known["sha256"])
    )
    if known["sha256"] and not is_seen:
        raise InvalidValue("seen", "is not the record that the page showed. Open the page again")
    named = forms.text(request, "named", most=200)
    await successions.acknowledge(session, actor, succession, side, named, known["sha256"] or "", now)
    ja, en = SIDES[side]
    return done(f"/successions/{succession}", f"{ja}の確認を記録しました。", f"Acknowledged. {en}.")


def _summed(row: dict[str, Any]) -> dict[str, Any]:
    names = ("opening", "transferred", "destroyed", "issued", "missing", "left")
    return row | {"sums": {name: sum(place[name] for place in row["places"]) for name in names}}


router = Router(
    "/",
    route_handlers=[list_successions, open_succession, succession_page, conclude, give_up, acknowledge],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
