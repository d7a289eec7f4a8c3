"""The way back: a return batch, from a site's vault to the annex, in one custody all the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.store.database import Database
from logistics.work.rebuilding import differing
from seed.load import COURIER, place_code
from tests.http.day import ANNEX, RUN_DAY, VEHICLE, Day, Sent, later, new_card, scan_of
from tests.http.rows import contents
from tests.http.states import card_in

NEXT_DAY = "2026-04-02"


async def where(day: Day, card: str) -> tuple[str, str, str]:
    found = await day.annex.get(f"/cards/{card}")
    return found["state"], found["place"], found["custodian"]


async def test_a_card_goes_back_through_every_hand_and_is_in_one_custody_at_each(
    day: Day, database: Database
) -> None:
    (card,) = await day.stored(1, 1)
    site, annex = place_code(1), day.back_office
    seen = []

    batch = await day.open_return(1)
    assert (batch["origin"], batch["destination"]) == (site, ANNEX)
    assert await day.pack_return(1, batch, "undelivered", [card]) == ["packed"]
    seen.append(await where(day, card))
    sealed = await day.seal_return(1, batch, [card])
    sent = await day.release_return(1, sealed)
    seen.append(await where(day, card))
    await day.courier.post(f"/runs/{sent.run}/take-over", {"origin": site})
    seen.append(await where(day, card))
    await annex.accept(sent)
    seen.append(await where(day, card))
    assert await annex.receive(card) == ["received"]
    seen.append(await where(day, card))
    closed = await annex.close(sent.manifest)
    assert (closed["dispatched"], closed["accepted"], closed["missing"]) == (1, 1, 0)
    slot = await annex.first_slot()
    assert await annex.store(slot, card) == ["stored"]

    assert seen == [
        ("packed", site, site),
        ("dispatched", site, site),
        ("in_transit", VEHICLE, COURIER),
        ("delivered", ANNEX, ANNEX),
        ("received", ANNEX, ANNEX),
    ]
    assert await where(day, card) == ("stored", ANNEX, ANNEX)
    async with database.read() as session:
        assert (await differing(session))[1] == []


async def test_a_return_slip_says_why_each_card_goes_back(day: Day) -> None:
    plain = await day.stored(1, 2)
    old = await day.collected(1, "collected", 2)
    notices = await day.collected(1, "returned_notice")
    sent = await day.returned(1, {"undelivered": plain, "collected": old, "postal_return": notices})

    response = await day.annex.ask("GET", f"/manifests/{sent.manifest}/return-slip.pdf")
    other = await day.annex.ask("GET", f"/manifests/{sent.manifest}/manifest.pdf")

    assert response.content.startswith(b"%PDF")
    assert response.headers["content-disposition"].endswith(f'"P4-{sent.manifest}.pdf"')
    assert other.status_code == 404
    slip = await day.annex.ask("GET", f"/manifests/{sent.manifest}/transfer-slip.pdf")
    assert slip.content.startswith(b"%PDF")
    manifest = await day.annex.get(f"/manifests/{sent.manifest}")
    assert (manifest["origin"], manifest["destination"], manifest["cards"]) == (place_code(1), ANNEX, 5)


async def test_what_goes_out_and_what_comes_back_on_one_day_are_two_manifests_of_one_run(day: Day) -> None:
    cards = await day.stored(1, 2)
    sent = await day.returned(1, {"defect": cards[:1]})

    page = await day.annex.get("/manifests", run=sent.run)

    ways = {(m["origin"], m["destination"]): m["cards"] for m in page["items"]}
    assert ways == {(ANNEX, place_code(1)): 2, (place_code(1), ANNEX): 1}
    only = await day.annex.get("/manifests", run=sent.run, origin=place_code(1))
    assert [m["code"] for m in only["items"]] == [sent.manifest]


async def test_a_run_takes_from_a_site_once_a_day(day: Day) -> None:
    cards = await day.stored(1, 2)
    sent = await day.returned(1, {"undelivered": cards[:1]})
    clerk = day.site(1).clerk

    problem = await clerk.refused("/returns", {"run_day": RUN_DAY})
    again = await clerk.refused(f"/runs/{sent.run}/dispatch")

    assert (problem["type"], again["type"]) == ("/problems/run-departed", "/problems/run-departed")
    assert (await clerk.post("/returns", {"run_day": NEXT_DAY}))["day"] == NEXT_DAY


@pytest.mark.parametrize(
    ("reason", "kind", "outcome"),
    [
        ("undelivered", "stored", "packed"),
        ("defect", "stored", "packed"),
        ("misrouted", "stored", "wrong_reason"),
        ("collected", "stored", "wrong_reason"),
        ("postal_return", "stored", "wrong_reason"),
        ("collected", "collected", "packed"),
        ("undelivered", "collected", "wrong_reason"),
        ("documents", "documents", "packed"),
        ("documents", "collected", "wrong_reason"),
        ("postal_return", "returned_notice", "packed"),
        ("postal_return", "mail_return", "packed"),
    ],
)
async def test_a_reason_has_to_fit_what_it_is_given_for(
    day: Day, reason: str, kind: str, outcome: str
) -> None:
    (code,) = await day.stored(1, 1) if kind == "stored" else await day.collected(1, kind)
    batch = await day.open_return(1)

    assert await day.pack_return(1, batch, reason, [code]) == [outcome]


@pytest.mark.parametrize("place", [place_code(1), place_code(2), ANNEX])
async def test_only_what_rests_at_the_site_is_packed_for_return_whatever_its_state(
    day: Day, database: Database, place: str
) -> None:
    cards = {state: await card_in(database, state, place) for state in CardState if state != "new"}
    batch = await day.open_return(1, NEXT_DAY)

    outcomes = await day.pack_return(1, batch, "undelivered", cards.values())

    packed = {state for state, outcome in zip(cards, outcomes, strict=True) if outcome == "packed"}
    legal = CARD.sources(CardStep.PACK) - {CardState.READY}
    assert packed == (legal if place == place_code(1) else set())
    after = {state: await day.state(card) for state, card in cards.items()}
    assert after == {state: "packed" if state in packed else state.value for state in cards}


async def test_a_misrouted_card_is_returned_and_forwarded_to_where_it_belongs(day: Day) -> None:
    sent = await day.in_transit({1: 2, 2: 1})
    here, stray = day.site(1), sent[2].cards[0]
    await here.accept(sent[1])
    (answer,) = await here.scan(stray)
    assert (answer["outcome"], answer["belongs_to"]) == ("unexpected", place_code(2))
    (needless,) = (await here.clerk.get("/no-longer-needed", place=here.place))["items"]
    assert (needless["code"], needless["reason"], needless["due_on"], needless["overdue"]) == (
        stray,
        "misrouted",
        NEXT_DAY,
        False,
    )

    back = await day.returned(1, {"misrouted": [stray]})
    annex = day.back_office
    await annex.accept(back)
    assert await annex.receive(stray) == ["received"]
    await annex.close(back.manifest)

    assert ("misrouted", "returned") in await day.differences(place=here.place)
    wrong = await day.packed_outcomes(1, [stray], NEXT_DAY)
    right = await day.packed_outcomes(2, [stray], NEXT_DAY)
    assert (wrong, right) == (["wrong_site"], ["packed"])


async def test_what_was_set_aside_is_set_aside_again_when_it_is_taken_out_of_the_batch(day: Day) -> None:
    sent = await day.delivered(1, 2)
    site, torn = day.site(1), sent.cards[0]
    await site.scan(scan_of(torn, damaged=True))
    await site.receive(sent.cards[1])
    await site.close(sent.manifest)
    batch = await day.open_return(1)
    assert await day.pack_return(1, batch, "defect", sent.cards) == ["packed", "packed"]

    out = await site.clerk.scan(f"/batches/{batch['code']}/removals", sent.cards)

    assert out == ["unpacked", "unpacked"]
    assert [await day.state(card) for card in sent.cards] == ["held", "received"]


async def test_a_batch_left_behind_is_recalled_and_leaves_with_a_later_run(
    day: Day, database: Database
) -> None:
    cards = await day.stored(1, 2)
    batch = await day.open_return(1)
    await day.pack_return(1, batch, "undelivered", cards)
    sealed = await day.seal_return(1, batch, cards)
    sent = await day.release_return(1, sealed)
    leader, body = day.site(1).leader, {"run_day": NEXT_DAY, "reason": "配送業者が積み残した"}

    worker = await day.site(1).clerk.refused(f"/batches/{sealed.code}/recall", body)
    same = await leader.refused(f"/batches/{sealed.code}/recall", body | {"run_day": RUN_DAY})
    recalled = await leader.post(f"/batches/{sealed.code}/recall", body)
    twice = await leader.refused(f"/batches/{sealed.code}/recall", body | {"run_day": "2026-04-03"})

    assert (worker["type"], same["type"], twice["type"]) == (
        "/problems/not-allowed",
        "/problems/invalid-value",
        "/problems/step-refused",
    )
    assert (recalled["state"], recalled["manifest"], recalled["day"]) == ("sealed", None, NEXT_DAY)
    assert recalled["seal_number"] == sealed.seal
    manifest = await day.annex.get(f"/manifests/{sent.manifest}")
    assert (manifest["cards"], manifest["recalled"], manifest["waiting_for"]) == (2, 2, None)
    assert [await day.state(card) for card in cards] == ["packed", "packed"]
    tomorrow = later(database, NEXT_DAY)
    await tomorrow.plan(NEXT_DAY)
    clerk, run = tomorrow.site(1).clerk, recalled["run"]
    assert await clerk.scan(f"/runs/{run}/loads", [sealed.code]) == ["loaded"]
    (second,) = await clerk.post(f"/runs/{run}/dispatch")
    await tomorrow.courier.post(f"/runs/{run}/take-over", {"origin": place_code(1)})
    annex = tomorrow.back_office
    await annex.accept(Sent(second["code"], run, [sealed], cards))
    assert set(await annex.receive(*cards)) == {"received"}
    assert (await annex.close(second["code"]))["accepted"] == 2
    async with database.read() as session:
        assert (await differing(session))[1] == []


async def test_a_batch_is_either_recalled_or_taken_over(day: Day, database: Database) -> None:
    cards = await day.stored(1, 1)
    batch = await day.open_return(1)
    await day.pack_return(1, batch, "undelivered", cards)
    sent = await day.release_return(1, await day.seal_return(1, batch, cards))
    body = {"run_day": NEXT_DAY, "reason": "配送業者が積み残した"}

    recalled, taken = await asyncio.gather(
        day.site(1).leader.ask("POST", f"/batches/{batch['code']}/recall", json=body),
        day.courier.ask("POST", f"/runs/{sent.run}/take-over", json={"origin": place_code(1)}),
    )

    won = recalled.status_code == 200
    if won:
        assert taken.json()["type"] == "/problems/already-taken-over"
    else:
        assert taken.json()["batches"] == 1
    assert await day.state(cards[0]) == ("packed" if won else "in_transit")
    async with database.read() as session:
        assert (await differing(session))[1] == []


async def test_the_receipt_of_a_manifest_does_not_expect_what_was_left_behind(day: Day) -> None:
    await day.plan()
    one, two = await day.ready({1: 2}), await day.ready({1: 1})
    first, second = await day.sealed(1, one), await day.sealed(1, two)
    await day.load(first, second)
    (manifest,) = await day.annex.post(f"/runs/{first.run}/dispatch")
    await day.courier.post(f"/runs/{first.run}/take-over", {"batches": [first.code]})
    body = {"run_day": NEXT_DAY, "reason": "車両に載らなかった"}
    await day.manager.post(f"/batches/{second.code}/recall", body)
    site = day.site(1)
    await site.receive(manifest["code"])
    await site.scan(scan_of(first.code, seal_number=first.seal))
    await site.receive(*one)

    closed = await site.close(manifest["code"])

    assert (closed["dispatched"], closed["accepted"], closed["missing"]) == (2, 2, 0)
    assert await day.differences() == []
    assert await day.state(two[0]) == "packed"
    paper = await site.clerk.ask("GET", f"/manifests/{manifest['code']}/receipt.pdf")
    assert paper.content.startswith(b"%PDF")


async def test_the_annex_finds_on_a_return_what_a_site_finds_on_a_manifest(day: Day) -> None:
    cards = await day.stored(1, 4)
    sent = await day.returned(1, {"undelivered": cards})
    annex, stranger = day.back_office, new_card()
    (batch,) = sent.batches

    (seal,) = await annex.scan(scan_of(batch.code, seal_number="KR-999999"))
    (torn,) = await annex.scan(scan_of(cards[0], damaged=True))
    answers = await annex.receive(cards[1], cards[2], stranger)
    closed = await annex.close(sent.manifest, missing=1)

    assert (seal["outcome"], torn["outcome"], answers) == (
        "broken_seal",
        "damaged",
        ["received", "received", "unknown"],
    )
    assert (closed["dispatched"], closed["accepted"], closed["rejected"], closed["missing"]) == (4, 2, 1, 1)
    assert closed["unexpected"] == 1
    kinds = Counter(kind for kind, _ in await day.differences(place=ANNEX))
    assert kinds == {"broken_seal": 1, "damaged": 1, "unknown": 1, "short": 1}
    assert await day.state(cards[3]) == "missing"


async def test_the_way_back_is_nobody_elses(day: Day, database: Database) -> None:
    (card,) = await day.stored(1, 1)
    batch = await day.open_return(1)
    before = await contents(database)
    other, courier = day.site(2).clerk, day.courier
    scan = {"scans": [scan_of(card)], "return_reason": "undelivered"}

    problems = [
        await other.refused(f"/returns/{batch['code']}/scans", scan),
        await day.annex.refused(f"/returns/{batch['code']}/scans", scan),
        await day.annex.refused(f"/batches/{batch['code']}/cancel"),
        await day.annex.refused("/returns", {"run_day": NEXT_DAY}),
        await courier.refused("/returns", {"run_day": NEXT_DAY}),
        await other.refused(f"/batches/{batch['code']}/seal", {"seal_number": "KR-1234", "counted": 1}),
    ]

    assert [p["type"].removeprefix("/problems/") for p in problems] == [
        "not-found",
        "not-allowed",
        "not-found",
        "not-allowed",
        "not-allowed",
        "not-found",
    ]
    assert await contents(database) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "standard"}, "kind"),
        ({"kind": "collected", "source": "post"}, "source"),
        ({"kind": "returned_notice", "source": "counter"}, "source"),
        ({"kind": "collected", "destination": place_code(2)}, "destination"),
        ({"day": "2026-04-02"}, "day"),
        ({"cards": []}, "cards"),
        ({"day": "2015-12-31"}, "day"),
    ],
)
async def test_what_cannot_be_taken_in_is_refused_by_field(
    day: Day, database: Database, body: dict[str, Any], field: str
) -> None:
    good = {"kind": "collected", "source": "counter", "cards": [new_card()], "day": RUN_DAY}
    before = await contents(database)

    problem = await day.site(1).clerk.refused("/collections", good | body)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert await contents(database) == before


async def test_what_is_taken_in_is_known_once(day: Day) -> None:
    codes = [new_card(), new_card()]
    body = {"kind": "documents", "source": "office", "cards": codes, "day": RUN_DAY}

    racing = await asyncio.gather(
        *(day.site(1).clerk.ask("POST", "/collections", json=body) for _ in range(8))
    )

    assert Counter(answer.status_code for answer in racing) == {200: 1, 409: 7}
    assert {answer.json()["type"] for answer in racing if answer.status_code == 409} == {
        "/problems/cards-refused"
    }
    card = await day.annex.get(f"/cards/{codes[0]}")
    assert (card["state"], card["place"], card["destination"], card["box"]) == (
        "received",
        place_code(1),
        ANNEX,
        None,
    )


async def test_a_notice_that_came_back_to_the_annex_is_sent_to_its_site(day: Day) -> None:
    code = new_card()
    body = {"kind": "returned_notice", "source": "post", "cards": [code], "day": RUN_DAY}
    problem = await day.annex.refused("/collections", body)
    assert problem["errors"][0]["field"] == "destination"

    await day.annex.post("/collections", body | {"destination": place_code(3)})
    assert await day.packed_outcomes(3, [code], RUN_DAY) == ["packed"]


async def test_racing_packers_put_a_card_into_one_batch(day: Day) -> None:
    (card,) = await day.stored(1, 1)
    batches = [await day.open_return(1) for _ in range(4)]

    racing = await asyncio.gather(*(day.pack_return(1, b, "undelivered", [card]) for b in batches))

    assert sorted(outcome for (outcome,) in racing) == ["already_packed"] * 3 + ["packed"]


async def test_a_repeated_scan_gets_its_first_answer_and_with_another_reason_conflict(day: Day) -> None:
    (card,) = await day.stored(1, 1)
    batch = await day.open_return(1)
    body = {"scans": [scan_of(card)], "return_reason": "undelivered"}
    path, clerk = f"/returns/{batch['code']}/scans", day.site(1).clerk

    first, again, other = [
        (await clerk.post(path, said))["outcomes"][0]
        for said in (body, body, body | {"return_reason": "defect"})
    ]

    assert (first["outcome"], again["outcome"], again["repeated"]) == ("packed", "packed", True)
    assert other["outcome"] == "conflict"


async def test_what_went_back_is_returned_for_the_site_and_in_for_the_annex(day: Day) -> None:
    """opening + in - issued - returned - destroyed - lost = closing, at both ends of the way."""
    cards = await day.stored(1, 5)
    sent = await day.returned(1, {"undelivered": cards[:3]})
    annex = day.back_office
    await annex.accept(sent)
    await annex.receive(*sent.cards[:2])
    await annex.close(sent.manifest, missing=1)

    site, office = [
        await day.manager.get("/audit/balance", place=place, day=RUN_DAY) for place in (place_code(1), ANNEX)
    ]

    assert (site["incoming"], site["returned"], site["closing"], site["balanced"]) == (5, 3, 2, True)
    # The bag was accepted, so what was not in it is missing from the annex's own hands.
    assert (office["incoming"], office["sent"], office["lost"], office["closing"]) == (5, 2, 1, 2)
    assert office["balanced"]
    missing = await day.annex.get("/cards", state="missing")
    assert [card["code"] for card in missing["items"]] == [sent.cards[2]]
