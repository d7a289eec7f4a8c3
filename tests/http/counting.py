"""A vault with cards in it, and people who count it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from logistics.ledger.log import new_uuid
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import people
from seed.load import person_code
from tests.http.day import NOW, Clerk, Day, Site, scan_of


@dataclass
class MovingClock:
    """A clock that stands until somebody moves it on."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def days(self, days: float) -> None:
        self.now += timedelta(days=days)


@dataclass
class Counted:
    """A site's vault: which cards lie in which slot, and who counts them."""

    day: Day
    site: Site
    number: int
    vault: str
    slots: dict[str, list[str]] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)

    @property
    def cards(self) -> list[str]:
        return [card for cards in self.slots.values() for card in cards]

    @property
    def second(self) -> Clerk:
        """Another worker of the site."""
        return self.day.clerk(self.number, 3)

    async def open(self, kind: str = "closing", **more: Any) -> str:
        """Open a count; its code."""
        body = {"kind": kind, "supervisor": self.site.supervisor} | more
        if kind in ("opening", "closing", "full"):
            body.setdefault("witness", self.second.code)
        count: str = (await self.site.clerk.post(f"/vaults/{self.vault}/counts", body))["code"]
        return count

    async def scan(
        self, count: str, slot: str | None, *codes: str, by: Clerk | None = None, **said: Any
    ) -> list[str]:
        """Count cards as they lie in a slot; the outcome of each."""
        body: dict[str, Any] = {"scans": [scan_of(code, **said) for code in codes]}
        if slot:
            body["slot"] = slot
        answer = await (by or self.site.clerk).post(f"/counts/{count}/scans", body)
        return [one["outcome"] for one in answer["outcomes"]]

    async def tally(
        self, count: str, numbers: Mapping[str, int], by: Clerk | None = None, at: str = NOW
    ) -> list[str]:
        """Count slots by number; the outcome of each."""
        tallies = [
            {"id": str(new_uuid()), "slot": slot, "cards": cards, "occurred_at": at}
            for slot, cards in numbers.items()
        ]
        answer = await (by or self.site.clerk).post(f"/counts/{count}/tallies", {"tallies": tallies})
        return [one["outcome"] for one in answer["outcomes"]]

    async def scan_all(self, count: str, without: Iterable[str] = (), by: Clerk | None = None) -> None:
        """Scan every slot as the log has it, but for some cards."""
        for slot, cards in self.slots.items():
            here = [card for card in cards if card not in set(without)]
            if here:
                assert set(await self.scan(count, slot, *here, by=by)) == {"counted"}

    async def finish(self, count: str, by: Clerk | None = None) -> Any:
        return await (by or self.site.clerk).post(f"/counts/{count}/finish")

    async def conclude(self, count: str) -> Any:
        return await self.site.leader.post(f"/counts/{count}/conclude", {})

    async def findings(self, count: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.site.leader.get(f"/counts/{count}/findings"))["items"]
        return found


async def stored(day: Day, number: int, per_slot: Iterable[int], aside: int = 0) -> Counted:
    """A site whose first slots hold so many cards each, received and put away as usual; `aside` are not put away."""
    sizes = list(per_slot)
    sent = await day.received(number, sum(sizes) + aside)
    site = day.site(number)
    await site.close(sent.manifest)
    (vault, *_) = await site.clerk.get(f"/places/{site.place}/vaults")
    page = await site.clerk.get(f"/vaults/{vault['code']}/slots", limit=100)
    counted = Counted(day, site, number, vault["code"])
    waiting = list(sent.cards)
    for size, slot in zip(sizes, page["items"], strict=False):
        cards, waiting = waiting[:size], waiting[size:]
        if cards:
            assert set(await site.store(slot["code"], *cards)) == {"stored"}
        counted.slots[slot["code"]] = cards
    counted.aside = waiting
    return counted


async def acting(database: Database, place: int, number: int) -> Actor:
    """A person as the domain knows them, for what has no route yet."""
    async with database.read() as session:
        return await people.actor(session, person_code(place, number))
