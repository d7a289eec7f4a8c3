"""Where is this card, and what happened to it: for whoever is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, parameters
from api.pages import faults
from api.pages.html import page
from api.parameters import CardPath
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import JAPANESE, Outcome
from logistics.rules.permissions import Actor
from logistics.rules.words import CARD_STATES, CARD_STEPS
from logistics.store.database import Database
from logistics.work import audit, custody, places

MOST_ENTRIES = 500


@dataclass(frozen=True)
class Moment:
    """One line of the timeline, in words."""

    at: datetime
    what: str
    state: str | None
    where: str
    by: str
    handed: str | None
    is_refusal: bool


@get("/cards/{card:str}", name="card")
async def card(
    request: Request[Any, Any, Any],
    card: CardPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The card's page."""
    known = await custody.card(snapshot, card)
    entries = await custody.of_card(snapshot, card, 0, MOST_ENTRIES)
    await audit.read_by_auditor(database, reader, "custody of a card", {"card": card}, len(entries), now)
    names = await _names(snapshot)
    return page(
        "card.html",
        request=request,
        card=known,
        state=CARD_STATES[CardState(known["state"])],
        destination=names.get(known["destination"], known["destination"]),
        steps=[CARD_STEPS[CardStep(step)] for step in known["possible_steps"]],
        moments=[_moment(entry, names) for entry in entries],
        is_cut=len(entries) == MOST_ENTRIES,
        reader=reader,
    )


async def _names(session: AsyncSession) -> Mapping[str, str]:
    """What places and couriers are called, by code."""
    known = [*await places.all_places(session), *await places.couriers(session)]
    return {row["code"]: row["name"] for row in known}


def _moment(entry: Mapping[str, Any], names: Mapping[str, str]) -> Moment:
    before, after = entry["from_party"], entry["to_party"]
    handed = f"{names.get(before, before)} → {names.get(after, after)}" if after and after != before else None
    return Moment(
        at=entry["occurred_at"],
        what=_what(entry),
        state=CARD_STATES[CardState(entry["to_state"])] if entry["to_state"] else None,
        where=names.get(entry["site"], entry["site"]),
        by=entry["actor_name"],
        handed=handed if before else None,
        is_refusal=entry["step"] is None,
    )


def _what(entry: Mapping[str, Any]) -> str:
    if entry["step"]:
        return CARD_STEPS[CardStep(entry["step"])]
    return f"読取り：{JAPANESE[Outcome(entry['outcome'])]}"


router = Router(
    "/",
    route_handlers=[card],
    guards=[auth.signed_in],
    before_request=parameters.check_codes,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
