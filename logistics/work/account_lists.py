"""How people's accounts stand: who can sign in, who is locked or shut out, who is in now. For whoever manages them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work.authenticating import MOST_FAILURES

_ACCOUNTS = """
SELECT named.person, account.person IS NOT NULL AND account.password IS NOT NULL AS can_sign_in,
       account.disabled_at, account.break_glass, account.enrol_until,
       COALESCE(tried.failures, 0) AS failures,
       (SELECT count(*) FROM passkey WHERE passkey.person = named.person AND passkey.revoked_at IS NULL) AS passkeys,
       last.created_at AS last_sign_in, last.device AS last_device, last.ended_at IS NULL AND last.expires_at > $2 AS is_in
FROM unnest($1::text[]) AS named (person)
LEFT JOIN account ON account.person = named.person
LEFT JOIN sign_in_try AS tried ON tried.name = named.person
LEFT JOIN LATERAL (
    SELECT created_at, device, ended_at, expires_at FROM session
    WHERE session.person = named.person
    ORDER BY created_at DESC
    LIMIT 1
) AS last ON true
"""


async def accounts(
    session: AsyncSession, reader: Actor, people: Sequence[str], now: datetime
) -> dict[str, dict[str, Any]]:
    """How the accounts of these people stand, by person. NotAllowed for who does not manage them."""
    permissions.require(reader, "manage_people")
    rows = await (await driver(session)).fetch(_ACCOUNTS, list(people), now)
    return {row["person"]: {**dict(row), "stands": _stands(row, now)} for row in rows}


def _stands(row: Any, now: datetime) -> str:
    """In a word: disabled, locked, ready, invited (a code is out), none."""
    if row["disabled_at"] is not None:
        return "disabled"
    if row["failures"] >= MOST_FAILURES:
        return "locked"
    if row["can_sign_in"]:
        return "ready"
    return "invited" if row["enrol_until"] is not None and row["enrol_until"] > now else "none"
