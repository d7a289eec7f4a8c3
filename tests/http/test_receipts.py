"""Receipts: what differs opens a difference by itself, and accepted + rejected + missing = dispatched."""

from __future__ import annotations

from typing import Any

from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database
from tests.http.day import ANNEX, Day, new_card, scan_of
from tests.http.rows import contents


def counts(receipt: dict[str, Any]) -> tuple[int, int, int, int, int]:
    names = ("dispatched", "accepted", "rejected", "missing", "unexpected")
    dispatched, accepted, rejected, missing, unexpected = (receipt[name] for name in names)
    assert accepted + rejected + missing == dispatched
    return dispatched, accepted, rejected, missing, unexpected


async def test_a_complete_receipt_opens_no_difference(day: Day) -> None:
    sent = await day.received(1, 3)

    closed = await day.site(1).close(sent.manifest)

    assert counts(closed) == (3, 3, 0, 0, 0)
    assert closed["differences"] == []
    batch = await day.annex.get(f"/batches/{sent.batches[0].code}")
    assert batch["state"] == "closed"


async def test_a_card_that_was_not_in_the_container_is_short(day: Day) -> None:
    sent = await day.delivered(1, 3)
    site, lost = day.site(1), sent.cards[0]
    await site.receive(*sent.cards[1:])

    closed = await site.close(sent.manifest, missing=1)

    assert counts(closed) == (3, 2, 0, 1, 0)
    (short,) = (await day.annex.get("/discrepancies"))["items"]
    assert (short["kind"], short["card"], short["place"], short["manifest"], short["how"]) == (
        "short",
        lost,
        site.place,
        sent.manifest,
        None,
    )
    assert closed["differences"] == [short["code"]]
    assert await day.state(lost) == "missing"


async def test_a_receipt_closes_only_over_the_number_the_log_knows(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 3)
    site = day.site(1)
    await site.receive(*sent.cards[1:])
    before = await contents(database)

    body = {"supervisor": site.supervisor, "missing": 0}
    problem = await site.clerk.refused(f"/manifests/{sent.manifest}/close", body)

    assert (problem["type"], problem["status"]) == ("/problems/still-missing", 409)
    assert [error["field"] for error in problem["errors"]] == ["missing"]
    assert await contents(database) == before


async def test_a_short_card_that_turns_up_later_ends_its_difference(day: Day) -> None:
    sent = await day.delivered(1, 2)
    site, lost = day.site(1), sent.cards[0]
    await site.receive(sent.cards[1])
    await site.close(sent.manifest, missing=1)

    assert await site.receive(lost) == ["received"]

    assert await day.differences() == [("short", "found")]
    assert await day.state(lost) == "received"


async def test_a_whole_container_that_comes_late_ends_all_its_differences(day: Day) -> None:
    sent = (await day.in_transit({1: 3}))[1]
    site = day.site(1)
    await site.receive(sent.manifest)
    await site.close(sent.manifest, missing=3)
    assert await day.differences() == [("short", None)] * 3

    (batch,) = sent.batches
    (answer,) = await site.scan(scan_of(batch.code, seal_number=batch.seal))
    assert answer["outcome"] == "arrived"
    assert await site.receive(*sent.cards) == ["received"] * 3

    assert await day.differences() == [("short", "found")] * 3


async def test_a_damaged_card_is_set_aside_and_counted_as_rejected(day: Day) -> None:
    sent = await day.delivered(1, 2)
    site, torn = day.site(1), sent.cards[0]

    (answer,) = await site.scan(scan_of(torn, damaged=True))
    await site.receive(sent.cards[1])
    closed = await site.close(sent.manifest)

    assert answer["outcome"] == "damaged"
    assert counts(closed) == (2, 1, 1, 0, 0)
    assert closed["differences"] == [answer["discrepancy"]]
    assert await day.state(torn) == "held"
    assert await site.store(await site.first_slot(), torn) == ["on_hold"]


async def test_a_card_of_another_site_is_held_where_it_is_and_says_where_it_belongs(day: Day) -> None:
    sent = await day.in_transit({1: 2, 2: 1})
    here, there = day.site(1), day.site(2)
    await here.accept(sent[1])
    stray = sent[2].cards[0]

    (answer,) = await here.scan(stray)

    assert (answer["outcome"], answer["belongs_to"]) == ("unexpected", there.place)
    card = await day.annex.get(f"/cards/{stray}")
    assert (card["state"], card["place"], card["custodian"]) == ("held", here.place, here.place)
    await here.receive(*sent[1].cards)
    assert counts(await here.close(sent[1].manifest)) == (2, 2, 0, 0, 1)
    await there.accept(sent[2])
    assert counts(await there.close(sent[2].manifest, missing=1)) == (1, 0, 0, 1, 0)
    assert await day.state(stray) == "held"
    assert await day.differences() == [("misrouted", None)]


async def test_a_container_brought_to_the_wrong_site_stays_in_its_hands(day: Day) -> None:
    sent = await day.in_transit({1: 1, 2: 2})
    here, there = day.site(1), day.site(2)
    (batch,) = sent[2].batches

    (answer,) = await here.scan(scan_of(batch.code, seal_number=batch.seal))
    assert (answer["outcome"], answer["belongs_to"]) == ("unexpected", there.place)
    await there.receive(sent[2].manifest)
    closed = await there.close(sent[2].manifest, missing=2)

    assert counts(closed) == (2, 0, 0, 2, 0)
    cards = [await day.annex.get(f"/cards/{card}") for card in sent[2].cards]
    assert [(card["state"], card["place"]) for card in cards] == [("delivered", here.place)] * 2
    assert await day.differences() == [("misrouted", None)]


async def test_a_card_nobody_knows_is_a_difference_and_its_number_is_kept(day: Day) -> None:
    sent = await day.received(1, 1)
    site, stranger = day.site(1), new_card()

    assert await site.receive(stranger, stranger) == ["unknown", "unknown"]

    closed = await site.close(sent.manifest)
    assert counts(closed) == (1, 1, 0, 0, 1)
    (unknown,) = (await day.annex.get("/discrepancies", kind="unknown"))["items"]
    assert (unknown["card"], unknown["place"]) == (stranger, site.place)


async def test_a_container_nobody_knows_is_a_difference(day: Day) -> None:
    site, stranger = day.site(1), random_code(CodeType.BATCH)

    (answer,) = await site.scan(scan_of(stranger, seal_number="KS-1234"))

    assert answer["outcome"] == "unknown"
    (unknown,) = (await day.annex.get("/discrepancies"))["items"]
    assert (unknown["kind"], unknown["batch"], unknown["code"]) == (
        "unknown",
        stranger,
        answer["discrepancy"],
    )


async def test_another_seal_than_the_one_put_on_is_a_broken_seal(day: Day) -> None:
    sent = (await day.in_transit({1: 1}))[1]
    site, (batch,) = day.site(1), sent.batches

    (first,) = await site.scan(scan_of(batch.code))
    (answer,) = await site.scan(scan_of(batch.code, seal_number="KS-999999"))

    assert (first["outcome"], answer["outcome"]) == ("seal_needed", "broken_seal")
    (broken,) = (await day.annex.get("/discrepancies"))["items"]
    assert (broken["kind"], broken["batch"], broken["manifest"]) == ("broken_seal", batch.code, sent.manifest)
    progress = await site.clerk.get(f"/manifests/{sent.manifest}/receipt")
    assert progress["batches"] == [
        {"code": batch.code, "state": "delivered", "seal_seen": "KS-999999", "intact": False}
    ]
    assert await site.receive(*sent.cards) == ["received"]


async def test_a_seal_that_is_torn_is_broken_even_with_the_right_number(day: Day) -> None:
    sent = (await day.in_transit({1: 1}))[1]
    (batch,) = sent.batches

    (answer,) = await day.site(1).scan(scan_of(batch.code, seal_number=batch.seal, seal_intact=False))

    assert answer["outcome"] == "broken_seal"


async def test_a_card_that_should_lie_at_the_annex_is_held_where_it_was_scanned(day: Day) -> None:
    (card,) = await day.ready({1: 1})
    site = day.site(1)

    (answer,) = await site.scan(card)

    assert answer["outcome"] == "not_in_transit"
    found = await day.annex.get(f"/cards/{card}")
    assert (found["state"], found["place"], found["custodian"]) == ("held", site.place, site.place)
    assert await day.differences() == [("over", None)]


async def test_a_card_missing_at_the_annex_that_comes_to_a_site_is_found(day: Day) -> None:
    box, (card, other) = await day.announce({1: 2})
    await day.unpack(box, [other], missing=[card])
    assert await day.differences() == [("short", None)]

    (answer,) = await day.site(1).scan(card)

    assert answer["outcome"] == "not_in_transit"
    assert await day.state(card) == "held"
    assert await day.differences() == [("short", "found"), ("over", None)]


async def test_nothing_closes_before_something_arrived(day: Day) -> None:
    sent = (await day.in_transit({1: 1}))[1]
    site = day.site(1)

    body = {"supervisor": site.supervisor, "missing": 1}
    problem = await site.clerk.refused(f"/manifests/{sent.manifest}/close", body)

    assert problem["type"] == "/problems/not-arrived"


async def test_a_receipt_is_closed_once(day: Day) -> None:
    sent = await day.received(1, 1)
    site = day.site(1)
    await site.close(sent.manifest)

    body = {"supervisor": site.supervisor, "missing": 0}
    problem = await site.clerk.refused(f"/manifests/{sent.manifest}/close", body)

    assert (problem["type"], problem["manifest"]) == ("/problems/receipt-closed", sent.manifest)


async def test_only_a_city_employee_of_the_site_directs_a_receipt(day: Day, database: Database) -> None:
    sent = await day.received(1, 1)
    site, other = day.site(1), day.site(2)
    slot, before = await site.first_slot(), await contents(database)

    for boss, kind in (
        (site.leader.code, "supervisor-needed"),
        (random_code(CodeType.PERSON), "supervisor-needed"),
        (other.supervisor, "invalid-value"),
    ):
        refusals = [
            await site.clerk.refused("/scans", {"supervisor": boss, "scans": [scan_of(sent.cards[0])]}),
            await site.clerk.refused(f"/slots/{slot}/scans", {"supervisor": boss, "scans": [scan_of("C")]}),
            await site.clerk.refused(f"/manifests/{sent.manifest}/close", {"supervisor": boss, "missing": 0}),
        ]
        assert [r["type"] for r in refusals] == [f"/problems/{kind}"] * 3
        assert [r["errors"][0]["field"] for r in refusals] == ["supervisor"] * 3
    assert (await site.clerk.refused(f"/slots/{slot}/scans", {"scans": [scan_of("C")]}))["status"] == 400
    assert await contents(database) == before


async def test_a_site_sees_no_manifest_and_no_slot_of_another_to_work_on(
    day: Day, database: Database
) -> None:
    sent = await day.received(1, 1)
    site, other = day.site(1), day.site(2)
    slot, before = await site.first_slot(), await contents(database)

    close = {"supervisor": other.supervisor, "missing": 0}
    store = {"supervisor": other.supervisor, "scans": [scan_of(sent.cards[0])]}
    refusals = [
        await other.clerk.refused(f"/manifests/{sent.manifest}/close", close),
        await other.clerk.refused(f"/slots/{slot}/scans", store),
    ]

    assert [r["status"] for r in refusals] == [404, 404]
    assert await contents(database) == before
    (answer,) = await other.scan(sent.manifest)
    assert (answer["outcome"], answer["belongs_to"]) == ("unexpected", site.place)


async def test_a_container_the_courier_left_behind_stays_the_annexs(day: Day) -> None:
    await day.plan()
    batches = [await day.sealed(1, await day.ready({1: 2})) for _ in range(2)]
    await day.load(*batches)
    (manifest,) = await day.annex.post(f"/runs/{batches[0].run}/dispatch")
    taken, left = batches

    answer = await day.courier.post(f"/runs/{taken.run}/take-over", {"batches": [taken.code]})

    assert answer == {"run": taken.run, "batches": 1, "cards": 2, "left_behind": [left.code]}
    cards = {card: await day.annex.get(f"/cards/{card}") for card in (*taken.cards, *left.cards)}
    assert {(cards[c]["state"], cards[c]["custodian"]) for c in left.cards} == {("dispatched", ANNEX)}
    assert {cards[c]["state"] for c in taken.cards} == {"in_transit"}
    site = day.site(1)
    await site.scan(scan_of(taken.code, seal_number=taken.seal))
    await site.receive(*taken.cards)
    assert counts(await site.close(manifest["code"], missing=2)) == (4, 2, 0, 2, 0)


async def test_a_difference_ends_once_and_its_card_goes_back_into_the_flow(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site = day.site(1)
    (answer,) = await site.scan(scan_of(sent.cards[0], damaged=True))
    path, body = (
        f"/discrepancies/{answer['discrepancy']}/resolve",
        {"how": "accept", "reason": "scratch only"},
    )

    assert (await site.clerk.refused(path, body))["type"] == "/problems/not-allowed"
    assert (await day.site(2).leader.refused(path, body))["type"] == "/problems/not-found"
    ended = await site.leader.post(path, body)
    again = await site.leader.refused(path, body)

    assert (ended["how"], ended["reason"]) == ("accept", "scratch only")
    assert again["type"] == "/problems/already-resolved"
    assert await day.state(sent.cards[0]) == "received"


async def test_only_the_annex_takes_a_card_back_into_its_flow(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site = day.site(1)
    (answer,) = await site.scan(scan_of(sent.cards[0], damaged=True))

    path = f"/discrepancies/{answer['discrepancy']}/resolve"
    problem = await site.leader.refused(path, {"how": "readmit", "reason": "send it again"})

    assert (problem["type"], problem["errors"][0]["field"]) == ("/problems/invalid-value", "how")
    assert await day.state(sent.cards[0]) == "held"
