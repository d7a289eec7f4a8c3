"""Where is this card, or this bag, and what happened to it; and what its reader may do with it next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import drawing, faults, forms, next_steps, scan_looks, speech
from api.pages.html import page
from api.pages.messages import done
from api.parameters import BatchPath, CardPath
from api.times import SKEW
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import BATCH, BatchState
from logistics.rules.outcomes import JAPANESE, Outcome
from logistics.rules.permissions import Actor, may, relations, require
from logistics.store.database import Database
from logistics.work import audit, batches, custody, places, provenance

MOST_ENTRIES, MOST_CARDS = 500, 500


@dataclass(frozen=True)
class Moment:
    """One line of the timeline, in words."""

    at: datetime
    recorded_at: datetime
    what: str
    state: str | None
    where: str
    by: str
    supervisor: str | None
    handed: str | None
    is_refusal: bool
    is_undo: bool

    @property
    def is_late(self) -> bool:
        """Whether it was recorded well after it occurred: by a device without a line."""
        return self.recorded_at - self.at > SKEW


@get("/cards/{card:str}", name="card")
async def card_page(
    request: Request[Any, Any, Any],
    card: CardPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The card's page."""
    known = await custody.card(snapshot, card)
    _require_sight(reader, "card", card, known)
    entries = await custody.of_card(snapshot, card, 0, MOST_ENTRIES)
    await audit.read_by_auditor(database, reader, "custody of a card", {"card": card}, len(entries), now)
    names = await _names(snapshot)
    lang = speech.language(request)
    moments = [_moment(entry, names, lang, speech.card_state) for entry in entries]
    return page(
        "card.html",
        request=request,
        reader=reader,
        card=known,
        names=names,
        steps=next_steps.of_card(known, reader),
        may_certify=may(reader, "ask"),
        moments=moments,
        way=drawing.way(_kept_by(entries, moments, names)),
        is_cut=len(entries) == MOST_ENTRIES,
    )


@get("/batches/{batch:str}", name="batch")
async def batch_page(
    request: Request[Any, Any, Any],
    batch: BatchPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """The bag's page: its seal, its cards, its way, and sealing it."""
    known = await batches.one(snapshot, batch)
    _require_sight(reader, "batch", batch, known)
    entries = await custody.of_batch(snapshot, batch, 0, MOST_ENTRIES)
    names = await _names(snapshot)
    lang = speech.language(request)
    steps = BATCH.steps_from(BatchState(known["state"]))
    return page(
        "batch.html",
        request=request,
        reader=reader,
        batch=known,
        names=names,
        cards=await custody.cards(snapshot, limit=MOST_CARDS, batch=batch),
        steps=next_steps.of_batch(known, steps, reader),
        moments=[_moment(entry, names, lang, speech.batch_state) for entry in entries],
        is_cut=len(entries) == MOST_ENTRIES,
    )


@post("/cards/{card:str}/certificate", opt=auth.RESOLVES)
async def certify(
    request: Request[Any, Any, Any],
    card: CardPath,
    database: NamedDependency[Database],
    vkey: NamedDependency[str | None],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze the card's whole history with its proof (P17); it is printed from the archive."""
    async with database.read() as snapshot:
        actor = await auth.provide_actor(request, snapshot)
        purpose = forms.text(request, "purpose", most=100)
        found = await provenance.read(snapshot, actor, card, purpose, vkey, now)
    async with database.begin() as session:
        record = await provenance.certify(session, actor, found, now)
    return done(
        f"/papers/{record.number}",
        f"来歴証明（P17）{record.number} を作りました。ここから印刷します。",
        f"Certificate P17 {record.number} is made. Print it from here.",
    )


def _require_sight(reader: Actor, what: str, code: str, thing: Mapping[str, Any]) -> None:
    """NotFound, as if there were none, for what is neither here, nor from here, nor on its way to here."""
    require(reader, "see")
    related = relations(
        reader, holder=thing["place"], receiver=thing["destination"], sender=thing["custodian"]
    )
    if not may(reader, "see", related):
        raise NotFound(what, code)


async def _names(session: AsyncSession) -> Mapping[str, str]:
    """What places and couriers are called, by code."""
    known: Sequence[Mapping[str, Any]] = [
        *await places.all_places(session),
        *await places.couriers(session),
    ]
    return {row["code"]: row["name"] for row in known}


def _moment(entry: Mapping[str, Any], names: Mapping[str, str], lang: str, state_of: Any) -> Moment:
    before, after = entry["from_party"], entry["to_party"]
    handed = f"{names.get(before, before)} → {names.get(after, after)}" if after and after != before else None
    return Moment(
        at=entry["occurred_at"],
        recorded_at=entry["recorded_at"],
        what=_what(entry, lang),
        state=state_of(entry["to_state"], lang) if entry["to_state"] else None,
        where=names.get(entry["site"], entry["site"]),
        by=entry["actor_name"],
        supervisor=entry["supervisor"],
        handed=handed if before else None,
        is_refusal=entry["step"] is None,
        is_undo=(entry["step"] or "").startswith("undo_"),
    )


def _kept_by(
    entries: Sequence[Mapping[str, Any]], moments: Sequence[Moment], names: Mapping[str, str]
) -> list[tuple[str, str, bool]]:
    """Who answered for the card after each of its entries, with what was done."""
    kept, keeper = [], ""
    for entry, moment in zip(entries, moments, strict=True):
        keeper = entry["to_party"] or keeper or entry["site"]
        kept.append((names.get(keeper, keeper), moment.what, moment.is_refusal))
    return kept


def _what(entry: Mapping[str, Any], lang: str) -> str:
    if entry["step"]:
        return speech.act(entry["step"], lang)
    outcome = Outcome(entry["outcome"])
    known = scan_looks.in_words()[outcome.value]
    return f"読取り：{JAPANESE[outcome]}" if lang == "ja" else f"Scanned: {known['sentence']}"


router = Router(
    "/",
    route_handlers=[card_page, batch_page, certify],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
