"""Who opened a vault or entered its room: recorded, imported, on paper; what nothing explains stands out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from logistics.settings import Clock
from logistics.store.database import Database
from seed.load import person_code, place_code
from tests.applications import application
from tests.http.day import NOW, Clerk, Day, Site, scan_of
from tests.http.rows import contents, one
from tests.http.vault_day import slots_of, stored, vault_of
from tests.pure.labels_paper import codes_in, texts

HEADING = "person,vault,opened_at,closed_at"


async def test_an_opening_says_who_and_when_and_ends_once(day: Day) -> None:
    site = day.site(1)
    path = f"/vaults/{await vault_of(site)}"

    opened = await site.clerk.post(f"{path}/open", {"reason": "始業の準備"})
    twice = await site.leader.refused(f"{path}/open", {})
    shown = await site.clerk.get(f"{path}/map")
    await site.leader.post(f"{path}/close")
    over = await site.clerk.refused(f"{path}/close")

    assert opened["holds_key"] is None
    assert (twice["type"], over["type"]) == ("/problems/already-going-on", "/problems/nothing-going-on")
    assert shown["opened_by"] == site.clerk.code
    (access,) = await accesses(site)
    assert (access["opened_by"], access["closed_by"]) == (site.clerk.code, site.leader.code)
    assert (access["reason"], access["unexplained"]) == ("始業の準備", False)


async def test_an_opening_by_somebody_without_the_key_is_recorded_and_marked(day: Day) -> None:
    site = day.site(1)
    path = f"/vaults/{await vault_of(site)}"
    await site.leader.post(f"{path}/keys", {"holder": site.leader.code})
    again = await site.leader.refused(f"{path}/keys", {"holder": site.leader.code})
    stranger = await site.leader.refused(f"{path}/keys", {"holder": person_code(2, 2)})
    worker = await site.clerk.refused(f"{path}/keys", {"holder": site.clerk.code})

    opened = await site.clerk.post(f"{path}/open", {})
    held = (await site.clerk.get(f"{path}/map"))["keys"]
    await site.leader.post(f"{path}/keys/{site.leader.code}/return")
    none = await site.leader.refused(f"{path}/keys/{site.leader.code}/return")

    assert opened["holds_key"] is False
    assert [key["holder"] for key in held] == [site.leader.code]
    assert [p["type"] for p in (again, stranger, worker, none)] == [
        "/problems/already-going-on",
        "/problems/invalid-value",
        "/problems/not-allowed",
        "/problems/nothing-going-on",
    ]
    assert (await site.clerk.get(f"{path}/map"))["keys"] == []
    assert (await accesses(site))[0]["holds_key"] is False


async def test_what_is_done_in_the_vault_explains_its_opening_and_nothing_else_does(day: Day) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 2, first)
    path = f"/vaults/{await vault_of(site)}"
    for work in ("nothing", "a move", "a count"):
        await site.clerk.post(f"{path}/open", {})
        if work == "a move":
            body = {"supervisor": site.supervisor, "scans": [scan_of(cards[0])]}
            await site.clerk.post(f"/slots/{second}/scans", body)
        elif work == "a count":
            await site.clerk.post(f"/slots/{second}/counts", {"cards": 1})
        await site.clerk.post(f"{path}/close")

    found = await accesses(site)

    assert [(one["explained_by"], one["unexplained"]) for one in found] == [
        (None, True),
        ("move", False),
        ("count_slot", False),
    ]
    alarms = [one for one in await site.clerk.get("/alarms") if one["kind"] == "unexplained_opening"]
    assert [(one["vault"], one["holder"]) for one in alarms] == [(await vault_of(site), site.clerk.code)]


async def test_a_count_of_the_vault_that_began_before_explains_its_opening(day: Day) -> None:
    site = day.site(1)
    vault = await vault_of(site)
    (slot,) = await slots_of(site, 1)
    counted = {"kind": "spot", "slots": [slot], "supervisor": site.supervisor}
    count = (await site.clerk.post(f"/vaults/{vault}/counts", counted))["code"]
    tally = {"id": scan_of(vault)["id"], "slot": slot, "cards": 0, "occurred_at": NOW}

    await site.clerk.post(f"/vaults/{vault}/open", {})
    await site.clerk.post(f"/counts/{count}/tallies", {"tallies": [tally]})
    await site.clerk.post(f"/vaults/{vault}/close")

    assert [one["explained_by"] for one in await accesses(site)] == ["tally"]


async def test_a_stay_in_the_room_is_explained_by_what_the_person_did(day: Day) -> None:
    site = day.site(1)
    (slot,) = await slots_of(site, 1)
    visitor = person_code(1, 3)
    await site.clerk.post("/room/enter", {})
    await site.clerk.post("/room/enter", {"person": visitor})
    inside = await site.clerk.refused("/room/enter", {"person": visitor})
    nobody = await site.clerk.refused("/room/enter", {"person": person_code(77, 7)})
    await site.clerk.post(f"/slots/{slot}/counts", {"cards": 0})

    await site.clerk.post("/room/leave", {"person": visitor})
    await site.clerk.post("/room/leave", {})

    assert (inside["type"], nobody["errors"][0]["field"]) == ("/problems/already-going-on", "person")
    assert [(a["opened_by"], a["vault"], a["unexplained"]) for a in await accesses(site)] == [
        (site.clerk.code, None, False),
        (visitor, None, True),
    ]


async def test_a_badge_readers_list_is_recorded_with_its_places_and_times(day: Day) -> None:
    site = day.site(1)
    vault = await vault_of(site)
    lines = [
        f"{site.clerk.code},,2026-03-31 09:00,2026-03-31 17:10",
        f"{site.clerk.code},{vault},2026/03/31 09:05,2026-03-31T09:20:00+09:00",
        f"{site.leader.code},{vault},2026-03-31 09:20,2026-03-31 09:40",
    ]

    done = await import_list(site, lines)
    again = await import_list(site, lines)

    assert done.json() == {"lines": 3}
    assert [(p["line"], p["column"]) for p in again.json()["problems"]] == [
        (2, "opened_at"),
        (3, "opened_at"),
        (4, "opened_at"),
    ]
    found = await accesses(site, first="2026-03-31", last="2026-03-31")
    assert [(a["vault"], a["source"], a["unexplained"]) for a in found] == [
        (None, "badge", True),
        (vault, "badge", True),
        (vault, "badge", True),
    ]
    assert datetime.fromisoformat(found[1]["opened_at"]) == datetime(2026, 3, 31, 0, 5, tzinfo=UTC)


async def test_a_list_with_faults_names_each_and_records_nothing(day: Day, database: Database) -> None:
    site = day.site(1)
    vault, other = await vault_of(site), await vault_of(day.site(2))
    await accesses(site)
    before = await contents(database)
    lines = [
        f"{person_code(77, 7)},,2026-03-31 09:00,2026-03-31 17:10",
        f"nobody,{other},2026-03-31 09:00,2026-03-31 17:10",
        f"{site.clerk.code},{vault},yesterday,2026-04-01 23:00",
        f"{site.clerk.code},{vault},2026-03-31 10:00,2026-03-31 09:00",
        f"{site.clerk.code},{vault},2026-03-31 10:00,2026-03-31 11:00",
        f"{site.leader.code},{vault},2026-03-31 10:59,2026-03-31 12:00",
        f"{site.leader.code},{vault},1999-03-31 10:59,2026-03-31 13:00",
    ]

    said = (await import_list(site, lines)).json()

    assert [(p["line"], p["column"]) for p in said["problems"]] == [
        (2, "person"),
        (3, "person"),
        (3, "vault"),
        (4, "opened_at"),
        (4, "closed_at"),
        (5, "closed_at"),
        (7, "opened_at"),
        (8, "opened_at"),
    ]
    assert await contents(database) == before


async def test_the_register_is_a_paper_that_names_what_nothing_explains(day: Day) -> None:
    site = day.site(1)
    path = f"/vaults/{await vault_of(site)}"
    await site.clerk.post(f"{path}/open", {"reason": "始業の準備"})
    await site.clerk.post(f"{path}/close")
    await site.clerk.post(f"{path}/open", {})
    await site.clerk.post(f"{path}/close")
    days = {"first": "2026-04-01", "last": "2026-04-01"}

    made = await site.leader.post(f"/places/{site.place}/access-registers", days)
    printed = await site.leader.ask("GET", f"/documents/{made['number']}/paper.pdf")

    assert printed.headers["content-disposition"] == f'inline; filename="P16-{made["number"]}.pdf"'
    (page,) = texts(printed.content)
    assert "入退室管理簿" in page
    assert "始業の準備" in page
    assert "不明（要確認）" in page
    assert codes_in(printed.content, 300) == [made["number"]]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-04-01", "2026-03-31", "last"),
        ("2026-04-01", "2026-04-02", "last"),
        ("2025-03-01", "2026-04-01", "last"),
        ("1999-01-01", "2026-04-01", "first"),
    ],
)
async def test_a_register_of_days_that_cannot_be_names_the_field(
    day: Day, first: str, last: str, field: str
) -> None:
    site = day.site(1)

    problem = await site.leader.refused(
        f"/places/{site.place}/access-registers", {"first": first, "last": last}
    )

    assert problem["errors"][0]["field"] == field


async def test_what_lasts_too_long_is_an_alarm_and_its_limit_is_set_by_a_manager(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    sent = await day.received(1, 2)
    await site.clerk.post(f"/vaults/{await vault_of(site)}/open", {"reason": "始業の準備"})
    calm = await site.clerk.get("/alarms")
    kind = {"kind": "unslotted", "minutes": 30, "reason": "短時間で格納する", "place": site.place}
    worker = await site.clerk.refused("/alarm-limits", kind)
    nowhere = await day.manager.refused("/alarm-limits", {**kind, "place": place_code(77)})

    later = site_at(database, site, "2026-04-01T10:00:00+09:00")
    silent = await later.get("/alarms")
    await day.manager.post("/alarm-limits", kind)
    loud = await later.get("/alarms")
    evening = await site_at(database, site, "2026-04-01T20:00:00+09:00").get("/alarms")
    elsewhere = await site_at(database, day.site(2), "2026-04-01T20:00:00+09:00").get("/alarms")

    assert calm == silent == elsewhere == []
    assert worker["type"] == "/problems/not-allowed"
    assert nowhere["status"] == 404
    assert [(a["kind"], a["place"], sorted(a["cards"]), a["limit_minutes"]) for a in loud] == [
        ("unslotted", site.place, sorted(sent.cards), 30)
    ]
    assert [a["kind"] for a in evening] == ["unslotted", "vault_open"]
    assert {(one["kind"], one["place"]) for one in await site.clerk.get("/alarm-limits")} >= {
        ("unslotted", site.place),
        ("unslotted", None),
        ("out", None),
    }
    assert await one(database, "SELECT count(*) FROM alarm_limit") == 1


def site_at(database: Database, site: Site, moment: str) -> Clerk:
    """The site's clerk, asking a service whose clock shows another time."""
    app = application(database, Clock.starting_at(datetime.fromisoformat(moment)))
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return Clerk(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"), site.clerk.code)


async def accesses(site: Site, **days: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.clerk.get(f"/places/{site.place}/accesses", **days))["items"]
    return found


async def import_list(site: Site, lines: Sequence[str]) -> httpx.Response:
    content = "\r\n".join([HEADING, *lines]).encode()
    return await site.leader.ask("POST", "/accesses", content=content)
