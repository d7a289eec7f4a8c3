"""Journeys 6 and 7: into the vault, and where is it: every step and every refused scan, by card, run, site and day."""

from __future__ import annotations

import hashlib
from typing import Any

from logistics.rules.codes import CodeType, random_code
from seed.load import COURIER, place_code
from tests.http.day import ANNEX, RUN_DAY, VEHICLE, Clerk, Day, new_card


async def stored(day: Day, site: int = 1, cards: int = 1) -> list[str]:
    sent = await day.received(site, cards)
    here = day.site(site)
    await here.close(sent.manifest)
    await here.store(await here.first_slot(), *sent.cards)
    return sent.cards


def story(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e["step"] or e["outcome"], e["from_party"], e["to_party"], e["actor"]) for e in entries]


async def test_a_cards_history_shows_every_step_from_hand_to_hand(day: Day) -> None:
    (card,) = await stored(day)
    here, annex = day.site(1), day.annex.code

    found = await day.annex.get(f"/cards/{card}/custody")

    assert story(found["entries"]) == [
        ("expect", None, ANNEX, annex),
        ("check_in", ANNEX, None, annex),
        ("set_up", ANNEX, None, annex),
        ("pack", ANNEX, None, annex),
        ("dispatch", ANNEX, None, annex),
        ("take_over", ANNEX, COURIER, day.courier.code),
        ("hand_over", COURIER, here.place, here.clerk.code),
        ("receive", here.place, here.place, here.clerk.code),
        ("put_away", here.place, here.place, here.clerk.code),
    ]
    assert (found["card"]["state"], found["card"]["place"], found["next"]) == ("stored", here.place, None)
    assert {e["supervisor"] for e in found["entries"][-3:]} == {here.supervisor}
    for entry in found["entries"]:
        assert hashlib.sha256(b"\0" + entry["body"].encode()).hexdigest() == entry["hash"]
    states = [entry["to_state"] for entry in found["entries"]]
    assert [entry["from_state"] for entry in found["entries"]] == ["new", *states[:-1]]


async def test_a_cards_history_shows_the_scans_that_were_refused(day: Day) -> None:
    (card,) = await day.arrived({1: 1})
    batch = await day.open_batch(2)
    assert await day.annex.scan(f"/batches/{batch['code']}/scans", [card]) == ["not_ready"]
    await day.annex.post("/setups", {"cards": [card], "day": RUN_DAY})
    assert await day.annex.scan(f"/batches/{batch['code']}/scans", [card]) == ["wrong_site"]

    found = await day.annex.get(f"/cards/{card}/custody")

    names = [entry[0] for entry in story(found["entries"])]
    assert names == ["expect", "check_in", "not_ready", "set_up", "wrong_site"]


async def test_a_history_is_read_page_by_page_without_gap_or_repeat(day: Day) -> None:
    (card,) = await stored(day)
    whole = (await day.annex.get(f"/cards/{card}/custody"))["entries"]

    for limit in (1, 2, 4):
        pages: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = await day.annex.get(f"/cards/{card}/custody", after=after, limit=limit)
            pages += page["entries"]
            after = page["next"]
        assert pages == whole


async def test_a_run_a_container_and_a_site_tell_their_day(day: Day) -> None:
    sent = await day.received(1, 2)
    here = day.site(1)
    await here.close(sent.manifest)

    run = [e["act"] for e in (await day.annex.get(f"/runs/{sent.run}/custody"))["items"]]
    batch = (await day.annex.get(f"/batches/{sent.batches[0].code}/custody"))["items"]
    site = [e["act"] for e in (await day.annex.get(f"/places/{here.place}/custody/{RUN_DAY}"))["items"]]
    other_day = await day.annex.get(f"/places/{here.place}/custody/2026-04-02")

    assert [e["step"] for e in batch] == [
        "open",
        "seal",
        "load",
        "dispatch",
        "take_over",
        "hand_over",
        "close",
    ]
    assert {"plan_run", "open", "pack", "seal", "load", "dispatch", "take_over"} <= set(run)
    assert {"hand_over", "receive", "close_receipt"} <= set(run)
    assert site == ["scan_receive", "hand_over", "receive", "close_receipt"]
    assert other_day["items"] == []


async def test_where_a_card_is_and_what_may_be_done_next(day: Day) -> None:
    (card,) = await stored(day)
    here = day.site(1)

    found = await here.clerk.get(f"/cards/{card}")

    assert (found["state"], found["place"], found["custodian"], found["slot"]) == (
        "stored",
        here.place,
        here.place,
        await here.first_slot(),
    )
    assert found["possible_steps"] == [
        "post_notice",
        "post_reminder",
        "return_notice",
        "pack",
        "move",
        "sight",
        "take_out",
        "hold",
        "miss",
        "propose",
        "transfer",
        "undo_put_away",
    ]
    for path in (f"/cards/{new_card()}", f"/cards/{new_card()}/custody"):
        assert (await day.annex.ask("GET", path)).status_code == 404
    for path in ("runs", "batches"):
        code = random_code(CodeType.RUN if path == "runs" else CodeType.BATCH)
        assert (await day.annex.ask("GET", f"/{path}/{code}/custody")).status_code == 404


async def test_put_away_says_what_it_cannot_store(day: Day) -> None:
    sent = await day.received(1, 2)
    here, (mine, other) = day.site(1), sent.cards
    (away,) = await day.ready({1: 1})
    slots = await here.clerk.get(
        f"/vaults/{(await here.clerk.get(f'/places/{here.place}/vaults'))[0]['code']}/slots"
    )
    first, second = (slot["code"] for slot in slots["items"][:2])

    assert await here.store(first, mine, mine, away, new_card()) == [
        "stored",
        "already_stored",
        "wrong_site",
        "unknown",
    ]
    assert await here.store(second, mine, other) == ["moved", "stored"]
    page = await here.clerk.get(f"/vaults/{slots['items'][0]['vault']}/slots", limit=2)
    assert [slot["occupied"] for slot in page["items"]] == [0, 2]


async def walk(clerk: Clerk, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = await clerk.get(path, limit=limit, **query, **more)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        more = {"before" if path == "/runs" else "after": page["next"]}


async def test_every_list_is_walked_completely_whatever_the_page(day: Day) -> None:
    await stored(day, cards=3)
    for number in (2, 3, 7):
        await day.plan(f"2026-04-{number:02d}")
    await day.site(1).receive(*(new_card() for _ in range(4)))
    for _ in range(3):
        await day.announce({1: 2})
        await day.open_batch(2, "2026-04-02")
    vault = (await day.annex.get(f"/places/{place_code(1)}/vaults"))[0]["code"]
    keys = {
        "/cards": "code",
        "/arrivals": "code",
        "/batches": "code",
        "/runs": "code",
        "/manifests": "code",
        "/discrepancies": "code",
        "/documents": "number",
        "/people": "code",
        f"/vaults/{vault}/slots": "code",
    }

    for path, key in keys.items():
        whole = [item[key] for item in await walk(day.annex, path, 500)]
        assert len(whole) == len(set(whole)) > 0
        for limit in (1, 2, 3, len(whole)) if len(whole) < 50 else (49, len(whole)):
            assert [item[key] for item in await walk(day.annex, path, limit)] == whole, (path, limit)


async def test_a_walk_misses_nothing_that_was_there_while_others_add(day: Day) -> None:
    before = await day.arrived({1: 6})
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await day.annex.get("/cards", limit=2, after=after)
        seen += [card["code"] for card in page["items"]]
        after = page["next"]
        if len(seen) < 6:
            await day.announce({2: 3})

    assert set(before) <= set(seen)
    assert seen == sorted(set(seen))


async def test_lists_are_narrowed_by_what_is_asked(day: Day) -> None:
    sent = await day.in_transit({1: 2, 2: 1})
    here = place_code(1)
    narrowed = {
        "/cards": [({"destination": here}, 2), ({"state": "in_transit"}, 3), ({"place": VEHICLE}, 3)],
        "/batches": [({"destination": here}, 1), ({"state": "open"}, 0), ({"run": sent[1].run}, 2)],
        "/manifests": [({"destination": here}, 1), ({"run": sent[1].run}, 2)],
        "/documents": [({"manifest": sent[1].manifest}, 2)],
        "/discrepancies": [({"open": "true"}, 0), ({"kind": "short"}, 0)],
    }

    found = {
        path: [len((await day.annex.get(path, **query))["items"]) for query, _ in cases]
        for path, cases in narrowed.items()
    }

    assert found == {path: [count for _, count in cases] for path, cases in narrowed.items()}
    inside = await day.annex.get("/cards", batch=sent[1].batches[0].code)
    assert sorted(card["code"] for card in inside["items"]) == sorted(sent[1].cards)
