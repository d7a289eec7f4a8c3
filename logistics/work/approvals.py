"""Four eyes, for whatever needs them: `request` → `decide` → the act `consume`s it, once.

How an act gets its second pair of eyes (design.md rule 6, security.md 7.3):

1. Its row in `rules.permissions.ACTS` ends in `.approved_by(roles)`.
2. Its module has a function that says what the second person is shown: `async def …_shown(session, actor, subject,
   details) -> dict`, from the rows as they are now; one line in `work.approvable.SHOWN` makes it askable over HTTP
   (`POST /approvals`). All that the act will do belongs into it: codes, numbers, the reason.
3. The act takes the approval's code and, under its locks, builds the same dict again and calls
   `facts = await consume(session, actor, act, subject, shown, approval, now)`. The facts go into its entry.

What was approved is bound by the SHA-256 of `shown` as canonical JSON: if a card was added meanwhile, the approval
does not cover it. The database itself refuses one person or one session for both parts, a proof of identity that is
older than five minutes, an approval used twice or after half an hour (CHECKs of `store.tables.approvals`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json, canonical
from logistics.rules import permissions
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import InvalidValue, NotAllowed, NotFound, SecondPersonNeeded
from logistics.rules.people_errors import ApprovalNeeded, ApprovalUnusable, ConfirmationNeeded
from logistics.rules.permissions import ACTS, Actor
from logistics.store.database import driver

# How long a request waits, and how long an approval holds once it is given.
HALF_HOUR = timedelta(minutes=30)
CONFIRMED_MINUTES = 5
# Until its owner comes to work, whoever hands out a code could enrol with it himself, and be two.
LET_IN = timedelta(days=3)

_PAGE = """
SELECT approval.code, approval.act, approval.subject, approval.place, approval.shown, approval.digest,
       approval.reason, approval.requested_by, approval.requested_session, approval.requested_at,
       approval.expires_at, said.approved, said.reason AS decision_reason, said.decided_by, said.decided_at,
       used.used_at
FROM approval
LEFT JOIN approval_decision AS said ON said.approval = approval.code
LEFT JOIN approval_use AS used ON used.approval = approval.code
"""

_WAITING = f"""{_PAGE}
WHERE said.approval IS NULL AND approval.expires_at > $1
  AND ((approval.place = $2 AND approval.act = ANY ($5::text[])) OR approval.act = ANY ($3::text[]))
  AND ($6 = '' OR (approval.requested_at, approval.code) > (SELECT requested_at, code FROM approval WHERE code = $6))
ORDER BY approval.requested_at, approval.code
LIMIT $4
"""  # noqa: S608 - constants

_ASK = """
INSERT INTO approval (code, act, subject, place, shown, digest, reason, requested_by, requested_session,
                      requested_at, expires_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""

_DECIDE = """
INSERT INTO approval_decision (approval, digest, requested_by, requested_session, expires_at, approved, reason,
                               decided_by, decided_session, confirmed_at, decided_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""

_LET_IN = """
SELECT COALESCE(bool_or(issued_by IN ($1, $2)), FALSE) OR (count(issued_by) = 2 AND count(DISTINCT issued_by) = 1)
FROM account WHERE person IN ($1, $2) AND issued_at > $3
"""

_USE = """
INSERT INTO approval_use (approval, approved, digest, requested_by, decided_by, decided_at, used_by, used_at)
VALUES ($1, TRUE, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """A request with what became of it. `shown` is canonical JSON exactly as hashed."""

    code: str
    act: str
    subject: str
    place: str
    shown: str
    digest: bytes
    reason: str
    requested_by: str
    requested_session: UUID
    requested_at: datetime
    expires_at: datetime
    approved: bool | None
    decision_reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    used_at: datetime | None


async def request(
    session: AsyncSession,
    actor: Actor,
    act: str,
    subject: str,
    shown: Mapping[str, Json],
    reason: str,
    now: datetime,
    open_for: timedelta = HALF_HOUR,
) -> Approval:
    """Ask for a second person's approval of what `shown` says; it may be given for `open_for`, 14 days at most.

    Raises NotAllowed for who may not do the act, InvalidValue for an act that needs no approval.
    """
    if act not in ACTS or not ACTS[act].approvers:
        raise InvalidValue("act", "needs no approval")
    permissions.require(actor, act)
    text = canonical({"act": act, "subject": subject, **shown})
    digest = hashlib.sha256(text.encode()).digest()
    code, place = random_code(CodeType.APPROVAL), str(actor.place)
    facts: dict[str, Json] = _facts(code, act, subject, digest)
    (taken,) = await take(
        session, [Act("request_approval", actor, place, now, reason=reason, facts=facts)], now
    )
    await (await driver(session)).execute(
        _ASK,
        code,
        act,
        subject,
        place,
        text,
        digest,
        reason,
        actor.code,
        _session(actor),
        now,
        now + open_for,
        taken.entry,
    )
    return await one(session, actor, code)


async def decide(
    session: AsyncSession,
    actor: Actor,
    code: str,
    digest: bytes,
    approved: bool,
    now: datetime,
    reason: str | None = None,
) -> Approval:
    """Approve or refuse what was shown, `digest` being the SHA-256 of it as the second person saw it.

    Raises NotFound, NotAllowed, SecondPersonNeeded for the one who asked or his session, ConfirmationNeeded if who
    this is was not proved in the last five minutes, ApprovalUnusable if it expired or was decided before, and where one
    of the two handed the other the code to enrol with in the last days, or a third person both of them.
    """
    asked = await one(session, actor, code)
    if actor.role not in ACTS[asked.act].approvers:
        raise NotAllowed("approve", actor.role)
    who = _session(actor)
    if actor.code == asked.requested_by or who == asked.requested_session:
        raise SecondPersonNeeded("approver")
    confirmed = actor.confirmed_at
    if confirmed is None or not confirmed <= now <= confirmed + timedelta(minutes=CONFIRMED_MINUTES):
        raise ConfirmationNeeded(CONFIRMED_MINUTES)
    between = (actor.code, asked.requested_by, now - LET_IN)
    if await (await driver(session)).fetchval(_LET_IN, *between):
        raise ApprovalUnusable(
            "approval", code, "is between two of whom one lately let in the other, or one both"
        )
    # A second decision waits here, and then sees the first.
    await _lock(session, code)
    asked = await one(session, actor, code)
    if why := _undecidable(asked, digest, now):
        raise ApprovalUnusable("approval", code, why)
    name = "give_approval" if approved else "refuse_approval"
    facts = _facts(code, asked.act, asked.subject, digest)
    (taken,) = await take(session, [Act(name, actor, asked.place, now, reason=reason, facts=facts)], now)
    await (await driver(session)).execute(
        _DECIDE,
        code,
        asked.digest,
        asked.requested_by,
        asked.requested_session,
        asked.expires_at,
        approved,
        reason,
        actor.code,
        who,
        confirmed,
        now,
        taken.entry,
    )
    return await one(session, actor, code)


async def consume(
    session: AsyncSession,
    actor: Actor,
    act: str,
    subject: str,
    shown: Mapping[str, Json],
    code: str | None,
    now: datetime,
) -> dict[str, Json]:
    """Use up the approval of exactly this; the facts that the act's own entry must carry.

    Raises ApprovalNeeded without an approval, ApprovalUnusable if it is for something else, refused, expired or used.
    """
    if code is None:
        raise ApprovalNeeded("approval", act, subject)
    await _lock(session, code)
    row = await (await driver(session)).fetchrow(f"{_PAGE} WHERE approval.code = $1", code)
    found = Approval(**row) if row else None
    digest = hashlib.sha256(canonical({"act": act, "subject": subject, **shown}).encode()).digest()
    if found is None or actor.code not in (found.requested_by, found.decided_by):
        raise ApprovalUnusable("approval", code, "is not known to you")
    if why := _unusable(found, digest, now):
        raise ApprovalUnusable("approval", code, why)
    await (await driver(session)).execute(
        _USE, code, digest, found.requested_by, found.decided_by, found.decided_at, actor.code, now
    )
    return {
        "approval": code,
        "approved_by": found.decided_by,
        "requested_by": found.requested_by,
        "sha256": digest.hex(),
    }


async def one(session: AsyncSession, actor: Actor, code: str) -> Approval:
    """The request with this code; NotFound for who is neither of the place nor one who could approve it."""
    row = await (await driver(session)).fetchrow(f"{_PAGE} WHERE approval.code = $1", code)
    here = permissions.known(actor) if row and row["place"] == actor.place else []
    if row is None or row["act"] not in (*permissions.approved_by(actor), *here):
        raise NotFound("approval", code)
    return Approval(**row)


async def waiting(
    session: AsyncSession, actor: Actor, now: datetime, limit: int, after: str = ""
) -> list[Approval]:
    """What waits for a second person, oldest first, behind `after`: of the caller's place, or for its role to approve."""
    acts = permissions.approved_by(actor), limit, permissions.known(actor)
    rows = await (await driver(session)).fetch(_WAITING, now, actor.place, *acts, after)
    return [Approval(**row) for row in rows]


def _undecidable(asked: Approval, digest: bytes, now: datetime) -> str | None:
    if asked.approved is not None:
        return "was decided before"
    if now > asked.expires_at:
        return "has expired"
    return None if digest == asked.digest else "is about something else than you were shown"


def _unusable(found: Approval, digest: bytes, now: datetime) -> str | None:
    if found.approved is None or found.decided_at is None:
        return "has not been given"
    if not found.approved:
        return "was refused"
    if found.used_at is not None:
        return "was used before"
    if now > found.decided_at + HALF_HOUR:
        return "has expired"
    return None if digest == found.digest else "is for something else, or things have changed since"


def _facts(code: str, act: str, subject: str, digest: bytes) -> dict[str, Json]:
    return {"approval": code, "act": act, "subject": subject, "sha256": digest.hex()}


def _session(actor: Actor) -> UUID:
    """The sign-in under which somebody asks or decides; whoever has none proved nothing."""
    if actor.session is None:
        raise ConfirmationNeeded(CONFIRMED_MINUTES)
    return actor.session


async def _lock(session: AsyncSession, code: str) -> None:
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))", code)


def details_of(details: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """The details that an act's request must carry, as text. InvalidValue names the one that is missing."""
    for name in names:
        if not isinstance(details.get(name), str) or not details[name]:
            raise InvalidValue(f"details.{name}", "is missing")
    if unknown := sorted(set(details) - set(names)):
        raise InvalidValue(f"details.{unknown[0]}", "is not known for this act")
    return tuple(details[name] for name in names)
