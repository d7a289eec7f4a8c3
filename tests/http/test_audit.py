"""An auditor's questions as HTTP: by any filter, at any past moment, as JSON or as a CSV view; each is in the log."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work.views import MARK
from seed.load import COURIER, place_code
from tests.http.conftest import OPENING
from tests.http.day import ANNEX, NOW, VEHICLE, Day, new_card, scan_of
from tests.http.rows import one
from tests.sessions import device_at

ENTRIES = "/audit/entries"
EARLY, LATE = "2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z"


class TurningClock:
    """A clock at nine on the first run day that a test can turn on."""

    def __init__(self) -> None:
        self._clock = Clock.starting_at(OPENING)

    def __call__(self) -> datetime:
        return self._clock()

    def turn(self, by: timedelta) -> None:
        self._clock = Clock(self._clock.ahead + by)


@pytest.fixture
def clock() -> TurningClock:
    """In place of the clock that only ticks."""
    return TurningClock()


async def acts(day: Day, **filters: Any) -> list[str]:
    page = await day.manager.get(ENTRIES, **filters)
    assert page["next"] is None
    return [entry["act"] for entry in page["items"]]


async def test_the_log_is_searched_by_each_filter_and_by_any_two(day: Day) -> None:
    sent = await day.received(1, 2)
    site = day.site(1)
    stranger = new_card()
    await site.scan(stranger)
    slot = await site.first_slot()
    await site.store(slot, sent.cards[0])
    batch = sent.batches[0]

    found = {
        "card": await acts(day, card=sent.cards[0]),
        "batch": await acts(day, batch=batch.code),
        "seal": await acts(day, seal=batch.seal),
        "manifest": await acts(day, manifest=sent.manifest),
        "slot": await acts(day, slot=slot),
        "outcome": await acts(day, outcome="unknown"),
        "supervisor": await acts(day, supervisor=site.supervisor, batch=batch.code),
        "courier": await acts(day, courier=COURIER),
        "actor": await acts(day, actor=day.courier.code),
        "place": await acts(day, place=site.place, act="receive"),
        "run": await acts(day, run=sent.run, device=device_at(ANNEX), act="dispatch"),
        "card and slot": await acts(day, card=sent.cards[0], slot=slot),
        "period": await acts(day, act="expect", occurred_from=EARLY, recorded_to=LATE),
        "no period": await acts(day, act="expect", occurred_from=LATE),
    }

    life = [
        "expect",
        "check_in",
        "set_up",
        "pack",
        "dispatch",
        "take_over",
        "hand_over",
        "receive",
        "put_away",
    ]
    assert found == {
        "card": life,
        "batch": ["open", "pack", "seal", "load", "dispatch", "take_over", "hand_over"],
        "seal": ["open", "seal", "load", "dispatch", "take_over", "hand_over"],
        "manifest": ["dispatch", "take_over", "scan_receive", "hand_over", "receive"],
        "slot": ["put_away"],
        "outcome": ["scan_receive"],
        "supervisor": ["hand_over"],
        "courier": ["take_over", "hand_over"],
        "actor": ["take_over"],
        "place": ["receive"],
        "run": ["dispatch"],
        "card and slot": ["put_away"],
        "period": ["expect"],
        "no period": [],
    }


async def test_pages_of_a_search_follow_one_another_without_gap_or_repeat(day: Day) -> None:
    await day.received(1, 3)
    whole = (await day.manager.get(ENTRIES, actor=day.annex.code))["items"]

    paged: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = await day.manager.get(ENTRIES, actor=day.annex.code, after=after, limit=2)
        paged += page["items"]
        after = page["next"]

    assert paged == whole
    assert len(whole) > 5


async def test_the_holder_of_a_card_at_a_moment_is_told_from_its_entries(
    day: Day, clock: TurningClock
) -> None:
    moments = [clock() - timedelta(hours=1)]
    sent = (await day.dispatched({1: 1}))[1]
    moments.append(clock())
    clock.turn(timedelta(hours=1))
    await day.courier.post(f"/runs/{sent.run}/take-over", {})
    moments.append(clock())

    card = sent.cards[0]
    told = [await day.manager.get(f"/audit/cards/{card}/holder", at=at.isoformat()) for at in moments]

    assert [(h["state"], h["place"], h["custodian"]) for h in told] == [
        ("new", None, None),
        ("dispatched", ANNEX, ANNEX),
        ("in_transit", VEHICLE, COURIER),
    ]
    assert [h["batch"] for h in told] == [None, sent.batches[0].code, sent.batches[0].code]


async def test_what_lay_in_a_place_vault_or_slot_is_told_card_by_card(day: Day) -> None:
    sent = await day.received(1, 3)
    site = day.site(1)
    slot = await site.first_slot()
    (vault, *_) = await site.clerk.get(f"/places/{site.place}/vaults")
    await site.store(slot, *sent.cards[:2])

    async def lay(**where: str) -> list[str]:
        page = await day.manager.get("/audit/contents", at=LATE, **where)
        assert page["next"] is None
        return sorted(item["card"] for item in page["items"])

    assert await lay(place=site.place) == sorted(sent.cards)
    assert await lay(vault=vault["code"]) == sorted(sent.cards[:2])
    assert await lay(slot=slot) == sorted(sent.cards[:2])
    assert await lay(place=ANNEX) == []
    assert (await day.manager.get("/audit/contents", at=EARLY, place=ANNEX))["items"] == []
    first = await day.manager.get("/audit/contents", at=LATE, place=site.place, limit=2)
    rest = await day.manager.get("/audit/contents", at=LATE, place=site.place, after=first["next"])
    assert sorted(item["card"] for item in first["items"] + rest["items"]) == sorted(sent.cards)


async def test_a_container_nobody_accepted_in_time_is_a_gap_open_or_closed(
    day: Day, clock: TurningClock
) -> None:
    sent = await day.dispatched({1: 1, 2: 1})
    clock.turn(timedelta(minutes=40))
    open_now = (await day.manager.get("/audit/gaps", minutes=30))["items"]
    await day.courier.post(f"/runs/{sent[1].run}/take-over", {})
    clock.turn(timedelta(minutes=20))

    closed = (await day.manager.get("/audit/gaps", minutes=30))["items"]
    one_site = (await day.manager.get("/audit/gaps", minutes=10, destination=place_code(2)))["items"]

    assert {(gap["batch"], gap["step"], gap["accepted_as"]) for gap in open_now} == {
        (sent[site].batches[0].code, "dispatch", None) for site in (1, 2)
    }
    assert [gap["accepted_as"] for gap in closed] == ["take_over", "take_over"]
    assert [(gap["step"], gap["accepted_at"] is None) for gap in one_site] == [
        ("dispatch", False),
        ("take_over", True),
    ]
    assert (await day.manager.get("/audit/gaps", minutes=90))["items"] == []


async def test_entries_recorded_late_are_found_even_beyond_their_period(
    day: Day, clock: TurningClock
) -> None:
    sent = await day.delivered(1, 2)
    site = day.site(1)
    await site.receive(sent.cards[0])
    clock.turn(timedelta(hours=30))
    await site.scan(scan_of(sent.cards[1], occurred_at=NOW))

    late = (await day.manager.get("/audit/late", minutes=60))["items"]
    of_the_day = await acts(day, act="receive", occurred_from=EARLY, occurred_to=LATE)
    at_the_time = await day.manager.get(f"/audit/cards/{sent.cards[1]}/holder", at=LATE)
    lay = await day.manager.get("/audit/contents", at=LATE, place=site.place)

    assert [(entry["act"], entry["site"]) for entry in late] == [("receive", site.place)]
    assert of_the_day == ["receive", "receive"]
    assert (at_the_time["state"], at_the_time["place"]) == ("received", site.place)
    assert sorted(item["card"] for item in lay["items"]) == sorted(sent.cards)


async def test_refused_scans_are_listed_by_site_and_outcome_page_by_page(day: Day) -> None:
    strangers = [new_card() for _ in range(3)]
    await day.site(1).scan(*strangers)
    await day.site(2).scan(new_card())

    first = await day.manager.get("/audit/refused", place=place_code(1), limit=2)
    rest = await day.manager.get("/audit/refused", place=place_code(1), after=first["next"])

    assert sorted(item["code"] for item in first["items"] + rest["items"]) == sorted(strangers)
    assert rest["next"] is None
    assert (await day.manager.get("/audit/refused", outcome="slot_full"))["items"] == []
    assert (
        len((await day.manager.get("/audit/refused", outcome="unknown", occurred_from=EARLY))["items"]) == 4
    )


async def test_every_question_asked_is_an_entry_with_its_parameters(day: Day, database: Database) -> None:
    card = (await day.arrived({1: 1}))[0]

    await day.manager.get(ENTRIES, card=card, limit=5)

    body = msgspec.json.decode(
        str(await one(database, "SELECT body FROM entry WHERE act = 'ask' ORDER BY id DESC LIMIT 1"))
    )
    assert (body["actor"], body["facts"]) == (
        day.manager.code,
        {"question": "entries", "parameters": {"card": card, "after": 0, "limit": 5}, "answered": 2},
    )
    assert (await acts(day, act="ask")) == ["ask"]


async def test_only_those_who_oversee_may_ask(day: Day) -> None:
    site = day.site(1)
    city = day.clerk(1, 91)

    answers = [(await who.ask("GET", ENTRIES)).status_code for who in (site.clerk, site.leader, day.annex)]

    assert answers == [403, 403, 403]
    assert (await city.ask("GET", ENTRIES)).status_code == 200
    assert await acts(day, act="ask") == ["ask"]


async def test_an_answer_as_csv_is_a_view_in_the_charset_asked_for(day: Day) -> None:
    sent = await day.received(1, 1)
    query = {"card": sent.cards[0], "limit": "2"}

    plain = await day.manager.ask("GET", ENTRIES, params=query, headers={"Accept": "text/csv"})
    japanese = await day.manager.ask("GET", ENTRIES, params=query | {"format": "csv", "charset": "shift_jis"})

    assert plain.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert int(plain.headers["x-next"]) > 0
    rows = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == [MARK]
    assert [dict(zip(rows[1], row, strict=True))["act"] for row in rows[2:]] == ["expect", "check_in"]
    assert japanese.headers["content-type"].endswith("charset=shift_jis")
    assert japanese.content.decode("cp932").split("\r\n")[0] == MARK


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/audit/entries?occurred_from=2026-04-01T00:00:00", "occurred_from"),
        ("/audit/entries?recorded_to=0001-01-01T00:00:00Z", "recorded_to"),
        ("/audit/entries?occurred_to=9999-12-31T23:59:59Z", "occurred_to"),
        ("/audit/entries?actor=P0001026", "actor"),
        ("/audit/entries?card=C0XK3WYPM0", "card"),
        ("/audit/entries?seal=%27%3B--", "seal"),
        ("/audit/entries?outcome=fine", "outcome"),
        ("/audit/entries?charset=utf-16", "charset"),
        ("/audit/late?minutes=0", "minutes"),
        ("/audit/gaps?minutes=99999999999", "minutes"),
        ("/audit/gaps?minutes=5&after=1-u00", "after"),
        ("/audit/refused?after=1-B7Q2M4ZK9S", "after"),
        ("/audit/contents?at=2026-04-01T00:00:00Z", "place"),
        ("/audit/contents?at=soon&place=L01F", "at"),
        ("/audit/balance", "place"),
        ("/audit/balance?place=L01F&day=1999-01-01", "day"),
        ("/audit/balance?place=L01F&batch=B7Q2M4ZK97", "place"),
    ],
)
async def test_a_question_that_means_nothing_is_refused_by_field(day: Day, path: str, field: str) -> None:
    response = await day.manager.ask("GET", path)

    assert response.status_code == 400, response.text
    assert [fault["field"] for fault in response.json()["errors"]] == [field]


async def test_a_day_of_a_site_and_of_a_container_adds_up(day: Day) -> None:
    sent = await day.received(1, 3)

    of_site = await day.manager.get("/audit/balance", place=day.site(1).place)
    of_batch = await day.manager.get("/audit/balance", batch=sent.batches[0].code, day="2026-04-01")
    before = await day.manager.get("/audit/balance", place=day.site(1).place, day="2026-03-31")

    assert (of_site["opening"], of_site["incoming"], of_site["closing"], of_site["stored"]) == (0, 3, 3, 3)
    assert (of_site["balanced"], of_batch["balanced"]) == (True, True)
    assert (of_batch["incoming"], of_batch["closing"]) == (3, 3)
    assert (before["closing"], before["stored"]) == (0, None)
    assert [await acts(day, act="ask")] == [["ask"] * 3]


async def test_what_an_auditor_reads_of_the_log_is_an_entry_and_what_others_read_is_not(
    day: Day, database: Database
) -> None:
    sent = await day.received(1, 1)
    auditor, place = day.clerk(0, 99), day.site(1).place
    paths = (
        f"/cards/{sent.cards[0]}/custody",
        f"/batches/{sent.batches[0].code}/custody",
        f"/runs/{sent.run}/custody",
        f"/places/{place}/custody/2026-04-01",
    )

    for path in paths:
        await day.site(1).clerk.get(path)
    nothing = await one(database, "SELECT count(*) FROM entry WHERE act = 'ask'")
    for path in paths:
        await auditor.get(path)

    said = "SELECT string_agg(body::jsonb -> 'facts' ->> 'question', ', ' ORDER BY id) FROM entry WHERE act = 'ask'"
    assert nothing == 0
    assert await one(database, said) == (
        "custody of a card, custody of a batch, custody of a run, custody of a place"
    )
