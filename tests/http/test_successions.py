"""The end of the contract: counted in full, every sleeve scanned over, nothing left, both sides acknowledge."""

from __future__ import annotations

from typing import Any

import pytest

from logistics.store.database import Database
from logistics.work.rebuilding import differing
from tests.http.conftest import OPENING
from tests.http.counting import Counted, MovingClock, stored
from tests.http.day import RUN_DAY, Day, outcomes, scan_of
from tests.http.rows import one
from tests.pure.labels_paper import codes_in, texts


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


async def opened(day: Day, **said: Any) -> Any:
    body = {
        "receiver": "contractor",
        "successor": "次期受託者株式会社",
        "reference": "R8-市民-200",
        "directed_by": day.city.code,
    }
    return await day.manager.post("/successions", body | said)


async def counted_in_full(vault: Counted) -> None:
    count = await vault.open("full")
    await vault.scan_all(count)
    if vault.aside:
        await vault.scan(count, None, *vault.aside)
    assert (await vault.finish(count))["state"] == "concluded"


async def over(vault: Counted, code: str, *cards: str) -> list[str]:
    body = {"supervisor": vault.site.supervisor, "scans": [scan_of(card) for card in cards]}
    return outcomes(await vault.site.leader.post(f"/successions/{code}/scans", body))


async def test_all_that_is_left_is_counted_scanned_over_and_acknowledged_by_both(
    day: Day, database: Database
) -> None:
    vault = await stored(day, 1, [2, 1], aside=1)
    made = await opened(day)
    code = made["code"]
    early = await over(vault, code, vault.cards[0])
    left = await day.manager.refused(f"/successions/{code}/conclude")

    await counted_in_full(vault)
    went = await over(vault, code, *vault.cards, *vault.aside)
    again = await over(vault, code, vault.cards[0])
    done = await day.manager.post(f"/successions/{code}/conclude")

    assert (made["cards"], [(p["name"], p["opening"], p["left"]) for p in made["places"]]) == (
        4,
        [("北", 4, 4)],
    )
    assert (early, went, again) == (["not_counted"], ["handed_on"] * 4, ["already_handed_on"])
    assert (left["type"], "北 4" in left["detail"]) == ("/problems/succession-not-ready", True)
    assert await one(database, "SELECT count(*) FROM card WHERE custodian = $1", code) == 4
    assert await one(database, "SELECT sum(occupied) FROM slot") == 0
    async with database.read() as session:
        assert (await differing(session))[1] == []
    signed = {"named": "受託者 統括管理者", "sha256": done["sha256"]}
    other = await day.manager.refused(
        f"/successions/{code}/acknowledgements", {"side": "giver"} | signed | {"sha256": "0" * 64}
    )
    await day.manager.post(f"/successions/{code}/acknowledgements", {"side": "giver"} | signed)
    alone = await day.manager.refused(f"/successions/{code}/acknowledgements", {"side": "taker"} | signed)
    both = await day.city.post(f"/successions/{code}/acknowledgements", {"side": "taker"} | signed)
    assert other["errors"][0]["field"] == "sha256"
    assert alone["type"] == "/problems/not-allowed"
    assert both["acknowledged"] == ["giver", "taker"]
    printed = await day.manager.ask("GET", f"/documents/{done['document']}/paper.pdf")
    pages = "".join(texts(printed.content))
    assert "引継書" in pages
    assert "次期受託者株式会社" in pages
    assert set(codes_in(printed.content, 300)) == {done["document"], code}
    cards = (await day.manager.get(f"/successions/{code}/cards"))["items"]
    assert {card["state"] for card in cards} == {"transferred"}


async def test_one_succession_at_a_time_by_a_direction_of_the_city_and_given_up_with_a_reason(
    day: Day,
) -> None:
    vault = await stored(day, 1, [1])
    nobody = await day.manager.refused(
        "/successions",
        {"receiver": "city", "successor": "京都市", "reference": "R8-1", "directed_by": day.annex.code},
    )
    code = (await opened(day))["code"]

    second = await day.manager.refused(
        "/successions",
        {"receiver": "city", "successor": "京都市", "reference": "R8-1", "directed_by": day.city.code},
    )
    ended = await day.manager.post(f"/successions/{code}/give-up", {"reason": "契約が更新された"})
    late = await vault.site.leader.refused(
        f"/successions/{code}/scans",
        {"supervisor": vault.site.supervisor, "scans": [scan_of(vault.cards[0])]},
    )
    worker = await day.annex.refused(f"/successions/{code}/conclude")

    assert nobody["type"] == "/problems/supervisor-needed"
    assert (second["type"], late["type"]) == ("/problems/succession-not-ready",) * 2
    assert (ended["document"], ended["reason"]) == (None, "契約が更新された")
    assert worker["type"] == "/problems/not-allowed"
    assert (await opened(day))["code"] != code


async def test_a_spent_manifest_is_no_longer_needed_until_it_is_given_back_or_destroyed(
    day: Day, clock: MovingClock
) -> None:
    vault = await stored(day, 1, [1])
    site, other = vault.site, day.site(2)
    (spent,) = (await site.clerk.get("/no-longer-needed"))["items"]
    body = {"manifests": [spent["code"]], "how": "destroyed", "day": RUN_DAY}

    foreign = await other.clerk.refused("/no-longer-needed/papers", body)
    clock.days(2)
    (late,) = (await site.clerk.get("/no-longer-needed"))["items"]
    await site.clerk.post("/no-longer-needed/papers", body)
    twice = await site.clerk.refused("/no-longer-needed/papers", body)

    assert (spent["kind"], spent["reason"], spent["state"], spent["due_on"], spent["overdue"]) == (
        "manifest",
        "spent_paper",
        None,
        "2026-04-02",
        False,
    )
    assert late["overdue"]
    assert (foreign["type"], twice["type"]) == ("/problems/not-found", "/problems/already-resolved")
    assert (await site.clerk.get("/no-longer-needed"))["items"] == []
