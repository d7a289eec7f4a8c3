"""The vault: placing and carrying cards, the map, keys, rearranging."""

from __future__ import annotations

from datetime import datetime

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_vault
from api.answers import outcomes
from api.parameters import PersonPath, SlotPath, VaultPath
from api.problems import documented
from api.times import read_scans
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.work import rearranging, vault, vault_map
from logistics.work.rearranging import Counted
from logistics.work.vault import Placement


@post(
    "/placements",
    operation_id="placeCards",
    summary="Scan each card and then its slot",
    description="As scanning cards into one slot, with a slot for each card; an outcome for each, in order.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime, errors.SupervisorNeeded),
)
async def place_cards(
    data: JSONBody[wire_vault.Placements],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(
        [wire.ScanIn(id=p.id, code=p.card, occurred_at=p.occurred_at) for p in data.placements],
        now,
        "placements",
    )
    placed = [Placement(p.slot, scan) for p, scan in zip(data.placements, scans, strict=True)]
    answers = await vault.place(session, actor, placed, data.supervisor, now)
    return outcomes(answers, "placements[{}].card")


@post(
    "/slots/{slot:str}/carries",
    operation_id="carryCards",
    summary="Scan cards carried from another vault of the site into a slot",
    description="Between the Center's 3F and 1F vaults: an act of its own, by two people.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime, errors.SecondPersonNeeded),
)
async def carry_cards(
    slot: SlotPath,
    data: JSONBody[wire_vault.CarryScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await vault.carry(session, actor, slot, read_scans(data.scans, now), data.second, now))


@post(
    "/slots/{slot:str}/counts",
    operation_id="countSlot",
    summary="Count the cards of one slot by hand",
    status_code=200,
    responses=documented(errors.NotFound),
)
async def count_slot(
    slot: SlotPath,
    data: JSONBody[wire_vault.CountSlot],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.SlotAgrees:
    return wire_vault.SlotAgrees(
        slot=slot, agrees=await rearranging.count(session, actor, slot, data.cards, now)
    )


@get(
    "/vaults/{vault:str}/map",
    operation_id="getVaultMap",
    summary="A vault as a map: every slot with how full it is and how old",
    responses=documented(errors.NotFound),
)
async def get_vault_map(
    vault: VaultPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.VaultMap:
    known = await vault_map.vault(snapshot, vault)
    permissions.require_over(reader, "see", "vault", vault, holder=known["place"])
    slots = await vault_map.slots(snapshot, vault, business_date(now))
    going_on = await rearranging.under_way(snapshot, vault)
    return wire_vault.VaultMap(
        **known,
        capacity=sum(slot["capacity"] for slot in slots),
        occupied=sum(slot["occupied"] for slot in slots),
        keys=wire.listed(await vault_map.keys(snapshot, vault), wire_vault.Key),
        rearranging=wire.listed([going_on], wire_vault.UnderWay)[0] if going_on else None,
        slots=wire.listed(slots, wire_vault.MapSlot),
    )


@post(
    "/vaults/{vault:str}/keys",
    operation_id="giveKey",
    summary="Give somebody a key of a vault",
    status_code=204,
    responses=documented(errors.NotFound, errors.AlreadyGoingOn),
)
async def give_key(
    vault: VaultPath,
    data: JSONBody[wire_vault.GiveKey],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await vault_map.give_key(session, actor, vault, data.holder, now)


@post(
    "/vaults/{vault:str}/keys/{person:str}/return",
    operation_id="returnKey",
    summary="Take a key of a vault back",
    status_code=204,
    responses=documented(errors.NotFound, errors.NothingGoingOn),
)
async def return_key(
    vault: VaultPath,
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await vault_map.take_key_back(session, actor, vault, person, now)


@post(
    "/vaults/{vault:str}/rearrangement",
    operation_id="startRearranging",
    summary="Begin to put a vault in another order",
    status_code=204,
    responses=documented(errors.NotFound, errors.AlreadyGoingOn),
)
async def start_rearranging(
    vault: VaultPath,
    data: JSONBody[wire_vault.StartRearranging],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await rearranging.start(session, actor, vault, data.reason, now)


@post(
    "/vaults/{vault:str}/rearrangement/end",
    operation_id="endRearranging",
    summary="End rearranging with a count of every slot that was touched",
    description="The recorded numbers are not told. Where a count stays different, a leader ends it with a reason, and"
    " the slot is an alarm until it has been counted again.",
    status_code=200,
    responses=documented(errors.NotFound, errors.NothingGoingOn, errors.RecountNeeded),
)
async def end_rearranging(
    vault: VaultPath,
    data: JSONBody[wire_vault.EndRearranging],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.RearrangingEnded:
    counts = [Counted(one.slot, one.cards) for one in data.counts]
    slots = await rearranging.end(session, actor, vault, counts, data.differing, now)
    return wire_vault.RearrangingEnded(vault=vault, slots=slots)


router = Router(
    "/",
    tags=["vault"],
    route_handlers=[
        place_cards,
        carry_cards,
        count_slot,
        get_vault_map,
        give_key,
        return_key,
        start_rearranging,
        end_rearranging,
    ],
)
