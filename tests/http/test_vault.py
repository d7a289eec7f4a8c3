"""The vault: every slot change is a scan, a slot holds what it holds, what was rearranged is counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from logistics.store.database import Database, driver
from seed.load import person_code
from tests.http.day import NOW, Day, new_card, scan_of
from tests.http.rows import one
from tests.http.vault_day import CENTER, act_of, slots_of, stored, vault_of


async def test_a_card_is_scanned_and_then_its_slot(day: Day, database: Database) -> None:
    sent = await day.received(1, 3)
    site = day.site(1)
    first, second = await slots_of(site, 2)

    placed = [(sent.cards[0], first), (sent.cards[1], second), (sent.cards[2], first), (new_card(), first)]
    answer = await site.clerk.post("/placements", placements(placed, supervisor=site.supervisor))

    assert [one["outcome"] for one in answer["outcomes"]] == ["stored", "stored", "stored", "unknown"]
    assert [(await day.annex.get(f"/cards/{c}"))["slot"] for c in sent.cards] == [first, second, first]
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", first) == 2


async def test_a_placement_names_its_own_fields_when_it_is_wrong(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    named = {"supervisor": site.supervisor}

    unread = await site.clerk.post("/placements", placements([("no code", slot)], **named))
    wrong = await site.clerk.refused("/placements", placements([(new_card(), slot[:-1] + "*")], **named))
    late = {**placements([(new_card(), slot)], **named)}
    late["placements"][0]["occurred_at"] = "2026-04-02T09:00:00+09:00"
    future = await site.clerk.refused("/placements", late)

    assert (unread["outcomes"][0]["outcome"], unread["outcomes"][0]["field"]) == (
        "malformed",
        "placements[0].card",
    )
    assert wrong["errors"][0]["field"] == "placements[0].slot"
    assert future["errors"][0]["field"] == "placements[0].occurred_at"


async def test_a_slot_history_names_what_came_and_what_went(day: Day) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 2, first)

    assert await site.store(second, *cards) == ["moved", "moved"]

    body = await act_of(day, cards[0], "move")
    assert body["slot"] == second
    assert body["facts"]["left"] == [{"slot": first, "codes": sorted(cards)}]


async def test_what_the_annex_stores_is_packed_from_its_slot(day: Day, database: Database) -> None:
    cards = await day.ready({1: 2})
    vault = (await day.annex.get(f"/places/{(await day.annex.get('/places'))[0]['code']}/vaults"))[0]["code"]
    slot = (await day.annex.get(f"/vaults/{vault}/slots", limit=1))["items"][0]["code"]

    assert await day.annex.scan(f"/slots/{slot}/scans", cards) == ["stored", "stored"]
    batch = await day.packed(1, cards)

    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", slot) == 0
    assert await one(database, "SELECT count(*) FROM card WHERE batch = $1", batch.code) == 2


async def test_from_vault_to_vault_two_people_carry(day: Day, database: Database) -> None:
    site = day.site(CENTER)
    (below,) = await slots_of(site, 1, vault=1)
    (above,) = await slots_of(site, 1)
    cards = await stored(day, CENTER, 2, above)
    second = person_code(CENTER, 3)

    moved = await site.store(below, *cards)
    carried = await site.clerk.scan(f"/slots/{below}/carries", cards, second=second)
    again = await site.clerk.scan(f"/slots/{below}/carries", cards, second=second)

    assert moved == ["other_vault", "other_vault"]
    assert carried == ["carried", "carried"]
    assert again == ["already_stored", "already_stored"]
    body = await act_of(day, cards[0], "carry")
    facts = {key: body["facts"][key] for key in ("from_vault", "to_vault", "second")}
    vaults = [await vault_of(site), await vault_of(site, 1)]
    assert facts == {"from_vault": vaults[0], "to_vault": vaults[1], "second": second}
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", below) == 2
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", above) == 0


@pytest.mark.parametrize("second", [(CENTER, 2), (1, 2), (99, 1)])
async def test_nobody_carries_alone(day: Day, second: tuple[int, int]) -> None:
    site = day.site(CENTER)
    (below,) = await slots_of(site, 1, vault=1)

    body = {"scans": [scan_of(new_card())], "second": person_code(*second)}
    problem = await site.clerk.refused(f"/slots/{below}/carries", body)

    assert problem["type"] == "/problems/second-person-needed"


async def test_the_map_shows_every_slot_with_how_full_and_how_old_it_is(day: Day) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    await stored(day, 1, 3, second)

    shown = await site.clerk.get(f"/vaults/{await vault_of(site)}/map")

    assert (len(shown["slots"]), shown["capacity"], shown["occupied"]) == (160, 4000, 3)
    slot = next(slot for slot in shown["slots"] if slot["code"] == second)
    assert (slot["occupied"], slot["kinds"], slot["unseen_days"]) == (3, ["standard"], 0)
    empty = next(slot for slot in shown["slots"] if slot["code"] == first)
    assert (empty["occupied"], empty["kinds"], empty["oldest_sighted_at"]) == (0, [], None)
    assert (shown["opened_by"], shown["rearranging"], shown["keys"]) == (None, None, [])


async def test_a_site_does_not_see_the_vault_of_another(day: Day) -> None:
    vault = await vault_of(day.site(2))

    for path in (f"/vaults/{vault}/map", f"/places/{day.site(2).place}/accesses"):
        assert (await day.site(1).clerk.ask("GET", path)).status_code == 404
    for path, body in (
        (f"/vaults/{vault}/open", {}),
        (f"/vaults/{vault}/rearrangement", {"reason": "not ours"}),
        (f"/vaults/{vault}/rearrangement/end", {"counts": []}),
        (f"/slots/{(await slots_of(day.site(2), 1))[0]}/counts", {"cards": 0}),
    ):
        assert (await day.site(1).clerk.refused(path, body))["status"] == 404


async def test_rearranging_ends_with_a_count_of_every_slot_that_was_touched(day: Day) -> None:
    site = day.site(1)
    first, second, third = await slots_of(site, 3)
    cards = await stored(day, 1, 3, first)
    path = f"/vaults/{await vault_of(site)}/rearrangement"
    await site.clerk.post(path, {"reason": "棚を管理番号順に並べ替える"})
    twice = await site.clerk.refused(path, {"reason": "again"})
    assert await site.store(second, *cards[:2]) == ["moved", "moved"]
    shown = await site.clerk.get(f"/vaults/{await vault_of(site)}/map")

    none = await site.clerk.refused(f"{path}/end", {"counts": []})
    other = await site.clerk.refused(f"{path}/end", {"counts": counts((third, 0))})
    wrong = await site.clerk.refused(f"{path}/end", {"counts": counts((first, 1), (second, 3))})
    done = await site.clerk.post(f"{path}/end", {"counts": counts((first, 1), (second, 2))})
    over = await site.clerk.refused(f"{path}/end", {"counts": []})

    assert twice["type"] == "/problems/already-going-on"
    assert shown["rearranging"]["slots"] == [first, second]
    assert (none["type"], none["slots"]) == ("/problems/recount-needed", [first, second])
    assert other["errors"][0]["field"] == "counts[0].slot"
    assert (wrong["type"], wrong["slots"]) == ("/problems/recount-needed", [second])
    assert "2" not in wrong["detail"].replace(second, ""), "the expectation stays on the server"
    assert done["slots"] == 2
    assert over["type"] == "/problems/nothing-going-on"


async def test_a_count_that_stays_different_ends_with_a_leaders_reason_and_is_an_alarm(day: Day) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 2, first)
    path = f"/vaults/{await vault_of(site)}/rearrangement"
    await site.clerk.post(path, {"reason": "並べ替え"})
    await site.store(second, cards[0])
    body = {"counts": counts((first, 0), (second, 1)), "differing": "二人で数え直しても1枚足りない"}

    worker = await site.clerk.refused(f"{path}/end", body)
    await site.leader.post(f"{path}/end", body)
    alarm = [one for one in await site.clerk.get("/alarms") if one["kind"] == "slot_count"]
    still = await site.clerk.post(f"/slots/{first}/counts", {"cards": 0})
    agrees = await site.clerk.post(f"/slots/{first}/counts", {"cards": 1})
    after = [one for one in await site.clerk.get("/alarms") if one["kind"] == "slot_count"]

    assert worker["type"] == "/problems/not-allowed"
    assert [(one["slot"], one["cards"], one["count"]) for one in alarm] == [(first, [cards[1]], 1)]
    assert (still["agrees"], agrees["agrees"]) == (False, True)
    assert after == []


async def test_carrying_touches_both_vaults_where_they_are_being_rearranged(day: Day) -> None:
    site = day.site(CENTER)
    (above,), (below,) = await slots_of(site, 1), await slots_of(site, 1, vault=1)
    cards = await stored(day, CENTER, 2, above)
    paths = [f"/vaults/{await vault_of(site, n)}" for n in (0, 1)]
    for path in paths:
        await site.clerk.post(f"{path}/rearrangement", {"reason": "3階から1階へ移す"})

    await site.clerk.scan(f"/slots/{below}/carries", cards[:1], second=person_code(CENTER, 3))

    touched = [(await site.clerk.get(f"{path}/map"))["rearranging"]["slots"] for path in paths]
    assert touched == [[above], [below]]


async def test_a_move_during_the_end_of_a_rearrangement_is_counted_or_comes_after(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 6, first)
    path = f"/vaults/{await vault_of(site)}/rearrangement"
    await site.clerk.post(path, {"reason": "並べ替え"})
    await site.store(second, cards[0])

    body = {"counts": counts((first, 5), (second, 1))}
    ending = asyncio.create_task(site.clerk.ask("POST", f"{path}/end", json=body))
    moved = await asyncio.gather(*(site.store(second, card) for card in cards[1:4]))
    ended = await ending

    assert [outcome for (outcome,) in moved] == ["moved"] * 3
    counted = await one(database, "SELECT count(*) FROM slot_count WHERE counted = recorded")
    assert (ended.status_code, counted) in [(200, 2), (409, 0)]


async def test_one_of_many_moves_of_a_card_at_once_after_the_other_leaves_it_in_one_slot(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    first, *others = await slots_of(site, 6)
    (card,) = await stored(day, 1, 1, first)

    given = await asyncio.gather(*(site.store(slot, card) for slot in others))

    assert Counter(outcome for (outcome,) in given) == {"moved": 5}
    lies = await one(database, "SELECT slot FROM card")
    assert await one(database, "SELECT array_agg(code) FROM slot WHERE occupied > 0") == [lies]


async def test_a_vault_of_ten_thousand_cards_does_not_slow_a_move(day: Day, database: Database) -> None:
    site = day.site(CENTER)
    slots = await slots_of(site, 300)
    cards = await stored(day, CENTER, 30, slots[0])

    async def moved(there: str, back: str) -> float:
        """Seconds of one move, the least of ten: a busy machine only ever adds."""
        times = []
        for n in range(10):
            start = time.perf_counter()
            assert await site.store(there if n % 2 == 0 else back, cards[0]) == ["moved"]
            times.append(time.perf_counter() - start)
        return min(times)

    await moved(slots[1], slots[0])
    alone = await moved(slots[1], slots[0])
    await fill(database, site.place, slots[2:270], 10_000)
    among_many = await moved(slots[1], slots[0])

    assert among_many < 3 * alone + 0.02, (alone, among_many)
    shown = await site.clerk.get(f"/vaults/{await vault_of(site)}/map")
    assert shown["occupied"] == 10_030


async def fill(database: Database, place: str, slots: list[str], cards: int) -> None:
    """Cards that were put there on other days, straight into the tables."""
    async with database.begin() as session:
        connection = await driver(session)
        await connection.execute(
            "INSERT INTO card (code, kind, state, place, custodian, destination, slot, sighted_at)"
            " SELECT 'C' || lpad(n::text, 9, '0'), 'standard', 'stored', $1, $1, $1,"
            " ($2::text[])[1 + n / 40], now() FROM generate_series(0, $3 - 1) AS n",
            place,
            slots,
            cards,
        )
        await connection.execute(
            "UPDATE slot SET occupied = (SELECT count(*) FROM card WHERE card.slot = slot.code)"
            " WHERE code = ANY ($1::text[])",
            slots,
        )


def placements(placed: list[tuple[str, str]], **more: str) -> dict[str, list[dict[str, str]]]:
    scans = [scan_of(card) for card, _ in placed]
    return {
        "placements": [
            {"id": scan["id"], "card": card, "slot": slot, "occurred_at": NOW}
            for scan, (card, slot) in zip(scans, placed, strict=True)
        ],
        **more,  # type: ignore[dict-item]
    }


def counts(*counted: tuple[str, int]) -> list[dict[str, str | int]]:
    return [{"slot": slot, "cards": cards} for slot, cards in counted]
