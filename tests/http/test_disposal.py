"""Disposal: no step can be jumped, no person decides alone, and every attempt to do so is on record."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from logistics.rules.lifecycle import CardState
from logistics.store.database import Database, driver
from logistics.work.rebuilding import differing
from seed.load import person_code
from tests.http import disposing
from tests.http.day import ANNEX, RUN_DAY, Day, later, outcomes, scan_of
from tests.http.rows import contents
from tests.http.states import card_in
from tests.sessions import confirm_everybody

OTHER_CITY = person_code(0, 92)


async def refusals(day: Day) -> list[tuple[str, str, str]]:
    """(who, what, why) of every attempt that was refused and recorded."""
    bodies = [json.loads(entry["body"]) for entry in await _refusals(day)]
    return [(body["actor"], body["facts"]["act"], body["facts"]["problem"]) for body in bodies]


async def _refusals(day: Day) -> list[Any]:
    """Refusals of rights and of everything else, as they followed each other."""
    pages = [await day.manager.get("/audit/entries", act=act) for act in ("refuse", "refuse_right")]
    return sorted((entry for page in pages for entry in page["items"]), key=lambda entry: entry["id"])


async def refused_scans(day: Day, card: str) -> list[str]:
    entries = (await day.annex.get(f"/cards/{card}/custody"))["entries"]
    return [entry["outcome"] for entry in entries if entry["outcome"]]


async def test_a_card_goes_from_candidate_to_certificate_and_the_day_balances(
    day: Day, database: Database
) -> None:
    cards = sorted(await disposing.to_go(day, 3))
    proposal = await disposing.proposed(day, cards)
    assert (proposal["standing"], proposal["cards"], proposal["proposed"]) == ("waiting", 3, 3)
    assert [line["card"] for line in json.loads(proposal["shown"])["cards"]] == cards

    decided = await disposing.decide(day, proposal, witness_requested=True, photos_requested=True)
    assert (decided["standing"], decided["certificate_due_on"]) == ("approved", "2026-04-08")
    assert await disposing.pick(day, proposal, cards) == ["picked"] * 3
    await disposing.begin(day, proposal, 3)
    await disposing.witness(day, proposal)
    assert await disposing.destroy(day, proposal, cards) == ["destroyed"] * 3
    done = await disposing.finish(day, proposal, photos=["IMG-0001", "IMG-0002"])

    assert (done["counted"], done["destroyed"], done["remaining"]) == (3, 3, 0)
    assert {await day.state(card) for card in cards} == {"destroyed"}
    after = await day.annex.get(f"/proposals/{proposal['code']}")
    assert (after["standing"], after["destroyed"], after["certificates"]) == (
        "done",
        3,
        [done["certificate"]],
    )
    for path in (
        f"/proposals/{proposal['code']}/proposal.pdf",
        f"/disposal-certificates/{done['certificate']}/certificate.pdf",
    ):
        assert (await day.annex.ask("GET", path)).content.startswith(b"%PDF")
    balance = await day.manager.get("/audit/balance", place=ANNEX, day=RUN_DAY)
    assert (balance["incoming"], balance["destroyed"], balance["closing"]) == (3, 3, 0)
    assert balance["balanced"]
    async with database.read() as session:
        assert (await differing(session))[1] == []


@pytest.mark.parametrize("step", ["pick", "destroy"])
async def test_from_no_other_state_is_a_card_picked_or_destroyed(
    day: Day, database: Database, step: str
) -> None:
    proposal, _ = await (disposing.picked if step == "destroy" else disposing.approved)(day)
    if step == "destroy":
        await disposing.begin(day, proposal, 1)
    cards = {state: await card_in(database, state, ANNEX) for state in CardState if state != "new"}

    do = disposing.pick if step == "pick" else disposing.destroy
    found = dict(zip(cards, await do(day, proposal, list(cards.values())), strict=True))

    if step == "pick":
        expected = dict.fromkeys(cards, "not_approved")
        expected |= {CardState.APPROVED: "wrong_proposal", CardState.PICKED: "already_picked"}
    else:
        expected = dict.fromkeys(cards, "not_picked") | {CardState.PICKED: "wrong_proposal"}
    # A card that was destroyed is not destroyed if it lies here: it is held, and a difference.
    assert found == expected | {CardState.DESTROYED: "not_in_transit"}
    after = {state: await day.state(card) for state, card in cards.items()}
    assert after == {state: state.value for state in cards} | {CardState.DESTROYED: "held"}
    assert ("over", None) in await day.differences()


@pytest.mark.parametrize("state", [state for state in CardState if state not in ("new", "stored")])
async def test_only_what_is_stored_is_proposed(day: Day, database: Database, state: CardState) -> None:
    card = await card_in(database, state, ANNEX)
    before = await contents(database)

    problem = await day.manager.refused("/proposals", {"cards": [card], "note": "廃棄したい"})

    assert problem["type"] == "/problems/cards-refused"
    assert await contents(database) == before


async def test_what_is_no_candidate_is_on_no_proposal_and_neither_is_the_rest(
    day: Day, database: Database
) -> None:
    fit, held = sorted(await disposing.to_go(day, 2))
    fresh = (await day.stored(1, 1))[0]
    hold = {"card": held, "reason": "入院のため", "requester": "holder", "until": "2026-06-30"}
    await day.manager.post("/retention/holds", hold)
    before = await contents(database)

    problem = await day.manager.refused("/proposals", {"cards": [fit, held, fresh], "note": "廃棄したい"})

    states = {one["card"]: one["state"] for one in problem["refused"]}
    assert states == {held: "on_hold", fresh: "no candidate"}
    assert await contents(database) == before
    (tried,) = [json.loads(entry["body"])["facts"] for entry in await _refusals(day)]
    assert (tried["act"], tried["problem"]) == ("propose", "CardsRefused")
    assert {one["card"]: one["state"] for one in tried["refused"]} == states


async def test_the_cards_of_a_proposal_are_paged_in_the_order_of_its_paper(day: Day) -> None:
    cards = sorted(await disposing.to_go(day, 3))
    path = f"/proposals/{(await disposing.proposed(day, cards))['code']}/cards"

    first = await day.city.get(path, limit=2)
    rest = await day.city.get(path, limit=2, after=first["next"])

    assert [card["code"] for card in (*first["items"], *rest["items"])] == cards
    assert (first["next"], rest["next"]) == ("2", None)


async def test_nobody_disposes_of_anything_alone(day: Day) -> None:
    cards = await disposing.to_go(day)
    proposal = await disposing.proposed(day, cards)
    path, said = f"/proposals/{proposal['code']}/decision", {"sha256": proposal["sha256"], "approved": True}

    statuses = [
        (await clerk.refused(path, said))["status"] for clerk in (day.manager, day.annex, day.courier)
    ]
    unseen = await day.city.refused(path, said | {"sha256": "0" * 64})

    assert statuses == [403, 403, 404]
    assert unseen["type"] == "/problems/approval-unusable"
    assert await day.state(cards[0]) == "proposed"
    assert await refusals(day) == [
        (day.manager.code, "approve_disposal", "NotAllowed"),
        (day.annex.code, "approve_disposal", "NotAllowed"),
        (day.city.code, "approve_disposal", "ApprovalUnusable"),
    ]
    assert await disposing.pick(day, proposal, cards) == ["not_approved"]
    assert (await day.annex.refused(f"/proposals/{proposal['code']}/destruction", _machine(1)))["type"] == (
        "/problems/proposal-not-ready"
    )
    assert await disposing.destroy(day, proposal, cards) == ["not_picked"]
    assert await refused_scans(day, cards[0]) == ["not_approved", "not_picked"]
    # Each attempt is one entry with its reason: a right that was refused, too.
    assert (await refusals(day))[3:] == [(day.annex.code, "begin_destruction", "ProposalNotReady")]


def _machine(counted: int, **how: Any) -> dict[str, Any]:
    return disposing.MACHINE | {"counted": counted} | how


async def test_the_city_refuses_and_the_cards_stay_where_they_lie(day: Day) -> None:
    cards = await disposing.to_go(day, 2)
    proposal = await disposing.proposed(day, cards)

    decided = await disposing.decide(day, proposal, approved=False, reason="留保の申出がある")
    again = await day.city.refused(
        f"/proposals/{proposal['code']}/decision", {"sha256": proposal["sha256"], "approved": True}
    )

    assert (decided["standing"], decided["reason"], decided["proposed"]) == (
        "refused",
        "留保の申出がある",
        0,
    )
    assert {await day.state(card) for card in cards} == {"stored"}
    assert again["type"] == "/problems/proposal-not-ready"
    second = await disposing.proposed(day, cards)
    assert second["code"] > proposal["code"]
    assert (await day.annex.get(f"/proposals/{proposal['code']}"))["standing"] == "refused"


async def test_racing_decisions_are_one_decision(day: Day) -> None:
    proposal = await disposing.proposed(day, await disposing.to_go(day))
    other = day.clerk(0, 92)
    path = f"/proposals/{proposal['code']}/decision"

    racing = await asyncio.gather(
        *(
            clerk.ask("POST", path, json={"sha256": proposal["sha256"], "approved": said, "reason": "…"})
            for clerk, said in ((day.city, True), (other, False), (day.city, True), (other, True))
        )
    )

    assert Counter(answer.status_code for answer in racing) == {200: 1, 409: 3}


async def test_a_card_held_after_the_proposal_is_not_approved_picked_or_destroyed(day: Day) -> None:
    cards = sorted(await disposing.to_go(day, 3))
    proposal = await disposing.proposed(day, cards)

    async def hold(card: str) -> str:
        body = {"card": card, "reason": "入院のため", "requester": "holder", "until": "2026-06-30"}
        code: str = (await day.manager.post("/retention/holds", body))["code"]
        return code

    first = await hold(cards[0])
    problem = await day.city.refused(
        f"/proposals/{proposal['code']}/decision", {"sha256": proposal["sha256"], "approved": True}
    )
    assert problem["refused"] == [{"card": cards[0], "state": "on_hold"}]
    (tried,) = [json.loads(entry["body"])["facts"] for entry in await _refusals(day)]
    assert (tried["act"], tried["refused"]) == ("approve_disposal", problem["refused"])
    await day.city.post(f"/retention/holds/{first}/release", {"reason": "本人が辞退した"})
    await disposing.decide(day, proposal)
    await hold(cards[1])
    assert await disposing.pick(day, proposal, cards) == ["picked", "retained", "picked"]
    await hold(cards[2])
    await disposing.begin(day, proposal, 2)

    assert await disposing.destroy(day, proposal, cards) == ["destroyed", "not_picked", "retained"]
    assert await refused_scans(day, cards[1]) == ["retained", "not_picked"]
    assert await refused_scans(day, cards[2]) == ["retained"]
    withdrawn = {"cards": [cards[1], cards[2]], "reason": "留保のため"}
    await day.manager.post(f"/proposals/{proposal['code']}/withdrawals", withdrawn)
    assert [await day.state(card) for card in cards] == ["destroyed", "stored", "stored"]
    done = await disposing.finish(day, proposal, remaining=0)
    assert (done["counted"], done["destroyed"], done["remaining"]) == (2, 1, 0)


async def test_without_the_witness_that_was_asked_for_nothing_is_destroyed(day: Day) -> None:
    proposal, cards = await disposing.picked(day, 3, witness_requested=True)
    early = await day.city.refused(f"/proposals/{proposal['code']}/witness", {"present": True})
    await disposing.begin(day, proposal, 3)

    alone = await disposing.destroy(day, proposal, cards[:1])
    await disposing.witness(day, proposal)
    together = await disposing.destroy(day, proposal, cards[:1])
    await disposing.witness(day, proposal, present=False)
    left = await disposing.destroy(day, proposal, cards[1:2])
    mine = await day.annex.refused(f"/proposals/{proposal['code']}/witness", {"present": True})

    assert (alone, together, left) == (["witness_absent"], ["destroyed"], ["witness_absent"])
    assert await refused_scans(day, cards[0]) == ["witness_absent"]
    assert (early["type"], mine["status"]) == ("/problems/proposal-not-ready", 403)
    assert ("NotAllowed", "witness") in {(why, act) for _, act, why in await refusals(day)}
    assert (await disposing.finish(day, proposal, remaining=2))["remaining"] == 2


async def test_read_twice_is_not_destroyed_twice_and_found_later_is_a_difference(
    day: Day, database: Database
) -> None:
    proposal, (card,) = await disposing.picked(day)
    await disposing.begin(day, proposal, 1)
    path, scan = f"/proposals/{proposal['code']}/destructions", {"scans": [scan_of(card)]}

    first = outcomes(await day.annex.post(path, scan))
    repeated = (await day.annex.post(path, scan))["outcomes"][0]
    twice = await disposing.destroy(day, proposal, [card])
    await disposing.finish(day, proposal)
    found = await disposing.destroy(day, proposal, [card])

    assert (first, repeated["outcome"], repeated["repeated"], twice, found) == (
        ["destroyed"],
        "destroyed",
        True,
        ["already_destroyed"],
        ["not_in_transit"],
    )
    assert await day.state(card) == "held"
    assert (await refused_scans(day, card))[0] == "already_destroyed"
    assert await day.differences() == [("over", None)]
    async with database.read() as session:
        assert (await differing(session))[1] == []


async def test_a_destroyed_card_that_a_site_receives_is_held_there(day: Day) -> None:
    proposal, (card,) = await disposing.picked(day)
    await disposing.begin(day, proposal, 1)
    await disposing.destroy(day, proposal, [card])
    await disposing.finish(day, proposal)

    answers = [await day.site(2).receive(card), await day.back_office.receive(card)]

    assert answers[0] == ["not_in_transit"]
    assert await day.state(card) == "held"
    assert ("over", None) in await day.differences(place=day.site(2).place)


async def test_racing_machines_destroy_a_card_once(day: Day) -> None:
    proposal, cards = await disposing.picked(day, 2)
    await disposing.begin(day, proposal, 2)

    racing = await asyncio.gather(*(disposing.destroy(day, proposal, cards) for _ in range(6)))

    assert Counter(outcome for answer in racing for outcome in answer) == {
        "destroyed": 2,
        "already_destroyed": 10,
    }


async def test_a_pick_needs_a_slot_of_the_locked_stock(day: Day) -> None:
    proposal, cards = await disposing.approved(day, 2)
    ordinary = await day.back_office.first_slot()
    locked = await disposing.locked_slot(day)

    wrong = await disposing.pick(day, proposal, cards[:1], slot=ordinary)
    both = {
        "picks": [
            scan_of(cards[0]) | {"slot": ordinary},
            scan_of(cards[1]) | {"slot": locked},
            scan_of(cards[0]) | {"slot": locked},
        ]
    }
    answers = outcomes(await day.annex.post(f"/proposals/{proposal['code']}/picks", both))

    assert (wrong, answers) == (["wrong_slot"], ["wrong_slot", "picked", "picked"])
    placed = [(await day.annex.get(f"/cards/{card}"))["slot"] for card in cards]
    assert placed == [locked, locked]
    loose = await disposing.to_go(day)
    problem = await day.annex.refused(f"/slots/{locked}/scans", {"scans": [scan_of(loose[0])]})
    assert problem["errors"][0]["field"] == "slot"


async def test_what_waits_longer_than_a_working_day_raises_the_alarm(day: Day, database: Database) -> None:
    proposal, cards = await disposing.picked(day, 2, certificate_due_on="2026-04-02")

    async def waiting(on: str) -> list[tuple[str, str, bool]]:
        page = await later(database, on).annex.get("/disposal-stock")
        return [(item["code"], item["due_on"], item["overdue"]) for item in page["items"]]

    assert await waiting("2026-04-02") == [(card, "2026-04-02", False) for card in cards]
    assert await waiting("2026-04-03") == [(card, "2026-04-02", True) for card in cards]
    friday = later(database, "2026-04-03").annex
    assert (await friday.get(f"/proposals/{proposal['code']}"))["certificate_overdue"]
    told = {one["kind"]: (one["cards"], one["count"]) for one in await friday.get("/alarms")}
    assert told == {"awaiting_destruction": (cards, 2), "certificate_overdue": ([], 0)}
    await disposing.begin(day, proposal, 2)
    await disposing.destroy(day, proposal, cards)
    await disposing.finish(day, proposal)
    assert await waiting("2026-04-03") == []


async def test_before_the_decision_a_proposal_is_withdrawn_as_a_whole(day: Day) -> None:
    cards = await disposing.to_go(day, 2)
    proposal = await disposing.proposed(day, cards)
    path, why = f"/proposals/{proposal['code']}/withdrawals", {"reason": "誤って起案した"}

    part = await day.manager.refused(path, why | {"cards": cards[:1]})
    whole = await day.manager.post(path, why)
    late = await day.city.refused(
        f"/proposals/{proposal['code']}/decision", {"sha256": proposal["sha256"], "approved": True}
    )

    assert part["errors"][0]["field"] == "cards"
    assert (whole["standing"], whole["proposed"]) == ("withdrawn", 0)
    assert {await day.state(card) for card in cards} == {"stored"}
    assert late["type"] == "/problems/proposal-not-ready"


async def test_a_request_that_expired_is_asked_again(day: Day, database: Database) -> None:
    proposal = await disposing.proposed(day, await disposing.to_go(day))
    spring = later(database, "2026-04-20")
    path, said = f"/proposals/{proposal['code']}/decision", {"sha256": proposal["sha256"], "approved": True}

    unproved = await spring.city.refused(path, said)
    await confirm_everybody(database, datetime(2026, 4, 20, tzinfo=UTC))
    expired = await spring.city.refused(path, said)
    again = await spring.manager.post(f"/proposals/{proposal['code']}/ask")

    assert unproved["type"] == "/problems/confirmation-needed"
    assert expired["type"] == "/problems/approval-unusable"
    assert again["sha256"] == proposal["sha256"]
    assert (await spring.city.post(path, said))["standing"] == "approved"


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"counted": 0}, "count-differs", "counted"),
        ({"counted": 2}, "count-differs", "counted"),
        ({"chip": "no_chip"}, "invalid-value", "chip"),
        ({"chip": "burnt"}, "invalid-value", "chip"),
        ({"method": "dissolve"}, "invalid-value", "chip"),
        ({"method": "bury"}, "about:blank", "method"),
        ({"machine": ""}, "about:blank", "machine"),
    ],
)
async def test_a_sitting_that_would_leave_something_readable_does_not_begin(
    day: Day, body: dict[str, Any], kind: str, field: str
) -> None:
    proposal, _ = await disposing.picked(day)

    problem = await day.annex.refused(f"/proposals/{proposal['code']}/destruction", _machine(1) | body)

    assert problem["type"].removeprefix("/problems/") == kind
    assert [error["field"] for error in problem["errors"]] == [field]
    assert len(await refusals(day)) == (0 if kind == "about:blank" else 1)


async def test_paper_has_no_chip(day: Day) -> None:
    cards = await disposing.to_go(day, kind="documents")
    proposal = await disposing.decide(day, await disposing.proposed(day, cards))
    await disposing.pick(day, proposal, cards)

    problem = await day.annex.refused(f"/proposals/{proposal['code']}/destruction", _machine(1))
    await disposing.begin(day, proposal, 1, method="dissolve", chip="no_chip")

    assert problem["errors"][0]["field"] == "chip"
    assert await disposing.destroy(day, proposal, cards) == ["destroyed"]


async def test_a_sitting_ends_only_over_the_right_count_and_with_the_photos_asked_for(day: Day) -> None:
    proposal, cards = await disposing.picked(day, 2, photos_requested=True)
    await disposing.begin(day, proposal, 2)
    await disposing.destroy(day, proposal, cards[:1])
    path = f"/proposals/{proposal['code']}/finish"

    wrong = await day.annex.refused(path, {"remaining": 0, "photos": ["IMG-1"]})
    bare = await day.annex.refused(path, {"remaining": 1})
    second = await day.annex.refused(f"/proposals/{proposal['code']}/destruction", _machine(1))
    done = await disposing.finish(day, proposal, remaining=1, photos=["IMG-1"])

    assert [p["type"].removeprefix("/problems/") for p in (wrong, bare, second)] == [
        "count-differs",
        "proposal-not-ready",
        "proposal-not-ready",
    ]
    await disposing.begin(day, proposal, 1)
    await disposing.destroy(day, proposal, cards[1:])
    again = await disposing.finish(day, proposal, photos=["IMG-2"])
    assert again["certificate"] > done["certificate"]
    assert (await day.annex.get(f"/proposals/{proposal['code']}"))["standing"] == "done"


async def test_the_database_itself_refuses_one_person_for_both_parts(day: Day, database: Database) -> None:
    proposal = await disposing.proposed(day, await disposing.to_go(day))
    statement = """
        INSERT INTO proposal_decision (proposal, approved, witness_requested, photos_requested, certificate_due_on,
                                       proposed_by, decided_by, decided_at, entry)
        SELECT code, true, false, false, '2026-04-08', proposed_by, proposed_by, proposed_at, entry
        FROM proposal WHERE code = $1
    """

    with pytest.raises(Exception, match="proposal_decision_two_people_check"):
        async with database.begin() as session:
            await (await driver(session)).execute(statement, proposal["code"])
