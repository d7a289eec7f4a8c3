"""What a person signs in with: enrolled by its owner with a one-time code, set by an operator, never read back.

Recovery is an enrolment too: a manager who knows the person hands over a code, what was there before is gone, and
both are entries of the log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyotp
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.canonical import Json
from logistics.rules import passwords, permissions, tokens
from logistics.rules.access_errors import CodeNotValid
from logistics.rules.errors import InvalidValue, NotFound, SecondPersonNeeded
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.store.sealing import Sealer
from logistics.work import breached, export_jobs, people, sign_in
from logistics.work.authenticating import Desk, Proof, forget, prove, record
from logistics.work.sessions import Credential, Scope, who
from logistics.work.sign_in import Opened

ISSUER = "Card logistics"
CODE_LASTS = timedelta(hours=24)

_SET = """
INSERT INTO account (person, password, totp) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE
SET password = $2, totp = $3, totp_step = NULL, enrol_code = NULL, enrol_totp = NULL, enrol_until = NULL,
    issued_by = NULL, issued_at = NULL
"""
_ISSUE = """
INSERT INTO account (person, enrol_code, enrol_until, issued_by, issued_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person) DO UPDATE
SET enrol_code = $2, enrol_until = $3, issued_by = $4, issued_at = $5,
    enrol_totp = NULL, password = NULL, totp = NULL, totp_step = NULL
"""
_GIVE_UP_PASSKEYS = "UPDATE passkey SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL"
_REVOKE_TOKENS = """
UPDATE api_token SET revoked_at = $2, revoked_by = $3 WHERE person = $1 AND revoked_at IS NULL
"""
_BEGIN = """
UPDATE account SET enrol_totp = $3
WHERE person = $1 AND enrol_code = $2 AND enrol_until > $4 AND disabled_at IS NULL
RETURNING person
"""
_PENDING = """
SELECT enrol_totp FROM account
WHERE person = $1 AND enrol_code = $2 AND enrol_until > $3 AND disabled_at IS NULL AND enrol_totp IS NOT NULL
FOR NO KEY UPDATE
"""
_FINISH = """
UPDATE account
SET password = $2, totp = enrol_totp, totp_step = $3, enrol_code = NULL, enrol_totp = NULL, enrol_until = NULL
WHERE person = $1
"""
_SEALED = "SELECT person, totp, enrol_totp FROM account ORDER BY person FOR NO KEY UPDATE"
_RESEAL = "UPDATE account SET totp = $2, enrol_totp = $3 WHERE person = $1"
_CHANGE = "UPDATE account SET password = $2 WHERE person = $1"
_DISABLE = """
INSERT INTO account (person, disabled_at) VALUES ($1, $2)
ON CONFLICT (person) DO UPDATE SET disabled_at = COALESCE(account.disabled_at, $2)
"""
_ENABLE = (
    "UPDATE account SET disabled_at = NULL WHERE person = $1 AND disabled_at IS NOT NULL RETURNING person"
)


async def put(session: AsyncSession, sealer: Sealer, person: str, password_hash: str, secret: str) -> None:
    """Set a person's password and authenticator, whatever they were."""
    sealed = sealer.seal(secret.encode(), person)
    await (await driver(session)).execute(_SET, person, password_hash, sealed)


async def put_by_operator(
    session: AsyncSession, sealer: Sealer, person: str, password_hash: str, secret: str, now: datetime
) -> None:
    """The same by command, for the first administrator; an entry. Raises NotFound."""
    actor = await people.actor(session, person)
    await put(session, sealer, person, password_hash, secret)
    ended = await sign_in.end_all(session, person, now, "credentials were given anew")
    await forget(session, person)
    await record(session, "set_password", actor, now, {"person": person, "sessions": ended, "operator": True})


async def issue_by_operator(session: AsyncSession, person: str, now: datetime) -> str:
    """`issue` by command, when nobody can sign in to do it. Raises NotFound."""
    return await _issued(session, await people.actor(session, person), person, now, operator=True)


async def unlock_by_operator(session: AsyncSession, person: str, now: datetime) -> None:
    """`unlock` by command. Raises NotFound."""
    actor = await people.actor(session, person)
    await forget(session, person)
    await record(session, "unlock_person", actor, now, {"person": person, "operator": True})


async def reseal(session: AsyncSession, sealer: Sealer, by: str, now: datetime) -> tuple[int, int]:
    """Seal all that is sealed with the sealer's first key: authenticators' secrets, and passwords of waiting exports.

    How many accounts and how many exports that were. Waits for an export that is being made. NotFound for `by`.
    """
    waiting = await export_jobs.reseal(session, sealer)
    connection = await driver(session)
    rows = await connection.fetch(_SEALED)
    for row in rows:
        person, sealed = row["person"], (row["totp"], row["enrol_totp"])
        anew = [one and sealer.seal(sealer.open(one, person), person) for one in sealed]
        await connection.execute(_RESEAL, person, *anew)
    facts: dict[str, Json] = {"accounts": len(rows), "exports": waiting, "operator": True}
    await record(session, "replace_key", await people.actor(session, by), now, facts)
    return len(rows), waiting


async def issue(session: AsyncSession, actor: Actor, person: str, now: datetime) -> str:
    """A one-time code with which the person enrols, or comes back after a loss; sessions and passkeys end.

    Raises NotAllowed, NotFound; SecondPersonNeeded for oneself.
    """
    await _manage(session, actor, person)
    return await _issued(session, actor, person, now, operator=False)


async def _issued(session: AsyncSession, actor: Actor, person: str, now: datetime, *, operator: bool) -> str:
    once = tokens.new_code()
    connection = await driver(session)
    issuer = None if operator else actor.code
    await connection.execute(_ISSUE, person, tokens.digest(once), now + CODE_LASTS, issuer, now)
    await connection.execute(_GIVE_UP_PASSKEYS, person, now)
    ended = await sign_in.end_all(session, person, now, "credentials were given anew")
    await forget(session, person)
    facts: dict[str, Json] = {"person": person, "sessions": ended, "operator": operator}
    await record(session, "issue_enrolment", actor, now, facts)
    return once


async def begin(session: AsyncSession, sealer: Sealer, person: str, once: str, now: datetime) -> str:
    """A new authenticator's secret, in exchange for the one-time code; it counts from `finish` on. CodeNotValid."""
    secret = passwords.new_secret()
    sealed = sealer.seal(secret.encode(), person)
    row = await (await driver(session)).fetchval(_BEGIN, person, tokens.digest(once), sealed, now)
    if row is None:
        raise CodeNotValid
    return secret


def address(person: str, secret: str) -> str:
    """The address that an authenticator's app reads from a QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=ISSUER))


async def finish(desk: Desk, person: str, once: str, password: str, code: str) -> None:
    """Set the password, once the new authenticator shows the right code. CodeNotValid, InvalidValue naming a field."""
    require_good(password, person, desk.breached)
    kept = await desk.hashing(passwords.hashed, password)
    now = desk.clock()
    async with desk.database.begin() as session:
        connection = await driver(session)
        sealed = await connection.fetchval(_PENDING, person, tokens.digest(once), now)
        if sealed is None:
            raise CodeNotValid
        step = passwords.step_of(desk.sealer.open(sealed, person).decode(), code, desk.app_clock())
        if step is None:
            raise InvalidValue("code", "is not what the new authenticator shows now")
        await connection.execute(_FINISH, person, kept, step)
        await record(session, "enrol_person", await people.actor(session, person), now, {"person": person})


async def change_password(
    desk: Desk, credential: Credential, current: str, code: str, password: str
) -> Opened:
    """Another password, by whoever has the present one and the authenticator; the session goes on under a new token.

    There is no other session that could go on: one has one. Tries count as those of signing in. Raises SignInFailed,
    TryLater, DeviceNeeded, InvalidValue for a password that is too weak or the present one; as `sessions.who` does.
    """
    async with desk.database.begin() as session:
        known = await who(session, credential, desk.clock())
    person = known.acting(Scope.ACT).code
    require_good(password, person, desk.breached)
    if password == current:
        raise InvalidValue("password", "must be another than the present one")
    await prove(desk, Proof(person, current, code))
    kept = await desk.hashing(passwords.hashed, password)
    async with desk.database.begin() as session:
        await (await driver(session)).execute(_CHANGE, person, kept)
        now = desk.clock()
        return await sign_in.renew(session, credential, known, "change_password", now, confirmed=True)


async def unlock(session: AsyncSession, actor: Actor, person: str, now: datetime) -> None:
    """Let a person try again whom failures have locked. Raises NotAllowed, NotFound, SecondPersonNeeded."""
    await _manage(session, actor, person)
    await forget(session, person)
    await record(session, "unlock_person", actor, now, {"person": person})


async def disable(session: AsyncSession, actor: Actor, person: str, now: datetime) -> None:
    """Shut a person out; sessions and tokens end in this transaction. NotAllowed, NotFound, SecondPersonNeeded."""
    await _manage(session, actor, person)
    connection = await driver(session)
    await connection.execute(_DISABLE, person, now)
    await connection.execute(_REVOKE_TOKENS, person, now, actor.code)
    ended = await sign_in.end_all(session, person, now, "disabled")
    await record(session, "disable_person", actor, now, {"person": person, "sessions": ended})


async def enable(session: AsyncSession, actor: Actor, person: str, now: datetime) -> None:
    """Let a person in again who was shut out. Raises NotAllowed, NotFound, SecondPersonNeeded."""
    await _manage(session, actor, person)
    if await (await driver(session)).fetchval(_ENABLE, person) is None:
        raise NotFound("disabled person", person)
    await record(session, "enable_person", actor, now, {"person": person})


def require_good(password: str, person: str, stolen: Path | None) -> None:
    """InvalidValue for a password that is too weak, or that stands in the file of stolen ones."""
    if reason := passwords.too_weak(password, person):
        raise InvalidValue("password", reason)
    if stolen and breached.is_breached(password, stolen):
        raise InvalidValue("password", "was stolen somewhere before; choose one that you use nowhere else")


async def _manage(session: AsyncSession, actor: Actor, person: str) -> None:
    permissions.require(actor, "manage_people")
    if person == actor.code:
        raise SecondPersonNeeded("person")
    await people.actor(session, person)
