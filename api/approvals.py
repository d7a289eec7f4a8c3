"""Four eyes: ask for an approval, see what waits, approve or refuse what was shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.parameters import After, ApprovalPath, Limit
from api.problems import documented
from logistics.rules import errors, people_errors
from logistics.rules.permissions import Actor
from logistics.work import approvable, approvals

Detail = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\u0000]*$")]


class AskApproval(wire.Input, frozen=True, kw_only=True):
    """An act that needs a second person: its name, what it is about, and what it will be told besides."""

    act: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z_]+$", examples=["unseal"])]
    subject: Annotated[str, Meta(min_length=1, max_length=60, pattern="^[0-9A-Za-z._-]+$", examples=["log"])]
    details: Annotated[
        dict[Annotated[str, Meta(max_length=40, pattern="^[a-z_]+$", examples=["reason"])], Detail],
        Meta(max_length=20),
    ] = msgspec.field(default_factory=dict)
    reason: wire.Reason


class Approve(wire.Input, frozen=True, kw_only=True):
    """The hash of what the approver has before him: an approval of anything else counts for nothing."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("sha256",)

    sha256: wire.Digest


class RefuseApproval(wire.Input, frozen=True, kw_only=True):
    """The hash of what is refused, and why."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("sha256",)

    sha256: wire.Digest
    reason: wire.Reason


class Approval(wire.Output, frozen=True, kw_only=True):
    """A request with what became of it. `shown` is JSON as text: exactly what was hashed."""

    code: str
    act: str
    subject: str
    place: str
    shown: str
    sha256: str
    reason: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    approved: bool | None
    decision_reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    used_at: datetime | None


@post(
    "/approvals",
    operation_id="requestApproval",
    summary="Ask a second person to approve an act",
    description="The act is then done with the approval's id, within 30 minutes, once.",
    responses=documented(errors.NotFound, people_errors.ConfirmationNeeded),
)
async def request_approval(
    data: JSONBody[AskApproval],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Approval:
    asked = await approvable.request(session, actor, data.act, data.subject, data.details, data.reason, now)
    return _out(asked)


@get(
    "/approvals",
    operation_id="listApprovals",
    summary="What waits for a second person: of the caller's place, or for the caller to approve",
    responses=documented(),
)
async def list_approvals(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[Approval]:
    found = [_out(one) for one in await approvals.waiting(snapshot, reader, now, limit, after)]
    return wire.Page(items=found, next=found[-1].code if len(found) == limit else None)


@get(
    "/approvals/{approval:str}",
    operation_id="getApproval",
    summary="A request, with exactly what is to be approved",
    responses=documented(errors.NotFound),
)
async def get_approval(
    approval: ApprovalPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Approval:
    return _out(await approvals.one(snapshot, reader, approval))


@post(
    "/approvals/{approval:str}/approve",
    operation_id="approve",
    summary="Approve what was shown",
    description="By another person in another session, who signed in or confirmed it in the last five minutes.",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.SecondPersonNeeded,
        people_errors.ConfirmationNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def approve(
    approval: ApprovalPath,
    data: JSONBody[Approve],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Approval:
    return _out(await approvals.decide(session, actor, approval, bytes.fromhex(data.sha256), True, now))


@post(
    "/approvals/{approval:str}/refuse",
    operation_id="refuseApproval",
    summary="Refuse what was shown, with a reason",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.SecondPersonNeeded,
        people_errors.ConfirmationNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def refuse_approval(
    approval: ApprovalPath,
    data: JSONBody[RefuseApproval],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Approval:
    digest = bytes.fromhex(data.sha256)
    return _out(await approvals.decide(session, actor, approval, digest, False, now, data.reason))


def _out(found: approvals.Approval) -> Approval:
    said: dict[str, Any] = {
        name: getattr(found, name) for name in Approval.__struct_fields__ if name != "sha256"
    }
    return msgspec.convert({**said, "sha256": found.digest.hex()}, Approval)


router = Router(
    "/",
    tags=["approvals"],
    route_handlers=[request_approval, list_approvals, get_approval, approve, refuse_approval],
)
