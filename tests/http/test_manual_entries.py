"""A number that is typed instead of scanned: two people, two sessions, and a mark in the log for ever."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from logistics.rules.lifecycle import CardState
from logistics.store.database import Database, driver
from seed.load import person_code
from tests.http.board_day import PlayedDay
from tests.http.conftest import OPENING
from tests.http.reader import HTML, Reader, words
from tests.sessions import confirm_everybody, headers_of

CLERK, LEADER, BOSS, ELSEWHERE = (person_code(1, 2), person_code(1, 1), person_code(1, 91), person_code(2, 1))
WHY = "バーコードに傷"


async def _arrived(reader: Reader) -> PlayedDay:
    day = PlayedDay(reader.client, OPENING)
    await day.arrive({1: 3})
    await day.pack([1])
    await day.dispatch()
    await day.take_over([1])
    await day.receive(1, day.cards[1][:1])
    return day


async def _ask(reader: Reader, card: str) -> tuple[str, str]:
    """The number of the request, and what its page shows as seen."""
    fields = {
        "purpose": "receive",
        "card": card.lower(),
        "reason": WHY,
        "supervisor": BOSS,
        "back": "/manual",
    }
    asked = await reader.send("/manual", CLERK, **fields)
    number = re.search(r"<title>承認 (H\w+)", asked)
    assert number is not None, asked
    decided = await reader.see(f"/approvals/{number[1]}", LEADER)
    seen = re.search(r'name="seen" value="(\w+)"', decided)
    assert seen is not None, decided
    assert card in decided
    assert WHY in decided
    return number[1], seen[1]


async def _last_of(database: Database, card: str) -> dict[str, Any]:
    async with database.read() as session:
        row = await (await driver(session)).fetchrow(
            "SELECT card.state, entry.body, entry.act FROM card JOIN entry_card ON entry_card.card = card.id"
            " JOIN entry ON entry.id = entry_card.entry WHERE card.code = $1 ORDER BY entry.id DESC LIMIT 1",
            card,
        )
    return {**dict(row), **msgspec.json.decode(row["body"]).get("facts", {})}


async def test_a_typed_number_is_entered_by_two_people_and_marked(reader: Reader, database: Database) -> None:
    day = await _arrived(reader)
    card = day.cards[1][1]
    number, seen = await _ask(reader, card)
    asked_for = words(await reader.see("/", LEADER))
    not_asked = words(await reader.see("/", CLERK))

    too_early = await reader.send(f"/approvals/{number}/do", CLERK, back="/approvals")
    own = await reader.send(f"/approvals/{number}/approve", CLERK, seen=seen, back="/approvals")
    other = await reader.send(f"/approvals/{number}/approve", LEADER, seen="a" * 64, back="/approvals")
    given = await reader.send(f"/approvals/{number}/approve", LEADER, seen=seen, back="/approvals")
    entered = words(await reader.send(f"/approvals/{number}/do", CLERK, back="/approvals"))
    again = await reader.send(f"/approvals/{number}/do", CLERK, back="/approvals")

    assert [('class="said fault"' in page) for page in (too_early, own, other, again)] == [True] * 4
    assert 'class="said fault"' not in given
    assert "1 あなたの承認を待つ依頼" in asked_for
    assert "あなたの承認を待つ依頼" not in not_asked
    assert "手入力で記録しました" in entered
    found = await _last_of(database, card)
    assert (found["state"], found["act"]) == (CardState.RECEIVED, "receive")
    manual = found["manual"]
    assert (manual["approval"], manual["requested_by"], manual["approved_by"]) == (number, CLERK, LEADER)
    assert manual["reason"] == WHY
    scanned = await _last_of(database, day.cards[1][0])
    assert "manual" not in scanned, "what was scanned is not marked"


async def test_why_a_card_is_taken_out_is_chosen_and_shown_in_words(reader: Reader) -> None:
    day = await _arrived(reader)
    asked = {"purpose": "take_out", "card": day.cards[1][0], "reason": WHY, "back": "/manual"}

    long = "傷" * 500
    without = await reader.send("/manual", CLERK, **asked | {"reason": long})
    made = words(await reader.send("/manual", CLERK, **asked, what_for="city"))

    assert 'data-field="what_for"' in without
    assert "取り出す目的" in without
    assert f">{long}</textarea>" in without, "the longest text that a field takes is not typed twice"
    assert "何をするか 取出し" in made
    assert "棚・箱・袋・目的など 本市職員への引継ぎ" in made


async def test_a_page_that_refuses_an_address_calls_its_parts_by_their_words(reader: Reader) -> None:
    found = words(await reader.see("/find?code=1234", CLERK, 400))
    card = words(await reader.see("/cards/C0000000XX", CLERK, 400))

    assert "探している番号の値が正しくありません" in found
    assert "カードの管理番号は正しいコードではありません" in card


async def test_over_the_api_nothing_is_entered_without_an_approval_of_exactly_this(
    reader: Reader, database: Database
) -> None:
    day = await _arrived(reader)
    card, others = day.cards[1][1], day.cards[1][2]
    number, seen = await _ask(reader, card)
    await reader.send(f"/approvals/{number}/approve", LEADER, seen=seen, back="/approvals")

    async def enter(card: str, **more: Any) -> Any:
        body = {"purpose": "receive", "card": card, "reason": WHY, "supervisor": BOSS, **more}
        return await reader.client.post("/api/v1/manual-entries", headers=headers_of(CLERK), json=body)

    refused = [
        await enter(card),
        await enter(others, approval=number),
        await enter(card, approval=number, reason="別の理由"),
    ]
    wrong = await enter(card, purpose="put_away", approval=number)
    right = await enter(card, approval=number)
    repeated = await enter(card, approval=number)

    assert [answer.json()["type"].rpartition("/")[2] for answer in refused] == [
        "approval-needed",
        "approval-unusable",
        "approval-unusable",
    ]
    assert wrong.json()["type"].endswith("invalid-value")
    assert right.json()["outcomes"][0]["outcome"] == "received"
    assert repeated.json()["type"].endswith("approval-unusable")
    assert (await _last_of(database, card))["manual"]["approval"] == number


async def test_what_a_browser_took_for_typed_stands_in_the_entry(reader: Reader, database: Database) -> None:
    day = await _arrived(reader)
    cards = day.cards[1][1:3]

    body = day.scans(cards) | {"supervisor": BOSS}
    body["scans"][0]["typed"] = True
    first = await day.say(CLERK, "/scans", body)
    body["scans"][0]["typed"] = False
    again = await day.say(CLERK, "/scans", body)

    assert [one["outcome"] for one in first["outcomes"]] == ["received", "received"]
    assert (await _last_of(database, cards[0]))["typed"] == [cards[0]]
    assert again["outcomes"][0]["outcome"] == "conflict", "who scans again says the same"


async def test_somebody_who_works_elsewhere_has_not_seen_the_card(reader: Reader, database: Database) -> None:
    day = await _arrived(reader)
    card = day.cards[1][1]
    number, seen = await _ask(reader, card)
    await reader.send(f"/approvals/{number}/approve", ELSEWHERE, seen=seen, back="/approvals")

    entered = await reader.send(f"/approvals/{number}/do", CLERK, back="/approvals")
    await reader.see(f"/approvals/{number}", person_code(2, 2), 404)

    assert 'class="said fault"' in entered
    assert (await _last_of(database, card))["state"] != CardState.RECEIVED


async def test_who_approves_proves_again_who_he_is_and_his_password_is_kept_nowhere(
    reader: Reader, database: Database
) -> None:
    day = await _arrived(reader)
    number, seen = await _ask(reader, day.cards[1][1])
    await confirm_everybody(database, datetime(2026, 3, 31, tzinfo=UTC))

    page = await reader.see(f"/approvals/{number}", LEADER)
    late = await reader.send(f"/approvals/{number}/approve", LEADER, seen=seen, back="/approvals")
    said = headers_of(LEADER)
    wrong = await reader.client.post(
        f"/approvals/{number}/confirm",
        headers=HTML | said,
        data={"csrf": said["X-CSRF-Token"], "password": "not this one, surely", "code": "123456"},
        follow_redirects=False,
    )

    assert 'autocomplete="current-password"' in page
    assert 'name="seen"' not in page
    assert 'class="said fault"' in late
    assert (wrong.status_code, wrong.headers["location"]) == (303, f"/approvals/{number}")
    assert "surely" not in str(wrong.headers)
