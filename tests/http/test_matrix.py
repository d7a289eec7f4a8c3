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
from tests.http.bodies import valid
from tests.http.conftest import OPENING
from tests.http.day import RUN_DAY, Clerk, Day, new_card
from tests.http.routes import Route, routes
from tests.sessions import headers_of

KINDS = {
    "arrival": CodeType.ARRIVAL,
    "batch": CodeType.BATCH,
    "box": CodeType.BOX,
    "card": CodeType.CARD,
    "discrepancy": CodeType.DISCREPANCY,
    "document": CodeType.DOCUMENT,
    "manifest": CodeType.MANIFEST,
    "number": CodeType.DOCUMENT,
    "person": CodeType.PERSON,
    "place": CodeType.PLACE,
    "return_batch": CodeType.BATCH,
    "run": CodeType.RUN,
    "slot": CodeType.SLOT,
    "vault": CodeType.VAULT,
}
FIXED = {
    "day": RUN_DAY,
    "month": "2026-04",
    "approval": random_code(CodeType.APPROVAL),
    "job": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6a7b",
    "kind": "not-found",
    "hold": random_code(CodeType.DOCUMENT),
    "path": "nothing",
}
_PAPER = """
INSERT INTO document (number, catalogue, subject, record, digest, created_at)
VALUES ($1, 'P1', $2, '{}', sha256('{}'), now())
"""
# What a courier sees, since he carries it.
CARRIED = ("batch", "manifest", "return_batch")
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
        found[number]["number"] = await paper_about(database, sent[number].cards[0])
        found[number]["document"] = found[number]["number"]
    alone = await day.packed(1, await day.ready({1: 1}), "2026-04-02")
    arrival = (await day.annex.get("/arrivals"))["items"][0]["code"]
    box = (await day.annex.get(f"/arrivals/{arrival}/boxes"))[0]["code"]
    theirs = found[1] | {"run": alone.run, "arrival": arrival, "box": box}
    people = {(role, Where.SITE): day.clerk(2, number) for role, number in AT_SITE.items()}
    people |= {(role, Where.ANNEX): day.clerk(0, number) for role, number in AT_ANNEX.items()}
    people[Role.MANAGER, Where.SITE] = day.clerk(CENTER, 89)
    people[Role.COURIER, Where.COURIER] = day.courier
    return World(theirs, found[2] | {"arrival": arrival, "box": box}, people)


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
    known = set(KINDS) | set(FIXED)
    return [
        r for r in routes(app, FIXED) if set(r.path_names) & set(sight.THINGS) and set(r.path_names) <= known
    ]


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
    missing = {name: random_code(kind) for name, kind in KINDS.items()} | FIXED
    foreign = {**world.theirs, **FIXED}
    told = []
    asked = 0

    for route in with_objects(app):
        for (role, where), clerk in world.people.items():
            if sees_all(role, where) or (where is Where.COURIER and route.path_names[0] in CARRIED):
                continue
            if role is Role.SYSTEM and "person" in route.path_names:
                continue  # the register of people is his to keep
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
        if route.method != "GET" or {"arrival", "box", "document", "number"} & set(route.path_names):
            continue
        for (role, where), clerk in world.people.items():
            if where is Where.COURIER or role is Role.SYSTEM:
                continue
            whose = world.theirs if sees_all(role, where) else world.ours
            response = await answer(clerk, route, {**whose, **FIXED})
            empty = "return-slip" in route.template or "/rosters/" in route.template
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
                    or (name == "person" and role is Role.SYSTEM)
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
        if "person" not in route.path_names and route.template.startswith("/api/")
    }

    assert set(answers.values()) == {403}


async def test_a_site_does_not_read_the_bodies_of_entries_that_name_cards_of_others(
    day: Day, world: World
) -> None:
    card = world.ours["card"]

    at_site = await day.site(2).clerk.get(f"/cards/{card}/custody")
    at_annex = await day.annex.get(f"/cards/{card}/custody")

    assert {entry["body"] for entry in at_site["entries"]} == {None}
    assert all(entry["body"] for entry in at_annex["entries"])
    assert world.theirs["card"] not in str(at_site)


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
