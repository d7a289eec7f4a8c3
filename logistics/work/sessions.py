"""Who is behind a request: a session's token with its device's, or the token of a machine.

The answer is read where the act is done, in the same transaction: whoever is disabled, whose device is revoked or
whose session has ended is refused from the next statement on. Nothing of it is remembered between requests.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.access_errors import DeviceNeeded, OutOfScope, SessionEnded, SessionLocked
from logistics.rules.errors import DomainError, NotSignedIn
from logistics.rules.permissions import Actor, Role
from logistics.store.database import driver
from logistics.work import people

IDLE = timedelta(minutes=5)
LONGEST = timedelta(hours=10)
# How much older than the truth `last_seen_at` may be: writing it at every request would cost a commit each.
SEEN_EVERY = timedelta(seconds=15)


class Scope(StrEnum):
    """What a machine's token reaches."""

    READ = "read"
    SCAN = "scan"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows: the hash of its token, and of its device's where it has one."""

    token: bytes
    device: bytes | None = None
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a credential stands for, and whether the device in use may act where the person belongs."""

    actor: Actor
    device_fault: str | None
    scopes: frozenset[str] | None = None
    is_locked: bool = False
    expires_at: datetime | None = None

    def awake(self) -> Known:
        """The same; SessionLocked if nobody was there for a while."""
        if self.is_locked:
            raise SessionLocked
        return self

    def acting(self, scope: Scope) -> Actor:
        """The actor, for an act: DeviceNeeded unless a registered device of the person's own place is used."""
        self.within(scope)
        if self.device_fault:
            raise DeviceNeeded(self.device_fault)
        return self.actor

    def within(self, scope: Scope) -> Actor:
        """The actor, awake; OutOfScope if the token does not reach `scope`."""
        self.awake()
        if self.scopes is not None and scope not in self.scopes:
            raise OutOfScope(scope.value)
        return self.actor


_FROM_DEVICE = """
       device.code AS device, device.secret, device.revoked_at, device.place AS device_place,
       at.party AS device_party, account.disabled_at
"""

_SESSIONS = f"""
SELECT signed.token, signed.id, signed.device AS bound_to, signed.last_seen_at, signed.confirmed_at,
       signed.expires_at, signed.locked_at, signed.ended_at, signed.ended_why, {people.COLUMNS}, {_FROM_DEVICE}
FROM session AS signed
JOIN ({people.TABLES}) ON person.code = signed.person
LEFT JOIN account ON account.person = signed.person
LEFT JOIN device ON device.code = signed.device
LEFT JOIN place AS at ON at.code = device.place
WHERE signed.token = ANY ($1::bytea[])
"""  # noqa: S608 - constants

_MACHINES = f"""
SELECT given.token, given.scopes, given.expires_at, given.revoked_at AS token_revoked_at, {people.COLUMNS},
       {_FROM_DEVICE}
FROM api_token AS given
JOIN ({people.TABLES}) ON person.code = given.person
LEFT JOIN account ON account.person = given.person
JOIN device ON device.code = given.device
JOIN place AS at ON at.code = device.place
WHERE given.token = ANY ($1::bytea[])
"""  # noqa: S608 - constants

_SEEN = """
UPDATE session
SET last_seen_at = $2
WHERE token = $1 AND last_seen_at < $2 AND last_seen_at > $3 AND locked_at IS NULL AND ended_at IS NULL
"""


async def known(
    session: AsyncSession, credentials: Collection[Credential], now: datetime
) -> dict[Credential, Known | DomainError]:
    """Whom each credential stands for, or why it stands for nobody, at this moment of the transaction."""
    connection = await driver(session)
    found: dict[Credential, Known | DomainError] = {}
    for machine, statement, judge in ((False, _SESSIONS, _judge_session), (True, _MACHINES, _judge_machine)):
        asked = [credential for credential in credentials if credential.machine is machine]
        if not asked:
            continue
        rows = await connection.fetch(statement, [credential.token for credential in asked])
        by_token = {row["token"]: row for row in rows}
        for credential in asked:
            row = by_token.get(credential.token)
            try:
                if row is None:
                    raise NotSignedIn
                found[credential] = judge(row, credential, now)
            except DomainError as refusal:
                found[credential] = refusal
    return found


async def who(session: AsyncSession, credential: Credential, now: datetime) -> Known:
    """Whom the credential stands for. Raises NotSignedIn, SessionEnded."""
    found = (await known(session, [credential], now))[credential]
    if isinstance(found, DomainError):
        raise found
    return found


async def seen(session: AsyncSession, credential: Credential, now: datetime) -> None:
    """Somebody is there: the session is not idle, unless it was locked already."""
    await (await driver(session)).execute(_SEEN, credential.token, now, now - IDLE)


def _judge_session(row: Mapping[str, Any], credential: Credential, now: datetime) -> Known:
    if row["ended_at"] is not None:
        raise SessionEnded(row["ended_why"])
    if row["expires_at"] <= now:
        raise SessionEnded("expired")
    if row["disabled_at"] is not None:
        raise SessionEnded("disabled")
    if row["bound_to"] is not None and (row["secret"] is None or row["secret"] != credential.device):
        # The cookie of one device, used from another: it was carried off, or the device is no longer registered.
        raise SessionEnded("device revoked") if row["revoked_at"] else NotSignedIn
    is_locked = row["locked_at"] is not None or row["last_seen_at"] + IDLE <= now
    actor = replace(
        people.actor_of(row),
        device=row["device"],
        session=row["id"],
        confirmed_at=row["confirmed_at"],
    )
    return Known(actor, _device_fault(actor, row), is_locked=is_locked, expires_at=row["expires_at"])


def _judge_machine(row: Mapping[str, Any], _: Credential, now: datetime) -> Known:
    if row["token_revoked_at"] is not None or row["revoked_at"] is not None or row["secret"] is None:
        raise SessionEnded("revoked")
    if row["expires_at"] <= now:
        raise SessionEnded("expired")
    if row["disabled_at"] is not None:
        raise SessionEnded("disabled")
    actor = replace(people.actor_of(row), device=row["device"])
    return Known(actor, _device_fault(actor, row), frozenset(row["scopes"]), expires_at=row["expires_at"])


def _device_fault(actor: Actor, row: Mapping[str, Any]) -> str | None:
    """Why the device in use may not act for this person; None if it may. An auditor goes from site to site."""
    if row["device"] is None:
        return "it is not registered"
    if actor.role is Role.AUDITOR or actor.place == row["device_place"]:
        return None
    if actor.courier is not None and actor.courier == row["device_party"]:
        return None
    return "it is registered for another place"
