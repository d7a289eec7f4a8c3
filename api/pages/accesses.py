"""Who opened which vault, who was in its room: recording it, the register P16, openings that nothing explains.

The keys and the putting in another order of a vault, too: what is done to it beside its cards.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.csv_body import MOST_BYTES
from api.guarding import NAMES_MY_NUMBERS
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import VaultPath
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor, may
from logistics.work import access_lists, openings, people, places, rearranging, vault, vault_map
from logistics.work.rearranging import Counted

MOST = 1_000
Day = Annotated[date | None, QueryParameter(description="A day; without it, today")]
Number = Annotated[str | None, QueryParameter(pattern=r"^[A-Z][0-9A-Z]{3,11}$")]


@get("/accesses")
async def accesses(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    first: Day = None,
    last: Day = None,
    paper: Number = None,
) -> Response[str]:
    """Openings and stays at the reader's place."""
    permissions.require(reader, "see")
    place, today = str(reader.place), business_date(now)
    days = on_calendar(first or today, "first"), on_calendar(last or first or today, "last")
    found = await vault.vaults(snapshot, place)
    return page(
        "accesses.html",
        request=request,
        reader=reader,
        place=await places.place(snapshot, place),
        rows=await openings.accesses(snapshot, place, *days, 0, MOST, now),
        first=days[0],
        last=days[1],
        vaults={row["code"]: row["name"] for row in found},
        open_now={row["code"]: await vault_map.vault(snapshot, row["code"]) for row in found},
        staff=[(p["code"], p["name"]) for p in await people.people(snapshot, place, "", MOST)],
        may_open=may(reader, "open_vault"),
        may_report=may(reader, "make_report"),
        paper=paper,
    )


@post("/accesses/room")
async def room(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Somebody enters or leaves the room."""
    person = forms.code(request, "person", CodeType.PERSON)
    if forms.optional(request, "leaves"):
        await openings.leave_room(session, actor, person, now)
        return done("/accesses", "退室を記録しました。", "The leaving is recorded.")
    await openings.enter_room(session, actor, person, forms.optional(request, "reason") or None, now)
    return done("/accesses", "入室を記録しました。", "The entering is recorded.")


@post("/accesses", request_max_body_size=MOST_BYTES, opt=NAMES_MY_NUMBERS)
async def import_list(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in what a badge reader recorded, whole or not at all."""
    request.state[forms.TYPED] = {"back": "/accesses"}
    lines = await access_lists.import_list(session, actor, await request.body(), now)
    return done("/accesses", f"{lines} 行を取り込みました。", f"{lines} lines are in.")


@post("/accesses/register")
async def register(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze P16 of some days."""
    first, last = forms.day(request, "first"), forms.day(request, "last")
    days = on_calendar(first, "first"), on_calendar(last, "last")
    number = await access_lists.freeze_register(session, actor, str(actor.place), *days, now)
    return done(
        f"/accesses?first={first.isoformat()}&last={last.isoformat()}&paper={number}",
        f"入退室管理簿 {number} を作りました。印刷してください。",
        f"Register {number} is made. Print it.",
    )


@post("/vaults/{vault:str}/open")
async def open_vault(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A vault is opened."""
    holds = await openings.open_vault(session, actor, vault, forms.optional(request, "reason") or None, now)
    if holds is False:
        said = (
            "開扉を記録しました。あなたは鍵の保管者ではないため、その旨も記録しました。",
            "Recorded, and that you hold no key of it.",
        )
    else:
        said = ("開扉を記録しました。閉めたら施錠を記録してください。", "Recorded. Record its closing, too.")
    return done(f"/vaults/{vault}", *said)


@post("/vaults/{vault:str}/close")
async def close_vault(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A vault is closed and locked."""
    await openings.close_vault(session, actor, vault, now)
    return done(f"/vaults/{vault}", "施錠を記録しました。", "Its closing is recorded.")


@post("/vaults/{vault:str}/keys")
async def give_key(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give a key, or take one back."""
    holder = forms.code(request, "holder", CodeType.PERSON)
    if forms.optional(request, "returned"):
        await vault_map.take_key_back(session, actor, vault, holder, now)
        return done(f"/vaults/{vault}", "鍵の返却を記録しました。", "The key is back.")
    await vault_map.give_key(session, actor, vault, holder, now)
    return done(f"/vaults/{vault}", "鍵を渡した記録をしました。", "The key is given.")


@post("/vaults/{vault:str}/rearrangement")
async def rearrange(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin to put a vault in another order."""
    await rearranging.start(session, actor, vault, forms.text(request, "why"), now)
    return done(
        f"/vaults/{vault}",
        "棚の整理を始めました。移す先の棚番とカードを読み取り、最後に、触れた棚をすべて数えて終えます。",
        "Rearranging has begun. Scan each slot and the cards that go there; at the end count every slot that was touched.",
    )


@post("/vaults/{vault:str}/rearrangement/end")
async def end_rearranging(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """End it with a count of every slot that was touched."""
    going_on = await rearranging.under_way(session, vault)
    slots = going_on["slots"] if going_on else []
    counts = [Counted(slot, forms.number(request, f"count-{slot}", most=100_000)) for slot in slots]
    differing = forms.optional(request, "differing") or None
    ended = await rearranging.end(session, actor, vault, counts, differing, now)
    return done(
        f"/vaults/{vault}",
        f"棚の整理を終えました（{ended} 棚を計数）。",
        f"Rearranging is over; {ended} slots counted.",
    )


router = Router(
    "/",
    route_handlers=[
        accesses,
        room,
        import_list,
        register,
        open_vault,
        close_vault,
        give_key,
        rearrange,
        end_rearranging,
    ],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
