"""Counting a vault of 10,000 cards by scan: the last scans cost what the first ones did."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

from logistics.ledger.log import timestamp
from logistics.rules.codes import CodeType, random_code
from seed.load import person_code, place_code
from tests.bench import client
from tests.bench.measuring import Row
from tests.bench.setting import Stage
from tests.bench.world import site_clerk, supervisor
from tests.sessions import headers_of

CENTER = 13
CARDS, IN_SLOT = 10_000, 50
# Requests at each end that are compared, each of one slot.
AT_EACH_END = 40

_SLOTS = """
SELECT slot.code, slot.vault FROM slot
WHERE slot.place = $1 AND slot.capacity >= $2 AND slot.occupied = 0
  AND slot.vault = (SELECT min(code) FROM vault WHERE place = $1)
ORDER BY slot.code LIMIT $3
"""
_CARDS = """
INSERT INTO card (code, kind, state, place, custodian, destination, slot)
SELECT code, 'standard', 'stored', $1, $1, $1, slot FROM unnest($2::text[], $3::text[]) AS stored (code, slot)
"""


# What other measurements have received there and put into no slot: it is counted with the place's first vault.
_ASIDE = "SELECT code FROM card WHERE place = $1 AND slot IS NULL AND state = 'received' ORDER BY code"
AT_ONCE = 500


async def ten_thousand(stage: Stage) -> list[Row]:
    """Every card of a full vault, slot by slot, from one connection; then the end of the round."""
    place, clerk = place_code(CENTER), site_clerk(CENTER)
    slots = await stage.superuser.fetch(_SLOTS, place, IN_SLOT, stage.sized(CARDS) // IN_SLOT)
    lying = {row["code"]: [random_code(CodeType.CARD) for _ in range(IN_SLOT)] for row in slots}
    await _store(stage, place, lying)
    headers = headers_of(clerk, base=stage.base)
    body = {"kind": "full", "witness": person_code(CENTER, 3), "supervisor": supervisor(CENTER)}
    async with httpx.AsyncClient(base_url=stage.base, headers=headers, timeout=60, trust_env=False) as http:
        began = time.perf_counter()
        opened = await http.post(f"/api/v1/vaults/{slots[0]['vault']}/counts", json=body)
        opening = time.perf_counter() - began
        path = f"/api/v1/counts/{opened.raise_for_status().json()['code']}"
        times = await _scan(stage, path, clerk, lying)
        aside = await _scan_aside(stage, path, clerk, place)
        began = time.perf_counter()
        ended = (await http.post(f"{path}/finish")).raise_for_status().json()
        closing = time.perf_counter() - began
    counted = len(lying) * IN_SLOT
    assert ended["state"] == "concluded", ended["state"]
    assert ended["matched"] == counted + aside
    first, last = (
        statistics.median(part) * 1000 / IN_SLOT for part in (times[:AT_EACH_END], times[-AT_EACH_END:])
    )
    return [
        Row(f"count scan of {counted:,}, the last beside the first", "ms/card", last, first, ratio_bound=1.2),
        Row(f"open a count of {counted:,} cards", "s", opening),
        Row(f"finish a count of {counted:,} cards", "s", closing),
    ]


async def _store(stage: Stage, place: str, lying: dict[str, list[str]]) -> None:
    codes = [code for cards in lying.values() for code in cards]
    into = [slot for slot, cards in lying.items() for _ in cards]
    await stage.superuser.execute(_CARDS, place, codes, into)
    await stage.superuser.execute(
        "UPDATE slot SET occupied = $2 WHERE code = ANY ($1::text[])", list(lying), IN_SLOT
    )
    await stage.superuser.execute("VACUUM (ANALYZE) card, slot")


async def _scan(stage: Stage, path: str, clerk: str, lying: dict[str, list[str]]) -> list[float]:
    """Seconds of each request, one slot after the other."""
    times: list[float] = []
    async with client.connected(stage.base, 1) as (connection,):
        for slot, cards in lying.items():
            request = client.post(f"{path}/scans", clerk, {"slot": slot, "scans": _scans(stage, cards)})
            began = time.perf_counter()
            answer = await connection.call(request)
            times.append(time.perf_counter() - began)
            assert answer.count(b'"counted"') == IN_SLOT
    return times


async def _scan_aside(stage: Stage, path: str, clerk: str, place: str) -> int:
    """Count what lies outside any slot; how much that was."""
    cards = [row["code"] for row in await stage.superuser.fetch(_ASIDE, place)]
    async with client.connected(stage.base, 1) as (connection,):
        for start in range(0, len(cards), AT_ONCE):
            scans = _scans(stage, cards[start : start + AT_ONCE])
            await connection.call(client.post(f"{path}/scans", clerk, {"scans": scans}))
    return len(cards)


def _scans(stage: Stage, cards: Sequence[str]) -> list[dict[str, Any]]:
    return [{"id": str(uuid4()), "code": code, "occurred_at": timestamp(stage.now())} for code in cards]
