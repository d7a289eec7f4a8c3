"""The counter: take out, put back, issue, undo; the city and back; what is in whose hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_counter
from api.answers import outcomes
from api.parameters import After, CardPath, Limit, PersonPath, PlaceQuery, SlotPath
from api.problems import documented
from api.seeing import own_or_all
from api.times import read_scans
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.work import city, counter, deposits, hands
from logistics.work.counter import IssueScan
from logistics.work.notice_numbers import NoticeHash, NoticeKey


@post(
    "/take-outs",
    operation_id="takeOut",
    summary="Scan cards out of their slots into the hand, for a purpose",
    description="One card at a time, unless a leader allowed more.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime),
)
async def take_out(
    data: JSONBody[wire_counter.TakeOutScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(data.scans, now)
    return outcomes(await counter.take_out(session, actor, data.purpose, data.pick_list, scans, now))


@post(
    "/slots/{slot:str}/put-backs",
    operation_id="putBack",
    summary="Scan cards from the hand back into a slot",
    description="What the person has in hand; a leader may put back for anybody.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime),
)
async def put_back(
    slot: SlotPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await counter.put_back(session, actor, slot, read_scans(data.scans, now), now))


@post(
    "/issues",
    operation_id="issueCards",
    summary="Hand cards over; the notice is held against the sleeve first",
    description="Where a notice's number is known by its hash, it is scanned too, or it is said why it is not there. A"
    " number that does not match is a hard stop: it is recorded, and the card goes out with its own notice or back"
    " into the vault. A deposited card is handed back, and a returned notice handed over, in the same way.",
    status_code=200,
    responses=documented(errors.FutureTime),
)
async def issue_cards(
    data: JSONBody[wire_counter.IssueScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(
        [wire.ScanIn(id=s.id, code=s.code, occurred_at=s.occurred_at) for s in data.scans], now
    )
    issued = [
        IssueScan(
            scan,
            hashed(notice_key, said.notice_number, f"scans[{n}].notice_number")
            if said.notice_number
            else None,
            said.without_notice,
        )
        for n, (said, scan) in enumerate(zip(data.scans, scans, strict=True))
    ]
    return outcomes(await counter.issue(session, actor, issued, now))


@post(
    "/cards/{card:str}/undo-issue",
    operation_id="undoIssue",
    summary="Undo an issue that was scanned by mistake",
    description="By a leader, who has the card in hand; the entry names the one that it corrects.",
    status_code=204,
    responses=documented(errors.NotFound, errors.StepRefused),
)
async def undo_issue(
    card: CardPath,
    data: JSONBody[wire_counter.UndoIssue],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await counter.undo_issue(session, actor, card, data.reason, now)


@post(
    "/people/{person:str}/hand-allowances",
    operation_id="allowHand",
    summary="Let a clerk have more than one card in hand for a while",
    status_code=204,
    responses=documented(errors.SecondPersonNeeded),
)
async def allow_hand(
    person: PersonPath,
    data: JSONBody[wire_counter.AllowHand],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await hands.allow(session, actor, person, data.cards, data.until, data.reason, now)


@get(
    "/hands",
    operation_id="listHands",
    summary="Every card in somebody's hand, the oldest first",
    responses=documented(errors.NotFound),
)
async def list_hands(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
) -> list[wire_counter.InHand]:
    where = await own_or_all(snapshot, reader, place)
    return wire.listed(await hands.hands(snapshot, where, now), wire_counter.InHand)


@post(
    "/city-handovers",
    operation_id="handToCity",
    summary="Hand cards with their papers to a city employee of the site",
    description="For agents, and where a PIN is entered by proxy (contract 8(3)ア(イ)). The cards are in the city's"
    " custody from then on; the slip is printed by its number.",
    status_code=200,
    responses=documented(errors.FutureTime),
)
async def hand_to_city(
    data: JSONBody[wire_counter.CityScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counter.HandedToCity:
    scans = read_scans(data.scans, now)
    answers, slip = await city.hand_to_city(session, actor, data.to, data.reason, scans, now)
    return wire_counter.HandedToCity(outcomes=outcomes(answers).outcomes, slip=slip)


@post(
    "/city-returns",
    operation_id="takeFromCity",
    summary="Take cards back from a city employee into the hand",
    status_code=200,
    responses=documented(errors.FutureTime),
)
async def take_from_city(
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await city.take_from_city(session, actor, read_scans(data.scans, now), now))


@get(
    "/city-handovers",
    operation_id="listCityHandOvers",
    summary="What was handed to city employees, and what has not come back",
    responses=documented(errors.NotFound),
)
async def list_city_handovers(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
    only_open: Annotated[
        bool, QueryParameter(name="open", description="Only what has not come back")
    ] = False,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counter.CityHandOver]:
    where = await own_or_all(snapshot, reader, place)
    rows = await city.handovers(snapshot, where, after, limit, now, only_open=only_open)
    return wire.paged(rows, wire_counter.CityHandOver, limit, "number")


@post(
    "/deposits",
    operation_id="takeDeposit",
    summary="Take cards into temporary custody (預り)",
    description="A holder's own card that stays overnight by exception, on a sleeve with a new control number.",
    status_code=200,
    responses=documented(errors.SupervisorNeeded, errors.CardsRefused),
)
async def take_deposit(
    data: JSONBody[wire_counter.Deposit],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counter.Deposited:
    receipt = await deposits.take_in(session, actor, data.cards, data.supervisor, data.reason, now)
    return wire_counter.Deposited(receipt=receipt, cards=data.cards)


def hashed(key: NoticeKey | None, number: str, field: str) -> NoticeHash:
    """The keyed hash of a notice's number; InvalidValue where this service has no key."""
    if key is None:
        raise errors.InvalidValue(field, "this service has no key for notices")
    return key.hash(number, field)


router = Router(
    "/",
    tags=["counter"],
    route_handlers=[
        take_out,
        put_back,
        issue_cards,
        undo_issue,
        allow_hand,
        list_hands,
        hand_to_city,
        take_from_city,
        list_city_handovers,
        take_deposit,
    ],
)
