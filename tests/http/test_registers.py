"""The registers: no right without papers in force, nothing overwritten, two people for every row, no self-promotion."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import asyncpg
import httpx
import msgspec
import pypdfium2
import pytest
from openpyxl import load_workbook

from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType, random_code
from logistics.rules.register_records import StaffRecord, marked
from logistics.settings import Clock
from logistics.store.database import Database, driver
from logistics.store.server import Server
from logistics.work import documents
from seed.load import COURIER, person_code, place_code
from tests.applications import application
from tests.conftest import as_superuser
from tests.http.conftest import OPENING
from tests.http.day import Clerk, Day, new_card, scan_of
from tests.http.rows import contents
from tests.sessions import admit, confirm_everybody
from tests.sql.gate_rows import rows

ROW = {
    "name": "上京 業務従事者5",
    "role": "worker",
    "home": place_code(2),
    "employer": "受託事業者",
    "employment": "part_time",
    "effective_from": "2026-04-01",
    "registered_from": "2026-04-01",
    "registered_to": "2027-03-31",
    "reason": "replaces a colleague",
}


async def registered(
    day: Day,
    row: dict[str, str],
    person: str | None = None,
    by: Clerk | None = None,
    second: Clerk | None = None,
) -> httpx.Response:
    """The answer to a row that a second person approved."""
    actor, approver = by or day.manager, second or day.city
    body = {"act": "register_person", "subject": person or "new", "details": row, "reason": row["reason"]}
    asked = await actor.ask("POST", "/approvals", json=body)
    if asked.status_code != 201:
        return asked
    approval = asked.json()
    given = await approver.ask(
        "POST", f"/approvals/{approval['code']}/approve", json={"sha256": approval["sha256"]}
    )
    if given.status_code != 200:
        return given
    named = {"person": person} if person else {}
    return await actor.ask("POST", "/registrations", json={**row, **named, "approval": approval["code"]})


async def papers(day: Day, person: str) -> None:
    pledge = {"received_on": "2026-03-31", "reference": "誓約-x"}
    training = {
        "held_on": "2026-03-31",
        "topic": "研修",
        "valid_to": "2026-09-30",
        "reference": "研修-x",
    }
    await day.manager.post(f"/people/{person}/pledges", pledge)
    await day.manager.post(f"/people/{person}/trainings", training)


At = Callable[[datetime], Day]


@pytest.fixture
async def at(database: Database) -> AsyncIterator[At]:
    """The same data, served at another time."""
    opened: list[Database] = []

    def later(moment: datetime) -> Day:
        opened.append(Database(database.engine.url.render_as_string(hide_password=False)))
        app = application(opened[-1], Clock.starting_at(moment))
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        return Day(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"))

    yield later
    for one in opened:
        await one.close()


def kind(answer: httpx.Response) -> str:
    return str(answer.json().get("type", answer.status_code)).removeprefix("/problems/")


async def test_a_new_person_acts_only_once_pledge_and_training_are_there(
    day: Day, database: Database
) -> None:
    person = (await registered(day, ROW)).json()["person"]
    await admit(database, person, place_code(2))
    clerk = Clerk(day.client, person, place_code(2))

    without = await clerk.ask("GET", "/cards")
    await day.manager.post(f"/people/{person}/pledges", {"received_on": "2026-03-31", "reference": "誓約-x"})
    untrained = await clerk.ask("GET", "/cards")
    await day.manager.post(
        f"/people/{person}/trainings",
        {"held_on": "2026-04-01", "topic": "研修", "valid_to": "2026-09-30", "reference": "研修-x"},
    )
    ready = await clerk.ask("GET", "/cards")

    assert (kind(without), without.json()["what"]) == ("not-in-force", "pledge")
    assert (kind(untrained), untrained.json()["what"]) == ("not-in-force", "training")
    assert ready.status_code == 200


async def test_a_right_ends_with_its_papers_on_the_services_day(day: Day, database: Database, at: At) -> None:
    person = (await registered(day, ROW)).json()["person"]
    await papers(day, person)
    await admit(database, person, place_code(2))

    def clerk(moment: datetime) -> Clerk:
        return Clerk(at(moment).client, person, place_code(2))

    last = await clerk(datetime(2026, 9, 30, 12, tzinfo=JST)).ask("GET", "/cards")
    after = await clerk(datetime(2026, 10, 1, 0, 1, tzinfo=JST)).ask("GET", "/cards")
    unregistered = await at(datetime(2027, 4, 1, 9, tzinfo=JST)).annex.ask("GET", "/cards")

    assert last.status_code == 200
    assert after.json()["what"] == "training"
    assert unregistered.json()["what"] == "registration"


async def test_a_change_of_role_holds_from_its_day_and_overwrites_nothing(day: Day, at: At) -> None:
    worker = day.clerk(2, 3)
    row = ROW | {"role": "leader", "effective_from": "2026-04-02", "employment": "regular"}
    done = await registered(day, row, worker.code)

    today = await day.manager.get(f"/people/{worker.code}/registration")
    tomorrow = await at(OPENING + timedelta(days=1)).manager.get(f"/people/{worker.code}/registration")

    assert done.status_code == 201
    assert today["person"]["role"] == "worker"
    assert tomorrow["person"]["role"] == "leader"
    assert [version["role"] for version in today["versions"]] == ["worker", "leader"]


async def test_rights_of_a_former_role_are_gone_with_the_next_request(day: Day) -> None:
    leader = day.site(2).leader
    before = await leader.ask(
        "POST", "/discrepancies/G080000013/resolve", json={"how": "find", "reason": "gone"}
    )
    row = ROW | {"role": "worker", "name": "上京 もと責任者"}
    await registered(day, row, leader.code)

    after = await leader.ask(
        "POST", "/discrepancies/G080000013/resolve", json={"how": "find", "reason": "gone"}
    )

    assert before.status_code in (400, 404)
    assert kind(after) in ("not-allowed", "not-found", "malformed-code")
    body = {"act": "unseal", "subject": "B7Q2M4ZK9S", "details": {"reason": "why"}, "reason": "why"}
    assert kind(await leader.ask("POST", "/approvals", json=body)) == "not-allowed"


async def test_a_deputy_leads_until_the_last_day_and_not_beyond(day: Day, at: At) -> None:
    worker, leader = day.clerk(2, 3), day.site(2).leader
    row = ROW | {
        "role": "leader",
        "employment": "regular",
        "effective_to": "2026-04-03",
        "deputises": leader.code,
        "reason": "the leader is away",
    }
    await registered(day, row, worker.code)

    during = await at(datetime(2026, 4, 3, 9, tzinfo=JST)).manager.get(f"/people/{worker.code}/registration")
    later = await at(datetime(2026, 4, 4, 9, tzinfo=JST)).manager.get(f"/people/{worker.code}/registration")

    assert (during["person"]["role"], during["person"]["deputises"]) == ("leader", leader.code)
    assert (later["person"]["role"], later["person"]["deputises"]) == ("worker", None)


async def test_nobody_changes_his_own_row_or_approves_it(day: Day, database: Database) -> None:
    row = ROW | {"role": "overall_manager", "employment": "regular", "home": place_code(0)}
    before = await contents(database)

    alone = await registered(day, row, day.manager.code)
    own = await registered(day, row, day.city.code)

    assert kind(alone) == "second-person-needed"
    assert kind(own) == "second-person-needed"
    after = await contents(database)
    assert after["registration"] == before["registration"]


@pytest.mark.parametrize("place_and_number", [(1, 1), (1, 2), (1, 91), (0, 2), (0, 99)])
async def test_who_may_not_keep_the_register_does_not(day: Day, place_and_number: tuple[int, int]) -> None:
    assert kind(await registered(day, ROW, by=day.clerk(*place_and_number))) == "not-allowed"


async def test_a_row_that_was_approved_is_the_row_that_is_written(day: Day, database: Database) -> None:
    body = {"act": "register_person", "subject": "new", "details": ROW, "reason": ROW["reason"]}
    asked = await day.manager.post("/approvals", body)
    await day.city.post(f"/approvals/{asked['code']}/approve", {"sha256": asked["sha256"]})

    raised = await day.manager.refused(
        "/registrations", ROW | {"role": "leader", "employment": "regular", "approval": asked["code"]}
    )
    other = await day.manager.refused("/registrations", ROW)

    assert raised["type"] == "/problems/approval-unusable"
    assert other["type"] == "/problems/approval-needed"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"role": "overall_manager", "employment": "part_time", "home": place_code(0)}, "details"),
        ({"registered_to": "2026-03-31"}, "details"),
        ({"home": "L99X"}, "details.home"),
        ({"effective_from": "tomorrow"}, "details.effective_from"),
        ({"role": "service"}, "details.role"),
        ({"employment": "friend"}, "details.employment"),
    ],
)
async def test_a_row_that_makes_no_sense_names_the_field(
    day: Day, changed: dict[str, str], field: str
) -> None:
    answer = await registered(day, ROW | changed)

    assert answer.status_code == 400, answer.text
    fields = [error["field"] for error in answer.json().get("errors", [])]
    assert [name.removeprefix("details.") for name in fields] == [field.removeprefix("details.")]


async def test_expiring_papers_are_told_a_month_before(day: Day, at: At) -> None:
    person = (await registered(day, ROW)).json()["person"]
    early = await day.manager.get("/people/expiring")
    await papers(day, person)

    month_before = at(datetime(2026, 9, 15, 9, tzinfo=JST))
    late = {one["code"]: one for one in await month_before.manager.get("/people/expiring")}
    site = await month_before.site(1).leader.get("/people/expiring")

    assert [(one["code"], one["what"], one["ends"]) for one in early] == [(person, "pledge", None)]
    assert (late[person]["what"], late[person]["ends"]) == ("training", "2026-09-30")
    assert site == []


async def test_a_month_that_no_manager_will_be_registered_to_close_is_told_a_month_before(
    day: Day, database: Database, at: At
) -> None:
    async def told(on: Day) -> list[str]:
        return [one["kind"] for one in await on.manager.get("/alarms") if one["kind"] == "close_uncovered"]

    # The registrations of the contract's year end on 31 March; March is closed on 1 April.
    calm, march = at(datetime(2027, 2, 26, 9, tzinfo=JST)), at(datetime(2027, 3, 10, 9, tzinfo=JST))
    assert (await told(calm), await told(march)) == ([], ["close_uncovered"])
    await confirm_everybody(database, datetime(2027, 3, 10, 9, tzinfo=JST))
    known = (await march.manager.get(f"/people/{march.manager.code}/registration"))["versions"][-1]
    row = {
        **{name: known[name] for name in ("name", "role", "employer", "employment", "registered_from")},
        "home": known["place"],
        "effective_from": "2027-03-10",
        "registered_to": "2027-04-30",
        "reason": "契約終了後の月次締めのため",
    }
    other = Clerk(march.client, person_code(13, 89))
    answer = await registered(march, row, march.manager.code, by=other)
    assert answer.status_code == 201, answer.text
    assert await told(march) == ["close_uncovered"], (
        "who is not trained beyond that day does not close it either"
    )
    training = {"held_on": "2027-03-10", "topic": "研修", "valid_to": "2027-04-30", "reference": "研修-x"}
    await other.post(f"/people/{march.manager.code}/trainings", training)
    assert await told(march) == []


async def test_a_site_without_an_active_leader_receives_nothing_and_says_what_to_do(day: Day) -> None:
    await day.in_transit({1: 1})
    site = day.site(1)
    await registered(day, ROW | {"home": place_code(1), "name": "北 もと責任者"}, site.leader.code)

    problem = await site.clerk.refused(
        "/scans", {"supervisor": site.supervisor, "scans": [scan_of(new_card())]}
    )

    assert (problem["type"], problem["status"]) == ("/problems/site-without-leader", 409)
    assert "責任者" in problem["detail_ja"]


async def test_no_run_is_planned_without_consent_or_with_a_crew_that_is_not_registered(day: Day) -> None:
    plan = {"run_day": "2026-04-01", "courier": COURIER, "vehicle": "京都 400 あ 12-34"}

    stranger = await day.annex.refused("/runs", plan | {"crew": ["知らない人"]})
    known = await day.annex.post("/runs", plan | {"crew": ["配送乗務員1"]})
    too_late = await day.annex.refused("/runs", plan | {"run_day": "2027-04-01", "crew": ["配送乗務員1"]})

    assert stranger["type"] == "/problems/crew-not-registered"
    assert stranger["errors"][0]["field"] == "crew[0]"
    assert known["courier"] == COURIER
    assert too_late["type"] in ("/problems/courier-not-registered", "/problems/invalid-value")


async def test_the_database_lets_no_run_leave_without_a_consent(day: Day, database: Database) -> None:
    run = (await day.open_batch(1))["run"]

    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with database.begin() as session:
            await (await driver(session)).execute("UPDATE run SET departed_at = now() WHERE code = $1", run)

    assert refusal.value.constraint_name == "run_consent_check"


async def test_nothing_is_stored_in_a_vault_that_is_not_registered(
    day: Day, database: Database, server: Server
) -> None:
    sent = await day.received(1, 1)
    site = day.site(1)
    await site.close(sent.manifest)
    slot = await site.first_slot()
    name = str(database.engine.url.database)
    await as_superuser(server, "UPDATE slot SET registration = NULL", name)

    problem = await site.clerk.refused(
        f"/slots/{slot}/scans", {"supervisor": site.supervisor, "scans": [scan_of(sent.cards[0])]}
    )
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with database.begin() as session:
            await (await driver(session)).execute("UPDATE slot SET occupied = 1 WHERE code = $1", slot)
    vault = (await site.clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    body = {
        "number": "R8-保管-x",
        "place": site.place,
        "room": "1階 執務室",
        "vault": vault,
        "lock_type": "シリンダー錠",
        "key_holder": site.leader.code,
        "registered_on": "2026-04-01",
    }
    await day.manager.post("/premises", body)
    stored = await site.store(slot, sent.cards[0])

    assert problem["type"] == "/problems/premises-not-registered"
    assert refusal.value.constraint_name == "slot_registered_check"
    assert stored == ["stored"]


async def test_consents_and_premises_are_recorded_once_by_who_may(day: Day) -> None:
    consent = {
        "number": "R8-配送-2",
        "courier": COURIER,
        "scope": "臨時便",
        "contract": "R8-配送-1",
        "valid_from": "2026-05-01",
        "valid_to": "2026-05-31",
    }
    refused = await day.annex.refused("/consents", consent)
    await day.manager.post("/consents", consent)
    again = await day.manager.refused("/consents", consent)
    backwards = await day.manager.refused(
        "/consents", consent | {"number": "R8-配送-3", "valid_to": "2026-04-30"}
    )

    assert refused["type"] == "/problems/not-allowed"
    assert [e["field"] for e in again["errors"]] == ["number"]
    assert [e["field"] for e in backwards["errors"]] == ["valid_to"]
    assert [one["number"] for one in await day.manager.get("/consents")] == ["R8-配送-1", "R8-配送-2"]


async def test_a_site_sees_its_own_premises_only(day: Day) -> None:
    mine = await day.site(1).clerk.get("/premises")
    all_of_them = await day.manager.get("/premises")

    assert {one["place"] for one in mine} == {place_code(1)}
    assert len(all_of_them) > len(mine)


async def test_rosters_are_held_against_the_staffing_of_the_contract(day: Day) -> None:
    site = day.site(1)
    everybody = [person["code"] for person in await day.people_of(1)]
    staff = [code for code in everybody if code not in (person_code(1, 91), person_code(1, 92))]

    handed = await site.leader.post("/rosters", {"place": site.place, "day": "2026-04-02", "people": staff})
    again = await site.leader.post(
        "/rosters", {"place": site.place, "day": "2026-04-02", "people": staff[:-2]}
    )
    check = {one["day"]: one for one in await site.leader.get("/rosters/check")}
    foreign = await site.leader.refused(
        "/rosters", {"place": place_code(2), "day": "2026-04-02", "people": [person_code(2, 1)]}
    )
    stranger = await site.leader.refused(
        "/rosters", {"place": site.place, "day": "2026-04-02", "people": [person_code(2, 1)]}
    )

    assert (handed["version"], again["version"]) == (1, 2)
    assert (check["2026-04-02"]["missing"], check["2026-04-02"]["short"]) == (False, 2)
    assert check["2026-04-03"]["missing"] is True
    assert "2026-04-04" not in check, "a Saturday"
    assert {one["place"] for one in check.values()} == {site.place}
    assert foreign["status"] == 404
    assert [e["field"] for e in stranger["errors"]] == ["people[0]"]


async def test_two_hands_at_the_same_roster_give_two_versions(day: Day) -> None:
    site = day.site(1)
    body = {"place": site.place, "day": "2026-04-02", "people": [site.leader.code]}

    handed = await asyncio.gather(*(site.leader.post("/rosters", body) for _ in range(4)))

    assert sorted(one["version"] for one in handed) == [1, 2, 3, 4]


@pytest.mark.parametrize("catalogue", ["P19", "P20", "P22"])
async def test_a_register_is_frozen_and_printed(day: Day, catalogue: str) -> None:
    made = await day.manager.post("/registers/papers", {"catalogue": catalogue})
    printed = await day.manager.ask("GET", f"/registers/papers/{made['number']}/register.pdf")
    again = await day.manager.ask("GET", f"/registers/papers/{made['number']}/register.pdf")
    wrong = await day.manager.ask("GET", f"/registers/papers/{random_code(CodeType.DOCUMENT)}/register.pdf")
    site = await day.site(1).clerk.ask("GET", f"/registers/papers/{made['number']}/register.pdf")

    assert printed.content.startswith(b"%PDF-")
    assert (printed.headers["x-document-copy"], again.headers["x-document-copy"]) == ("0", "1")
    assert wrong.status_code == 404
    assert site.status_code in (403, 404)
    assert made["lines"] > 0


async def test_the_register_of_people_marks_what_changed_since_the_paper_before(
    day: Day, database: Database
) -> None:
    first = await day.manager.post("/registers/papers", {"catalogue": "P19"})
    person = (await registered(day, ROW)).json()["person"]
    second = await day.manager.post("/registers/papers", {"catalogue": "P19"})
    third = await day.manager.post("/registers/papers", {"catalogue": "P19"})

    async with database.read() as session:
        records = [
            await documents.record(session, made["number"], StaffRecord) for made in (first, second, third)
        ]
    marks = [{line.code: line.change for line in record.lines if line.change} for record in records]
    assert [record.before for record in records] == [None, first["number"], second["number"]]
    assert marks == [{}, {person: "new"}, {}]
    leaver = records[0].lines[-1]
    moved = msgspec.structs.replace(leaver, role="leader")
    assert marked((moved,), records[0])[0][0].change == "changed"
    assert marked(records[0].lines[:-1], records[0])[1] == (f"{leaver.name}（{leaver.code}）",)
    printed = await day.manager.ask("GET", f"/registers/papers/{second['number']}/register.pdf")
    text = " ".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(printed.content)
    ).replace("\n", " ")
    assert "前回からの変更" in text
    assert first["number"] in text


async def test_the_register_of_people_is_a_spreadsheet_without_formulas(day: Day) -> None:
    await registered(day, ROW | {"name": "=cmd|' /C calc'!A0"})
    answer = await day.manager.ask("GET", "/registers/staff.xlsx")

    book = load_workbook(io.BytesIO(answer.content))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert any(cell.value == "北 拠点別責任者" for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert kind(await day.annex.ask("GET", "/registers/staff.xlsx")) == "not-allowed"


async def test_every_change_of_a_register_is_an_entry(day: Day, database: Database) -> None:
    person = (await registered(day, ROW)).json()["person"]
    await papers(day, person)

    ((acts,),) = await rows(
        database,
        "SELECT array_agg(act ORDER BY id) FROM entry WHERE act LIKE 'record\\_%' OR act LIKE 'register\\_%'",
    )
    assert acts == ["register_person", "record_pledge", "record_training"]


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ("recorded_by = person", "registration_not_oneself_check"),
        ("approval = NULL", "registration_approved_check"),
        ("role = 'king'", "registration_role_check"),
        ("courier = 'K01N'", "registration_belongs_check"),
    ],
)
async def test_the_database_refuses_a_row_that_nobody_approved_or_that_is_ones_own(
    day: Day, database: Database, changed: str, constraint: str
) -> None:
    await registered(day, ROW)
    column, value = changed.split(" = ")
    columns = [
        "person", "effective_from", "name", "role", "place", "courier", "employer", "employment",
        "registered_from", "registered_to", "reason", "recorded_at", "recorded_by", "approval",
    ]  # fmt: skip
    said = ", ".join(value if name == column else name for name in columns)

    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with database.begin() as session:
            await (await driver(session)).execute(
                f"INSERT INTO registration ({', '.join(columns)}) SELECT {said} FROM registration"  # noqa: S608
                " WHERE recorded_by IS NOT NULL"
            )

    assert refusal.value.constraint_name == constraint
