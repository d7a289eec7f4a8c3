"""Every card is always in exactly one custody: a day of chance, and the books balance after it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from logistics.store.database import Database, driver
from tests.http.day import Batch, Day, Sent, new_card, scan_of

SITES = (1, 2, 3)


class Chance:
    """Plays a day in which things go wrong; every choice comes from one seed."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day = day
        self.random = random.Random(seed)  # noqa: S311 - the same day for the same seed
        self.cards: list[str] = []

    def some(self, cards: list[str]) -> list[str]:
        return [card for card in cards if self.random.random() < 0.85]

    async def morning(self) -> dict[int, Batch]:
        """Boxes with missing and damaged cards, containers that are opened again, a run that is loaded."""
        await self.day.plan()
        batches = {}
        for site in SITES:
            ready = await self._arrive({site: self.random.randint(3, 9)})
            batches[site] = await self.day.packed(site, ready)
            if self.random.random() < 0.5:
                out = ready.pop()
                path = f"/batches/{batches[site].code}/removals"
                assert await self.day.annex.scan(path, [out]) == ["unpacked"]
                batches[site] = Batch(batches[site].code, batches[site].run, batches[site].seal, ready)
            await self.day.seal(batches[site])
        await self.day.load(*batches.values())
        return batches

    async def _arrive(self, counts: dict[int, int]) -> list[str]:
        box, listed = await self.day.announce(counts)
        self.cards += listed
        await self.day.annex.post(f"/boxes/{box}/open")
        found = self.some(listed) or listed
        torn = found[1:2]
        scans = [scan_of(card, damaged=card in torn) for card in found]
        await self.day.annex.post(f"/boxes/{box}/scans", {"scans": scans})
        body = {"emptied_by": self.day.clerk(0, 3).code, "missing": sorted(set(listed) - set(found))}
        await self.day.annex.post(f"/boxes/{box}/close", body)
        ready = [card for card in found if card not in torn]
        await self.day.annex.post("/setups", {"cards": ready, "day": "2026-04-01"})
        return ready

    async def afternoon(self, sent: dict[int, Sent]) -> list[dict[str, Any]]:
        """Cards come to the wrong sites, some come damaged, some not at all; all receipts are closed."""
        receipts = []
        for n in self.random.sample(SITES, 3):
            site, other = self.day.site(n), sent[self.random.choice(SITES)]
            await site.accept(sent[n])
            strays = self.random.sample(other.cards, min(2, len(other.cards))) + self.random.sample(
                self.cards, 2
            )
            scans = [scan_of(card, damaged=self.random.random() < 0.1) for card in self.some(sent[n].cards)]
            await site.scan(*scans, *strays, new_card())
            progress = await site.clerk.get(f"/manifests/{sent[n].manifest}/receipt")
            receipts.append(await site.close(sent[n].manifest, missing=len(progress["outstanding"])))
            slot = await site.first_slot()
            await site.store(slot, *self.some(sent[n].cards))
            await site.scan(*(scan_of(card) for card in self.random.sample(self.cards, 3)))
        return receipts


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_a_day_of_chance_every_card_is_in_one_custody(
    day: Day, database: Database, seed: int
) -> None:
    chance = Chance(day, seed)
    batches = await chance.morning()
    sent = await day.dispatch(batches)
    await day.courier.post(f"/runs/{sent[1].run}/take-over", {})
    receipts = await chance.afternoon(sent)

    for receipt in receipts:
        assert receipt["accepted"] + receipt["rejected"] + receipt["missing"] == receipt["dispatched"]
    assert await _rebuilt(database) == await _as_it_stands(database)
    assert set(await _as_it_stands(database)) == set(chance.cards)
    assert await _wrong_counts(database) == []


async def _as_it_stands(database: Database) -> dict[str, tuple[str, str, str]]:
    async with database.read() as session:
        rows = await (await driver(session)).fetch("SELECT code, state, place, custodian FROM card")
    return {row["code"]: (row["state"], row["place"], row["custodian"]) for row in rows}


async def _rebuilt(database: Database) -> dict[str, tuple[str, str, str]]:
    """State, place and custodian of every card, from nothing but the bodies of the log."""
    async with database.read() as session:
        bodies = await (await driver(session)).fetch("SELECT body FROM entry ORDER BY id")
    cards: dict[str, tuple[str, str, str]] = {}
    for row in bodies:
        entry = msgspec.json.decode(row["body"])
        for move in entry.get("cards", []):
            for code in move["codes"]:
                state, place, custodian = cards.get(code, ("new", "", ""))
                assert state == move["from"]
                cards[code] = (move["to"], entry.get("place", place), entry.get("to", custodian))
    return cards


async def _wrong_counts(database: Database) -> list[str]:
    """Slots and containers whose counts are not those of the cards in them; scans that count twice."""
    async with database.read() as session:
        connection = await driver(session)
        slots = await connection.fetch(
            "SELECT slot.code, occupied, count(card.id) AS cards FROM slot"
            " LEFT JOIN card ON card.slot = slot.code GROUP BY slot.code HAVING occupied <> count(card.id)"
        )
        lines = await connection.fetch(
            "SELECT manifest.code FROM manifest JOIN manifest_card AS line ON line.manifest = manifest.code"
            " GROUP BY manifest.code HAVING count(*) <> manifest.cards"
        )
        scans = await connection.fetch(
            "SELECT manifest, card FROM scan WHERE accepted AND purpose = 'receive'"
        )
    twice = [pair for pair, n in Counter(tuple(row) for row in scans if row["card"]).items() if n > 1]
    return [str(found) for found in (*slots, *lines, *twice)]
