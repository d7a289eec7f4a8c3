"""What a clumsy clerk and a curious stranger did, and what the service makes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from logistics.ledger.sequencer import Sequencer
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work.exports import until_signed
from tests.http.day import Day, later, scan_of
from tests.http.rows import contents
from tests.sql.gate_rows import rows


async def test_a_bag_that_was_handed_over_at_the_wrong_site_comes_on_to_its_own(day: Day) -> None:
    sent = (await day.in_transit({1: 2}))[1]
    (batch,) = sent.batches
    bag = {"code": batch.code, "seal_number": batch.seal}

    (wrong,) = await day.site(2).scan(scan_of(**bag))
    (right,) = await day.site(1).scan(scan_of(**bag))

    assert (wrong["outcome"], wrong["belongs_to"]) == ("unexpected", day.site(1).place)
    assert right["outcome"] == "arrived"
    assert await day.site(1).receive(*sent.cards) == ["received", "received"]
    await day.site(1).close(sent.manifest)


async def test_a_card_found_damaged_after_its_scan_is_not_accepted_on_the_receipt(day: Day) -> None:
    sent = await day.received(1, 2)

    (again,) = await day.site(1).scan(scan_of(sent.cards[0], damaged=True))
    closed = await day.site(1).close(sent.manifest)

    assert again["outcome"] == "damaged"
    assert (closed["accepted"], closed["rejected"], closed["missing"]) == (1, 1, 0)


async def test_a_card_of_another_site_is_not_accepted_where_it_was_found(day: Day) -> None:
    sent = (await day.in_transit({1: 1}))[1]
    (answer,) = await day.site(2).scan(sent.cards[0])

    for how in ("accept", "explain"):
        body = {"how": how, "reason": "it is here now"}
        problem = await day.site(2).leader.refused(f"/discrepancies/{answer['discrepancy']}/resolve", body)
        assert [error["field"] for error in problem["errors"]] == ["how"]

    assert await day.state(sent.cards[0]) == "held"


async def test_a_repeated_scan_hears_its_reason_and_its_difference_again(day: Day) -> None:
    sent = await day.delivered(1, 1)
    scan = scan_of(sent.cards[0], damaged=True)

    (first,) = await day.site(1).scan(scan)
    (again,) = await day.site(1).scan(scan)
    (other,) = await day.site(1).scan(scan | {"damaged": False})

    assert again == first | {"repeated": True}
    assert other["outcome"] == "conflict"


async def test_a_barcode_of_ours_is_no_seal(day: Day, database: Database) -> None:
    batch = await day.packed(1, await day.ready({1: 1}))
    before = await contents(database)

    sealing = {"seal_number": batch.cards[0], "counted": 1}
    problem = await day.annex.refused(f"/batches/{batch.code}/seal", sealing)

    assert problem["type"] == "/problems/malformed-code"
    assert [error["field"] for error in problem["errors"]] == ["seal_number"]
    assert await contents(database) == before


async def test_a_clerk_who_scans_the_wrong_thing_is_told_what_it_is(day: Day) -> None:
    sent = await day.delivered(1, 1)
    badge, bag = day.site(1).clerk.code, sent.batches[0].code
    slot = await day.site(1).first_slot()

    answers = await day.site(1).clerk.post(
        f"/slots/{slot}/scans",
        {"supervisor": day.site(1).supervisor, "scans": [scan_of(badge), scan_of(bag), scan_of("")]},
    )

    assert [answer["outcome"] for answer in answers["outcomes"]] == ["malformed"] * 3
    said = [answer["message_ja"] for answer in answers["outcomes"]]
    assert said[0].startswith("職員のコード")
    assert said[1].startswith("搬送袋のコード")


async def test_an_auditor_does_not_confirm_an_empty_box(day: Day) -> None:
    box, cards = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    await day.annex.scan(f"/boxes/{box}/scans", cards)

    problem = await day.annex.refused(f"/boxes/{box}/close", {"emptied_by": day.clerk(0, 99).code})

    assert problem["type"] == "/problems/second-person-needed"


async def test_whatever_clocks_say_the_order_is_the_logs(day: Day, database: Database) -> None:
    sent = (await day.in_transit({1: 3}))[1]
    site, (first, second, third) = day.site(1), sent.cards
    await site.accept(sent)
    ahead = {
        "supervisor": site.supervisor,
        "scans": [scan_of(second, occurred_at="2026-04-03T09:00:00+09:00")],
    }

    (behind,) = await site.scan(scan_of(first, occurred_at="2026-03-30T09:00:00+09:00"))
    refused = await site.clerk.refused("/scans", ahead)
    set_back = later(database, "2026-04-01", "08:00").site(1)
    (after,) = await set_back.scan(scan_of(third, occurred_at="2026-04-01T08:00:00+09:00"))
    late = (await day.manager.get("/audit/late", minutes=60))["items"]

    assert (behind["outcome"], after["outcome"], refused["type"]) == (
        "received",
        "received",
        "/problems/future-time",
    )
    told = await rows(
        database,
        "SELECT card.code, entry.recorded_at FROM entry JOIN entry_card ON entry_card.entry = entry.id"
        " JOIN card ON card.id = entry_card.card WHERE act = 'receive' ORDER BY entry.id",
    )
    assert [code for code, _ in told] == [first, third]
    assert told[0][1] > told[1][1], "the service's clock was set back between them"
    assert [entry["act"] for entry in late] == ["receive"], "two days late, and said to be"


async def test_text_that_is_not_utf8_is_a_fault_of_the_body(day: Day) -> None:
    answer = await day.annex.ask(
        "POST", "/batches", content=b'{"destination":"\xff"}', headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]


async def test_notices_and_packing_at_once_are_both_done(day: Day) -> None:
    """A notice that waits for a card another clerk is packing sees it packed."""
    cards = await day.ready({1: 12})
    batch = await day.open_batch(1)

    noticed, packed = await asyncio.gather(
        asyncio.gather(
            *(day.annex.ask("POST", "/notices", json={"cards": cards, "day": "2026-04-01"}) for _ in range(8))
        ),
        asyncio.gather(*(day.annex.scan(f"/batches/{batch['code']}/scans", [card]) for card in cards)),
    )

    assert {answer.status_code for answer in noticed} == {200}
    assert packed == [["packed"]] * 12


async def test_a_signer_whose_memory_is_spoilt_raises_the_alarm_and_comes_back(
    day: Day, database: Database, clock: Clock, tmp_path: Path
) -> None:
    await day.ready({1: 1})
    sequencer = Sequencer(database, tmp_path, clock)
    task = asyncio.create_task(sequencer.run())
    try:
        assert await until_signed(database, 20)
        (memory,) = tmp_path.glob("*.checkpoint")
        note = memory.read_text()
        memory.write_text("spoilt")
        await day.ready({1: 1})
        assert not await until_signed(database, 3)
        assert sequencer.alarm is not None
        memory.write_text(note)
        assert await until_signed(database, 20)
        assert sequencer.alarm is None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
