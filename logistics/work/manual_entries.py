"""A control number that was read by eye and typed, since its barcode cannot be scanned: an entry under four eyes.

One asks (`approvals`, act `enter_manually`, the card as subject), another approves exactly that in a session of his
own, then what a scan would have done is done once. The entry carries `manual`, with the approval and both people, so
that nobody takes it for a scan. What is typed is judged as a scan is: what does not fit is recorded as refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.canonical import Json
from logistics.ledger.log import new_uuid
from logistics.rules import permissions
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.people_errors import ApprovalUnusable
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import TakeOutPurpose
from logistics.store.database import driver
from logistics.work import approvals, arrivals, batches, counter, counting, people, receiving, vault
from logistics.work.scans import Answer, Scan

ACT = "enter_manually"
_OPTIONAL = ("subject", "slot", "supervisor")
_STATE = (
    "SELECT state FROM card WHERE code = $1 AND ($2::text IS NULL OR $2 IN (place, custodian, destination))"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What is to be entered: what for, against what, which card, why it cannot be scanned.

    `subject` is the slot, box, batch, count or purpose of taking out, as the scan's route has it; receiving needs
    none. `slot` is where a counted card lies. At a site `supervisor` directs receiving and putting away.
    """

    purpose: str
    card: str
    reason: str
    subject: str | None = None
    slot: str | None = None
    supervisor: str | None = None

    def details(self) -> dict[str, str]:
        """Itself as the details of an approval's request."""
        said = {name: getattr(self, name) for name in _OPTIONAL}
        given = {name: value for name, value in said.items() if value is not None}
        return {"purpose": self.purpose, "reason": self.reason, **given}


_Enter = Callable[[AsyncSession, Actor, Typed, Scan, datetime], Awaitable[list[Answer]]]


async def shown(
    session: AsyncSession, actor: Actor, subject: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What the second person is shown: what is to be entered, and the card's state now, where it is theirs to see."""
    permissions.require(actor, ACT)
    require(subject, CodeType.CARD, "subject")
    optional = {name: details[name] for name in _OPTIONAL if name in details}
    plain = {name: value for name, value in details.items() if name not in optional}
    purpose, reason = approvals.details_of(plain, "purpose", "reason")
    typed = Typed(purpose, subject, reason, **optional)
    _checked(typed)
    state = await (await driver(session)).fetchval(_STATE, subject, permissions.scope(actor))
    said: dict[str, Json] = {name: value for name, value in typed.details().items() if name != "subject"}
    # `subject` of an approval is the card.
    return {**said, "against": typed.subject, "card": subject, "state": state, "place": str(actor.place)}


async def enter(
    session: AsyncSession, actor: Actor, typed: Typed, approval: str | None, now: datetime
) -> Answer:
    """Do what a scan of the card would have done, once, under an approval of exactly this.

    Raises ApprovalNeeded, ApprovalUnusable, InvalidValue, MalformedCode, and what the scan itself would.
    """
    facts = await shown(session, actor, typed.card, typed.details())
    used = await approvals.consume(session, actor, ACT, typed.card, facts, approval, now)
    await _require_here(session, actor, typed.card, str(used["approved_by"]), str(used["requested_by"]))
    scan = Scan(
        new_uuid(),
        typed.card,
        now,
        said=("manual", str(approval)),
        manual={**used, "reason": typed.reason},
    )
    (answer,) = await _ENTER[typed.purpose](session, actor, typed, scan, now)
    return answer


async def _require_here(session: AsyncSession, actor: Actor, card: str, *both: str) -> None:
    """ApprovalUnusable unless both people work where the card is: whoever approves has looked at it."""
    known = await people.actors(session, both)
    if any(code not in known or known[code].place != actor.place for code in both):
        raise ApprovalUnusable("approval", card, "was given by somebody who does not work here")


def _checked(typed: Typed) -> None:
    """InvalidValue or MalformedCode, naming what is missing or wrong for the purpose."""
    if typed.purpose not in _ENTER:
        raise InvalidValue("purpose", f"must be one of {', '.join(_ENTER)}")
    kind = SUBJECTS[typed.purpose]
    if kind is not None:
        if not typed.subject:
            raise InvalidValue("subject", "is needed for this purpose")
        require(typed.subject, kind, "subject")
    elif typed.purpose == "take_out" and typed.subject not in set(TakeOutPurpose):
        raise InvalidValue("subject", f"must be one of {', '.join(TakeOutPurpose)}")
    if typed.slot:
        require(typed.slot, CodeType.SLOT, "slot")


async def _receive(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await receiving.record_one(session, actor, typed.supervisor or "", scan, now)


async def _put_away(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await vault.put_away(session, actor, str(typed.subject), [scan], typed.supervisor, now)


async def _check_in(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await arrivals.check_in(session, actor, str(typed.subject), [scan], now)


async def _pack(session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime) -> list[Answer]:
    return await batches.pack(session, actor, str(typed.subject), [scan], now)


async def _take_out(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await counter.take_out(session, actor, TakeOutPurpose(str(typed.subject)), None, [scan], now)


async def _put_back(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await counter.put_back(session, actor, str(typed.subject), [scan], now)


async def _count(
    session: AsyncSession, actor: Actor, typed: Typed, scan: Scan, now: datetime
) -> list[Answer]:
    return await counting.scan(session, actor, str(typed.subject), typed.slot, [scan], now)


_ENTER: Mapping[str, _Enter] = {
    "check_in": _check_in,
    "pack": _pack,
    "receive": _receive,
    "put_away": _put_away,
    "take_out": _take_out,
    "put_back": _put_back,
    "count": _count,
}
# What the subject of each purpose is a code of; None where there is none.
SUBJECTS: Mapping[str, CodeType | None] = {
    "check_in": CodeType.BOX,
    "pack": CodeType.BATCH,
    "receive": None,
    "put_away": CodeType.SLOT,
    "take_out": None,
    "put_back": CodeType.SLOT,
    "count": CodeType.COUNT,
}
