"""The service in this process on a database of its own, the people who work in it, and what really lies where."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from logistics.ledger.log import new_uuid
from logistics.ledger.sequencer import Sequencer
from logistics.rules.calendar import JST
from logistics.store.database import Database
from logistics.work.exports import until_signed
from logistics.work.notice_numbers import NoticeKey
from seed import contract
from seed.load import person_code, place_code, vault_code
from tests.http.counting import MovingClock
from tests.http.day import Clerk
from tests.year.plan import Plan

ANNEX = 0
COURIER_NUMBER = 50
MOST = 500  # scans in a request


@dataclass
class Slot:
    """A slot as it really is."""

    code: str
    room: int
    cards: list[str] = field(default_factory=list)


@dataclass
class Vault:
    """A vault as it really is."""

    code: str
    slots: list[Slot] = field(default_factory=list)

    def lying(self) -> dict[str, int]:
        """How many cards lie in each slot that holds any."""
        return {slot.code: len(slot.cards) for slot in self.slots if slot.cards}


@dataclass
class There:
    """A place with its people, and what really lies in its vaults."""

    number: int
    client: httpx.AsyncClient
    vaults: list[Vault] = field(default_factory=list)
    where: dict[str, Slot] = field(default_factory=dict)
    # To be fetched, the oldest first; and what nobody fetches, with the day on which it came.
    waiting: deque[str] = field(default_factory=deque)
    forgotten: list[tuple[date, str]] = field(default_factory=list)
    collected: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    # Cards of other sites that came here, and go back.
    strays: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return place_code(self.number)

    @property
    def leader(self) -> Clerk:
        return Clerk(self.client, person_code(self.number, 1))

    @property
    def clerk(self) -> Clerk:
        return Clerk(self.client, person_code(self.number, 2))

    @property
    def second(self) -> Clerk:
        return Clerk(self.client, person_code(self.number, 3))

    @property
    def city(self) -> Clerk:
        return Clerk(self.client, person_code(self.number, 91))

    def find_room(self, cards: Sequence[str], vault: int = 0) -> list[tuple[Slot, list[str]]]:
        """Slots with room for the cards, from the first one on; the last vault takes what the others cannot."""
        found: list[tuple[Slot, list[str]]] = []
        left = list(cards)
        for slot in (slot for one in self.vaults[vault:] for slot in one.slots):
            if not left:
                break
            if free := slot.room - len(slot.cards):
                found.append((slot, left[:free]))
                left = left[free:]
        assert not left, f"no room at {self.place} for {len(left)} cards"
        return found

    def take(self, cards: Iterable[str]) -> None:
        """Cards leave the slots in which they lie."""
        for card in cards:
            if slot := self.where.pop(card, None):
                slot.cards.remove(card)

    def lay(self, slot: Slot, cards: Sequence[str]) -> None:
        """Cards are laid into a slot."""
        slot.cards.extend(cards)
        self.where.update(dict.fromkeys(cards, slot))


@dataclass
class Stage:
    """Everything a day is played with."""

    plan: Plan
    clock: MovingClock
    client: httpx.AsyncClient
    database: Database
    out: Path | None
    transport: Counting
    is_signed: bool = False
    places: dict[int, There] = field(default_factory=dict)
    random: random.Random = field(default_factory=lambda: random.Random(2026))  # noqa: S311
    papers: list[str] = field(default_factory=list)
    # What each place used up since it was last recorded.
    used: dict[int, Counter[str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))
    # What is to be done on a later day; on which days a run goes even without cards.
    due: list[tuple[date, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    runs: set[date] = field(default_factory=set)
    # Cards that came back to the annex and go on to their site with the next run.
    forward: dict[int, list[str]] = field(default_factory=dict)
    # Attempts that were refused, by outcome or problem; cards that were given up.
    attempted: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    @property
    def annex(self) -> There:
        return self.places[ANNEX]

    @property
    def courier(self) -> Clerk:
        return Clerk(self.client, person_code(COURIER_NUMBER, 1))

    @property
    def sites(self) -> list[There]:
        return [there for number, there in self.places.items() if number != ANNEX]

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Move the clock on to a time of a day."""
        self.clock.now = datetime.combine(day, time(hour, minute), JST)

    @property
    def today(self) -> date:
        return self.clock.now.astimezone(JST).date()

    def later(self, after: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        """Something is to be done on the first working day that is so much later."""
        self.due.append((self.today + after, work))

    def scan(self, code: str, **said: Any) -> dict[str, Any]:
        """One scan of now."""
        return {"id": str(new_uuid()), "code": code, "occurred_at": self.clock().isoformat()} | said

    async def scans(self, by: Clerk, path: str, codes: Iterable[str], expect: str, **common: Any) -> None:
        """Scan codes, so many in a request; every outcome must be `expect`."""
        codes = list(codes)
        for at in range(0, len(codes), MOST):
            body = {"scans": [self.scan(code) for code in codes[at : at + MOST]]} | common
            answer = await by.post(path, body)
            said = {one["outcome"] for one in answer["outcomes"]}
            assert said == {expect}, (path, said, answer["outcomes"][0])

    async def paper(self, by: Clerk, path: str, name: str) -> None:
        """Print a paper and keep it under its name, once; nothing is printed where nothing is kept."""
        if self.out is None or name in self.papers:
            return
        self.papers.append(name)
        answer = await by.ask("GET", path)
        assert answer.status_code == 200, answer.text
        (self.out / name).write_bytes(answer.content)

    async def until_signed(self) -> None:
        """Wait until the log is signed as far as it goes."""
        assert await until_signed(self.database, 120), "the log was not signed"

    def keep(self, name: str, content: bytes) -> None:
        """Keep a file."""
        if self.out is not None:
            (self.out / name).write_bytes(content)
            self.papers.append(name)

    def use(self, number: int, **pieces: int) -> None:
        """Remember what a place used up."""
        self.used.setdefault(number, Counter()).update(pieces)

    async def approved(self, by: Clerk, second: Clerk, act: str, subject: str, **details: str) -> str:
        """The code of the approval that `second` gives to `by`."""
        reason = details.get("reason", "年度の業務による")
        asked = await by.post(
            "/approvals", {"act": act, "subject": subject, "details": details, "reason": reason}
        )
        await second.post(f"/approvals/{asked['code']}/approve", {"sha256": asked["sha256"]})
        code: str = asked["code"]
        return code


class Counting(httpx.ASGITransport):
    """Counts the requests that go through it."""

    requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        return await super().handle_async_request(request)


@asynccontextmanager
async def staged(
    database: Database, plan: Plan, out: Path | None, signer: Path | None = None
) -> AsyncIterator[Stage]:
    """The stage on a fresh database in which everybody is signed in, with empty vaults.

    With a folder for the `signer` the log is sequenced and signed as in service, beside the play.
    """
    clock = MovingClock(datetime.combine(plan.months[0], time(8), JST))
    sequencer = Sequencer(database, signer, clock) if signer else None
    app = create_app(database, clock, sequencer, notice_key=NoticeKey(bytes(32)))
    signing = asyncio.create_task(sequencer.run()) if sequencer else None
    transport = Counting(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        stage = Stage(plan, clock, client, database, out, transport, is_signed=signer is not None)
        for number in (ANNEX, *contract.SITES):
            there = There(number, client)
            for vault in (one for one in contract.vaults() if one.place == number):
                there.vaults.append(await _vault(there, vault_code(number, vault.number)))
            stage.places[number] = there
        yield stage
    if signing:
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)


async def _vault(there: There, code: str) -> Vault:
    vault, after = Vault(code), ""
    while True:
        page = await there.clerk.get(f"/vaults/{code}/slots", limit=500, after=after)
        vault.slots += [Slot(one["code"], one["capacity"] - one["occupied"]) for one in page["items"]]
        if not page["next"]:
            return vault
        after = page["next"]
