"""Counts of the vaults: which are open, what a count found, what is due to be seen. The counting is on the scan page."""

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
from api.parameters import CountPath
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.counting import CountKind, CountState
from logistics.rules.jobs import NAMES, JobKind
from logistics.rules.permissions import Actor, Role, Where, may
from logistics.rules.vaulting import AlarmKind
from logistics.work import alarms, concluding, counter_progress, counts, jobs, people, sightings, vault
from logistics.work.counts import Opening
from logistics.work.job_kinds import Wanted

MOST, SHOWN = 200, 500
_RUNNING = (CountState.COUNTING, CountState.RECOUNTING)


@get("/counts")
async def list_counts(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Counts of the reader's place, the newest first; opening one; cards that nobody has seen for too long."""
    permissions.require(reader, "open_count")
    place = str(reader.place)
    term = await alarms.limit(snapshot, AlarmKind.UNSIGHTED, place, now)
    staff = await people.people(snapshot, place, "", MOST)
    return page(
        "counts.html",
        request=request,
        reader=reader,
        rows=await counts.latest(snapshot, place, MOST),
        vaults=[(row["code"], row["name"]) for row in await vault.vaults(snapshot, place)],
        due=await sightings.overdue(snapshot, place, now - term, "", SHOWN),
        term_days=term.days,
        seconds=[
            (p["code"], p["name"]) for p in staff if p["role"] != Role.CITY and p["code"] != reader.code
        ],
        bosses=[(p["code"], p["name"]) for p in staff if p["role"] == Role.CITY],
        is_site=reader.where is Where.SITE,
    )


@post("/counts")
async def open_count(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Open a count; on to its page."""
    chosen = forms.code(request, "vault", CodeType.VAULT)
    kind = forms.choice(request, "kind", CountKind)
    slots = forms.codes(request, "slots", CodeType.SLOT) if forms.optional(request, "slots") else []
    wanted = Opening(kind, slots, _person(request, "witness"), _person(request, "supervisor"))
    made = await counts.open_count(session, actor, chosen, wanted, now)
    return done(
        f"/counts/{made['code']}",
        f"棚卸し {made['code']} を始めました。あるはずの枚数は表示しません。棚ごとに数えてください。",
        f"Count {made['code']} is open. What is expected is not told: count slot by slot.",
    )


@get("/counts/{count:str}")
async def count_page(
    request: Request[Any, Any, Any],
    count: CountPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """A count and how far it is; what it found, once nobody counts any more."""
    known = await counts.one(snapshot, count)
    permissions.require_over(reader, "see", "count", count, holder=known["place"])
    own = known["place"] == reader.place
    running = known["state"] in _RUNNING
    is_first = known["counters"] is not None and reader.code in known["counters"]
    return page(
        "count.html",
        request=request,
        reader=reader,
        count=known,
        findings=[] if running else await concluding.result(snapshot, count),
        names=await counter_progress.slots_named(snapshot, known["slots"]),
        may_count=own and running and may(reader, "count"),
        other_needed=known["state"] is CountState.RECOUNTING and is_first,
        may_conclude=own and known["state"] is CountState.TO_CONCLUDE and may(reader, "close_count"),
        may_cancel=own and not known["how"] and may(reader, "close_count"),
    )


@post("/counts/{count:str}/finish")
async def finish(
    request: Request[Any, Any, Any],
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """End a round; of a large count beside the requests."""
    if await concluding.is_large(session, count):
        return await _beside(session, actor, Wanted(kind=JobKind.FINISH_COUNT, count=count), now)
    ended = await concluding.finish(session, actor, count, now)
    ja, en = _AFTER[ended["state"]]
    return done(f"/counts/{count}", ja, en)


_AFTER = {
    CountState.CONCLUDED: (
        "差異はありませんでした。棚卸しを確定しました。結果報告書（P6）を印刷できます。",
        "Nothing differs: the count is concluded. Print its report P6.",
    ),
    CountState.RECOUNTING: (
        "合わない棚があります。別の職員が、表示された棚を読み取って数え直してください。",
        "Some slots differ. Somebody else counts the slots named here again, by scan.",
    ),
    CountState.TO_CONCLUDE: (
        "計数を終えました。結果を確かめ、責任者が確定してください。",
        "The counting is over. Look at the findings; a leader concludes.",
    ),
}


@post("/counts/{count:str}/conclude")
async def conclude(
    request: Request[Any, Any, Any],
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Let the findings take effect; those of a large count beside the requests."""
    reason = forms.optional(request, "reason") or None
    if await concluding.is_large(session, count):
        wanted = Wanted(kind=JobKind.CONCLUDE_COUNT, count=count, reason=reason)
        return await _beside(session, actor, wanted, now)
    ended = await concluding.conclude(session, actor, count, reason, now)
    return done(
        f"/counts/{count}",
        f"棚卸しを確定しました（所在不明 {ended['missing']}、別の棚 {ended['misplaced']}、予定外 {ended['unexpected']}）。"
        "結果報告書（P6）を印刷してください。",
        f"Concluded: {ended['missing']} missing, {ended['misplaced']} misplaced, {ended['unexpected']} unexpected."
        " Print its report P6.",
    )


@post("/counts/{count:str}/cancel")
async def cancel(
    request: Request[Any, Any, Any],
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give a count up."""
    await counts.cancel(session, actor, count, forms.text(request, "why"), now)
    return done("/counts", f"棚卸し {count} を中止しました。", f"Count {count} is given up.")


async def _beside(session: AsyncSession, actor: Actor, wanted: Wanted, now: datetime) -> Redirect:
    job = await jobs.ask(session, actor, wanted, now)
    ja, en = NAMES[wanted.kind]
    return done(f"/reports/jobs/{job}", f"{ja}を受け付けました。", f"{en} is under way.")


def _person(request: Request[Any, Any, Any], name: str) -> str | None:
    return forms.code(request, name, CodeType.PERSON) if forms.optional(request, name) else None


router = Router(
    "/",
    route_handlers=[list_counts, open_count, count_page, finish, conclude, cancel],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
