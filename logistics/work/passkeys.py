"""Passkeys: FIDO2 credentials with user verification, two factors in one touch, without the internet.

A challenge is made without keeping it: it names its purpose and its moment and carries our mark. That it is answered
once is kept with the credential: what was challenged no later than the last time is not judged again.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialType

from logistics.rules.access_errors import PasskeyRefused, SignInFailed
from logistics.rules.errors import NotFound
from logistics.rules.people_errors import ConfirmationNeeded
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.store.sealing import Sealer
from logistics.work import sign_in
from logistics.work.authenticating import MOST_FAILURES, Desk, count, record
from logistics.work.sessions import Credential, Known
from logistics.work.sign_in import Opened

CHALLENGE_LASTS = timedelta(minutes=2)
# How old the proof may be of whoever adds a way to come in.
CONFIRMED_LASTS = timedelta(minutes=5)
SIGN_IN, RENEW, ADD = "sign in", "renew", "add"
_RANDOM, _TIME, _MARK = 16, 8, 32

_KNOWN = "SELECT id FROM passkey WHERE person = $1 AND revoked_at IS NULL"
_FIND = """
SELECT passkey.person, passkey.public_key, passkey.sign_count, passkey.challenged_at
FROM passkey
JOIN account ON account.person = passkey.person
WHERE passkey.id = $1 AND passkey.revoked_at IS NULL AND account.disabled_at IS NULL
"""
# Whether the row changes is the verdict on a challenge that was answered before.
_ANSWERED = """
UPDATE passkey
SET challenged_at = $2, sign_count = $3, used_at = $4
WHERE id = $1 AND challenged_at < $2 AND revoked_at IS NULL
RETURNING person
"""
_ADD = """
INSERT INTO passkey (id, person, name, public_key, sign_count, created_at, challenged_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""
_LIST = """
SELECT id, name, created_at, used_at
FROM passkey
WHERE person = $1 AND revoked_at IS NULL
ORDER BY created_at, id
"""
_REVOKE = """
UPDATE passkey SET revoked_at = $3 WHERE id = $1 AND person = $2 AND revoked_at IS NULL RETURNING name
"""


@dataclass(frozen=True, slots=True)
class Party:
    """Us, as authenticators know us: the name of the host, and the origin of our pages."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator answered to a challenge."""

    id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Registration:
    """A new credential, as an authenticator made it."""

    id: bytes
    client_data: bytes
    attestation: bytes


def challenge(sealer: Sealer, purpose: str, session: UUID | None, at: datetime) -> bytes:
    """A challenge for one purpose, within one session where there is one."""
    micros = int(at.timestamp() * 1_000_000)
    content = secrets.token_bytes(_RANDOM) + micros.to_bytes(_TIME, "big")
    return content + sealer.sign(_marked(purpose, session, content))


def asked_at(sealer: Sealer, purpose: str, session: UUID | None, asked: bytes, now: datetime) -> datetime:
    """When the challenge was made. PasskeyRefused if we did not make it, not for this, or too long ago."""
    content, mark = asked[: _RANDOM + _TIME], asked[_RANDOM + _TIME :]
    good = len(asked) == _RANDOM + _TIME + _MARK
    if not good or not secrets.compare_digest(mark, sealer.sign(_marked(purpose, session, content))):
        raise PasskeyRefused("its challenge is not one of ours")
    at = datetime.fromtimestamp(int.from_bytes(content[_RANDOM:], "big") / 1_000_000, UTC)
    if not at <= now <= at + CHALLENGE_LASTS:
        raise PasskeyRefused("its challenge is too old")
    return at


async def ids(session: AsyncSession, actor: Actor) -> list[bytes]:
    """The credentials that the actor has already: an authenticator makes no second one."""
    return [row["id"] for row in await (await driver(session)).fetch(_KNOWN, actor.code)]


def require_confirmed(actor: Actor, now: datetime) -> None:
    """ConfirmationNeeded unless the person proved within the last minutes who they are."""
    if actor.confirmed_at is None or now - actor.confirmed_at > CONFIRMED_LASTS:
        raise ConfirmationNeeded(CONFIRMED_LASTS // timedelta(minutes=1))


async def add(
    session: AsyncSession, desk: Desk, actor: Actor, party: Party, name: str, made: Registration
) -> None:
    """Keep a new credential of the actor. Raises PasskeyRefused."""
    now = desk.clock()
    asked = _challenge_in(made.client_data)
    at = asked_at(desk.sealer, ADD, actor.session, asked, now)
    answer = {"clientDataJSON": _b64(made.client_data), "attestationObject": _b64(made.attestation)}
    try:
        verified = webauthn.verify_registration_response(
            credential=_credential(made.id, answer),
            expected_challenge=asked,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError) as refusal:
        raise PasskeyRefused(type(refusal).__name__) from None
    row = (
        verified.credential_id,
        actor.code,
        name,
        verified.credential_public_key,
        verified.sign_count,
        now,
        at,
    )
    if await (await driver(session)).fetchval(_ADD, *row) is None:
        raise PasskeyRefused("it is registered already")
    await record(session, "add_passkey", actor, now, {"name": name, "passkey": verified.credential_id.hex()})


async def sign_in_with(desk: Desk, party: Party, shown: Assertion, device: bytes | None) -> Opened:
    """Sign in with a credential. Raises SignInFailed, TryLater."""
    async with desk.database.begin() as session:
        person = await _judged(session, desk, party, shown, SIGN_IN, None)
        return await sign_in.open_session(session, person, device, "passkey", desk.clock())


async def renew_with(
    desk: Desk, party: Party, shown: Assertion, credential: Credential, known: Known, act: str
) -> Opened:
    """Unlock the session or step up in it with a credential of its person. Raises SignInFailed."""
    async with desk.database.begin() as session:
        person = await _judged(session, desk, party, shown, RENEW, known.actor.session)
        if person != known.actor.code:
            raise SignInFailed(MOST_FAILURES)
        return await sign_in.renew(session, credential, known, act, desk.clock(), confirmed=True)


async def passkeys(session: AsyncSession, actor: Actor) -> list[dict[str, Any]]:
    """The actor's own credentials, oldest first."""
    return [dict(row) for row in await (await driver(session)).fetch(_LIST, actor.code)]


async def revoke(session: AsyncSession, actor: Actor, passkey: bytes, now: datetime) -> None:
    """Give up a credential of one's own, lost or worn. Raises NotFound."""
    name = await (await driver(session)).fetchval(_REVOKE, passkey, actor.code, now)
    if name is None:
        raise NotFound("passkey", passkey.hex())
    await record(session, "revoke_passkey", actor, now, {"name": name, "passkey": passkey.hex()})


async def _judged(
    session: AsyncSession, desk: Desk, party: Party, shown: Assertion, purpose: str, within: UUID | None
) -> str:
    """The person whose credential answered. SignInFailed for whatever is wrong; nobody learns what."""
    connection, now = await driver(session), desk.clock()
    row: Mapping[str, Any] | None = await connection.fetchrow(_FIND, shown.id)
    if row is None:
        raise SignInFailed(MOST_FAILURES)
    answer = {
        "clientDataJSON": _b64(shown.client_data),
        "authenticatorData": _b64(shown.authenticator_data),
        "signature": _b64(shown.signature),
    }
    try:
        asked = _challenge_in(shown.client_data)
        at = asked_at(desk.sealer, purpose, within, asked, now)
        verified = webauthn.verify_authentication_response(
            credential=_credential(shown.id, answer),
            expected_challenge=asked,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except (PasskeyRefused, WebAuthnException, ValueError, KeyError):
        raise SignInFailed(MOST_FAILURES) from None
    if await count(session, row["person"], now) == 0:
        raise SignInFailed(MOST_FAILURES)
    if await connection.fetchval(_ANSWERED, shown.id, at, verified.new_sign_count, now) is None:
        raise SignInFailed(MOST_FAILURES)
    return str(row["person"])


def _challenge_in(client_data: bytes) -> bytes:
    try:
        return webauthn.helpers.parse_client_data_json(client_data).challenge
    except (WebAuthnException, ValueError, KeyError):
        raise PasskeyRefused("it cannot be read") from None


def _marked(purpose: str, session: UUID | None, content: bytes) -> bytes:
    return f"{purpose}/{session or ''}/".encode() + content


def _credential(passkey: bytes, answer: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": _b64(passkey),
        "rawId": _b64(passkey),
        "type": PublicKeyCredentialType.PUBLIC_KEY.value,
        "response": dict(answer),
        "clientExtensionResults": {},
    }


def _b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
