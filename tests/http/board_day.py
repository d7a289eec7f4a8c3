"""A small working day, played through the HTTP API up to the stage each site is to be left at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, random_code, slot_code
from seed.load import COURIER, VEHICLE_NUMBER, person_code, place_code
from tests.sessions import headers_of

CLERK, SECOND = person_code(0, 2), person_code(0, 3)
CREW = person_code(VEHICLE_NUMBER, 1)


@dataclass
class PlayedDay:
    """What was made: the run, and by site number its cards, batch and manifest."""

    client: httpx.AsyncClient
    now: datetime
    run: str = ""
    cards: dict[int, list[str]] = field(default_factory=dict)
    batches: dict[int, str] = field(default_factory=dict)
    seals: dict[int, str] = field(default_factory=dict)
    manifests: dict[int, str] = field(default_factory=dict)

    @property
    def _base(self) -> str:
        return str(self.client.base_url).rstrip("/")

    async def say(self, by: str, path: str, body: Any = None) -> Any:
        """POST as a person; the answer, which must be a success."""
        if isinstance(body, bytes):
            sent = await self.client.post(
                f"/api/v1{path}", headers=headers_of(by, base=self._base), content=body
            )
        else:
            sent = await self.client.post(
                f"/api/v1{path}", headers=headers_of(by, base=self._base), json=body
            )
        assert sent.is_success, sent.text
        return sent.json() if sent.content else None

    def scans(self, codes: Sequence[str], **more: Any) -> dict[str, Any]:
        """The codes as a body of scans made just now."""
        at = (self.now - timedelta(minutes=1)).isoformat()
        return {"scans": [{"id": str(uuid4()), "code": code, "occurred_at": at, **more} for code in codes]}

    async def arrive(self, cards: dict[int, int]) -> None:
        """So many cards for each site are announced, unpacked and set up."""
        self.cards = {site: [random_code(CodeType.CARD) for _ in range(n)] for site, n in cards.items()}
        lines = [
            f"{card},standard,{place_code(site)},K1" for site, codes in self.cards.items() for card in codes
        ]
        listed = "\n".join(["control_number,kind,destination,box", *lines])
        box = (await self.say(CLERK, "/arrivals", listed.encode()))["boxes"]["K1"]
        every = [card for codes in self.cards.values() for card in codes]
        await self.say(CLERK, f"/boxes/{box}/open")
        for n in range(0, len(every), 500):
            await self.say(CLERK, f"/boxes/{box}/scans", self.scans(every[n : n + 500]))
        await self.say(CLERK, f"/boxes/{box}/close", {"emptied_by": SECOND, "missing": []})
        day = business_date(self.now).isoformat()
        await self.say(CLERK, "/setups", {"cards": every, "day": day})

    async def pack(self, sites: Sequence[int]) -> None:
        """The cards of these sites are in an open batch each."""
        day = business_date(self.now).isoformat()
        for site in sites:
            new = {"destination": place_code(site), "run_day": day}
            batch = (await self.say(CLERK, "/batches", new))["code"]
            await self.say(CLERK, f"/batches/{batch}/scans", self.scans(self.cards[site]))
            self.batches[site] = batch

    async def dispatch(self) -> None:
        """What is packed is sealed, loaded and released to the courier."""
        day = business_date(self.now).isoformat()
        plan = {"run_day": day, "courier": COURIER, "crew": ["配送乗務員1"], "vehicle": "京都 400 あ 12-34"}
        self.run = (await self.say(CLERK, "/runs", plan))["code"]
        for site, batch in self.batches.items():
            self.seals[site] = f"KS-{site:06d}"
            seal = {"seal_number": self.seals[site], "counted": len(self.cards[site])}
            await self.say(CLERK, f"/batches/{batch}/seal", seal)
        await self.say(CLERK, f"/runs/{self.run}/loads", self.scans(list(self.batches.values())))
        made = await self.say(person_code(0, 1), f"/runs/{self.run}/dispatch")
        numbers = {place_code(site): site for site in self.batches}
        self.manifests = {numbers[manifest["destination"]]: manifest["code"] for manifest in made}

    async def take_over(self, sites: Sequence[int]) -> None:
        """The courier acknowledges the batches of these sites."""
        await self.say(CREW, f"/runs/{self.run}/take-over", {"batches": [self.batches[s] for s in sites]})

    async def receive(self, site: int, cards: Sequence[str], **more: Any) -> None:
        """The site scans its batch with the seal, then these cards."""
        by, supervisor = person_code(site, 2), {"supervisor": person_code(site, 91)}
        sealed = self.scans([self.batches[site]], seal_number=self.seals[site])
        await self.say(by, "/scans", sealed | supervisor)
        for n in range(0, len(cards), 500):
            await self.say(by, "/scans", self.scans(cards[n : n + 500], **more) | supervisor)

    async def close(self, site: int, missing: int) -> None:
        """The site closes its receipt."""
        body = {"supervisor": person_code(site, 91), "missing": missing}
        await self.say(person_code(site, 1), f"/manifests/{self.manifests[site]}/close", body)

    async def put_away(self, site: int, cards: Sequence[str]) -> None:
        """The site puts cards into the first slot of its vault."""
        body = self.scans(cards) | {"supervisor": person_code(site, 91)}
        await self.say(person_code(site, 2), f"/slots/{slot_code(site, 1, 'A', 1)}/scans", body)
