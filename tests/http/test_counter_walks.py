"""Random work at one site by several people at once: whatever comes of it, each card is in one place and one hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from logistics.store.database import Database
from logistics.work.rebuilding import differing
from tests.http.day import Clerk, Day, Site
from tests.http.rows import one
from tests.http.test_counter import issue, take_out, to_city
from tests.http.vault_day import slots_of, stored

ROUNDS, AT_ONCE = 30, 4

_TOLD_TWICE = """
SELECT count(*)
FROM slot
WHERE occupied <> (SELECT count(*) FROM card WHERE card.slot = slot.code)
"""
_TWO_IN_HAND = """
SELECT count(*) FROM (SELECT holder FROM card WHERE state = 'out' GROUP BY holder HAVING count(*) > 1) AS hand
"""


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_at_a_counter_leaves_every_card_in_one_place(
    day: Day, database: Database, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - chance, not a secret
    site = day.site(1)
    slots = await slots_of(site, 3)
    cards = await stored(day, 1, 8, slots[0])
    clerks = [day.clerk(1, number) for number in (1, 2, 3)]

    came: Counter[str] = Counter()
    for _ in range(ROUNDS):
        works = [
            _work(chance, site, chance.choice(clerks), chance.choice(cards), chance.choice(slots))
            for _ in range(AT_ONCE)
        ]
        for outcomes in await asyncio.gather(*works):
            came.update(outcomes)
        assert await one(database, _TOLD_TWICE) == 0
        assert await one(database, _TWO_IN_HAND) == 0

    async with database.read() as session:
        _, found = await differing(session)
    assert found == []
    assert came["taken_out"] > 3, came
    states = Counter([await day.state(card) for card in cards])
    assert sum(states.values()) == len(cards)
    assert set(states) <= {"stored", "out", "with_city", "issued"}


async def _work(chance: Random, site: Site, clerk: Clerk, card: str, slot: str) -> list[str]:
    return await chance.choice(_WAYS)(site, clerk, card, slot)


async def _take(_site: Site, clerk: Clerk, card: str, _slot: str) -> list[str]:
    return await take_out(clerk, card)


async def _back(_site: Site, clerk: Clerk, card: str, slot: str) -> list[str]:
    return await clerk.scan(f"/slots/{slot}/put-backs", [card])


async def _move(site: Site, _clerk: Clerk, card: str, slot: str) -> list[str]:
    return await site.store(slot, card)


async def _issue(_site: Site, clerk: Clerk, card: str, _slot: str) -> list[str]:
    return await issue(clerk, card)


async def _city(site: Site, _clerk: Clerk, card: str, _slot: str) -> list[str]:
    return [answer["outcome"] for answer in (await to_city(site, card))["outcomes"]]


async def _from_city(_site: Site, clerk: Clerk, card: str, _slot: str) -> list[str]:
    return await clerk.scan("/city-returns", [card])


# Taking out is as likely as all that ends it: else every hand would soon be empty, and the cards gone.
_WAYS = (_take, _take, _take, _back, _back, _move, _issue, _city, _from_city)
