"""Rows put straight into the tables, so that a test may begin in any state at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.acts import Act
from logistics.rules.codes import CodeType, random_code
from logistics.rules.lifecycle import IN_BATCH, IN_HAND, IN_SLOT, BatchState, BatchStep, CardState, CardStep
from logistics.rules.permissions import Actor, Role, Where
from logistics.store.database import Database, driver
from seed.load import person_code, place_code, vault_code

NOW = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
ANNEX, SITE = place_code(0), place_code(1)
CLERK = Actor(person_code(0, 2), "clerk", Role.WORKER, Where.ANNEX, ANNEX, None)

_CARD = """
INSERT INTO card (code, kind, state, place, custodian, destination, box, batch, slot, holder)
VALUES ($1, 'standard', $2, $3, $3, $4, $5, $6, $7, $8)
"""


async def box(session: AsyncSession) -> str:
    """A box of an arrival of its own."""
    connection, arrival, code = (
        await driver(session),
        random_code(CodeType.ARRIVAL),
        random_code(CodeType.BOX),
    )
    await connection.execute(
        "INSERT INTO arrival (code, imported_at, imported_by, digest, cards) VALUES ($1, $2, $3, $4, 1)",
        arrival,
        NOW,
        CLERK.code,
        arrival.encode(),
    )
    await connection.execute(
        "INSERT INTO box (code, arrival, label, cards) VALUES ($1, $2, 'A-1', 1)", code, arrival
    )
    return code


async def run(session: AsyncSession) -> str:
    """The run of the first day; the same one each time."""
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO run (code, day, sequence, crew) VALUES ($1, $2, 1, '{}') ON CONFLICT DO NOTHING",
        random_code(CodeType.RUN),
        date(2026, 4, 1),
    )
    code: str = await connection.fetchval("SELECT code FROM run")
    return code


async def batch(session: AsyncSession, state: str = "open") -> str:
    """A container in a state."""
    code = random_code(CodeType.BATCH)
    await (await driver(session)).execute(
        "INSERT INTO batch (code, run, origin, destination, state, place, custodian, opened_at)"
        " VALUES ($1, $2, $5, $3, $4, $5, $5, $6)",
        code,
        await run(session),
        SITE,
        state,
        ANNEX,
        NOW,
    )
    return code


async def slot(session: AsyncSession, number: int = 1) -> str:
    """A slot of the site's vault."""
    code: str = await (await driver(session)).fetchval(
        "SELECT code FROM slot WHERE vault = $1 ORDER BY code OFFSET $2 LIMIT 1", vault_code(1, 1), number - 1
    )
    return code


async def free_slot(session: AsyncSession) -> str:
    """The first slot of the site's vault with room; the second one is kept for what acts put there."""
    code: str = await (await driver(session)).fetchval(
        "SELECT code FROM slot WHERE vault = $1 AND code <> $2 AND occupied < capacity ORDER BY code LIMIT 1",
        vault_code(1, 1),
        await slot(session, 2),
    )
    return code


async def card(session: AsyncSession, state: str, **where: Any) -> str:
    """A card in a state, with the container or the slot that its state needs."""
    code, connection = random_code(CodeType.CARD), await driver(session)
    lies_in = where.get("slot") or (await free_slot(session) if state in IN_SLOT else None)
    holder = CLERK.code if state in IN_HAND else None
    inside = where.get("batch") or (await batch(session) if state in IN_BATCH else None)
    await connection.execute(_CARD, code, state, ANNEX, SITE, await box(session), inside, lies_in, holder)
    if lies_in:
        await connection.execute("UPDATE slot SET occupied = occupied + 1 WHERE code = $1", lies_in)
    return code


def act(name: str, **said: Any) -> Act:
    """An act of the annex's clerk, now."""
    return Act(name, CLERK, ANNEX, NOW, **said)


async def card_act(session: AsyncSession, step: CardStep, *cards: str) -> Act:
    """An act that gives the step all that its target state may need."""
    return act(
        step.value,
        step=step,
        cards=cards,
        place=SITE,
        custodian=SITE,
        batch=await batch(session),
        slot=await slot(session, 2),
        holder=CLERK.code,
        day=date(2026, 4, 1),
    )


def batch_act(step: BatchStep, *batches: str) -> Act:
    return act(step.value, batch_step=step, batches=batches)


async def rows(database: Database, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds, as tuples."""
    async with database.read() as session:
        return [tuple(row) for row in await (await driver(session)).fetch(query, *values)]


CARD_STATES = [state for state in CardState if state is not CardState.NEW]
BATCH_STATES = [state for state in BatchState if state is not BatchState.NEW]
