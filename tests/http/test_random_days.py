"""Random days of work over 13 sites: what the service says of every site, day and container is what a plain model says.

The model reads nothing but the bodies of the log, one entry after the other, and knows no SQL.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from logistics.rules.vaulting import CITY_PARTY
from logistics.store.database import Database, driver
from logistics.work.rebuilding import differing
from seed.load import place_code
from tests.http.conftest import OPENING
from tests.http.counting import MovingClock
from tests.http.day import Batch, Day, Site, scan_of
from tests.http.vault_day import slots_of, vault_of

SITES = range(1, 14)
RUN_DAYS = ("2026-04-01", "2026-04-02", "2026-04-03")
GONE = {"new", "expected", "issued", "missing", "lost", "destroyed", "transferred"}
WAYS_OUT = ("issued", "returned", "transferred", "destroyed", "lost", "undone")


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


@dataclass
class Model:
    """Where every card is, from the entries read so far; and what crossed each site's door since its last close."""

    cards: dict[str, tuple[str, str]] = field(default_factory=dict)
    crossed: dict[str, Counter[str]] = field(default_factory=dict)
    last: int = 0

    async def read(self, database: Database) -> None:
        """Read the entries that are new."""
        async with database.read() as session:
            rows = await (await driver(session)).fetch(
                "SELECT id, body FROM entry WHERE id > $1 ORDER BY id", self.last
            )
        for row in rows:
            self.last = row["id"]
            self._take(msgspec.json.decode(row["body"]))

    def _take(self, body: dict[str, Any]) -> None:
        # A card with a city employee within the site is still at the site.
        to = None if body.get("to") == CITY_PARTY else body.get("to")
        for moved in body.get("cards", ()):
            for code in moved["codes"]:
                state, holder = self.cards.get(code, ("new", ""))
                assert state == moved["from"], f"{code} was {state}, and {body['act']} says {moved['from']}"
                self.cards[code] = (moved["to"], to or holder)
                self._cross(state, holder, moved["to"], to or holder)

    def _cross(self, was: str, of: str, now: str, at: str) -> None:
        was_here = of if was not in GONE else None
        is_here = at if now not in GONE else None
        if was_here == is_here:
            return
        if was_here:
            way = {"missing": "lost", "expected": "undone"}.get(now, now if now in GONE else "returned")
            self.crossed.setdefault(was_here, Counter())[way] += 1
        if is_here:
            way = "found" if was in GONE - {"new", "expected"} else "incoming"
            self.crossed.setdefault(is_here, Counter())[way] += 1

    def stock(self, site: str) -> int:
        return sum(at == site and state not in GONE for state, at in self.cards.values())


class Chance:
    """Plays days in which things go wrong; every choice comes from one seed."""

    def __init__(self, day: Day, clock: MovingClock, seed: int) -> None:
        self.day, self.clock = day, clock
        self.random = random.Random(seed)  # noqa: S311 - the same days for the same seed
        self.lying: dict[int, dict[str, list[str]]] = {n: {} for n in SITES}

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    async def morning(self, run_day: str) -> dict[int, Batch]:
        """A box for all, now and then one card short; a bag for each site, on one run."""
        day = self.day
        await day.plan(run_day)
        batches: dict[int, Batch] = {}
        counts = {n: self.random.randint(1, 3) for n in SITES}
        for n in SITES:
            box, listed = await day.announce({n: counts[n]})
            missing = [listed.pop()] if len(listed) > 1 and self.maybe(0.1) else []
            await day.unpack(box, listed, missing)
            await day.annex.post("/setups", {"cards": listed, "day": run_day})
            batches[n] = await day.packed(n, listed, run_day)
            await day.seal(batches[n])
        await day.load(*batches.values())
        return batches

    async def at_site(self, n: int, manifest: str, batch: Batch) -> None:
        """Receive, but for a card now and then; put away, take out, issue, put back, miss."""
        site, lying = self.day.site(n), self.lying[n]
        await site.scan(scan_of(manifest), scan_of(batch.code, seal_number=batch.seal))
        seen = [card for card in batch.cards if not self.maybe(0.08)]
        if seen:
            await site.receive(*seen)
        await site.close(manifest, missing=len(batch.cards) - len(seen))
        slot = self.random.choice(await slots_of(site, 4))
        if seen and not self.maybe(0.1):
            assert set(await site.store(slot, *seen)) == {"stored"}
            lying.setdefault(slot, []).extend(seen)
        stock = [card for cards in lying.values() for card in cards]
        for card in self.random.sample(stock, k=min(2, len(stock))):
            await self._at_counter(site, lying, card)

    async def _at_counter(self, site: Site, lying: dict[str, list[str]], card: str) -> None:
        slot = next(slot for slot, cards in lying.items() if card in cards)
        lying[slot].remove(card)
        if self.maybe(0.15):
            await site.clerk.post(f"/cards/{card}/missing", {"reason": "not in its slot"})
            return
        assert await site.clerk.scan("/take-outs", [card], purpose="issue") == ["taken_out"]
        if self.maybe(0.5):
            assert await site.clerk.scan("/issues", [card]) == ["issued"]
        elif self.maybe(0.3):
            body = {"to": site.supervisor, "reason": "agent", "scans": [scan_of(card)]}
            await site.clerk.post("/city-handovers", body)
        else:
            assert await site.clerk.scan(f"/slots/{slot}/put-backs", [card]) == ["put_back"]
            lying[slot].append(card)

    async def evening(self, n: int) -> None:
        """A closing count by number; now and then a card is stolen before it, and the count has to name it."""
        site, lying = self.day.site(n), self.lying[n]
        second = self.day.clerk(n, 3)
        stocked = [slot for slot, cards in lying.items() if cards]
        stolen = None
        if stocked and self.maybe(0.2):
            slot = self.random.choice(stocked)
            stolen = lying[slot].pop()
        body = {"kind": "closing", "witness": second.code, "supervisor": site.supervisor}
        vault = await vault_of(site)
        count = (await site.clerk.post(f"/vaults/{vault}/counts", body))["code"]
        tallies = [scan_of(slot) | {"slot": slot, "cards": len(cards)} for slot, cards in lying.items()]
        for tally in tallies:
            del tally["code"]
        if tallies:
            await site.clerk.post(f"/counts/{count}/tallies", {"tallies": tallies})
        aside = (await site.clerk.get("/cards", place=site.place, limit=500))["items"]
        loose = [card["code"] for card in aside if card["state"] in ("received", "held")]
        if loose:
            await site.clerk.scan(f"/counts/{count}/scans", loose)
        ended = await site.clerk.post(f"/counts/{count}/finish")
        if ended["state"] == "recounting":
            for slot in ended["recount_slots"]:
                await self._look(second, count, slot, lying[slot])
            ended = await second.post(f"/counts/{count}/finish")
        if ended["state"] == "to_conclude":
            ended = await site.leader.post(f"/counts/{count}/conclude", {})
        assert (ended["state"], ended["missing"]) == ("concluded", int(stolen is not None))
        assert stolen is None or await self.day.state(stolen) == "missing"

    async def _look(self, by: Any, count: str, slot: str, cards: list[str]) -> None:
        if cards:
            await by.scan(f"/counts/{count}/scans", cards, slot=slot)
        else:
            tally = {
                "id": scan_of("")["id"],
                "slot": slot,
                "cards": 0,
                "occurred_at": scan_of("")["occurred_at"],
            }
            await by.post(f"/counts/{count}/tallies", {"tallies": [tally]})


class Stamped(httpx.ASGITransport):
    """Scans are made when they are sent, by the clock of the play."""

    def __init__(self, app: Any, clock: MovingClock) -> None:
        super().__init__(app)
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        said = OPENING.isoformat().encode()
        if said in request.content:
            content = request.content.replace(said, self._clock().isoformat().encode())
            headers = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
            request = httpx.Request(request.method, request.url, headers=headers, content=content)
        return await super().handle_async_request(request)


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_days_over_13_sites_conserve_every_card_at_every_close(
    day: Day, app: Any, clock: MovingClock, database: Database, seed: int
) -> None:
    day.client._transport = Stamped(app, clock)
    chance, model = Chance(day, clock, seed), Model()
    closings: dict[tuple[str, str], int] = {}
    before: dict[str, int] = Counter()

    for run_day in RUN_DAYS:
        batches = await chance.morning(run_day)
        clock.now += timedelta(hours=1)
        sent = await day.dispatch(batches)
        await day.courier.post(f"/runs/{sent[1].run}/take-over", {})
        clock.now += timedelta(hours=1)
        for n in SITES:
            await chance.at_site(n, sent[n].manifest, batches[n])
        clock.now += timedelta(hours=6)
        for n in SITES:
            await chance.evening(n)
            await model.read(database)
            place, second = place_code(n), day.clerk(n, 3).code
            closed = await day.site(n).leader.post(
                f"/places/{place}/day-closes/{run_day}", {"second": second, "reason": "what is open is known"}
            )
            sums = {
                name: sum(line[name] for line in closed["lines"])
                for name in ("opening", "incoming", "found", *WAYS_OUT, "closing")
            }
            crossed = model.crossed.pop(place, Counter())
            assert sums == {
                "opening": before[place],
                **{name: crossed[name] for name in ("incoming", "found", *WAYS_OUT)},
                "closing": model.stock(place),
            }
            before[place] = closings[place, run_day] = sums["closing"]
        clock.now += timedelta(hours=16)

    for (place, run_day), closing in closings.items():
        told = await day.manager.get("/audit/balance", place=place, day=run_day)
        assert told["balanced"], told
        in_city = sum(state == "with_city" and at == place for state, at in model.cards.values())
        assert abs(told["closing"] - closing) <= in_city, (place, run_day)
    for batch in (await day.manager.get("/batches", limit=500))["items"]:
        told = await day.manager.get("/audit/balance", batch=batch["code"], day=RUN_DAYS[-1])
        assert told["balanced"], told
    async with database.read() as session:
        _, wrong = await differing(session)
    assert wrong == [], "the present is what the entries tell, count by count and move by move"
