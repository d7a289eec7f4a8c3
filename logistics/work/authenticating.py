"""Proving who one is: failures counted under the name before anything is compared, then password and code.

A try is counted before it is judged, in a transaction of its own: what runs in parallel cannot slip past the count.
Names that nobody has are counted too, and take as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import passwords
from logistics.rules.access_errors import SignInFailed, TryLater
from logistics.rules.codes import CodeType, fault
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.store.sealing import Sealer
from logistics.work import people

# From the fifth failure in a row one waits longer and longer; after the tenth a manager has to unlock.
FREE_FAILURES, MOST_FAILURES = 5, 10
FIRST_DELAY_SECONDS = 15
# No failure is answered sooner, so that its time tells nothing of how far a name and its secrets were right.
FAILURE_SECONDS = 0.5
# Each hash takes 19 MiB and a core for a twentieth of a second.
HASHING_AT_ONCE, MOST_WAITING = 2, 100
BUSY_SECONDS = 5

_POOL = ThreadPoolExecutor(HASHING_AT_ONCE, "argon2")

_COUNT = f"""
INSERT INTO sign_in_try AS known (name, failures, failed_at)
VALUES ($1, 1, $2)
ON CONFLICT (name) DO UPDATE
SET failures = known.failures + 1, failed_at = $2
WHERE known.failures < {MOST_FAILURES} AND $2 >= known.failed_at + make_interval(secs => CASE
    WHEN known.failures < {FREE_FAILURES} THEN 0
    ELSE {FIRST_DELAY_SECONDS} * power(2, known.failures - {FREE_FAILURES})
END)
RETURNING failures
"""  # noqa: S608 - constants
_COUNTED = "SELECT failures, failed_at FROM sign_in_try WHERE name = $1"
_FORGET = "UPDATE sign_in_try SET failures = 0 WHERE name = $1"
_ACCOUNT = "SELECT * FROM account WHERE person = $1 AND disabled_at IS NULL"
# Whether the row changes is the verdict: a code is good once, and none older than the last.
_USE_CODE = """
UPDATE account
SET totp_step = $2
WHERE person = $1 AND disabled_at IS NULL AND (totp_step IS NULL OR totp_step < $2)
RETURNING person
"""
_HASH_ANEW = "UPDATE account SET password = $3 WHERE person = $1 AND password = $2"
_SITE = "SELECT COALESCE($1, (SELECT min(code) FROM place WHERE party = $2))"


@dataclass(slots=True)
class Desk:
    """What proving needs. `app_clock` is the time that phones and tokens have, whatever the service's clock shows.

    `breached` is the operator's file of stolen passwords; `drift` how many steps a code may be off, either way.
    """

    database: Database
    sealer: Sealer
    clock: Callable[[], datetime]
    app_clock: Callable[[], datetime]
    failure_seconds: float = FAILURE_SECONDS
    breached: Path | None = None
    drift: int = passwords.DRIFT
    waiting: int = field(default=0, init=False)

    async def hashing(self, work: Callable[..., Any], *values: Any) -> Any:
        """The result of a slow function, at most two at once. TryLater if too many wait."""
        if self.waiting >= MOST_WAITING:
            raise TryLater(BUSY_SECONDS)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_POOL, work, *values)
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person gave; `code` is None where the password is enough (to unlock a session that is still theirs)."""

    person: str
    password: str
    code: str | None


async def prove(desk: Desk, proof: Proof) -> None:
    """Return if password and code are right; the code is used up by it.

    The try counts as a failure until `forget` is called. Raises SignInFailed, TryLater.
    """
    started = asyncio.get_running_loop().time()
    try:
        await _prove(desk, proof)
    except SignInFailed:
        await asyncio.sleep(started + desk.failure_seconds - asyncio.get_running_loop().time())
        raise


async def _prove(desk: Desk, proof: Proof) -> None:
    is_name = fault(proof.person) is None and proof.person.startswith(CodeType.PERSON)
    account: Mapping[str, Any] | None = None
    tries = 0
    if is_name:
        async with desk.database.begin() as session:
            tries = await count(session, proof.person, desk.clock())
            account = await (await driver(session)).fetchrow(_ACCOUNT, proof.person)
    kept = account["password"] if account and tries else None
    fits = await desk.hashing(passwords.fits, proof.password, kept)
    step = _step(desk, account, proof)
    if fits and tries and (proof.code is None or (step and await _use_code(desk, proof.person, step))):
        if kept is not None and passwords.is_outdated(kept):
            await _hash_anew(desk, proof, kept)
        return
    if tries:
        await _record_failure(desk, proof.person, tries)
    raise SignInFailed(MOST_FAILURES)


def _step(desk: Desk, account: Mapping[str, Any] | None, proof: Proof) -> int | None:
    if proof.code is None:
        return None
    secret = passwords.new_secret()
    if account and account["totp"]:
        secret = desk.sealer.open(account["totp"], proof.person).decode()
    step = passwords.step_of(secret, proof.code, desk.app_clock(), desk.drift)
    return step if account and account["totp"] else None


async def count(session: AsyncSession, name: str, now: datetime) -> int:
    """Count a try under this name; how many there are, 0 if it is locked. TryLater while the name has to wait."""
    connection = await driver(session)
    if tries := await connection.fetchval(_COUNT, name, now):
        return int(tries)
    row = await connection.fetchrow(_COUNTED, name)
    if row["failures"] >= MOST_FAILURES:
        return 0
    delay = FIRST_DELAY_SECONDS * 2 ** (row["failures"] - FREE_FAILURES)
    left = delay - (now - row["failed_at"]).total_seconds()
    raise TryLater(max(1, round(left)))


async def forget(session: AsyncSession, name: str) -> None:
    """The failures in a row end here."""
    await (await driver(session)).execute(_FORGET, name)


async def _hash_anew(desk: Desk, proof: Proof, kept: str) -> None:
    """Keep a password as passwords are kept now: whoever knows it is here."""
    anew = await desk.hashing(passwords.hashed, proof.password)
    async with desk.database.begin() as session:
        await (await driver(session)).execute(_HASH_ANEW, proof.person, kept, anew)


async def _use_code(desk: Desk, person: str, step: int) -> bool:
    """Use a code up; False if it was used before."""
    async with desk.database.begin() as session:
        return await (await driver(session)).fetchval(_USE_CODE, person, step) is not None


async def record(
    session: AsyncSession,
    act: str,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Json],
    site: str | None = None,
) -> None:
    """An entry of the custody log about coming in, at the device's place or the person's own."""
    connection = await driver(session)
    at = await connection.fetchval(_SITE, site or actor.place, actor.courier)
    await take(session, [Act(act, actor, at, now, facts=facts)], now)


async def _record_failure(desk: Desk, name: str, tries: int) -> None:
    """That somebody failed under the name of a registered person; at the last failure, that it is locked now.

    Tries at a locked name are not judged, so that nobody can fill the log with them.
    """
    now = desk.clock()
    async with desk.database.begin() as session:
        actor = (await people.actors(session, [name])).get(name)
        if actor is None:
            return
        await record(session, "sign_in_failed", actor, now, {"failures": tries})
        if tries >= MOST_FAILURES:
            await record(session, "lock_person", actor, now, {"failures": tries})
