"""Four eyes on pages: ask a second person, see exactly what is to be approved, approve or refuse it, then do it.

Who approves is somebody else, in a session of his own, and has proved who he is within five minutes; where that is
longer ago the page asks for password and code first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import door_of
from api.pages import faults, forms, messages, shown_words, speech
from api.pages.html import page
from api.pages.messages import done
from api.parameters import ApprovalPath, check_codes
from api.sessions import personal
from logistics.rules.access_errors import SignInFailed, TryLater
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.outcomes import DONE, JAPANESE
from logistics.rules.permissions import ACTS, Actor, may
from logistics.rules.tokens import letters
from logistics.work import (
    approvable,
    approval_lists,
    approvals,
    manual_entries,
    people,
    places,
    registers,
    sign_in,
)
from logistics.work.approvals import CONFIRMED_MINUTES, Approval
from logistics.work.manual_entries import Typed

MOST = 100
# What can be asked for from the page itself, and where it is done once it is approved.
ASKED_HERE: Mapping[str, tuple[CodeType, str]] = {
    "unseal": (CodeType.BATCH, "/batches/{}"),
    "write_off": (CodeType.DISCREPANCY, "/discrepancies/{}"),
    "confirm_lost": (CodeType.CASE, "/cases/{}"),
    "close_incident": (CodeType.INCIDENT, "/incidents/{}"),
}
# What is decided where more is said with the decision.
DECIDED_THERE: Mapping[str, str] = {"propose": "/disposal/{}"}
WORDS: Mapping[str, tuple[str, str]] = {
    "unseal": ("封印した袋の開封", "Open a sealed bag"),
    "write_off": ("カードのない差異の終了", "End a difference without its card"),
    "confirm_lost": ("紛失の確定", "Give a card up as lost"),
    "close_incident": ("事故の終結", "Close an incident"),
    "propose": ("廃棄伺い", "Proposal of disposal"),
    "export": ("来歴の書出し", "Export of the log"),
    "register_person": ("従事者の登録・変更", "A row of the register of people"),
    "enter_manually": ("読取りによらない手入力", "Entry without a scan"),
}


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both proofs of who one is, and the session's token."""

    csrf: str
    password: str = ""
    code: str = ""
    next: str = ""


@get("/approvals")
async def list_approvals(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What waits for a second person, what the reader asked for, and asking."""
    waiting = await approvals.waiting(snapshot, reader, now, MOST)
    return page(
        "approvals.html",
        request=request,
        reader=reader,
        waiting=[_row(found, reader) for found in waiting],
        mine=await approval_lists.mine(snapshot, reader, now, MOST),
        words=WORDS,
        kinds=[act for act in ASKED_HERE if may(reader, act)],
        may_enter=may(reader, manual_entries.ACT),
    )


@post("/approvals/request")
async def ask(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask a second person for one of the acts that this page knows."""
    act = forms.text(request, "act", most=40)
    if act not in ASKED_HERE:
        raise InvalidValue("act", f"must be one of {', '.join(ASKED_HERE)}")
    subject = forms.code(request, "subject", ASKED_HERE[act][0])
    reason = forms.text(request, "reason")
    return asked(await approvable.request(session, actor, act, subject, {"reason": reason}, reason, now))


@get("/approvals/{approval:str}")
async def approval_page(
    request: Request[Any, Any, Any],
    approval: ApprovalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """One request, with exactly what is to be approved, and what the reader may do about it."""
    found = await approvals.one(snapshot, reader, approval)
    row = _row(found, reader)
    row["stands"] = approval_lists.stands(asdict(found), now)
    shown = {name: value for name, value in row["shown"].items() if name not in ("act", "subject")}
    confirmed = reader.confirmed_at
    is_fresh = confirmed is not None and now <= confirmed + timedelta(minutes=CONFIRMED_MINUTES)
    known = await places.all_places(snapshot)
    seen_by = (shown.get("last_seen_by"), shown.get("supervisor"), shown.get("deputises"))
    persons = [one for one in (found.requested_by, found.decided_by, *seen_by) if one]
    actors = await people.actors(snapshot, persons)
    names = {row["code"]: row["name"] for row in known} | {code: a.name for code, a in actors.items()}
    names |= {kind["code"]: kind["name"] for kind in await places.kinds(snapshot)}
    return page(
        "approval.html",
        request=request,
        reader=reader,
        asked=row,
        words=WORDS,
        shown=shown_words.in_words(shown, names, speech.language(request)),
        names=names,
        is_fresh=is_fresh,
        is_mine=found.requested_by == reader.code,
        does_here=found.act in _DOES,
        there=ASKED_HERE[found.act][1].format(found.subject) if found.act in ASKED_HERE else None,
        decided_at=_decided_at(found),
    )


@post("/approvals/{approval:str}/approve")
async def approve(
    request: Request[Any, Any, Any],
    approval: ApprovalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Approve what the page showed."""
    digest = await _seen(request, session, actor, approval)
    await approvals.decide(session, actor, approval, digest, True, now)
    return done("/approvals", f"{approval} を承認しました。", f"{approval} is approved.")


@post("/approvals/{approval:str}/refuse")
async def refuse(
    request: Request[Any, Any, Any],
    approval: ApprovalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Refuse it, with a reason."""
    digest = await _seen(request, session, actor, approval)
    await approvals.decide(session, actor, approval, digest, False, now, forms.text(request, "reason"))
    return done("/approvals", f"{approval} を却下しました。", f"{approval} is refused.")


@post("/approvals/{approval:str}/do")
async def do(
    request: Request[Any, Any, Any],
    approval: ApprovalPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Do exactly what was approved; it is used up by it."""
    found = await approvals.one(session, actor, approval)
    if found.act not in _DOES:
        raise InvalidValue("approval", "is for something that is done elsewhere")
    ja, en = await _DOES[found.act](session, actor, found, now)
    return done(f"/approvals/{approval}", ja, en)


async def _enter(session: AsyncSession, actor: Actor, found: Approval, now: datetime) -> tuple[str, str]:
    said = msgspec.json.decode(found.shown)
    names = ("purpose", "card", "reason", "subject", "slot", "supervisor")
    # `subject` of the approval is the card; what it is entered against stands among the details.
    details = {name: said.get(name) for name in names if name != "subject"}
    typed = Typed(**details, subject=said.get("against"))
    answer = await manual_entries.enter(session, actor, typed, found.code, now)
    is_done = answer.outcome in DONE
    word = JAPANESE[answer.outcome]
    mark = "手入力で記録しました" if is_done else "記録しましたが、カードは動いていません"
    return f"{mark}：{word}", f"Entered: {speech.spoken(answer.outcome.value)}"


async def _register(session: AsyncSession, actor: Actor, found: Approval, now: datetime) -> tuple[str, str]:
    details = msgspec.json.decode(found.shown)["after"]
    person = await registers.change(session, actor, found.subject, details, found.code, now)
    return f"従事者 {person} を登録しました。", f"{person} is registered."


_DOES = {"enter_manually": _enter, "register_person": _register}


@post("/approvals/{approval:str}/confirm", opt=auth.RESOLVES, status_code=303)
async def confirm(
    request: Request[Any, Any, Any], approval: ApprovalPath, data: URLEncodedBody[Confirm]
) -> Response[Any]:
    """Prove with both factors who one is, and go on with the request under a new token."""
    door, path = door_of(request), messages.local(data.next, f"/approvals/{approval}")
    try:
        opened = await sign_in.step_up(door.desk, personal(request), data.password, data.code.strip())
    except (SignInFailed, TryLater) as refusal:
        return messages.refused(path, refusal, {})
    return Redirect(path, status_code=303, cookies=[door.session_cookie(opened.token)])


def _decided_at(found: Approval) -> str | None:
    """The page where it is decided, if that is not this one."""
    return DECIDED_THERE[found.act].format(found.subject) if found.act in DECIDED_THERE else None


async def _seen(request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, approval: str) -> bytes:
    """The digest of what the page showed, if that is what the request says; nothing's otherwise.

    In letters: a row of hexadecimal digits would now and then be taken for a My Number.
    """
    found = await approvals.one(session, actor, approval)
    if found.act in DECIDED_THERE:
        raise InvalidValue("approval", "is decided on the page of what it is about")
    return found.digest if forms.text(request, "seen", most=64) == letters(found.digest) else b""


def _row(found: Approval, reader: Actor) -> dict[str, Any]:
    mine = found.requested_by == reader.code
    return {
        **{name: getattr(found, name) for name in ("code", "act", "subject", "reason", "requested_by")},
        **{name: getattr(found, name) for name in ("requested_at", "expires_at", "decision_reason")},
        "decided_by": found.decided_by,
        "decided_at": found.decided_at,
        "place": found.place,
        "shown": msgspec.json.decode(found.shown),
        "seen": letters(found.digest),
        "may_decide": not mine and found.approved is None and reader.role in ACTS[found.act].approvers,
    }


def asked(found: Approval) -> Redirect:
    """On to the request that was just made."""
    return done(
        f"/approvals/{found.code}",
        "承認を依頼しました。もう一人に、この番号を伝えてください。",
        "A second person is asked. Tell them this number.",
    )


router = Router(
    "/",
    route_handlers=[list_approvals, ask, approval_page, approve, refuse, do],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
# What was typed is not kept here: it is a password.
proving = Router(
    "/",
    route_handlers=[confirm],
    guards=[auth.signed_in],
    before_request=check_codes,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
