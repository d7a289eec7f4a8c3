"""What still has to be done before a place's day can be closed, each with its list and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.day_records import DayProblem, DayProblemKind
from logistics.store.database import driver

_QUERIES: Mapping[DayProblemKind, str] = {
    "out": """
        SELECT code FROM card WHERE place = $1 AND state IN ('out', 'with_city') ORDER BY code
    """,
    "unslotted": """
        SELECT code FROM card WHERE place = $1 AND state = 'received' ORDER BY code
    """,
    "receipt_open": """
        SELECT code FROM manifest
        WHERE destination = $1 AND arrived_at IS NOT NULL AND closed_at IS NULL
        ORDER BY code
    """,
    "count_open": """
        SELECT counted.code FROM stock_count AS counted
        LEFT JOIN stock_count_end AS ended ON ended.count = counted.code
        WHERE counted.place = $1 AND ended.count IS NULL
        ORDER BY counted.code
    """,
    "uncounted": """
        SELECT vault.code
        FROM vault
        WHERE vault.place = $1
          AND EXISTS (SELECT FROM slot WHERE slot.vault = vault.code AND slot.occupied > 0)
          AND NOT EXISTS (
              SELECT FROM stock_count AS counted
              JOIN stock_count_end AS ended ON ended.count = counted.code AND ended.how = 'concluded'
              WHERE counted.vault = vault.code AND counted.day = $2 AND counted.kind IN ('closing', 'full'))
        ORDER BY vault.code
    """,
    "difference_untouched": """
        SELECT discrepancy.code
        FROM discrepancy
        LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
        WHERE discrepancy.place = $1 AND ended.discrepancy IS NULL
          AND NOT EXISTS (SELECT FROM discrepancy_note AS said WHERE said.discrepancy = discrepancy.code)
          AND NOT EXISTS (
              SELECT FROM missing_case
              JOIN missing_case_mark AS mark ON mark.case_code = missing_case.code
              WHERE discrepancy.kind = 'short' AND missing_case.card = discrepancy.card)
        ORDER BY discrepancy.code
    """,
}


async def problems(session: AsyncSession, place: str, day: date) -> list[DayProblem]:
    """Everything that keeps the day open; empty when it can be closed."""
    connection = await driver(session)
    found: list[DayProblem] = []
    for what, query in _QUERIES.items():
        values: tuple[Any, ...] = (place, day) if "$2" in query else (place,)
        codes = [row["code"] for row in await connection.fetch(query, *values)]
        if codes:
            found.append(DayProblem(what, tuple(codes)))
    return found
