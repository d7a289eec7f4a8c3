"""Coming in, stepping up, unlocking, leaving. Each of them that opens something gives the session a new token."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import new_uuid
from logistics.rules import tokens
from logistics.rules.access_errors import SignInFailed
from logistics.rules.errors import NotSignedIn
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people
from logistics.work.authenticating import MOST_FAILURES, Desk, Proof, forget, prove, record
from logistics.work.sessions import LONGEST, Credential, Known, who

log = logging.getLogger(__name__)

_DEVICE = "SELECT code, place FROM device WHERE secret = $1 AND revoked_at IS NULL"
_END = """
UPDATE session
SET ended_at = $2, ended_why = $3
WHERE person = $1 AND ended_at IS NULL
RETURNING id
"""
_OPEN = """
INSERT INTO session (id, token, person, device, method, created_at, last_seen_at, confirmed_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7)
"""
_RENEW = """
UPDATE session
SET token = $2, last_seen_at = $3, locked_at = NULL,
    confirmed_at = CASE WHEN $4 THEN $3 ELSE confirmed_at END
WHERE token = $1 AND ended_at IS NULL
RETURNING id
"""
_LEAVE = "UPDATE session SET ended_at = $2, ended_why = 'signed out' WHERE token = $1 AND ended_at IS NULL"
_LOCK = "UPDATE session SET locked_at = $2 WHERE token = $1 AND locked_at IS NULL AND ended_at IS NULL"
_BREAK_GLASS = """
SELECT EXISTS (
    SELECT FROM account JOIN session ON session.person = account.person
    WHERE account.break_glass AND session.ended_at IS NULL AND session.expires_at > $1)
"""
_LOCK_ACCOUNT = "SELECT break_glass FROM account WHERE person = $1 AND disabled_at IS NULL FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened or opened anew: its token, shown once, and whose it is."""

    token: str
    actor: Actor
    expires_at: datetime
    replaced: bool = False


async def by_password(desk: Desk, proof: Proof, device: bytes | None) -> Opened:
    """Sign in with password and code. Raises SignInFailed, TryLater."""
    assert proof.code is not None, "signing in takes a code"
    await prove(desk, proof)
    async with desk.database.begin() as session:
        return await open_session(session, proof.person, device, "password", desk.clock())


async def open_session(
    session: AsyncSession, person: str, device: bytes | None, method: str, now: datetime
) -> Opened:
    """A new session of somebody who has proved who they are; the one they had ends. SignInFailed if disabled."""
    connection = await driver(session)
    # Two sign-ins of one person wait for each other here.
    break_glass = await connection.fetchval(_LOCK_ACCOUNT, person)
    if break_glass is None:
        raise SignInFailed(MOST_FAILURES)
    await forget(session, person)
    ended = await connection.fetch(_END, person, now, "replaced by another sign-in")
    station = await connection.fetchrow(_DEVICE, device) if device else None
    token, expires_at = tokens.new_token(), now + LONGEST
    code = station["code"] if station else None
    row = new_uuid()
    await connection.execute(_OPEN, row, tokens.digest(token), person, code, method, now, expires_at)
    actor = replace(await people.actor(session, person, code), session=row, confirmed_at=now)
    facts = {"method": method, "session": str(row), "replaced": [str(gone["id"]) for gone in ended]}
    await record(session, "sign_in", actor, now, facts, station["place"] if station else None)
    if break_glass:
        # Its own line of the closing sheet, and a line for whoever watches the logs.
        await record(
            session, "break_glass", actor, now, {"session": str(row)}, station["place"] if station else None
        )
        log.error("the break-glass account %s was used", person)
    return Opened(token, actor, expires_at, bool(ended))


async def unlock(desk: Desk, credential: Credential, password: str) -> Opened:
    """Open a locked session again with its person's password. Raises NotSignedIn, SessionEnded, SignInFailed, TryLater."""
    known = await _theirs(desk, credential)
    await prove(desk, Proof(known.actor.code, password, None))
    async with desk.database.begin() as session:
        return await renew(session, credential, known, "unlock_session", desk.clock(), confirmed=False)


async def step_up(desk: Desk, credential: Credential, password: str, code: str) -> Opened:
    """Prove with both factors again, before something important. Raises as `unlock` does."""
    known = await _theirs(desk, credential)
    await prove(desk, Proof(known.actor.code, password, code))
    async with desk.database.begin() as session:
        return await renew(session, credential, known, "step_up", desk.clock(), confirmed=True)


async def renew(
    session: AsyncSession,
    credential: Credential,
    known: Known,
    act: str,
    now: datetime,
    *,
    confirmed: bool,
) -> Opened:
    """A new token for a session that is going on; with `confirmed` both factors were proved just now."""
    token = tokens.new_token()
    renewed = (credential.token, tokens.digest(token), now, confirmed)
    if await (await driver(session)).fetchval(_RENEW, *renewed) is None:
        raise NotSignedIn
    await forget(session, known.actor.code)
    await record(session, act, known.actor, now, {"session": str(known.actor.session)})
    assert known.expires_at is not None, "a session has its end"
    return Opened(token, known.actor, known.expires_at)


async def leave(session: AsyncSession, credential: Credential, now: datetime) -> None:
    """End the session, locked or not. Raises NotSignedIn, SessionEnded."""
    known = await who(session, credential, now)
    await (await driver(session)).execute(_LEAVE, credential.token, now)
    await record(session, "sign_out", known.actor, now, {"session": str(known.actor.session)})


async def lock(session: AsyncSession, credential: Credential, now: datetime) -> None:
    """Lock the session until its person unlocks it. Raises NotSignedIn, SessionEnded."""
    await who(session, credential, now)
    await (await driver(session)).execute(_LOCK, credential.token, now)


async def end_all(session: AsyncSession, person: str, now: datetime, why: str) -> int:
    """End what the person has open; how many sessions that were."""
    return len(await (await driver(session)).fetch(_END, person, now, why))


async def break_glass_in_use(session: AsyncSession, now: datetime) -> bool:
    """Whether a break-glass account is signed in."""
    return bool(await (await driver(session)).fetchval(_BREAK_GLASS, now))


async def _theirs(desk: Desk, credential: Credential) -> Known:
    async with desk.database.begin() as session:
        return await who(session, credential, desk.clock())
