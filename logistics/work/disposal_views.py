"""What is going on at the machine: the open sitting of a proposal, and who witnesses it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import driver
from logistics.work.destroying import SITTING

_WITNESSES = """
SELECT person.code, person.name
FROM (SELECT DISTINCT ON (person) person, present FROM destruction_witness
      WHERE destruction = $1 ORDER BY person, id DESC) AS last
JOIN person ON person.code = last.person
WHERE last.present
ORDER BY person.code
"""


async def sitting(session: AsyncSession, proposal: str) -> dict[str, Any] | None:
    """The sitting at which a proposal is being destroyed, with its `witnesses` who are here; None while there is none."""
    connection = await driver(session)
    row = await connection.fetchrow(SITTING, proposal)
    if row is None:
        return None
    witnesses = [dict(one) for one in await connection.fetch(_WITNESSES, row["id"])]
    return {**dict(row), "witnesses": witnesses}
