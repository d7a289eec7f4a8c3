"""The losses 1 to 13, each as it was published, and each as this service would have seen it.

A play says what happened and when; then people do what they would have done anyway that day: they close a box, seal
a bag, count by number before they lock, close the day. Nobody searches for what nobody misses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from logistics.ledger.log import new_uuid
from tests.accidents.stage import Noticed, Scene
from tests.http.counting import Counted
from tests.http.day import new_card, scan_of

EMPTY_SLEEVE_DAYS = 12


@dataclass(frozen=True)
class Accident:
    """A published loss: `published_days` between it and its discovery, where that is known."""

    number: int
    name: str
    published_days: int | None
    play: Callable[[Scene], Awaitable[Noticed]]


async def aso(scene: Scene) -> Noticed:
    """Two cards are thrown away with their small box; the box cannot be closed without them."""
    day = scene.day
    box, cards = await day.announce({1: 12})
    await day.annex.post(f"/boxes/{box}/open")
    happened = scene.at(9, 20)
    await day.annex.scan(f"/boxes/{box}/scans", cards[:10])
    scene.at(9, 30)
    problem = await day.annex.refused(
        f"/boxes/{box}/close", {"emptied_by": day.clerk(0, 3).code, "missing": []}
    )
    assert problem["type"] == "/problems/box-not-done"
    assert sorted(problem["unaccounted"]) == sorted(cards[10:])
    said = f"04-01 09:00 listed in box {box}, opened by {day.annex.code}; never scanned"
    return Noticed(happened, scene.clock.now, "the box cannot be closed", cards[10:], said)


async def kisarazu(scene: Scene) -> Noticed:
    """A card goes with the box after it was checked in; the annex counts what it has before it locks."""
    day = scene.day
    await _annex(scene, 8)
    scene.at(13)
    happened = scene.lose(scene.aside[0])
    scene.at(17, 5)
    cases = await scene.count()
    assert day.annex is not None
    return await scene.noticed(happened, "closing count of the annex", cases)


async def kizugawa(scene: Scene) -> Noticed:
    """A card is lost in the office, nobody knows how; the number of its slot is one short that evening."""
    vault = await scene.stock(1, [12, 9, 7])
    scene.at(14)
    happened = scene.lose(vault.cards[3])
    scene.at(17, 5)
    return await scene.noticed(happened, "closing count by number, then by scan", await scene.count())


async def uji(scene: Scene) -> Noticed:
    """One of 159 that arrived together; three weeks later it is gone, and is missed that evening."""
    vault = await scene.stock(1, [25, 25, 25, 25, 25, 25, 9])
    scene.at(17, 5, days=20)
    assert await scene.count() == []
    scene.at(11, days=1)
    happened = scene.lose(vault.cards[77])
    scene.at(17, 5)
    return await scene.noticed(happened, "closing count: 158 of 159", await scene.count())


async def kita(scene: Scene) -> Noticed:
    """A card vanishes over night; the opening count has a number for it before the first citizen comes."""
    vault = await scene.stock(1, [15, 15])
    scene.at(17, 5)
    assert await scene.count() == []
    happened = (scene.at(20), scene.lose(vault.cards[0]))[0]
    scene.at(8, 45, days=1)
    return await scene.noticed(happened, "opening count", await scene.count("opening"))


async def takamatsu(scene: Scene) -> Noticed:
    """A card for another office is discarded while its bag is packed; the two counts before the seal differ."""
    day = scene.day
    cards = await day.ready({3: 6})
    batch = await day.packed(3, cards)
    happened = scene.at(10)
    scene.at(10, 10)
    problem = await day.annex.refused(
        f"/batches/{batch.code}/seal", {"seal_number": batch.seal, "counted": len(cards) - 1}
    )
    assert problem["type"] == "/problems/count-differs"
    said = f"04-01 09:00 packed into {batch.code} by {day.annex.code}"
    return Noticed(happened, scene.clock.now, "the bag cannot be sealed", [cards[2]], said)


async def hiroshima(scene: Scene) -> Noticed:
    """One card from a locked safe of a branch, perhaps thrown away: its slot is one short that evening."""
    vault = await scene.stock(2, [10, 10])
    scene.at(11)
    happened = scene.lose(vault.cards[4])
    scene.at(17, 5)
    return await scene.noticed(happened, "closing count of the branch", await scene.count())


async def empty_sleeve(scene: Scene) -> Noticed:
    """The same with its empty sleeve left behind: numbers agree, only the cyclic count scans what is in them."""
    vault = await scene.stock(2, [10, 10])
    first, second = vault.slots
    await scene.scan("spot", slots=list(vault.slots))
    scene.at(12, days=8)
    happened = scene.clock.now
    stolen = vault.slots[first][4]
    scene.at(17, 5)
    assert await scene.count() == [], "an empty sleeve passes for a card when sleeves are counted"
    scene.at(10, days=EMPTY_SLEEVE_DAYS)
    scene.lose(stolen)
    cases = await scene.scan("cyclic", slots=[first, second])
    return await scene.noticed(happened, "cyclic count by scan", cases)


async def kanagawa(scene: Scene) -> Noticed:
    """21 cards of one slot are lost in storage; the number of the slot says so the same evening."""
    vault = await scene.stock(1, [22, 10])
    scene.at(15)
    happened = scene.lose(*vault.slots[next(iter(vault.slots))][:21])
    scene.at(17, 5)
    return await scene.noticed(happened, "closing count: 21 cases", await scene.count())


async def tsurumi_2018(scene: Scene) -> Noticed:
    """78 cards lie unchecked on the counter when the vault is locked: the day cannot be closed over them."""
    vault = await scene.stock(1, [5], aside=78)
    happened = scene.at(17)
    scene.at(17, 10)
    await scene.count()
    problem = await scene.close_day()
    (left,) = (one for one in problem["problems"] if one["what"] == "unslotted")
    assert sorted(left["codes"]) == sorted(vault.aside)
    said = f"04-01 09:00 {vault.site.place}, receive by {vault.site.clerk.code}"
    return Noticed(happened, scene.clock.now, "the day cannot be closed", list(left["codes"]), said)


async def tsurumi_2021(scene: Scene) -> Noticed:
    """Files are rearranged without a word, and one card is gone: numbers differ, scans tell moved from missing."""
    vault = await scene.stock(1, [9, 8, 7])
    first, second, _ = vault.slots
    scene.at(15)
    shifted, gone = vault.slots[first][:3], vault.slots[first][5]
    scene.lose(*shifted)
    scene.really[second] += shifted
    happened = scene.lose(gone)
    scene.at(17, 5)
    cases = await scene.count()
    assert [case["card"] for case in cases] == [gone], "what only lies elsewhere is not missing"
    assert (await scene.day.annex.get(f"/cards/{shifted[0]}"))["slot"] == second
    return await scene.noticed(happened, "closing count; three were moved, one is missing", cases)


async def kobe(scene: Scene) -> Noticed:
    """A card that waits for the shredder is gone: what waits lies in a counted slot like everything else."""
    vault = await scene.stock(1, [6, 4])
    waiting = vault.slots[next(iter(vault.slots))]
    await scene.await_disposal(*waiting)
    scene.at(16)
    happened = scene.lose(waiting[1])
    scene.at(17, 5)
    return await scene.noticed(happened, "closing count of the stock that waits", await scene.count())


async def saga(scene: Scene) -> Noticed:
    """Another person's card is about to be handed over: its notice does not belong to it, so it is not issued."""
    vault = await scene.stock(1, [2])
    clerk, (right, wrong) = vault.site.clerk, vault.cards
    numbers = [
        {"card": right, "notice_number": "A1B-000123"},
        {"card": wrong, "notice_number": "C2D-000456"},
    ]
    await vault.site.clerk.post("/notice-numbers", {"notices": numbers})
    assert await clerk.scan("/take-outs", [wrong], purpose="issue") == ["taken_out"]
    happened = scene.at(11)
    scan = scan_of(wrong) | {"id": str(new_uuid()), "notice_number": "A1B-000123"}
    answer = await clerk.post("/issues", {"scans": [{k: v for k, v in scan.items() if k in _ISSUE}]})
    assert [one["outcome"] for one in answer["outcomes"]] == ["notice_mismatch"]
    said = f"04-01 09:00 take_out by {clerk.code}; not issued"
    return Noticed(happened, scene.clock.now, "notice and sleeve do not match", [wrong], said)


async def sendai(scene: Scene) -> Noticed:
    """122 returned notices that nobody had counted for years: they are a kind of stock, counted with the rest."""
    vault = await scene.stock(1, [2, *[0] * 8])
    clerk = vault.site.clerk
    notices = [new_card() for _ in range(150)]
    body = {"kind": "returned_notice", "source": "post", "cards": notices, "day": "2026-04-01"}
    await clerk.post("/collections", body)
    slots = list(vault.slots)[1:]
    for slot in slots:
        lying, notices = notices[:25], notices[25:]
        if lying:
            assert set(await vault.site.store(slot, *lying)) == {"stored"}
            scene.really[slot] = lying
    scene.at(12, days=30)
    gone = [card for slot in slots for card in scene.really[slot]][:122]
    happened = scene.lose(*gone)
    scene.at(17, 5)
    cases = await scene.count()
    assert len(cases) == len(gone)
    return await scene.noticed(happened, "closing count: 122 cases", cases)


_ISSUE = ("id", "code", "occurred_at", "notice_number")


async def _annex(scene: Scene, cards: int) -> None:
    """Cards that were checked in at the annex and lie there outside any slot."""
    arrived = await scene.day.arrived({1: cards})
    site = scene.day.site(0)
    vault = (await site.clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    scene.vault = Counted(scene.day, site, 0, vault, {}, list(arrived))
    scene.aside = list(arrived)


ACCIDENTS = (
    Accident(1, "Aso 2022", 2, aso),
    Accident(2, "Kisarazu 2023", None, kisarazu),
    Accident(3, "Kizugawa 2023", 23, kizugawa),
    Accident(4, "Uji 2026", 39, uji),
    Accident(5, "Tokyo Kita 2025", 240, kita),
    Accident(6, "Takamatsu 2025", 90, takamatsu),
    Accident(7, "Hiroshima 2023", None, hiroshima),
    Accident(8, "Yokohama Kanagawa 2017", None, kanagawa),
    Accident(9, "Yokohama Tsurumi 2018", 1, tsurumi_2018),
    Accident(10, "Yokohama Tsurumi 2021", 45, tsurumi_2021),
    Accident(11, "Kobe Tarumi 2025", 36, kobe),
    Accident(12, "Saga", None, saga),
    Accident(13, "Sendai Taihaku 2018", 912, sendai),
)
