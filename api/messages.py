"""What was told to the outside: the register on the screen, whether anything leaves by mail and webhook or not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.parameters import Limit
from api.problems import documented
from logistics.rules import permissions
from logistics.rules.permissions import Actor
from logistics.work import mailing


class MessageDelivery(wire.Output, frozen=True, kw_only=True):
    """How far the telling to one recipient has come; `said` is what the other side last answered."""

    channel: Literal["mail", "webhook"]
    recipient: str
    standing: Literal["waiting", "failing", "sent", "given_up"]
    tries: int
    sent_at: datetime | None
    next_try_at: datetime
    said: str | None


class Message(wire.Output, frozen=True, kw_only=True):
    """Something told. `uuid` is the mail's Message-ID and the webhook's id; `about` the number of what it tells of."""

    id: int
    uuid: UUID
    event: str
    about: str
    subject: str
    body: str
    created_at: datetime
    deliveries: list[MessageDelivery]


@get(
    "/messages",
    operation_id="listMessages",
    summary="What was told to the city, the latest first, and what of it has arrived",
    responses=documented(),
)
async def list_messages(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    about: Annotated[
        str | None,
        QueryParameter(pattern=r"^[0-9A-Za-z-]{1,40}$", description="Only of the thing with this number"),
    ] = None,
    before: Annotated[
        int, QueryParameter(ge=0, le=2**53, description="`id` of the last item before; 0 for the latest")
    ] = 0,
    limit: Limit = 100,
) -> list[Message]:
    permissions.require(reader, "see_messages")
    return wire.listed(await mailing.messages(snapshot, before, limit, about), Message)


router = Router("/", tags=["messages"], route_handlers=[list_messages])
