"""A card in any state at any place, put there behind the gate, so that every refusal can be tried over HTTP."""

from __future__ import annotations

from logistics.rules.lifecycle import CardState
from logistics.store.database import Database, driver
from tests.sql import gate_rows


async def card_in(database: Database, state: CardState, place: str) -> str:
    """A card of site 1 that is in `state`, at `place` and in its custody."""
    async with database.begin() as session:
        code = await gate_rows.card(session, state)
        await (await driver(session)).execute(
            "UPDATE card SET place = $2, custodian = $2 WHERE code = $1", code, place
        )
    return code
