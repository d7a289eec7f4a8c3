"""What a database holds, as a whole: for tests that say nothing was written, or nothing of a kind."""

from __future__ import annotations

import msgspec
from sqlmodel import SQLModel

import logistics.store.tables  # noqa: F401 - fills the metadata
from logistics.store.database import Database, driver

# That somebody was refused a right is told apart (test_refusals); it is no effect of the request.
WHERE = {"entry": "WHERE act NOT IN ('refuse', 'refuse_right')"}
# That a session was in use is noted from time to time, whatever became of the request.
TABLES = sorted(set(SQLModel.metadata.tables) - {"session"})


async def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table, as text, in a stable order."""
    async with database.read() as session:
        connection = await driver(session)
        return {
            name: [
                row["text"]
                for row in await connection.fetch(
                    f"SELECT row_to_json(t)::text AS text FROM {name} AS t {WHERE.get(name, '')} ORDER BY 1"  # noqa: S608
                )
            ]
            for name in TABLES
        }


async def one(database: Database, query: str, *values: object) -> object:
    """The single value that a query gives."""
    async with database.read() as session:
        return await (await driver(session)).fetchval(query, *values)


async def everything(database: Database) -> str:
    """The whole database as one text."""
    return msgspec.json.encode(await contents(database)).decode()
