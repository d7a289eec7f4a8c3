"""Questions that an auditor keeps under a name, for the next time: each person's own.

Saving one is no act of the custody log; asking it is, every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver

MOST_KEPT, LONGEST_NAME = 100, 60

_KEPT = """
SELECT id, name, question, parameters, saved_at FROM saved_question
WHERE person = $1 AND dropped_at IS NULL
ORDER BY name
"""
_SAVE = """
INSERT INTO saved_question (person, name, question, parameters, saved_at) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_DROP = """
UPDATE saved_question SET dropped_at = $3 WHERE id = $1 AND person = $2 AND dropped_at IS NULL RETURNING id
"""


async def kept(session: AsyncSession, reader: Actor) -> Sequence[dict[str, Any]]:
    """One's own questions by name, with their parameters."""
    rows = await (await driver(session)).fetch(_KEPT, reader.code)
    return [{**dict(row), "parameters": msgspec.json.decode(row["parameters"])} for row in rows]


async def save(
    session: AsyncSession,
    actor: Actor,
    name: str,
    question: str,
    parameters: Mapping[str, str],
    now: datetime,
) -> int:
    """Keep a question under a name of one's own; its number. NotAllowed, InvalidValue for a name in use."""
    permissions.require(actor, "ask")
    if not name or len(name) > LONGEST_NAME:
        raise InvalidValue("name", f"must have 1 to {LONGEST_NAME} characters")
    connection = await driver(session)
    if len(await connection.fetch(_KEPT, actor.code)) >= MOST_KEPT:
        raise InvalidValue("name", f"would be the {MOST_KEPT + 1}th that is kept; drop one first")
    text = msgspec.json.encode(dict(sorted(parameters.items()))).decode()
    try:
        number: int = await connection.fetchval(_SAVE, actor.code, name, question, text, now)
    except asyncpg.UniqueViolationError:
        raise InvalidValue("name", "is the name of another question of yours") from None
    return number


async def drop(session: AsyncSession, actor: Actor, number: int, now: datetime) -> None:
    """Show a question of one's own no more. NotFound for anybody else's."""
    if await (await driver(session)).fetchval(_DROP, number, actor.code, now) is None:
        raise NotFound("saved question", str(number))
