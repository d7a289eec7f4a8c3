"""What a person signs in with: set by an operator or enrolled by its owner with a one-time code, never read back."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import passwords
from logistics.rules.errors import InvalidValue
from logistics.store.database import driver
from logistics.store.sealing import Sealer

_SET = """
INSERT INTO account (person, password, totp) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE
SET password = $2, totp = $3, totp_step = NULL, enrol_code = NULL, enrol_totp = NULL, enrol_until = NULL
"""


async def put(session: AsyncSession, sealer: Sealer, person: str, password_hash: str, secret: str) -> None:
    """Set a person's password and authenticator, whatever they were."""
    sealed = sealer.seal(secret.encode(), person)
    await (await driver(session)).execute(_SET, person, password_hash, sealed)


def require_good(password: str, person: str) -> None:
    """InvalidValue for a password that is too weak."""
    if reason := passwords.too_weak(password, person):
        raise InvalidValue("password", reason)
