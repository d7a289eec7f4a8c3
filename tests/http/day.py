"""A working day in a few lines: people who send requests, and the work that brings cards to any state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import httpx

from logistics.ledger.log import new_uuid
from logistics.rules.codes import CodeType, random_code
from logistics.settings import Clock
from logistics.store.database import Database
from seed.load import COURIER, VEHICLE_NUMBER, person_code, place_code
from tests.applications import application
from tests.sessions import headers_of

API = "/api/v1"
RUN_DAY = "2026-04-01"
NOW = "2026-04-01T09:00:00+09:00"
HEADER = "control_number,kind,destination,box"
ANNEX = place_code(0)
VEHICLE = place_code(VEHICLE_NUMBER)


@dataclass(frozen=True)
class Clerk:
    """A person at the station of their place, or of another. `get` and `post` expect success; `ask` takes any answer."""

    client: httpx.AsyncClient
    code: str
    place: str | None = None

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = headers_of(self.code, self.place, str(self.client.base_url).rstrip("/")) | options.pop(
            "headers", {}
        )
        return await self.client.request(method, API + path, headers=headers, **options)

    async def get(self, path: str, **query: Any) -> Any:
        response = await self.ask("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any = None) -> Any:
        response = await self.ask("POST", path, json=body)
        assert response.status_code in (200, 201, 202, 204), response.text
        return response.json() if response.content else None

    async def refused(self, path: str, body: Any = None) -> dict[str, Any]:
        """The problem that a POST is answered with."""
        response = await self.ask("POST", path, json=body)
        assert response.status_code >= 400, response.text
        assert response.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = response.json()
        return problem

    async def scan(self, path: str, codes: Iterable[str], **common: Any) -> list[str]:
        """Scan codes one by one in one request; the outcome of each."""
        body = {"scans": [scan_of(code) for code in codes]} | common
        return outcomes(await self.post(path, body))


@dataclass(frozen=True)
class Site:
    """A counter with its people: a clerk who receives and stores, a leader, the city employee who directs."""

    place: str
    clerk: Clerk
    leader: Clerk
    supervisor: str

    async def scan(self, *scans: dict[str, Any] | str) -> list[dict[str, Any]]:
        """Receive by scan: codes, or scans with more said about them; the answers in full."""
        sent = [scan_of(s) if isinstance(s, str) else s for s in scans]
        answer = await self.clerk.post("/scans", {"supervisor": self.supervisor, "scans": sent})
        given: list[dict[str, Any]] = answer["outcomes"]
        return given

    async def receive(self, *codes: str) -> list[str]:
        return [answer["outcome"] for answer in await self.scan(*codes)]

    async def accept(self, sent: Sent) -> None:
        """Scan the manifest and each batch with its true seal: the courier hands over."""
        scans = [scan_of(sent.manifest), *(scan_of(b.code, seal_number=b.seal) for b in sent.batches)]
        assert {a["outcome"] for a in await self.scan(*scans)} == {"arrived"}

    async def close(self, manifest: str, missing: int = 0) -> Any:
        body = {"supervisor": self.supervisor, "missing": missing}
        return await self.clerk.post(f"/manifests/{manifest}/close", body)

    async def store(self, slot: str, *codes: str) -> list[str]:
        return await self.clerk.scan(f"/slots/{slot}/scans", codes, supervisor=self.supervisor)

    async def first_slot(self) -> str:
        (vault, *_) = await self.clerk.get(f"/places/{self.place}/vaults")
        page = await self.clerk.get(f"/vaults/{vault['code']}/slots", limit=1)
        slot: str = page["items"][0]["code"]
        return slot


@dataclass(frozen=True)
class Batch:
    """A sealed container."""

    code: str
    run: str
    seal: str
    cards: list[str]


@dataclass(frozen=True)
class Sent:
    """What one run carries to one site."""

    manifest: str
    run: str
    batches: list[Batch]
    cards: list[str]


@dataclass
class Day:
    """Everybody who works, and what they do until a card is where a test wants it."""

    client: httpx.AsyncClient
    _boxes: Iterator[int] = field(default_factory=lambda: count(1))
    _seals: Iterator[int] = field(default_factory=lambda: count(1))

    def clerk(self, place: int, number: int) -> Clerk:
        return Clerk(self.client, person_code(place, number))

    @property
    def annex(self) -> Clerk:
        return self.clerk(0, 2)

    @property
    def manager(self) -> Clerk:
        return self.clerk(0, 1)

    @property
    def city(self) -> Clerk:
        """A city employee at the annex."""
        return self.clerk(0, 91)

    @property
    def back_office(self) -> Site:
        """The annex as a place that receives what comes back."""
        return Site(ANNEX, self.annex, self.manager, person_code(0, 91))

    @property
    def courier(self) -> Clerk:
        return self.clerk(VEHICLE_NUMBER, 1)

    def site(self, number: int) -> Site:
        clerk, leader = self.clerk(number, 2), self.clerk(number, 1)
        return Site(place_code(number), clerk, leader, person_code(number, 91))

    async def announce(self, counts: Mapping[int, int], kind: str = "standard") -> tuple[str, list[str]]:
        """Import a list with one box: `counts` cards for each site number. The box, and its cards."""
        label = f"A-{next(self._boxes)}"
        cards = [(new_card(), place_code(site)) for site, n in counts.items() for _ in range(n)]
        lines = [HEADER, *(f"{card},{kind},{place},{label}" for card, place in cards)]
        response = await self.annex.ask("POST", "/arrivals", content="\r\n".join(lines).encode())
        assert response.status_code == 201, response.text
        return response.json()["boxes"][label], [card for card, _ in cards]

    async def unpack(self, box: str, cards: Sequence[str], missing: Sequence[str] = ()) -> Any:
        """Open the box, scan the cards out of it and close it before a second person's eyes."""
        await self.annex.post(f"/boxes/{box}/open")
        if cards:
            assert set(await self.annex.scan(f"/boxes/{box}/scans", cards)) == {"checked_in"}
        body = {"emptied_by": person_code(0, 3), "missing": list(missing)}
        return await self.annex.post(f"/boxes/{box}/close", body)

    async def arrived(self, counts: Mapping[int, int]) -> list[str]:
        box, cards = await self.announce(counts)
        await self.unpack(box, cards)
        return cards

    async def ready(self, counts: Mapping[int, int]) -> list[str]:
        cards = await self.arrived(counts)
        await self.annex.post("/setups", {"cards": cards, "day": RUN_DAY})
        return cards

    async def open_batch(self, site: int, run_day: str = RUN_DAY) -> Any:
        body = {"destination": place_code(site), "run_day": run_day}
        return await self.annex.post("/batches", body)

    async def packed(self, site: int, cards: Sequence[str], run_day: str = RUN_DAY) -> Batch:
        """An open batch with these cards, and the seal it is to get."""
        batch = await self.open_batch(site, run_day)
        assert set(await self.annex.scan(f"/batches/{batch['code']}/scans", cards)) == {"packed"}
        return Batch(batch["code"], batch["run"], f"KS-{next(self._seals):06d}", list(cards))

    async def sealed(self, site: int, cards: Sequence[str]) -> Batch:
        batch = await self.packed(site, cards)
        await self.seal(batch)
        return batch

    async def seal(self, batch: Batch) -> Any:
        body = {"seal_number": batch.seal, "counted": len(batch.cards)}
        return await self.annex.post(f"/batches/{batch.code}/seal", body)

    async def plan(self, run_day: str = RUN_DAY) -> Any:
        body = {
            "run_day": run_day,
            "courier": COURIER,
            "crew": ["配送乗務員1"],
            "vehicle": "京都 400 あ 12-34",
        }
        return await self.annex.post("/runs", body)

    async def load(self, *batches: Batch) -> None:
        codes = [batch.code for batch in batches]
        assert set(await self.annex.scan(f"/runs/{batches[0].run}/loads", codes)) == {"loaded"}

    async def loaded(self, counts: Mapping[int, int]) -> dict[int, Batch]:
        """A planned run with one sealed and loaded batch for each site number."""
        await self.plan()
        batches = {}
        for site, n in counts.items():
            batches[site] = await self.sealed(site, await self.ready({site: n}))
        await self.load(*batches.values())
        return batches

    async def dispatch(self, batches: Mapping[int, Batch]) -> dict[int, Sent]:
        run = next(iter(batches.values())).run
        manifests = await self.annex.post(f"/runs/{run}/dispatch")
        by_place = {manifest["destination"]: manifest["code"] for manifest in manifests}
        return {
            site: Sent(by_place[place_code(site)], run, [batch], batch.cards)
            for site, batch in batches.items()
        }

    async def dispatched(self, counts: Mapping[int, int]) -> dict[int, Sent]:
        return await self.dispatch(await self.loaded(counts))

    async def in_transit(self, counts: Mapping[int, int]) -> dict[int, Sent]:
        """What each site number is on its way to receive, in the courier's hands."""
        sent = await self.dispatched(counts)
        await self.courier.post(f"/runs/{next(iter(sent.values())).run}/take-over", {})
        return sent

    async def delivered(self, site: int, cards: int) -> Sent:
        sent = (await self.in_transit({site: cards}))[site]
        await self.site(site).accept(sent)
        return sent

    async def stored(self, site: int, cards: int) -> list[str]:
        """Cards in the first slot of a site's vault, their receipt closed."""
        sent = await self.received(site, cards)
        there = self.site(site)
        await there.close(sent.manifest)
        assert set(await there.store(await there.first_slot(), *sent.cards)) == {"stored"}
        return sent.cards

    async def open_return(self, site: int, run_day: str = RUN_DAY) -> Any:
        return await self.site(site).clerk.post("/returns", {"run_day": run_day})

    async def pack_return(self, site: int, batch: Any, reason: str, cards: Iterable[str]) -> list[str]:
        path = f"/returns/{batch['code']}/scans"
        return await self.site(site).clerk.scan(path, cards, return_reason=reason)

    async def seal_return(self, site: int, batch: Any, cards: Sequence[str]) -> Batch:
        """Sealed and loaded onto the run, by the site itself."""
        sealed = Batch(batch["code"], batch["run"], f"KR-{next(self._seals):06d}", list(cards))
        clerk = self.site(site).clerk
        body = {"seal_number": sealed.seal, "counted": len(cards)}
        await clerk.post(f"/batches/{sealed.code}/seal", body)
        assert await clerk.scan(f"/runs/{sealed.run}/loads", [sealed.code]) == ["loaded"]
        return sealed

    async def release_return(self, site: int, batch: Batch) -> Sent:
        """Released by the site; the courier has not acknowledged it yet."""
        (manifest,) = await self.site(site).clerk.post(f"/runs/{batch.run}/dispatch")
        return Sent(manifest["code"], batch.run, [batch], batch.cards)

    async def returned(self, site: int, reasons: Mapping[str, Sequence[str]]) -> Sent:
        """On its way to the annex, in the courier's hands: the cards of each reason."""
        batch = await self.open_return(site)
        for reason, cards in reasons.items():
            assert set(await self.pack_return(site, batch, reason, cards)) == {"packed"}
        sealed = await self.seal_return(site, batch, [card for cards in reasons.values() for card in cards])
        sent = await self.release_return(site, sealed)
        body = {"origin": place_code(site)}
        taken = await self.courier.post(f"/runs/{sent.run}/take-over", body)
        assert (taken["batches"], taken["cards"]) == (1, len(sent.cards))
        return sent

    async def collected(self, site: int, kind: str, cards: int = 1) -> list[str]:
        """Things that a site took in by hand."""
        codes = [new_card() for _ in range(cards)]
        source = "post" if kind in ("returned_notice", "mail_return", "express") else "counter"
        body = {"kind": kind, "source": source, "cards": codes, "day": RUN_DAY}
        await self.site(site).clerk.post("/collections", body)
        return codes

    async def received(self, site: int, cards: int) -> Sent:
        """Every card scanned; the receipt is still open."""
        sent = await self.delivered(site, cards)
        assert set(await self.site(site).receive(*sent.cards)) == {"received"}
        return sent

    async def approved(self, by: Clerk, second: Clerk, act: str, subject: str, **details: str) -> str:
        """The code of the approval that `second` gives to `by`."""
        reason = details.get("reason", "because it must be")
        body = {"act": act, "subject": subject, "details": details, "reason": reason}
        asked = await by.post("/approvals", body)
        await second.post(f"/approvals/{asked['code']}/approve", {"sha256": asked["sha256"]})
        approval: str = asked["code"]
        return approval

    async def packed_outcomes(self, site: int, cards: Iterable[str], run_day: str) -> list[str]:
        """What scans into a new batch of the annex for a site come to."""
        batch = await self.open_batch(site, run_day)
        return await self.annex.scan(f"/batches/{batch['code']}/scans", cards)

    async def people_of(self, number: int) -> list[dict[str, Any]]:
        """Everybody registered at a site."""
        found: list[dict[str, Any]] = (await self.site(number).leader.get("/people"))["items"]
        return found

    async def state(self, card: str) -> str:
        state: str = (await self.annex.get(f"/cards/{card}"))["state"]
        return state

    async def differences(self, **query: Any) -> list[tuple[str, str | None]]:
        """(kind, how it ended) of every difference, in number order."""
        page = await self.annex.get("/discrepancies", **query)
        return [(found["kind"], found["how"]) for found in page["items"]]


def later(database: Database, day: str, time: str = "09:00") -> Day:
    """The same service on another day: a new application on the same database, whose clock shows it."""
    clock = Clock.starting_at(datetime.fromisoformat(f"{day}T{time}:00+09:00"))
    transport = httpx.ASGITransport(application(database, clock))  # type: ignore[arg-type]
    return Day(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"))


def new_card() -> str:
    """A control number nobody knows yet."""
    return random_code(CodeType.CARD)


def scan_of(code: str, **said: Any) -> dict[str, Any]:
    """One scan as a client sends it, under an id of its own."""
    return {"id": str(new_uuid()), "code": code, "occurred_at": NOW} | said


def outcomes(answer: Mapping[str, Any]) -> list[str]:
    return [scan["outcome"] for scan in answer["outcomes"]]
