"""Taking a scan back: the card is as it was, both entries stay, and what came after forbids it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from logistics.store.database import Database, driver
from logistics.work import queues, rebuilding
from tests.http.day import Clerk, Day, scan_of
from tests.http.walk import NUMBER


async def undo(clerk: Clerk, scan: dict[str, Any], supervisor: str | None = None) -> Any:
    return await clerk.post("/undos", body_of(scan, supervisor))


def body_of(scan: dict[str, Any], supervisor: str | None = None) -> dict[str, Any]:
    return {"scan": scan["id"]} | ({"supervisor": supervisor} if supervisor else {})


async def test_a_receipt_taken_back_leaves_the_card_in_its_batch_and_can_be_made_again(
    day: Day, database: Database
) -> None:
    sent = await day.delivered(1, 2)
    site, scan = day.site(1), scan_of(sent.cards[0])
    await site.scan(scan)

    told = await undo(site.clerk, scan, site.supervisor)

    assert told == {"scan": scan["id"], "card": sent.cards[0], "state": "delivered", "repeated": False}
    found = await site.clerk.get(f"/cards/{sent.cards[0]}")
    assert (found["state"], found["batch"]) == ("delivered", sent.batches[0].code)
    progress = await site.clerk.get(f"/manifests/{sent.manifest}/receipt")
    assert sent.cards[0] in progress["outstanding"]
    assert await site.receive(*sent.cards) == ["received", "received"]
    closed = await site.close(sent.manifest)
    assert (closed["accepted"], closed["missing"]) == (2, 0)
    async with database.read() as session:
        assert (await rebuilding.differing(session))[1] == []


async def test_the_entry_that_takes_a_scan_back_names_the_one_it_corrects(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site, scan = day.site(1), scan_of(sent.cards[0])
    await site.scan(scan)

    await undo(site.clerk, scan, site.supervisor)

    # Only who sees everything is shown the bodies of entries.
    entries = (await day.city.get(f"/cards/{sent.cards[0]}/custody"))["entries"]
    received, undone = entries[-2:]
    assert (received["act"], undone["act"]) == ("receive", "undo_receive")
    assert f'"undoes":"{received["uuid"]}"' in undone["body"]


async def test_a_scan_is_taken_back_once_however_often_it_is_asked(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 1)
    site, scan = day.site(1), scan_of(sent.cards[0])
    await site.scan(scan)

    first, second = [await undo(site.clerk, scan, site.supervisor) for _ in range(2)]

    assert (first["repeated"], second["repeated"], second["state"]) == (False, True, "delivered")
    async with database.read() as session:
        count = await (await driver(session)).fetchval(
            "SELECT count(*) FROM entry WHERE act = 'undo_receive'"
        )
    assert count == 1


async def test_a_card_put_away_by_mistake_is_in_the_hand_again_and_its_slot_is_free(day: Day) -> None:
    sent = await day.received(1, 1)
    site, scan = day.site(1), scan_of(sent.cards[0])
    slot = await site.first_slot()
    await site.clerk.post(f"/slots/{slot}/scans", {"supervisor": site.supervisor, "scans": [scan]})

    told = await undo(site.clerk, scan, site.supervisor)

    assert told["state"] == "received"
    found = await site.clerk.get(f"/cards/{sent.cards[0]}")
    assert (found["state"], found.get("slot")) == ("received", None)
    vault = (await site.clerk.get(f"/places/{site.place}/vaults"))[0]
    assert vault["occupied"] == 0


async def test_a_card_checked_in_by_mistake_is_awaited_again(day: Day) -> None:
    box, cards = await day.announce({1: 2})
    await day.annex.post(f"/boxes/{box}/open")
    scan = scan_of(cards[0])
    await day.annex.post(f"/boxes/{box}/scans", {"scans": [scan]})

    assert (await undo(day.annex, scan))["state"] == "expected"

    refusal = await day.annex.refused(
        f"/boxes/{box}/close", {"emptied_by": day.clerk(0, 3).code, "missing": []}
    )
    assert refusal["type"] == "/problems/box-not-done"


async def test_a_card_packed_by_mistake_is_ready_again(day: Day) -> None:
    cards = await day.ready({1: 1})
    batch = await day.open_batch(1)
    scan = scan_of(cards[0])
    await day.annex.post(f"/batches/{batch['code']}/scans", {"scans": [scan]})

    assert (await undo(day.annex, scan))["state"] == "ready"


async def test_what_happened_since_or_is_closed_forbids_it(day: Day) -> None:
    sent = await day.delivered(1, 2)
    site, scans = day.site(1), [scan_of(card) for card in sent.cards]
    await site.scan(*scans)
    await site.store(await site.first_slot(), sent.cards[0])

    since = await site.clerk.refused("/undos", body_of(scans[0], site.supervisor))
    await site.close(sent.manifest)
    closed = await site.clerk.refused("/undos", body_of(scans[1], site.supervisor))

    assert {since["type"], closed["type"]} == {"/problems/undo-refused"}
    assert await day.state(sent.cards[1]) == "received"


async def test_a_scan_of_another_place_is_none_and_a_site_needs_its_supervisor(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site, scan = day.site(1), scan_of(sent.cards[0])
    await site.scan(scan)

    foreign = await day.site(2).clerk.refused("/undos", body_of(scan, day.site(2).supervisor))
    alone = await site.clerk.refused("/undos", body_of(scan))
    unknown = await site.clerk.refused("/undos", body_of({"id": str(uuid4())}, site.supervisor))

    assert (foreign["type"], unknown["type"]) == ("/problems/not-found", "/problems/not-found")
    assert alone["type"] == "/problems/supervisor-needed"


async def test_an_id_whose_last_digits_are_a_number_of_a_person_by_chance_is_refused_for_what_it_is(
    day: Day,
) -> None:
    chance = f"01a2150e-a14d-73b1-84bf-{NUMBER}"

    refused = await day.site(1).clerk.refused("/undos", body_of({"id": chance}, day.site(1).supervisor))

    assert refused["type"] == "/problems/not-found"
    assert chance in refused["detail"]


async def test_a_number_that_never_arrived_is_seen_to_be_missing(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 3)
    site = day.site(1)
    numbered = [
        scan_of(card) | {"queue": "7Q2M4ZK9SA", "sequence": n}
        for card, n in zip(sent.cards, (1, 2, 5), strict=True)
    ]

    await site.scan(*numbered)
    await site.scan(*numbered)

    async with database.read() as session:
        assert await queues.gaps(session, "7Q2M4ZK9SA") == [3, 4]
        assert await queues.gaps(session, "0000000000") == []
