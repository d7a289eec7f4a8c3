"""Everybody is signed in, at a station of their own place: rows of the test database, put there once.

Signing in for real is tested where it is the subject. Elsewhere a test says who acts, and `headers_of` makes of that
what the person's browser would send. Tokens are made from the person's code, so no test has to ask for one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from logistics.rules.codes import CodeType, sequenced_code
from logistics.rules.tokens import csrf_of, digest, letters
from logistics.store.database import Database, driver
from logistics.work.sessions import Credential

BASE = "http://127.0.0.1"
# Beyond every clock a test may set: the sessions are never idle.
ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)
SESSION_LASTS = timedelta(hours=10)
# When the clock of the tests starts: what needs a fresh proof of identity has one.
CONFIRMED = datetime(2026, 4, 1, tzinfo=UTC)

_DEVICES = """
INSERT INTO device (code, name, place, area, created_at, created_by, secret, enrolled_at)
VALUES ($1, 'Station', $2, 'Desk', $3, $4, $5, $3)
"""
_SESSIONS = """
INSERT INTO session (id, token, person, device, method, created_at, last_seen_at, confirmed_at, expires_at)
VALUES (gen_random_uuid(), $1, $2, $3, 'password', $4, $4, $6, $5)
"""
_PEOPLE = """
SELECT person.code, COALESCE(person.place, (SELECT min(code) FROM place WHERE party = person.courier)) AS place
FROM person
ORDER BY 1
"""


async def admit_everybody(database: Database) -> None:
    """A station at every place, and everybody signed in at theirs."""
    async with database.begin() as session:
        connection = await driver(session)
        people = await connection.fetch(_PEOPLE)
        by = people[0]["code"]
        places = await connection.fetch("SELECT code FROM place")
        devices = [
            (device_at(row["code"]), row["code"], ALWAYS, by, digest(_secret(row["code"]))) for row in places
        ]
        await connection.executemany(_DEVICES, devices)
        rows = [
            (
                digest(_secret(row["code"])),
                row["code"],
                device_at(row["place"]),
                ALWAYS,
                ALWAYS + SESSION_LASTS,
                CONFIRMED,
            )
            for row in people
        ]
        await connection.executemany(_SESSIONS, rows)


async def admit(database: Database, person: str, place: str) -> None:
    """Somebody who was registered later is signed in at the station of `place`."""
    times = (ALWAYS, ALWAYS + SESSION_LASTS, CONFIRMED)
    async with database.begin() as session:
        await (await driver(session)).execute(
            _SESSIONS, digest(_secret(person)), person, device_at(place), *times
        )


async def confirm_everybody(database: Database, at: datetime) -> None:
    """Everybody has just proved again who they are."""
    async with database.begin() as session:
        await (await driver(session)).execute("UPDATE session SET confirmed_at = $1", at)


def device_at(place: str) -> str:
    """The code of the station of a place."""
    return sequenced_code(CodeType.DEVICE, int(place[1:3]), width=3)


def headers_of(person: str, place: str | None = None, base: str = BASE) -> dict[str, str]:
    """What the browser of a person sends from a page of ours, at the station of `place`, else of their own."""
    token, at = _secret(person), place or _home(person)
    return {
        "Cookie": f"session={token}; device={_secret(at)}",
        "X-CSRF-Token": csrf_of(token),
        "Origin": base,
    }


def cookies_of(person: str) -> list[dict[str, str]]:
    """The cookies that the browser of a person at their own station has."""
    values = {"session": _secret(person), "device": _secret(_home(person))}
    return [{"name": name, "value": value, "url": BASE} for name, value in values.items()]


def credential_of(person: str) -> Credential:
    """What the door makes of these headers."""
    return Credential(digest(_secret(person)), digest(_secret(_home(person))))


def _home(person: str) -> str:
    return sequenced_code(CodeType.PLACE, int(person[1:-1]) // 100, width=2)


def _secret(code: str) -> str:
    return letters(hashlib.sha256(f"the token of {code}".encode()).digest())
