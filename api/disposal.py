"""Disposal: propose, decide, pick, destroy, certify. What is refused of it is recorded, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.certificate
import labels.proposal
from api import wire, wire_disposal
from api.answers import pdf
from api.parameters import After, Limit
from api.problems import documented
from api.times import on_calendar
from labels.signing import Press
from logistics.rules import errors, people_errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import deciding, documents, proposing, refusals

ProposalPath = Annotated[
    str, PathParameter(pattern=r"^W[0-9A-Z]{3,11}$", description="Number of a proposal, such as W08000001H")
]
# What an attempt to propose is about, before anything has a number; the entry names the cards that kept it from one.
NEW_PROPOSAL = "new"


@asynccontextmanager
async def recorded(
    database: Database, actor: Actor, act: str, proposal: str, now: datetime
) -> AsyncIterator[None]:
    """An attempt that is refused is a fact: it is one entry with its reason before its problem is answered."""
    try:
        yield
    except errors.NotAllowed as refusal:
        # Every refusal of a right is written down by one hook; it is told what this one was about.
        refusal.about = proposal
        raise
    except errors.DomainError as refusal:
        await refusals.note(database, actor, act, proposal, refusal, now)
        raise


@post(
    "/proposals",
    operation_id="propose",
    summary="Put candidates before the city (廃棄伺い P7)",
    description="All of them or none: each must be a candidate today, stored at the annex, held by nobody.",
    responses=documented(errors.CardsRefused, people_errors.ConfirmationNeeded),
)
async def propose(
    data: JSONBody[wire_disposal.NewProposal],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> wire_disposal.Proposal:
    async with recorded(database, actor, "propose", NEW_PROPOSAL, now):
        return _proposal(await proposing.propose(session, actor, data.cards, data.note, now))


@get("/proposals", operation_id="listProposals", summary="Proposals for disposal", responses=documented())
async def list_proposals(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_disposal.Proposal]:
    mine = permissions.scope(reader)
    rows = await proposing.page(snapshot, business_date(now), after=after, limit=limit, place=mine)
    return wire.paged(rows, wire_disposal.Proposal, limit)


@get(
    "/proposals/{proposal:str}",
    operation_id="getProposal",
    summary="A proposal: what the city is shown, what it decided, where the cards are",
    responses=documented(errors.NotFound),
)
async def get_proposal(
    proposal: ProposalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_disposal.Proposal:
    return _proposal(await proposing.one(snapshot, proposal, business_date(now)))


@get(
    "/proposals/{proposal:str}/cards",
    operation_id="listProposalCards",
    summary="The cards of a proposal as they stand",
    responses=documented(errors.NotFound),
)
async def list_proposal_cards(
    proposal: ProposalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    after: Annotated[
        int, QueryParameter(ge=0, le=2**31 - 1, description="`next` of the page before; 0 for the first")
    ] = 0,
    limit: Limit = 100,
) -> wire.Page[wire_disposal.ProposalCard]:
    await proposing.one(snapshot, proposal, business_date(now))
    rows = await proposing.page_of(snapshot, proposal, after, limit)
    return wire.paged(rows, wire_disposal.ProposalCard, limit, "position")


@post(
    "/proposals/{proposal:str}/ask",
    operation_id="askAgain",
    summary="Ask the city once more, after the last request expired",
    status_code=200,
    responses=documented(errors.NotFound, errors.ProposalNotReady, people_errors.ConfirmationNeeded),
)
async def ask_again(
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_disposal.Proposal:
    return _proposal(await proposing.ask_again(session, actor, proposal, now))


@post(
    "/proposals/{proposal:str}/decision",
    operation_id="decideProposal",
    summary="The city approves or refuses what it was shown",
    description="Another person than who proposed, in another session, who has just proved who they are.",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.ProposalNotReady,
        errors.CardsRefused,
        errors.SecondPersonNeeded,
        people_errors.ConfirmationNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def decide_proposal(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.Decide],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> wire_disposal.Proposal:
    due = data.certificate_due_on
    async with recorded(database, actor, "approve_disposal", proposal, now):
        return _proposal(
            await deciding.decide(
                session,
                actor,
                proposal,
                bytes.fromhex(data.sha256),
                approved=data.approved,
                reason=data.reason,
                witness_requested=data.witness_requested,
                photos_requested=data.photos_requested,
                certificate_due_on=on_calendar(due, "certificate_due_on") if due else None,
                now=now,
            )
        )


@post(
    "/proposals/{proposal:str}/withdrawals",
    operation_id="withdrawFromProposal",
    summary="Take cards off a proposal; they stay stored where they lie",
    status_code=200,
    responses=documented(errors.NotFound, errors.ProposalNotReady, errors.CardsRefused),
)
async def withdraw_from_proposal(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.Withdraw],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_disposal.Proposal:
    return _proposal(await deciding.withdraw(session, actor, proposal, data.cards, data.reason, now))


@get(
    "/proposals/{proposal:str}/proposal.pdf",
    operation_id="printProposal",
    summary="P7 廃棄伺い: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_proposal(
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    draw = press(labels.proposal.render)
    return pdf(await documents.print_paper(session, actor, proposal, draw, now, "P7"))


def _proposal(row: dict[str, Any]) -> wire_disposal.Proposal:
    return wire.listed([row], wire_disposal.Proposal)[0]


router = Router(
    "/",
    tags=["disposal"],
    route_handlers=[
        propose,
        list_proposals,
        get_proposal,
        list_proposal_cards,
        ask_again,
        decide_proposal,
        withdraw_from_proposal,
        print_proposal,
    ],
)
