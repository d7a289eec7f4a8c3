"""Missing cards: the case says who saw the card last and who was there since; it ends found or lost, once."""

from __future__ import annotations

import asyncio

import pytest

from logistics.store.database import Database
from tests.http.conftest import OPENING
from tests.http.counting import Counted, MovingClock, stored
from tests.http.day import Day
from tests.http.rows import one


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


async def missed(day: Day) -> tuple[Counted, str, str]:
    """A vault of which a card is missing, the card, and its case."""
    vault = await stored(day, 1, [3])
    card = vault.cards[0]
    case = await vault.site.clerk.post(f"/cards/{card}/missing", {"reason": "not in its slot at take-out"})
    return vault, card, case["code"]


async def test_a_card_that_is_not_in_its_slot_is_missing_and_its_case_says_who_saw_it_last(day: Day) -> None:
    vault, card, case = await missed(day)
    (slot,) = vault.slots

    file = await vault.site.leader.get(f"/cases/{case}")

    seen = file["last_sighting"]
    assert (file["case"]["state"], file["case"]["cause"], file["case"]["last_slot"]) == (
        "searching",
        "report",
        slot,
    )
    assert (seen["actor"], seen["act"], seen["slot"], seen["site"]) == (
        vault.site.clerk.code,
        "put_away",
        slot,
        vault.site.place,
    )
    assert [since["act"] for since in file["since"]] == ["miss"]
    assert [person["person"] for person in file["people"]] == [vault.site.clerk.code]
    assert [line["code"] for line in file["checklist"]][:2] == ["around_slot", "earlier_slots"]
    assert await day.state(card) == "missing"


async def test_cards_that_left_the_slot_since_are_named(day: Day) -> None:
    vault = await stored(day, 1, [3, 0])
    first, second = vault.slots
    gone, with_it = vault.slots[first][:2]
    await vault.site.store(second, with_it)
    case = await vault.site.clerk.post(f"/cards/{gone}/missing", {"reason": "not in its slot"})

    file = await vault.site.leader.get(f"/cases/{case['code']}")

    assert [(n["card"], n["slot"], n["act"]) for n in file["neighbours"]] == [(with_it, second, "move")]


async def test_a_search_is_recorded_line_by_line(day: Day) -> None:
    vault, _, case = await missed(day)

    await vault.site.clerk.post(
        f"/cases/{case}/marks", {"item": "waste", "note": "シュレッダーの袋を二人で確認"}
    )
    await vault.site.leader.post(f"/cases/{case}/marks", {"note": "分室に電話した"})
    problem = await vault.site.clerk.refused(f"/cases/{case}/marks", {"item": "roof", "note": "屋根"})
    file = await vault.site.leader.get(f"/cases/{case}")

    waste = next(line for line in file["checklist"] if line["code"] == "waste")
    assert [(m["note"], m["marked_by"]) for m in waste["marks"]] == [
        ("シュレッダーの袋を二人で確認", vault.site.clerk.code)
    ]
    assert file["case"]["marks"] == 2
    assert problem["errors"][0]["field"] == "item"


async def test_a_missing_card_that_a_count_meets_is_found_and_comes_back(day: Day) -> None:
    vault, card, case = await missed(day)
    (slot,) = vault.slots
    too_early = await vault.site.leader.refused(f"/cases/{case}/found", {"reason": "it must be somewhere"})
    count = await vault.open("full")

    assert await vault.scan(count, slot, card) == ["found"]
    turned_up = (await vault.site.leader.get(f"/cases/{case}"))["case"]["state"]
    ended = await vault.site.leader.post(f"/cases/{case}/found", {"reason": "lay behind the folder"})
    again = await vault.site.leader.refused(f"/cases/{case}/found", {"reason": "once more"})
    back = await vault.site.store(slot, card)

    assert too_early["type"] == "/problems/step-refused"
    assert (turned_up, ended["state"]) == ("turned_up", "found")
    assert again["type"] == "/problems/case-ended"
    assert back == ["stored"]
    assert await day.differences() == [("short", "found")]


async def test_only_the_city_gives_a_card_up_and_the_leader_writes_it(day: Day) -> None:
    vault, card, case = await missed(day)
    body = {"reason": "searched for a month"}
    leader, city = vault.site.leader, day.clerk(1, 91)

    by_worker = await vault.site.clerk.refused(f"/cases/{case}/lost", body)
    alone = await leader.refused(f"/cases/{case}/lost", body)
    approval = await day.approved(leader, city, "confirm_lost", case, **body)
    other = await leader.refused(f"/cases/{case}/lost", {"reason": "another", "approval": approval})
    ended = await leader.post(f"/cases/{case}/lost", body | {"approval": approval})

    assert by_worker["type"] == "/problems/not-allowed"
    assert alone["type"] == "/problems/approval-needed"
    assert other["type"] == "/problems/approval-unusable"
    assert (ended["state"], ended["decided_by"]) == ("lost", city.code)
    assert await day.state(card) == "lost"
    assert await day.differences() == [("short", "lost")]


async def test_two_leaders_who_end_a_case_at_once_end_it_once(day: Day) -> None:
    vault, _, case = await missed(day)
    body = {"reason": "searched for a month"}
    approval = await day.approved(vault.site.leader, day.clerk(1, 91), "confirm_lost", case, **body)

    answers = await asyncio.gather(
        *(
            vault.site.leader.ask("POST", f"/cases/{case}/lost", json=body | {"approval": approval})
            for _ in range(2)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_two_clerks_who_miss_the_same_card_open_one_case(day: Day) -> None:
    vault = await stored(day, 1, [1])
    (card,) = vault.cards

    answers = await asyncio.gather(
        *(
            clerk.ask("POST", f"/cards/{card}/missing", json={"reason": "gone"})
            for clerk in (vault.site.clerk, vault.second)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len((await vault.site.leader.get("/cases"))["items"]) == 1


async def test_boxes_and_receipts_that_lack_a_card_open_cases_too(day: Day) -> None:
    box, cards = await day.announce({1: 2})
    await day.unpack(box, cards[:1], missing=cards[1:])
    sent = await day.delivered(1, 2)
    site = day.site(1)
    await site.receive(sent.cards[0])
    await site.close(sent.manifest, missing=1)

    cases = (await day.manager.get("/cases"))["items"]

    assert [(case["card"], case["cause"], case["subject"]) for case in cases] == [
        (cards[1], "box", box),
        (sent.cards[1], "receipt", sent.manifest),
    ]
    file = await day.manager.get(f"/cases/{cases[1]['code']}")
    assert file["last_sighting"]["act"] == "pack"
    assert [since["act"] for since in file["since"]] == [
        "dispatch",
        "take_over",
        "hand_over",
        "close_receipt",
    ]


async def test_a_card_that_is_received_late_ends_as_found(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site = day.site(1)
    await site.close(sent.manifest, missing=1)
    assert await site.receive(*sent.cards) == ["received"]
    (case,) = (await site.leader.get("/cases"))["items"]

    ended = await site.leader.post(f"/cases/{case['code']}/found", {"reason": "was stuck in the bag"})

    assert (case["state"], ended["state"], ended["card_state"]) == ("turned_up", "found", "received")


async def test_words_on_a_difference_say_what_is_being_done(day: Day, database: Database) -> None:
    vault, _, _ = await missed(day)
    (difference,) = (await vault.site.leader.get("/discrepancies"))["items"]
    path = f"/discrepancies/{difference['code']}/notes"

    await vault.site.clerk.post(path, {"reason": "棚を探している"})
    elsewhere = await day.site(2).clerk.refused(path, {"reason": "not ours"})

    assert elsewhere["type"] == "/problems/not-found"
    assert await one(database, "SELECT note FROM discrepancy_note") == "棚を探している"
