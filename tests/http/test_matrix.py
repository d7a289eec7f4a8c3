"""Every route, for every role, on what is its own, on what is of others, and on what does not exist.

What one may not see is answered exactly as what is not there: in paths, in lists, in papers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event

from logistics.rules.codes import CodeType, random_code
from logistics.rules.permissions import ACTS, Relation, Role, Where
from logistics.store.database import Database, driver
from logistics.work import sight
from seed.load import CENTER, COURIER, person_code, place_code
from tests.http import disposing
from tests.http.bodies import valid
from tests.http.conftest import OPENING
from tests.http.day import RUN_DAY, Clerk, Day, new_card
from tests.http.routes import Route, routes
from tests.http.rows import contents, one
from tests.http.test_attachments import attach, photo
from tests.http.test_incidents import REPORT
from tests.http.walk import problem_type
from tests.sessions import device_at, headers_of

KINDS = {
    "approval": CodeType.APPROVAL,
    "arrival": CodeType.ARRIVAL,
    "batch": CodeType.BATCH,
    "box": CodeType.BOX,
    "card": CodeType.CARD,
    "case": CodeType.CASE,
    "count": CodeType.COUNT,
    "device": CodeType.DEVICE,
    "discrepancy": CodeType.DISCREPANCY,
    "document": CodeType.DOCUMENT,
    "hold": CodeType.HOLD,
    "incident": CodeType.INCIDENT,
    "manifest": CodeType.MANIFEST,
    "number": CodeType.DOCUMENT,
    "person": CodeType.PERSON,
    "pick_list": CodeType.PICK_LIST,
    "place": CodeType.PLACE,
    "proposal": CodeType.PROPOSAL,
    "return_batch": CodeType.BATCH,
    "run": CodeType.RUN,
    "slot": CodeType.SLOT,
    "subject": CodeType.MANIFEST,
    "succession": CodeType.SUCCESSION,
    "vault": CodeType.VAULT,
}
# What has no code: numbers that nobody was given.
NOBODYS = {
    "attachment": "01a2150e-a14d-73b1-84bf-ee401572d5d8",
    "job": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6a7b",
    "token": "9007199254740992",
}
FIXED = {
    "day": RUN_DAY,
    "month": "2026-04",
    "kind": "not-found",
    "path": "nothing",
    "position": "1",
    "purpose": "receive",
}
# Things whose own module says who may see them.
GUARDED_BY_THEMSELVES = {"approval", "attachment", "device", "hold", "job", "subject", "succession", "token"}
# What a card's way is kept in, and who may do what.
MOVED = (
    *("approval_decision", "batch", "box", "card", "manifest", "proposal_decision", "registration", "run"),
    *("seal", "slot", "stock_count_end", "missing_case_end"),
)
# What there is at the annex alone.
ANNEXS = {"arrival", "box", "proposal"}
_PAPER = """
INSERT INTO document (number, catalogue, subject, record, digest, created_at)
VALUES ($1, 'P1', $2, '{}', sha256('{}'), now())
"""
# What a courier sees, since he carries it.
CARRIED = ("batch", "manifest", "return_batch", "subject")
# At site 2; the objects are site 1's, the annex's and another courier's.
AT_SITE = {Role.LEADER: 1, Role.WORKER: 2, Role.CITY: 91}
AT_ANNEX = {
    Role.OVERALL_MANAGER: 1,
    Role.WORKER: 2,
    Role.CITY: 91,
    Role.PRIVACY_HEAD: 94,
    Role.PRIVACY_MANAGER: 95,
    Role.SYSTEM: 97,
    Role.AUDITOR: 99,
}


@dataclass(frozen=True)
class World:
    """What there is of site 1, and its people and those of site 2, by role."""

    theirs: Mapping[str, str]
    ours: Mapping[str, str]
    people: Mapping[tuple[Role, Where], Clerk]


async def paper_about(database: Database, card: str) -> str:
    """The number of a paper about a card, which says nothing."""
    number = random_code(CodeType.DOCUMENT)
    async with database.begin() as session:
        await (await driver(session)).execute(_PAPER, number, card)
    return number


@pytest.fixture
async def world(day: Day, database: Database) -> World:
    """Two sites that each received a card, with a difference; a run that is site 1's alone."""
    sent = await day.in_transit({1: 2, 2: 2})
    found = {}
    for number in (1, 2):
        site = day.site(number)
        await site.accept(sent[number])
        await site.receive(*sent[number].cards, new_card())
        (difference,) = (await site.clerk.get("/discrepancies"))["items"]
        await site.close(sent[number].manifest)
        slot = await site.first_slot()
        await site.store(slot, sent[number].cards[0])
        found[number] = {
            "batch": sent[number].batches[0].code,
            "return_batch": sent[number].batches[0].code,
            "card": sent[number].cards[0],
            "discrepancy": difference["code"],
            "manifest": sent[number].manifest,
            "person": site.leader.code,
            "place": site.place,
            "run": sent[number].run,
            "slot": slot,
            "vault": (await site.clerk.get(f"/places/{site.place}/vaults"))[0]["code"],
        }
        found[number] |= await work_at(day, number, sent[number].cards[1], found[number]["vault"])
        found[number]["number"] = await paper_about(database, sent[number].cards[0])
        found[number]["document"] = found[number]["number"]
    alone = await day.packed(1, await day.ready({1: 1}), "2026-04-02")
    arrival = (await day.annex.get("/arrivals"))["items"][0]["code"]
    box = (await day.annex.get(f"/arrivals/{arrival}/boxes"))["items"][0]["code"]
    annexs = {"arrival": arrival, "box": box}
    annexs["proposal"] = (await disposing.proposed(day, await disposing.to_go(day)))["code"]
    theirs = found[1] | annexs | {"run": alone.run} | await asked_at(day, found[1])
    people = {(role, Where.SITE): day.clerk(2, number) for role, number in AT_SITE.items()}
    people |= {(role, Where.ANNEX): day.clerk(0, number) for role, number in AT_ANNEX.items()}
    people[Role.MANAGER, Where.SITE] = day.clerk(CENTER, 89)
    people[Role.COURIER, Where.COURIER] = day.courier
    return World(theirs, found[2] | annexs, people)


async def work_at(day: Day, number: int, card: str, vault: str) -> dict[str, str]:
    """What a site has to do with by itself: a count, a missing card, an incident, a list of cards to take out."""
    site = day.site(number)
    counting = {"kind": "closing", "witness": day.clerk(number, 3).code, "supervisor": site.supervisor}
    session = {"day": RUN_DAY, "service": "counter_day"}
    posts = {
        "count": (f"/vaults/{vault}/counts", counting),
        "case": (f"/cards/{card}/missing", {"reason": "not in its tray"}),
        "incident": ("/incidents", REPORT),
        "pick_list": ("/pick-lists", session),
    }
    return {name: (await site.clerk.post(path, body))["code"] for name, (path, body) in posts.items()}


async def asked_at(day: Day, there: Mapping[str, str]) -> dict[str, str]:
    """What was asked, attached, held and let in at site 1; `subject` is what its scan page is opened for."""
    site, device = day.site(1), device_at(place_code(1))
    photographed = await attach(site.clerk, "incident", there["incident"], photo())
    told = {"reason": "looked for in vain"}
    writing_off = {"act": "write_off", "subject": there["discrepancy"], "details": told, **told}
    holding = {"card": there["card"], "reason": "asked for", "requester": "city", "until": "2026-05-01"}
    ending = {"receiver": "city", "successor": "京都市", "reference": "R8-1", "directed_by": day.city.code}
    token = {
        "name": "scanner",
        "person": site.clerk.code,
        "device": device,
        "scopes": ["scan"],
        "expires_at": "2026-04-02T00:00:00+09:00",
    }
    return {
        "approval": (await site.leader.post("/approvals", writing_off))["code"],
        "attachment": photographed.json()["id"],
        "device": device,
        "hold": (await day.city.post("/retention/holds", holding))["code"],
        "job": (await site.leader.post("/jobs", {"kind": "undelivered_cards", "place": site.place}))["id"],
        "subject": there["manifest"],
        "succession": (await day.manager.post("/successions", ending))["code"],
        "token": str((await day.manager.post("/tokens", token))["number"]),
    }


def sees_all(role: Role, where: Where) -> bool:
    return any(
        role in line.roles and where in line.grounds and Relation.NONE in line.over
        for line in ACTS["see"].lines
    )


def body_for(route: Route) -> Any:
    codes = {
        CodeType.COURIER: COURIER,
        CodeType.PERSON: person_code(2, 91),
        CodeType.PLACE: place_code(2),
    }
    return valid(route.body_type, codes) if route.body_type else None


async def answer(clerk: Clerk, route: Route, params: Mapping[str, str]) -> httpx.Response:
    path = route.path(**{name: params[name] for name in route.path_names})
    headers = headers_of(clerk.code)
    return await clerk.client.request(route.method, path, headers=headers, json=body_for(route))


def said(response: httpx.Response, params: Mapping[str, str]) -> tuple[int, str, str]:
    text = response.text
    for code in params.values():
        text = text.replace(code, "#")
    return response.status_code, response.headers.get("content-type", ""), text


def with_objects(app: Litestar) -> list[Route]:
    """Those whose things `world` has."""
    known = set(KINDS) | set(NOBODYS) | set(FIXED)
    things = set(sight.THINGS) | GUARDED_BY_THEMSELVES
    found = [r for r in routes(app, FIXED) if set(r.path_names) & things]
    assert [r.template for r in found if not set(r.path_names) <= known] == [], "make one of each"
    return found


def test_every_name_in_a_path_is_a_thing_that_is_looked_at_first_or_no_thing(app: Litestar) -> None:
    names = {name for route in routes(app) for name in route.path_names}

    assert names <= set(sight.THINGS) | sight.NOT_THINGS, (
        "say in work.sight who sees a thing of this name, or that its own module does"
    )


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that stands: what is written from time to time, that a session is in use, is written once."""
    return lambda: OPENING


@pytest.fixture
def statements(database: Database) -> list[str]:
    """Every statement that PostgreSQL is sent from now on, in order."""
    sent: list[str] = []
    listening: dict[int, Any] = {}  # held, so that no other connection gets its number

    def listen(connection: Any, *_: Any) -> None:
        raw = connection.driver_connection
        if id(raw) not in listening:
            listening[id(raw)] = raw
            raw.add_query_logger(lambda logged: sent.append(logged.query))

    event.listen(database.engine.sync_engine, "checkout", listen)
    return sent


async def test_what_is_of_others_is_answered_as_what_does_not_exist(
    app: Litestar, world: World, statements: list[str]
) -> None:
    missing = {name: random_code(kind) for name, kind in KINDS.items()} | NOBODYS | FIXED
    foreign = {**world.theirs, **FIXED}
    told = []
    asked = 0

    for route in with_objects(app):
        for (role, where), clerk in world.people.items():
            if sees_all(role, where) or (where is Where.COURIER and route.path_names[0] in CARRIED):
                continue
            if role is Role.SYSTEM and {"person", "device", "token"} & set(route.path_names):
                continue  # these are his to keep
            if role is Role.LEADER and "succession" in route.path_names:
                continue  # the end of the contract is every site's; of its cards each sees its own
            await answer(clerk, route, missing)  # so that what is done once in a while is done
            asked += 1
            # The same statements, so the same time: no clock of a busy machine could show that.
            statements.clear()
            there = said(await answer(clerk, route, foreign), foreign)
            work_there = list(statements)
            statements.clear()
            nowhere = said(await answer(clerk, route, missing), missing)
            told_apart = there != nowhere or work_there != statements
            # A page leads back to where it was, whatever it was told of.
            open_to_all = route.template.startswith("/api/") and there[0] not in (403, 404)
            if told_apart or open_to_all:
                told.append((route.method, route.template, role, there, nowhere))

    assert told == []
    assert asked > 100
    assert statements, "they were heard"


async def test_a_site_gets_what_is_its_own_and_oversight_gets_all(app: Litestar, world: World) -> None:
    hidden = []
    for route in with_objects(app):
        # A page of the annex's own work is no page of who oversees; the API is the measure.
        if not route.template.startswith("/api/"):
            continue
        elsewhere = ANNEXS | GUARDED_BY_THEMSELVES | {"document", "number", "position"}
        if route.method != "GET" or elsewhere & set(route.path_names):
            continue
        for (role, where), clerk in world.people.items():
            if where is Where.COURIER or role is Role.SYSTEM:
                continue
            whose = world.theirs if sees_all(role, where) else world.ours
            response = await answer(clerk, route, {**whose, **FIXED})
            empty = any(
                part in route.template for part in ("return-slip", "/rosters/", "report.pdf", "original")
            )
            if response.status_code == 404 and not empty:
                hidden.append((route.template, role, where, response.text))

    assert hidden == []


async def test_no_list_names_anything_of_another_site(app: Litestar, world: World) -> None:
    leaks = []
    for route in routes(app, FIXED):
        if route.method != "GET" or route.path_names or not route.template.startswith("/api/"):
            continue
        for (role, where), clerk in world.people.items():
            if sees_all(role, where):
                continue
            response = await answer(clerk, route, FIXED)
            for name, code in world.theirs.items():
                reference = (
                    name == "place"
                    or name == "token"
                    or (name == "succession" and role is Role.LEADER)
                    # That what is told to the city arrives is the keeper's to see.
                    or (route.template == "/api/v1/messages" and role is Role.SYSTEM)
                    or (name in ("person", "device") and role is Role.SYSTEM)
                    or (where is Where.COURIER and name in CARRIED)
                )
                if code in response.text and not reference:
                    leaks.append((route.template, role, name))
            if response.status_code not in (200, 400, 403, 404):
                leaks.append((route.template, role, response.text))

    assert leaks == []


async def test_the_system_keeper_sees_no_custody(app: Litestar, world: World) -> None:
    keeper = world.people[Role.SYSTEM, Where.ANNEX]

    answers = {
        route.template: (await answer(keeper, route, {**world.theirs, **FIXED})).status_code
        for route in with_objects(app)
        if not {"person", "device", "token"} & set(route.path_names) and route.template.startswith("/api/")
    }

    # What he did not ask for and nobody asks him for does not exist for him.
    unseen = {name: status for name, status in answers.items() if status != 403}
    assert set(unseen.values()) <= {404}, unseen
    assert all("{approval" in name or "{job" in name for name in unseen), unseen


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM, Role.COURIER])
async def test_who_moves_no_card_moves_none_on_any_route_and_every_try_is_told(
    app: Litestar, world: World, database: Database, role: Role
) -> None:
    (clerk,) = [clerk for (one, _), clerk in world.people.items() if one is role]
    before = await contents(database)
    told = int(str(await one(database, "SELECT count(*) FROM entry WHERE act = 'refuse_right'")))

    statuses = []
    for route in routes(app, {**world.theirs, **FIXED}):
        if route.method == "POST" and route.template.startswith("/api/") and "session" not in route.template:
            response = await answer(clerk, route, {**world.theirs, **FIXED})
            statuses.append((response.status_code, problem_type(response) if response.is_error else ""))
            assert response.status_code < 500, (route.template, response.text)

    refused = statuses.count((403, "/problems/not-allowed"))
    after = await contents(database)
    assert {name: after[name] == before[name] for name in MOVED} == dict.fromkeys(MOVED, True)
    assert refused > 50
    assert await one(database, "SELECT count(*) FROM entry WHERE act = 'refuse_right'") == told + refused


async def test_a_site_does_not_read_the_bodies_of_entries_that_name_cards_of_others(
    day: Day, world: World
) -> None:
    card = world.ours["card"]

    at_site = await day.site(2).clerk.get(f"/cards/{card}/custody")
    at_annex = await day.annex.get(f"/cards/{card}/custody")

    assert {entry["body"] for entry in at_site["entries"]} == {None}
    assert all(entry["body"] for entry in at_annex["entries"])
    assert world.theirs["card"] not in str(at_site)


async def test_the_end_of_the_contract_shows_a_site_its_own_cards(day: Day, world: World) -> None:
    path = f"/successions/{world.theirs['succession']}"
    leader = day.site(2).leader

    told = [await leader.get(path), await leader.get(f"{path}/cards"), await leader.get("/successions")]
    all_of_it = await day.manager.get(f"{path}/cards")

    assert world.ours["card"] in str(told)
    assert not any(code in str(told) for code in (world.theirs["card"], day.site(1).place))
    assert {world.theirs["card"], world.ours["card"]} <= {one["code"] for one in all_of_it["items"]}


async def test_the_custody_of_a_run_shows_a_site_its_own_part(day: Day, world: World) -> None:
    of_run = await day.site(2).clerk.get(f"/runs/{world.ours['run']}/custody")

    manifests = {entry["manifest"] for entry in of_run["items"]}
    assert world.ours["manifest"] in manifests
    assert world.theirs["manifest"] not in manifests


async def test_a_foreign_card_on_a_sheet_of_labels_looks_like_an_unknown_one(day: Day, world: World) -> None:
    answers = [
        await day.site(2).clerk.ask("POST", "/labels/batches", json={"batches": [code]})
        for code in (world.theirs["batch"], random_code(CodeType.BATCH))
    ]

    assert [a.status_code for a in answers] == [404, 404]
