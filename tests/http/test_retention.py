"""How long something is kept: the city's policy by version, clocks, holds, and who would be a candidate on a day."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

import pytest

from logistics.commands.retention import COMMANDS
from logistics.store.database import Database
from logistics.work.rebuilding import differing
from seed.load import person_code, place_code
from tests.http.day import ANNEX, RUN_DAY, Clerk, Day, later, new_card
from tests.http.rows import contents

CITY, OTHER_CITY = person_code(0, 91), person_code(0, 92)


def policy(**said: Any) -> dict[str, Any]:
    return {
        "effective_from": RUN_DAY,
        "approver": OTHER_CITY,
        "reference": "R8-市民-1",
        "note": "令和8年度の保管期間",
        "rules": [{"kind": "standard", "preset": "LATER-OF"}],
    } | said


async def at_annex(day: Day, cards: int = 1) -> list[str]:
    """Cards of site 1 that came back, and lie in the annex's vault."""
    sent = await day.returned(1, {"undelivered": await day.stored(1, cards)})
    annex = day.back_office
    await annex.accept(sent)
    await annex.receive(*sent.cards)
    await annex.close(sent.manifest)
    assert set(await annex.store(await annex.first_slot(), *sent.cards)) == {"stored"}
    return sent.cards


async def notified(day: Day, cards: int = 1) -> list[str]:
    """Cards whose notices were posted, stored at site 1."""
    codes = await day.stored(1, cards)
    await day.annex.post("/notices", {"cards": codes, "day": RUN_DAY})
    return codes


async def candidates(day: Day, on: str, **query: Any) -> list[tuple[str, str, str | None]]:
    page = await day.annex.get("/retention/candidates", on=on, **query)
    return [(item["code"], item["due_on"], item["obstacle"]) for item in page["items"]]


async def tell(by: Clerk, clock: str, day: str, *cards: str) -> Any:
    body = {"clock": clock, "cards": list(cards), "day": day, "reason": "本市からの連絡による"}
    return await by.post("/retention/clocks", body)


async def test_without_a_policy_everything_is_kept_but_what_expired_or_was_blocked(day: Day) -> None:
    kept, expired, blocked = await at_annex(day, 3)
    await tell(day.manager, "expires_on", "2026-05-31", expired)
    await tell(day.city, "blocked_on", RUN_DAY, blocked)

    assert await candidates(day, "2026-05-31") == [(blocked, RUN_DAY, None)]
    assert set(await candidates(day, "2026-06-01")) == {
        (blocked, RUN_DAY, None),
        (expired, "2026-06-01", None),
    }
    assert kept not in {code for code, _, _ in await candidates(day, "2099-12-31")}


async def test_a_policy_counts_from_its_day_and_an_earlier_one_stays_true_for_earlier_days(day: Day) -> None:
    (card,) = await notified(day)
    await day.annex.post("/retention/reminders", {"cards": [card], "day": RUN_DAY})
    await day.city.post("/retention/policies", policy())
    body = policy(effective_from="2027-01-01", rules=[{"kind": "standard", "preset": "NAT-2017"}])
    second = await day.city.post("/retention/policies", body | {"reference": "R8-市民-2"})

    assert await candidates(day, "2026-12-31") == []
    assert await candidates(day, "2027-01-01") == [(card, "2026-07-01", "not_at_annex")]
    listed = (await day.annex.get("/retention/policies"))["items"]
    assert [item["reference"] for item in listed] == ["R8-市民-2", "R8-市民-1"]
    assert listed[0] == second
    assert second["rules"] == [{"kind": "standard", "preset": "NAT-2017", "rule": "reminded_on + 90 days"}]
    assert second["remind_after"] == "ANY(notice_deadline passed, first_notice_on + 3 months)"


async def test_a_kind_that_the_policy_does_not_name_stays_suspended(day: Day) -> None:
    body = policy(rules=[{"kind": "collected", "preset": "COLLECTED"}])
    await day.city.post("/retention/policies", body)
    (card,) = await day.collected(1, "collected")
    (notice,) = await day.collected(1, "returned_notice")

    assert await candidates(day, RUN_DAY) == [(card, RUN_DAY, "not_at_annex")]
    shown = await day.annex.get(f"/retention/cards/{notice}")
    assert (shown["preset"], shown["due_on"], shown["clocks"]) == (
        "SUSPENDED",
        None,
        {"arrived_on": RUN_DAY, "mail_returned_on": RUN_DAY},
    )


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"approver": CITY}, "second-person-needed", "approver"),
        ({"approver": person_code(0, 1)}, "second-person-needed", "approver"),
        ({"effective_from": "2026-03-31"}, "invalid-value", "effective_from"),
        ({"rules": [{"kind": "standard", "preset": "FOR-EVER"}]}, "invalid-value", "rules[0].preset"),
        ({"rules": [{"kind": "standard"}]}, "invalid-value", "rules[0]"),
        ({"rules": [{"kind": "nothing", "preset": "LATER-OF"}]}, "invalid-value", "rules[0].kind"),
        (
            {"rules": [{"kind": "standard", "rule": "reminded_on + 3 weeks"}]},
            "invalid-value",
            "rules[0].rule",
        ),
        ({"rules": [{"kind": "standard", "preset": "LATER-OF"}] * 2}, "invalid-value", "rules[1].kind"),
        ({"remind_after": "soon"}, "invalid-value", "remind_after"),
    ],
)
async def test_a_policy_that_means_nothing_is_refused_by_field(
    day: Day, database: Database, body: dict[str, Any], kind: str, field: str
) -> None:
    before = await contents(database)

    problem = await day.city.refused("/retention/policies", policy(**body))

    assert (problem["type"], problem["errors"][0]["field"]) == (f"/problems/{kind}", field)
    assert await contents(database) == before


async def test_the_city_decides_and_the_contractor_does_not(day: Day, database: Database) -> None:
    (card,) = await day.stored(1, 1)
    before = await contents(database)
    block = {"clock": "blocked_on", "cards": [card], "day": RUN_DAY, "reason": "死亡の連絡"}
    hold = {"card": card, "reason": "入院のため", "requester": "holder", "until": "2026-06-30"}

    for clerk in (day.manager, day.annex, day.site(1).leader, day.courier):
        assert (await clerk.refused("/retention/policies", policy()))["status"] == 403
        assert (await clerk.refused("/retention/clocks", block))["status"] == 403
    assert (await day.site(1).clerk.refused("/retention/holds", hold))["status"] == 403
    assert (await day.site(1).clerk.refused("/retention/reminders", {"cards": [card], "day": RUN_DAY}))[
        "status"
    ] == 403
    assert await contents(database) == before


async def test_a_hold_keeps_a_card_until_its_day_or_until_the_city_ends_it(day: Day) -> None:
    (card,) = await at_annex(day)
    await tell(day.city, "blocked_on", RUN_DAY, card)
    body = {"card": card, "reason": "入院のため", "requester": "holder", "until": "2026-06-30"}
    hold = await day.manager.post("/retention/holds", body)

    assert hold["code"].startswith("Z08")
    assert await candidates(day, "2026-06-30") == [(card, RUN_DAY, "on_hold")]
    assert await candidates(day, "2026-07-01") == [(card, RUN_DAY, None)]
    path, why = f"/retention/holds/{hold['code']}/release", {"reason": "本人が辞退した"}
    assert (await day.manager.refused(path, why))["status"] == 403
    racing = await asyncio.gather(*(day.city.ask("POST", path, json=why) for _ in range(4)))
    assert sorted(answer.status_code for answer in racing) == [200, 409, 409, 409]
    assert await candidates(day, "2026-06-30") == [(card, RUN_DAY, None)]
    (listed,) = (await day.annex.get("/retention/holds", card=card))["items"]
    assert (listed["release_reason"], listed["released_by"]) == ("本人が辞退した", CITY)
    assert (await day.annex.get("/retention/holds", on=RUN_DAY))["items"] == []


async def test_a_reminder_is_due_when_nobody_came_and_only_once(day: Day, database: Database) -> None:
    slow, fast, never = [*await notified(day, 2), *(await day.ready({1: 1}))]
    await tell(day.manager, "notice_deadline", "2026-05-31", fast)

    async def due(on: str) -> dict[str, str]:
        page = await day.annex.get("/retention/reminders", on=on)
        return {item["code"]: item["remind_from"] for item in page["items"]}

    assert await due("2026-05-31") == {}
    assert await due("2026-06-01") == {fast: "2026-06-01"}
    assert await due("2026-07-02") == {fast: "2026-06-01", slow: "2026-07-02"}
    assert never not in await due("2030-01-01")
    summer = later(database, "2026-07-02")
    body = {"cards": [slow, fast], "day": "2026-07-02", "deadline": "2026-09-30"}
    assert (await summer.annex.post("/retention/reminders", body))["cards"] == 2
    assert await due("2030-01-01") == {}
    clocks = (await summer.annex.get(f"/retention/cards/{slow}"))["clocks"]
    assert (clocks["reminded_on"], clocks["reminder_deadline"]) == ("2026-07-02", "2026-09-30")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/retention/reminders", {"day": "2026-04-02"}, "day"),
        ("/retention/reminders", {"deadline": "2026-03-31"}, "deadline"),
        ("/retention/reminders", {"day": "2026-03-31"}, "day"),
        ("/retention/returned-notices", {"day": "2026-04-02"}, "day"),
        ("/retention/clocks", {"clock": "arrived_on", "reason": "because"}, "clock"),
    ],
)
async def test_a_day_that_cannot_be_is_refused_by_field(
    day: Day, database: Database, path: str, body: dict[str, Any], field: str
) -> None:
    cards = await notified(day)
    before = await contents(database)

    problem = await day.annex.refused(path, {"cards": cards, "day": RUN_DAY} | body)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert await contents(database) == before


async def test_one_card_that_cannot_be_marked_keeps_all_from_being_marked(
    day: Day, database: Database
) -> None:
    cards = await notified(day)
    before = await contents(database)

    body = {"clock": "expires_on", "cards": [*cards, new_card()], "day": RUN_DAY, "reason": "有効期限"}
    problem = await day.manager.refused("/retention/clocks", body)

    assert problem["type"] == "/problems/cards-refused"
    assert [one["state"] for one in problem["refused"]] == ["unknown"]
    assert await contents(database) == before


async def test_what_is_told_twice_counts_as_told_last_and_is_kept_as_told_first(
    day: Day, database: Database
) -> None:
    (card,) = await day.stored(1, 1)
    for when in ("2026-12-31", "2027-03-31"):
        await tell(day.manager, "expires_on", when, card)
    await day.annex.post("/notices", {"cards": [card], "day": RUN_DAY})
    await day.annex.post("/retention/returned-notices", {"cards": [card], "day": RUN_DAY})

    clocks = (await day.annex.get(f"/retention/cards/{card}"))["clocks"]
    assert clocks == {
        "arrived_on": RUN_DAY,
        "first_notice_on": RUN_DAY,
        "notice_returned_on": RUN_DAY,
        "expires_on": "2027-03-31",
    }
    entries = (await day.manager.get("/audit/entries", act="tell_clock"))["items"]
    assert [json.loads(entry["body"])["day"] for entry in entries] == ["2026-12-31", "2027-03-31"]
    async with database.read() as session:
        assert (await differing(session))[1] == []


async def test_candidates_are_paged_by_code_and_asked_by_place_and_kind(day: Day) -> None:
    cards = sorted(await day.stored(1, 5))
    await tell(day.city, "blocked_on", RUN_DAY, *cards)

    page = await day.annex.get("/retention/candidates", on=RUN_DAY, limit=2)
    following = await day.annex.get("/retention/candidates", on=RUN_DAY, limit=2, after=page["next"])

    assert [item["code"] for item in (*page["items"], *following["items"])] == cards[:4]
    assert len(await candidates(day, RUN_DAY, place=place_code(1))) == 5
    assert await candidates(day, RUN_DAY, place=ANNEX) == []
    assert await candidates(day, RUN_DAY, kind="collected") == []


async def test_the_dry_run_is_a_command_too(
    day: Day, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (card,) = await day.stored(1, 1)
    await tell(day.city, "blocked_on", RUN_DAY, card)
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)

    (command,) = COMMANDS
    parser = argparse.ArgumentParser()
    command.arguments(parser)

    args = parser.parse_args(["candidates", "--on", "2026-04-02"])
    ended = await asyncio.to_thread(command.run, args)

    told = capsys.readouterr()
    assert ended == 0
    assert json.loads(told.out)["code"] == card
    assert told.err == "1 candidates on 2026-04-02: 1 not_at_annex\n"


async def test_what_is_blocked_or_expired_at_a_site_is_no_longer_needed_there(
    day: Day, database: Database
) -> None:
    blocked, expired, fine = await day.stored(1, 3)
    await tell(day.city, "blocked_on", RUN_DAY, blocked)
    await tell(day.manager, "expires_on", "2026-04-03", expired)
    (old,) = await day.collected(1, "collected")

    tuesday = later(database, "2026-04-07")
    items = (await tuesday.annex.get("/no-longer-needed", place=place_code(1)))["items"]
    rows = [row for row in items if row["kind"] != "manifest"]

    found = {row["code"]: (row["reason"], row["since"], row["due_on"], row["overdue"]) for row in rows}
    assert found == {
        blocked: ("blocked", RUN_DAY, "2026-04-02", True),
        expired: ("expired", "2026-04-04", "2026-04-06", True),
        old: ("collected", RUN_DAY, "2026-04-02", True),
    }
    assert fine not in found
