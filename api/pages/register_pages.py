"""The registers of who may carry and where cards may lie, and their papers P19, P20, P22."""

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
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor, may
from logistics.work import couriers, founding, people, places, premises, register_papers
from logistics.work import vault as keeping

PAPERS = ("P19", "P20", "P22")


@get("/registers")
async def registers_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Companies with consents and crews; rooms and vaults with their registrations."""
    permissions.require(reader, "see_registers")
    known, companies = await places.all_places(snapshot), await places.couriers(snapshot)
    crews = {row["code"]: await couriers.crew(snapshot, row["code"]) for row in companies}
    vaults = [
        {**vault, "place_name": place["name"]}
        for place in known
        for vault in await keeping.vaults(snapshot, place["code"])
    ]
    return page(
        "registers.html",
        request=request,
        reader=reader,
        today=business_date(now),
        couriers=companies,
        crews=crews,
        consents=await couriers.consents(snapshot),
        premises=await premises.registered(snapshot),
        vaults=vaults,
        sites=[(row["code"], row["name"]) for row in known],
        leaders=[
            (row["code"], f"{row['name']}（{row['code']}）")
            for row in await people.people(snapshot, None, "", 10_000)
            if row["role"] in permissions.LEADERS
        ],
        may_consent=may(reader, "register_consent"),
        may_premises=may(reader, "register_premises"),
        may_make=may(reader, "make_register_paper"),
        papers=PAPERS,
    )


@post("/registers/consents")
async def register_consent(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a consent: of a company that is known, or, with a name, of a new one."""
    start = on_calendar(forms.day(request, "valid_from"), "valid_from")
    end = on_calendar(forms.day(request, "valid_to"), "valid_to")
    number = forms.text(request, "number", most=60)
    what = (
        forms.text(request, "scope", most=200),
        forms.text(request, "contract", most=200),
        start,
        end,
        now,
    )
    if name := forms.optional(request, "company"):
        await founding.add_courier(session, actor, name, number, *what)
    else:
        courier = forms.code(request, "courier", CodeType.COURIER)
        await couriers.register(session, actor, number, courier, *what)
    return done("/registers", f"承諾 {number} を登録しました。", f"Consent {number} is registered.")


@post("/registers/premises")
async def register_premises(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a room or vault as registered with the city."""
    number = forms.text(request, "premises_number", most=60)
    vault = forms.optional(request, "vault") or None
    await premises.register(
        session,
        actor,
        number,
        forms.code(request, "place", CodeType.PLACE),
        forms.text(request, "room", most=100),
        vault,
        forms.text(request, "lock_type", most=100),
        forms.code(request, "key_holder", CodeType.PERSON),
        on_calendar(forms.day(request, "registered_on"), "registered_on"),
        now,
    )
    return done("/registers", f"届出 {number} を登録しました。", f"{number} is registered.")


@post("/registers/places")
async def add_place(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Add a site; its vaults and its people come afterwards."""
    code = await founding.add_place(
        session,
        actor,
        forms.text(request, "site_name", most=100),
        forms.text(request, "short_name", most=20),
        forms.text(request, "site_kind", most=20),
        forms.text(request, "address", most=200),
        forms.number(request, "windows", most=100),
        now,
    )
    return done(
        "/registers",
        f"拠点 {code} を追加しました。保管庫を追加して届け出、責任者を登録すると使えます。",
        f"Site {code} is added. Add and register its vault, and its leader; then it can be used.",
    )


@post("/registers/vaults")
async def add_vault(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Add a vault with its slots; it is registered afterwards."""
    code = await founding.add_vault(
        session,
        actor,
        forms.code(request, "vault_place", CodeType.PLACE),
        forms.text(request, "vault_name", most=60),
        forms.text(request, "vault_lock", most=100),
        forms.text(request, "purpose", most=20),
        forms.number(request, "shelves"),
        forms.number(request, "positions"),
        forms.number(request, "capacity"),
        now,
    )
    return done(
        "/registers",
        f"保管庫 {code} を追加しました。届出を登録すると使えます。",
        f"{code} is added; it may be used once it is registered.",
    )


@post("/registers/paper")
async def make_paper(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze a register as of today; its paper is then printed from the archive."""
    record: Any = await register_papers.freeze(
        session, actor, forms.text(request, "catalogue", most=4), business_date(now), now
    )
    return done(
        f"/papers/{record.number}",
        "名簿を作りました。ここから印刷します。",
        "It is made. Print it from here.",
    )


router = Router(
    "/",
    route_handlers=[registers_page, register_consent, register_premises, add_place, add_vault, make_paper],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
