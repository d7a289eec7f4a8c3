"""The counter: one card in one hand, for a purpose, held against its notice, issued or put back; and the city."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest

from logistics.ledger.log import new_uuid
from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.rules.vaulting import CITY_PARTY
from logistics.store.database import Database, driver
from seed.load import person_code
from tests.http.day import NOW, Clerk, Day, Site, new_card, outcomes, scan_of
from tests.http.rows import contents, everything, one
from tests.http.vault_day import act_of, slots_of, stored
from tests.pure.labels_paper import codes_in, texts

# Of letters: a body that does not fit is read as text, and an id of digits could be a My Number by chance.
ID = "abababab-abab-7bab-8bab-abababababab"
NOTICE, OTHER = "A1B-000123", "Z9Y000456"


async def test_a_card_is_taken_out_for_a_purpose_and_issued(day: Day, database: Database) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)

    out = await take_out(site.clerk, card)
    in_hand = await site.clerk.get("/hands")
    body = await act_of(day, card, "take_out")
    issued = await issue(site.clerk, card)

    assert (out, issued) == (["taken_out"], ["issued"])
    assert [(one["card"], one["holder"], one["purpose"]) for one in in_hand] == [
        (card, site.clerk.code, "issue")
    ]
    assert (body["facts"]["purpose"], body["holder"]) == ("issue", site.clerk.code)
    assert await day.state(card) == "issued"
    assert await one(database, "SELECT sum(occupied) FROM slot") == 0
    assert await site.clerk.get("/hands") == []


async def test_a_take_out_without_a_purpose_means_nothing(day: Day) -> None:
    site = day.site(1)

    for purpose in ({}, {"purpose": ""}, {"purpose": "curiosity"}, {"purpose": None}):
        problem = await site.clerk.refused("/take-outs", {"scans": [scan_of(new_card())], **purpose})
        assert [error["field"] for error in problem["errors"]] == ["purpose"], purpose


async def test_a_clerk_has_one_card_in_hand_unless_a_leader_allowed_more(day: Day) -> None:
    site = day.site(1)
    cards = await stored(day, 1, 4)
    allowance = {"cards": 3, "until": "2026-04-01T12:00:00+09:00", "reason": "家族4人の同時交付"}
    path = f"/people/{site.clerk.code}/hand-allowances"

    first = await take_out(site.clerk, *cards[:2])
    own = await site.leader.refused(f"/people/{site.leader.code}/hand-allowances", allowance)
    worker = await site.clerk.refused(path, allowance)
    stranger = await site.leader.refused(f"/people/{person_code(2, 2)}/hand-allowances", allowance)
    ages = await site.leader.refused(path, {**allowance, "until": "2026-04-03T09:00:00+09:00"})
    await site.leader.post(path, allowance)
    more = await take_out(site.clerk, *cards[1:])
    await site.leader.post(path, {**allowance, "cards": 1})
    (slot,) = await slots_of(site, 1)
    await site.clerk.scan(f"/slots/{slot}/put-backs", cards[:1])
    again = await take_out(site.clerk, cards[3])

    assert first == ["taken_out", "hand_full"]
    assert [p["type"] for p in (own, worker)] == ["/problems/second-person-needed", "/problems/not-allowed"]
    assert stranger["type"] == "/problems/not-found"
    assert ages["errors"][0]["field"] == "until"
    assert more == ["taken_out", "taken_out", "hand_full"]
    assert again == ["hand_full"], "the latest leave counts: two are still in hand"


async def test_a_clerk_who_takes_many_at_once_gets_one(day: Day, database: Database) -> None:
    site = day.site(1)
    cards = await stored(day, 1, 8)

    given = await asyncio.gather(*(take_out(site.clerk, card) for card in cards))

    assert Counter(outcome for (outcome,) in given) == {"taken_out": 1, "hand_full": 7}
    assert await one(database, "SELECT count(*) FROM card WHERE holder IS NOT NULL") == 1


async def test_of_many_clerks_who_take_one_card_one_has_it(day: Day, database: Database) -> None:
    (card,) = await stored(day, 1, 1)
    clerks = [day.clerk(1, number) for number in (1, 2, 3, 4)]

    given = await asyncio.gather(*(take_out(clerk, card) for clerk in clerks))

    assert Counter(outcome for (outcome,) in given) == {"taken_out": 1, "already_out": 3}
    assert await one(database, "SELECT count(*) FROM entry_card WHERE step = 'take_out'") == 1


async def test_of_take_out_move_and_issue_at_once_each_is_true_or_refused(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    (card,) = await stored(day, 1, 1, first)

    taken, moved, issued = await asyncio.gather(
        take_out(site.clerk, card), site.store(second, card), issue(site.clerk, card)
    )

    assert taken == ["taken_out"]
    assert moved in (["moved"], ["not_ready"])
    assert issued in (["issued"], ["not_ready"])
    state = await day.state(card)
    assert state == ("issued" if issued == ["issued"] else "out")
    assert await one(database, "SELECT sum(occupied) FROM slot") == 0


async def test_a_card_is_issued_once_however_often_it_is_scanned(day: Day, database: Database) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await take_out(site.clerk, card)

    given = await asyncio.gather(*(issue(site.clerk, card) for _ in range(5)))

    assert Counter(outcome for (outcome,) in given) == {"issued": 1, "already_issued": 4}
    assert await one(database, "SELECT count(*) FROM entry_card WHERE step = 'issue'") == 1


async def test_only_who_has_the_card_in_hand_issues_it_or_puts_it_back(day: Day) -> None:
    site, other = day.site(1), day.clerk(1, 3)
    (slot,) = await slots_of(site, 1)
    (card,) = await stored(day, 1, 1, slot)
    await take_out(site.clerk, card)

    issued = (await other.post("/issues", {"scans": [scan_for_issue(card)]}))["outcomes"][0]
    put = (await other.post(f"/slots/{slot}/put-backs", {"scans": [scan_of(card)]}))["outcomes"][0]
    leader = await site.leader.scan(f"/slots/{slot}/put-backs", [card])

    assert (issued["outcome"], issued["belongs_to"]) == ("not_in_hand", site.clerk.code)
    assert (put["outcome"], put["belongs_to"]) == ("not_in_hand", site.clerk.code)
    assert leader == ["put_back"]
    assert (await act_of(day, card, "put_back"))["facts"] == {"from_hand_of": site.clerk.code}
    assert await day.state(card) == "stored"


async def test_a_notice_that_is_not_the_cards_stops_the_issue_and_is_recorded(
    day: Day, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    (card,) = await stored(day, 1, 1, slot)
    await register(site, card, NOTICE)
    await take_out(site.clerk, card)

    none = await issue(site.clerk, card)
    wrong = await issue(site.clerk, card, notice_number=OTHER)
    lost = await issue(site.clerk, card, without_notice="lost")
    state = await day.state(card)
    right = await issue(site.clerk, card, notice_number=NOTICE.replace("-", "").lower())

    assert (none, wrong, lost, right) == (
        ["notice_needed"],
        ["notice_mismatch"],
        ["notice_needed"],
        ["issued"],
    )
    assert state == "out"
    assert (await act_of(day, card, "issue"))["facts"]["notice"] == "matched"
    refused = await one(database, "SELECT count(*) FROM scan WHERE outcome = 'notice_mismatch'")
    assert refused == 1
    kept = (await everything(database)).upper() + caplog.text.upper()
    for number in (NOTICE, OTHER):
        assert number not in kept
        assert number.replace("-", "") not in kept


async def test_a_card_without_its_notice_is_issued_for_a_reason_that_is_kept(day: Day) -> None:
    site = day.site(1)
    first, second = await stored(day, 1, 2)
    await register(site, first, NOTICE)

    await take_out(site.clerk, first)
    lost = await issue(site.clerk, first, without_notice="lost")
    await take_out(site.clerk, second)
    unknown = await issue(site.clerk, second, notice_number=OTHER)
    plain = await issue(site.clerk, second)

    assert (lost, unknown, plain) == (["issued"], ["notice_unknown"], ["issued"])
    assert (await act_of(day, first, "issue"))["facts"]["notice"] == "lost"
    assert (await act_of(day, second, "issue"))["facts"]["notice"] == "not_registered"


async def test_after_a_mismatch_a_card_that_was_put_back_may_be_taken_again(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    (card,) = await stored(day, 1, 1, slot)
    await register(site, card, NOTICE)
    await take_out(site.clerk, card)
    await issue(site.clerk, card, notice_number=OTHER)

    await site.clerk.scan(f"/slots/{slot}/put-backs", [card])
    await take_out(site.clerk, card)

    assert await issue(site.clerk, card, without_notice="unreadable") == ["issued"]


@pytest.mark.parametrize("number", ["", "A1B", "A1B-00012", "A1B-0001234", "A1B 000123", "あいう-000123"])
async def test_what_is_no_number_of_a_notice_is_refused_by_its_field_and_not_said(
    day: Day, number: str
) -> None:
    site = day.site(1)
    card = new_card()

    for path, body, field in (
        (
            "/notice-numbers",
            {"notices": [{"card": card, "notice_number": number}]},
            "notices[0].notice_number",
        ),
        (
            "/issues",
            {"scans": [scan_for_issue(card, notice_number=number) | {"id": ID}]},
            "scans[0].notice_number",
        ),
    ):
        response = await site.clerk.ask("POST", path, json=body)
        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert not number or number not in response.text


async def test_an_issue_repeated_gets_its_answer_and_with_another_notice_is_a_conflict(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await register(site, card, NOTICE)
    await take_out(site.clerk, card)
    scan = scan_for_issue(card, notice_number=NOTICE)

    first = await site.clerk.post("/issues", {"scans": [scan]})
    again = await site.clerk.post("/issues", {"scans": [scan]})
    other = await site.clerk.post("/issues", {"scans": [{**scan, "notice_number": OTHER}]})

    assert [outcomes(answer) for answer in (first, again, other)] == [["issued"], ["issued"], ["conflict"]]
    assert again["outcomes"][0]["repeated"]


async def test_a_take_out_repeated_for_another_purpose_is_a_conflict(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    scan = scan_of(card)

    said = [
        outcomes(await site.clerk.post("/take-outs", {"scans": [scan], "purpose": purpose}))
        for purpose in ("issue", "issue", "check")
    ]

    assert said == [["taken_out"], ["taken_out"], ["conflict"]]


async def test_an_issue_is_undone_by_a_leader_and_the_entry_names_what_it_corrects(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    (card,) = await stored(day, 1, 1, slot)
    path, why = f"/cards/{card}/undo-issue", {"reason": "隣のカードと取り違えて読み取った"}
    early = await site.leader.refused(path, why)
    await take_out(site.clerk, card)
    await issue(site.clerk, card)

    worker = await site.clerk.refused(path, why)
    elsewhere = await day.site(2).leader.refused(path, why)
    await site.leader.post(path, why)
    twice = await site.leader.refused(path, why)
    put = await site.leader.scan(f"/slots/{slot}/put-backs", [card])

    assert [p["type"] for p in (early, worker, elsewhere, twice)] == [
        "/problems/step-refused",
        "/problems/not-allowed",
        "/problems/not-found",
        "/problems/step-refused",
    ]
    issued, undone = await act_of(day, card, "issue"), await act_of(day, card, "undo_issue")
    assert undone["facts"]["corrects"] == issued["id"]
    assert (undone["reason"], undone["holder"]) == (why["reason"], site.leader.code)
    assert put == ["put_back"]


async def test_a_card_with_a_city_employee_is_in_the_citys_custody(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await take_out(site.clerk, card, purpose="city")

    given = await to_city(site, card)
    there = await day.annex.get(f"/cards/{card}")
    waiting = await site.clerk.get("/city-handovers", open=True)
    in_hand = await site.clerk.get("/hands")
    back = await site.clerk.scan("/city-returns", [card])
    here = await day.annex.get(f"/cards/{card}")
    over = await site.clerk.get("/city-handovers", open=True)
    every = await site.clerk.get("/city-handovers")

    assert outcomes(given) == ["with_city"]
    assert (there["state"], there["place"], there["custodian"]) == ("with_city", site.place, CITY_PARTY)
    assert there["custodian_name"] == "京都市（本市職員）"
    assert [(h["number"], h["handed_to"], h["still_with_city"], h["reason"]) for h in waiting["items"]] == [
        (given["slip"], site.supervisor, [card], "agent")
    ]
    assert [(one["holder"], one["state"]) for one in in_hand] == [(site.supervisor, "with_city")]
    assert back == ["back_from_city"]
    assert (here["state"], here["custodian"]) == ("out", site.place)
    assert over["items"] == []
    assert [(h["cards"], h["still_with_city"]) for h in every["items"]] == [([card], [])]


async def test_what_the_city_hands_over_is_recorded_by_staff(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await take_out(site.clerk, card)
    await to_city(site, card)

    assert await issue(site.leader, card) == ["issued"]
    assert (await act_of(day, card, "issue"))["facts"]["holder"] == site.supervisor


async def test_the_city_slip_is_a_paper_with_the_cards_and_both_names(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await take_out(site.clerk, card)
    slip = (await to_city(site, card))["slip"]

    printed = await site.clerk.ask("GET", f"/documents/{slip}/paper.pdf")
    repeated = await to_city(site, card)

    (page,) = texts(printed.content)
    assert "授受票（拠点内）" in page
    assert "代理人への交付" in page
    assert sorted(codes_in(printed.content, 300)) == sorted([slip, card])
    assert (outcomes(repeated), repeated["slip"]) == (["already_out"], None)


@pytest.mark.parametrize("to", [(1, 3), (2, 91), (77, 7)])
async def test_a_card_goes_to_a_city_employee_of_the_site_and_nobody_else(
    day: Day, to: tuple[int, int]
) -> None:
    body = {"to": person_code(*to), "reason": "agent", "scans": [scan_of(new_card())]}

    problem = await day.site(1).clerk.refused("/city-handovers", body)

    assert [error["field"] for error in problem["errors"]] == ["to"]


async def test_a_card_comes_back_from_the_city_into_a_hand_that_is_free(day: Day) -> None:
    site = day.site(1)
    first, second = await stored(day, 1, 2)
    await take_out(site.clerk, first)
    await to_city(site, first)
    await take_out(site.clerk, second)

    full = await site.clerk.scan("/city-returns", [first])
    other = await day.clerk(1, 3).scan("/city-returns", [first])

    assert (full, other) == (["hand_full"], ["back_from_city"])


async def test_two_clerks_who_fetch_one_card_from_the_city_do_not_both_have_it(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    await take_out(site.clerk, card)
    await to_city(site, card)

    given = await asyncio.gather(*(day.clerk(1, n).scan("/city-returns", [card]) for n in (1, 2, 3)))

    assert Counter(outcome for (outcome,) in given) == {"back_from_city": 1, "not_ready": 2}


async def test_what_is_taken_into_custody_lies_in_the_vault_and_is_handed_back(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    card = new_card()
    body = {"cards": [card], "supervisor": site.supervisor, "reason": "機器障害のため翌日に手続を続ける"}

    worker = await site.clerk.refused("/deposits", {**body, "supervisor": site.clerk.code})
    taken = await site.clerk.post("/deposits", body)
    again = await site.clerk.refused("/deposits", body)
    printed = await site.clerk.ask("GET", f"/documents/{taken['receipt']}/paper.pdf")
    put = await site.store(slot, card)
    out = await take_out(site.clerk, card)
    back = await issue(site.clerk, card)

    assert worker["type"] == "/problems/supervisor-needed"
    assert again["type"] == "/problems/cards-refused"
    (page,) = texts(printed.content)
    assert "預り証" in page
    assert sorted(codes_in(printed.content, 300)) == sorted([card, taken["receipt"]])
    assert (put, out, back) == (["stored"], ["taken_out"], ["issued"])


async def test_a_returned_notice_is_taken_in_stored_and_handed_over_like_a_card(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    notice, old = new_card(), new_card()
    for kind, code, source in (("returned_notice", notice, "post"), ("collected", old, "counter")):
        body = {"kind": kind, "cards": [code], "source": source, "day": "2026-04-01"}
        await site.clerk.post("/collections", body)

    assert await site.store(slot, notice, old) == ["stored", "stored"]
    assert await take_out(site.clerk, notice) == ["taken_out"]
    assert await issue(site.clerk, notice) == ["issued"]
    assert await take_out(site.clerk, old) == ["taken_out"]
    assert await issue(site.clerk, old) == ["not_ready"], "what was collected is handed to nobody"


# What each way of the counter does to a card, and the step it stands for.
WAYS: dict[str, CardStep] = {
    "take_out": CardStep.TAKE_OUT,
    "put_back": CardStep.PUT_BACK,
    "hand_to_city": CardStep.HAND_TO_CITY,
    "take_from_city": CardStep.TAKE_FROM_CITY,
    "issue": CardStep.ISSUE,
    "undo_issue": CardStep.UNDO_ISSUE,
    "move": CardStep.MOVE,
}
# Elsewhere stands for states that no place of a counter has; they are tried too.
STATES = [state for state in CardState if state is not CardState.NEW]


async def test_every_way_of_the_counter_is_open_in_the_states_of_the_table_and_in_no_other(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 1, first)
    wrong: list[Any] = []
    for state, (way, step) in itertools.product(STATES, WAYS.items()):
        card = await placed_in(database, site, state, first, cards[0])
        before = await day.state(card)
        await walk(day, site, way, card, second)
        after = await day.state(card)
        # Scanning into a slot moves what is stored, and puts away what is not yet.
        steps = (step, CardStep.PUT_AWAY) if way == "move" else (step,)
        due = next((target for one in steps if (target := CARD.target(one, state))), state)
        if (before, after) != (state, due):
            wrong.append((state, way, after))
        await out_of_the_way(database, card)

    assert wrong == []


async def walk(day: Day, site: Site, way: str, card: str, slot: str) -> None:
    if way == "take_out":
        await take_out(site.clerk, card)
    elif way == "put_back":
        await site.clerk.scan(f"/slots/{slot}/put-backs", [card])
    elif way == "hand_to_city":
        await to_city(site, card)
    elif way == "take_from_city":
        await site.clerk.scan("/city-returns", [card])
    elif way == "issue":
        await issue(site.clerk, card)
    elif way == "undo_issue":
        await site.leader.ask("POST", f"/cards/{card}/undo-issue", json={"reason": "by mistake"})
    else:
        await site.store(slot, card)


async def placed_in(database: Database, site: Site, state: CardState, slot: str, like: str) -> str:
    """A card in a state, straight into the tables, with what that state needs."""
    code = new_card()
    async with database.begin() as session:
        connection = await driver(session)
        await connection.execute(
            "INSERT INTO card (code, kind, state, place, custodian, destination, box, batch, slot, holder)"
            " SELECT $1, 'standard', $2, $3, $3, $3, box, (SELECT code FROM batch LIMIT 1), $4, $5"
            " FROM card WHERE code = $6",
            code,
            state.value,
            site.place,
            slot if state in ("stored", "proposed", "approved", "picked") else None,
            {"out": site.clerk.code, "with_city": site.supervisor}.get(state.value),
            like,
        )
        await connection.execute(
            "UPDATE slot SET occupied = (SELECT count(*) FROM card WHERE card.slot = slot.code) WHERE code = $1",
            slot,
        )
    return code


async def out_of_the_way(database: Database, card: str) -> None:
    """The clerk's hand and the slots are free again for the next card."""
    async with database.begin() as session:
        connection = await driver(session)
        await connection.execute(
            "UPDATE card SET state = 'lost', slot = NULL, holder = NULL WHERE code = $1", card
        )
        await connection.execute(
            "UPDATE slot SET occupied = (SELECT count(*) FROM card WHERE card.slot = slot.code)"
            " WHERE occupied > 0"
        )


async def test_nothing_of_the_counter_is_done_to_a_card_of_another_site(day: Day, database: Database) -> None:
    here, there = day.site(1), day.site(2)
    (card,) = await stored(day, 1, 1)
    (slot,) = await slots_of(there, 1)
    before = await one(database, "SELECT row_to_json(card) FROM card WHERE code = $1", card)

    said = [
        await take_out(there.clerk, card),
        await there.clerk.scan(f"/slots/{slot}/put-backs", [card]),
        await issue(there.clerk, card),
        await there.clerk.scan("/city-returns", [card]),
        outcomes(await to_city(there, card)),
    ]

    assert said == [["wrong_site"]] * 5
    assert await one(database, "SELECT row_to_json(card) FROM card WHERE code = $1", card) == before
    assert (await here.clerk.refused(f"/slots/{slot}/put-backs", {"scans": [scan_of(card)]}))["status"] == 404


async def test_a_bad_request_at_the_counter_writes_nothing(day: Day, database: Database) -> None:
    site = day.site(1)
    scan = scan_of(new_card())
    before = await contents(database)

    for path, body, field in (
        ("/take-outs", {"scans": [scan], "purpose": "issue", "pick_list": "Y080000011"}, "pick_list"),
        ("/take-outs", {"scans": [], "purpose": "issue"}, "scans"),
        (
            "/issues",
            {"scans": [{**scan_for_issue(new_card()), "without_notice": "lazy"}]},
            "scans[0].without_notice",
        ),
        (
            "/issues",
            {"scans": [{**scan_for_issue(new_card()), "occurred_at": "soon"}]},
            "scans[0].occurred_at",
        ),
        ("/city-handovers", {"scans": [scan], "to": site.supervisor, "reason": "because"}, "reason"),
        ("/deposits", {"cards": ["C0"], "supervisor": site.supervisor, "reason": "overnight"}, "cards[0]"),
        ("/pick-lists", {"day": "2026-03-31", "service": "counter_day"}, "day"),
        ("/pick-lists", {"day": "2026-04-04", "service": "counter_day"}, "service"),
        ("/pick-lists", {"day": "2026-04-01", "service": "center_3f_day"}, "service"),
        ("/notice-numbers", {"notices": []}, "notices"),
    ):
        problem = await site.clerk.refused(path, body)
        assert [error["field"] for error in problem.get("errors", [])] == [field], (path, problem)
    assert await contents(database) == before


async def take_out(clerk: Clerk, *cards: str, purpose: str = "issue", **more: str) -> list[str]:
    return await clerk.scan("/take-outs", cards, purpose=purpose, **more)


async def issue(clerk: Clerk, card: str, **said: str) -> list[str]:
    return outcomes(await clerk.post("/issues", {"scans": [scan_for_issue(card, **said)]}))


def scan_for_issue(card: str, **said: str) -> dict[str, Any]:
    return {"id": str(new_uuid()), "code": card, "occurred_at": NOW, **said}


async def to_city(site: Site, card: str) -> Any:
    body = {"to": site.supervisor, "reason": "agent", "scans": [scan_of(card)]}
    return await site.clerk.post("/city-handovers", body)


async def register(site: Site, card: str, number: str) -> None:
    body = {"notices": [{"card": card, "notice_number": number}]}
    assert (await site.clerk.post("/notice-numbers", body)) == {"cards": 1}
