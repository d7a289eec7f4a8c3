"""Disposal in a few lines: cards that may go, proposed, decided on, picked, destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.http.day import RUN_DAY, Clerk, Day, new_card, outcomes, scan_of

MACHINE = {"method": "shred", "chip": "shredded", "machine": "裁断機 1号"}


async def to_go(day: Day, cards: int = 1, kind: str = "collected") -> list[str]:
    """Things that the annex took in, stored in its vault, and that the city has blocked: candidates."""
    codes = [new_card() for _ in range(cards)]
    source = "counter" if kind in ("collected", "documents") else "post"
    destination = {} if kind in ("collected", "documents") else {"destination": day.site(1).place}
    body = {"kind": kind, "source": source, "cards": codes, "day": RUN_DAY} | destination
    await day.annex.post("/collections", body)
    annex = day.back_office
    assert set(await annex.store(await annex.first_slot(), *codes)) == {"stored"}
    blocked = {"clock": "blocked_on", "cards": codes, "day": RUN_DAY, "reason": "回収した旧カード"}
    await day.city.post("/retention/clocks", blocked)
    return codes


async def proposed(day: Day, cards: Sequence[str]) -> Any:
    return await day.manager.post("/proposals", {"cards": list(cards), "note": "保管期間満了のため"})


async def decide(day: Day, proposal: Any, by: Clerk | None = None, **said: Any) -> Any:
    body = {"sha256": proposal["sha256"], "approved": True} | said
    return await (by or day.city).post(f"/proposals/{proposal['code']}/decision", body)


async def locked_slot(day: Day) -> str:
    """The first slot of the locked stock."""
    vaults = await day.annex.get(f"/places/{day.back_office.place}/vaults")
    (vault,) = [vault["code"] for vault in vaults if vault["name"] == "廃棄待ち保管庫"]
    slot: str = (await day.annex.get(f"/vaults/{vault}/slots", limit=1))["items"][0]["code"]
    return slot


async def pick(day: Day, proposal: Any, cards: Sequence[str], slot: str | None = None) -> list[str]:
    where = slot or await locked_slot(day)
    body = {"picks": [scan_of(card) | {"slot": where} for card in cards]}
    return outcomes(await day.annex.post(f"/proposals/{proposal['code']}/picks", body))


async def begin(day: Day, proposal: Any, counted: int, **how: Any) -> Any:
    body = MACHINE | {"counted": counted} | how
    return await day.annex.post(f"/proposals/{proposal['code']}/destruction", body)


async def witness(day: Day, proposal: Any, present: bool = True) -> None:
    await day.city.post(f"/proposals/{proposal['code']}/witness", {"present": present})


async def destroy(day: Day, proposal: Any, cards: Sequence[str]) -> list[str]:
    return await day.annex.scan(f"/proposals/{proposal['code']}/destructions", cards)


async def finish(day: Day, proposal: Any, remaining: int = 0, photos: Sequence[str] = ()) -> Any:
    body = {"remaining": remaining, "photos": list(photos)}
    return await day.annex.post(f"/proposals/{proposal['code']}/finish", body)


async def approved(day: Day, cards: int = 1, **said: Any) -> tuple[Any, list[str]]:
    """An approved proposal and its cards."""
    codes = sorted(await to_go(day, cards))
    return await decide(day, await proposed(day, codes), **said), codes


async def picked(day: Day, cards: int = 1, **said: Any) -> tuple[Any, list[str]]:
    """An approved proposal whose cards are all in the locked stock."""
    proposal, codes = await approved(day, cards, **said)
    assert set(await pick(day, proposal, codes)) == {"picked"}
    return proposal, codes
