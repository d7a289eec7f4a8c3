"""What is done to a proposal for disposal on its page: decided, withdrawn, destroyed under eyes, certified.

What is refused of it is recorded before the page says so, as on the API.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.attachments import taken_in
from api.disposal import ProposalPath, recorded
from api.guarding import READS_FILES
from api.pages import faults, forms
from api.pages.disposing import due_on
from api.pages.messages import done
from logistics.rules.calendar import business_date
from logistics.rules.disposal import Chip, Method
from logistics.rules.permissions import Actor
from logistics.rules.tokens import letters
from logistics.store.database import Database
from logistics.work import deciding, destroying, proposing
from logistics.work.cleaning import MOST_BYTES


@post("/disposal/{proposal:str}/decision")
async def decide(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Redirect:
    """The city approves what the page showed, or refuses it."""
    approved = not forms.optional(request, "refused")
    async with recorded(database, actor, "approve_disposal", proposal, now):
        await deciding.decide(
            session,
            actor,
            proposal,
            await _seen(request, session, proposal, now),
            approved=approved,
            reason=None if approved else forms.text(request, "reason", most=200),
            witness_requested=bool(forms.optional(request, "witness")),
            photos_requested=bool(forms.optional(request, "photos")),
            certificate_due_on=due_on(request) if approved else None,
            now=now,
        )
    if approved:
        return _back(
            proposal, "承認しました。分室が抜き取り、廃棄します。", "Approved. The annex picks and destroys."
        )
    return _back(proposal, "却下しました。カードは棚に残ります。", "Refused. The cards stay where they are.")


@post("/disposal/{proposal:str}/ask")
async def ask_again(
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask the city once more."""
    await proposing.ask_again(session, actor, proposal, now)
    return _back(proposal, "もう一度、本市に承認を求めました。", "The city is asked once more.")


@post("/disposal/{proposal:str}/withdrawals")
async def withdraw(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take everything off it that was not destroyed yet; it stays where it lies."""
    await deciding.withdraw(session, actor, proposal, [], forms.text(request, "why"), now)
    return _back(
        proposal, "取り下げました。カードは棚に残ります。", "Withdrawn. The cards stay where they are."
    )


@post("/disposal/{proposal:str}/destruction")
async def begin(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin to destroy what was counted out of the locked stock."""
    method, chip = forms.choice(request, "method", Method), forms.choice(request, "chip", Chip)
    machine, counted = forms.text(request, "machine", most=200), forms.number(request, "counted")
    async with recorded(database, actor, "begin_destruction", proposal, now):
        await destroying.begin(session, actor, proposal, method, chip, machine, counted, now)
    return _back(
        proposal,
        "廃棄作業を始めました。機械に入れるごとに 1 枚ずつ読み取ります。",
        "It has begun. Scan each card as it goes into the machine.",
    )


@post("/disposal/{proposal:str}/witness")
async def attend(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Redirect:
    """A city employee comes to witness, or leaves."""
    leaves = bool(forms.optional(request, "leaves"))
    async with recorded(database, actor, "witness", proposal, now):
        await destroying.attend(session, actor, proposal, not leaves, now)
    if leaves:
        return _back(proposal, "立会いを終えました。", "You no longer witness it.")
    return _back(
        proposal,
        "立会いを始めました。離れるときは終わりを記録してください。",
        "You witness it. Say so when you leave.",
    )


@post("/disposal/{proposal:str}/finish")
async def finish(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Redirect:
    """End the sitting; P8 is frozen for what was destroyed."""
    remaining = forms.number(request, "remaining")
    async with recorded(database, actor, "end_destruction", proposal, now):
        ended = await destroying.finish(session, actor, proposal, remaining, [], now)
    paper = f"廃棄証明書（P8）{ended['certificate']} を印刷してください。" if ended["certificate"] else ""
    return _back(
        proposal,
        f"廃棄作業を終えました（{ended['destroyed']} 枚）。{paper}",
        f"It is over: {ended['destroyed']} destroyed." + (" Print P8." if paper else ""),
    )


@post(
    "/disposal/{proposal:str}/files",
    request_max_body_size=MOST_BYTES + 1_000,
    opt=READS_FILES | auth.RESOLVES,
)
async def attach(
    request: Request[Any, Any, Any],
    proposal: ProposalPath,
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    name: Annotated[str, QueryParameter(min_length=1, max_length=200)],
) -> Redirect:
    """Attach a photo of the destruction, which is the body of the request."""
    row = await taken_in(request, database, "destruction", proposal, name, now)
    return _back(proposal, f"{row['name']} を添付しました。", f"{row['name']} is attached.")


async def _seen(
    request: Request[Any, Any, Any], session: AsyncSession, proposal: str, now: datetime
) -> bytes:
    """The digest of what the page showed, if that is what the form says; nothing's otherwise."""
    known = await proposing.one(session, proposal, business_date(now))
    digest = bytes.fromhex(known["sha256"] or "")
    return digest if forms.text(request, "seen", most=64) == letters(digest) else b""


def _back(proposal: str, ja: str, en: str) -> Redirect:
    return done(f"/disposal/{proposal}", ja, en)


router = Router(
    "/",
    route_handlers=[decide, ask_again, withdraw, begin, attend, finish, attach],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
