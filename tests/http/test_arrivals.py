"""Journeys 1 and 2: the list, the small box that cannot close over a card, set-up and notice."""

from __future__ import annotations

from logistics.settings import Clock
from logistics.store.database import Database
from seed.load import person_code
from tests.http.day import ANNEX, HEADER, RUN_DAY, Day, new_card, scan_of
from tests.http.rows import contents, one


async def test_a_box_is_unpacked_card_by_card_and_closed_before_a_second_person(day: Day) -> None:
    box, cards = await day.announce({1: 2, 2: 1})

    closed = await day.unpack(box, cards)

    assert closed == {"box": box, "listed": 3, "missing": 0}
    (arrival,) = (await day.annex.get("/arrivals"))["items"]
    assert (arrival["cards"], arrival["boxes"], arrival["boxes_closed"]) == (3, 1, 1)
    (listed,) = (await day.annex.get(f"/arrivals/{arrival['code']}/boxes"))["items"]
    assert (listed["accounted"], listed["closed_by"], listed["emptied_by"]) == (
        3,
        day.annex.code,
        person_code(0, 3),
    )
    card = await day.annex.get(f"/cards/{cards[0]}")
    assert (card["state"], card["place"], card["custodian"]) == ("arrived", ANNEX, ANNEX)


async def test_the_boxes_of_an_arrival_are_paged_by_their_labels(day: Day) -> None:
    lines = [HEADER, *(f"{new_card()},standard,kita,{label}" for label in ("b", "A-2", "A-10"))]
    arrival = (await day.annex.ask("POST", "/arrivals", content="\n".join(lines).encode())).json()["arrival"]

    first = await day.annex.get(f"/arrivals/{arrival}/boxes", limit=2)
    rest = await day.annex.get(f"/arrivals/{arrival}/boxes", limit=2, after=first["next"])

    assert [[box["label"] for box in page["items"]] for page in (first, rest)] == [["A-10", "A-2"], ["b"]]
    assert rest["next"] is None


async def test_a_box_does_not_close_over_a_card(day: Day, database: Database) -> None:
    box, cards = await day.announce({1: 3})
    await day.annex.post(f"/boxes/{box}/open")
    await day.annex.scan(f"/boxes/{box}/scans", cards[:1])
    before = await contents(database)

    problem = await day.annex.refused(f"/boxes/{box}/close", {"emptied_by": person_code(0, 3)})

    assert problem["type"] == "/problems/box-not-done"
    assert sorted(problem["unaccounted"]) == sorted(cards[1:])
    assert await contents(database) == before


async def test_nobody_confirms_an_empty_box_alone(day: Day, database: Database) -> None:
    box, cards = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    await day.annex.scan(f"/boxes/{box}/scans", cards)
    before = await contents(database)

    for second in (day.annex.code, day.site(1).clerk.code, day.courier.code):
        problem = await day.annex.refused(f"/boxes/{box}/close", {"emptied_by": second})
        assert (problem["type"], problem["errors"][0]["field"]) == (
            "/problems/second-person-needed",
            "emptied_by",
        )
    assert await contents(database) == before


async def test_missing_over_and_damaged_cards_become_differences(day: Day) -> None:
    box, (lost, torn, whole) = await day.announce({1: 3})
    other_box, (strange,) = await day.announce({1: 1})
    unknown = new_card()
    await day.annex.post(f"/boxes/{box}/open")

    scans = [scan_of(whole), scan_of(torn, damaged=True), scan_of(strange), scan_of(unknown), scan_of(whole)]
    answer = await day.annex.post(f"/boxes/{box}/scans", {"scans": scans})
    await day.annex.post(f"/boxes/{box}/close", {"emptied_by": person_code(0, 3), "missing": [lost]})

    assert [(a["outcome"], a.get("belongs_to")) for a in answer["outcomes"]] == [
        ("checked_in", None),
        ("damaged", None),
        ("wrong_box", other_box),
        ("unknown", None),
        ("already_checked_in", None),
    ]
    found = (await day.annex.get("/discrepancies"))["items"]
    assert sorted((d["kind"], d["card"]) for d in found) == sorted(
        [("damaged", torn), ("over", strange), ("over", unknown), ("short", lost)]
    )
    assert {d["box"] for d in found} == {box}
    assert [await day.state(c) for c in (lost, torn, whole)] == ["missing", "held", "arrived"]


async def test_a_card_is_not_declared_missing_that_is_not_awaited(day: Day) -> None:
    box, cards = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    await day.annex.scan(f"/boxes/{box}/scans", cards)

    body = {"emptied_by": person_code(0, 3), "missing": cards}
    problem = await day.annex.refused(f"/boxes/{box}/close", body)

    assert (problem["type"], problem["errors"][0]["field"]) == ("/problems/invalid-value", "missing")


async def test_only_an_open_box_is_scanned(day: Day) -> None:
    box, cards = await day.announce({1: 1})
    body = {"scans": [scan_of(cards[0])]}

    assert (await day.annex.refused(f"/boxes/{box}/scans", body))["type"] == "/problems/box-not-opened"
    await day.unpack(box, cards)
    assert (await day.annex.refused(f"/boxes/{box}/scans", body))["type"] == "/problems/box-closed"
    assert (await day.annex.refused(f"/boxes/{box}/open"))["type"] == "/problems/box-closed"


async def test_a_list_with_faults_names_them_all_and_imports_nothing(day: Day, database: Database) -> None:
    known = (await day.arrived({1: 1}))[0]
    before = await contents(database)
    lines = [
        HEADER,
        f"{known},standard,北区役所,A-1",
        f"{new_card()},residence_card,kita,A-1",
        f"{new_card()},standard,分室,A-1",
        f"{new_card()},standard,kita,A-1",
    ]

    response = await day.annex.ask("POST", "/arrivals", content="\r\n".join(lines).encode("cp932"))

    assert (response.status_code, response.json()["type"]) == (400, "/problems/list-invalid")
    assert [(p["line"], p["column"]) for p in response.json()["problems"]] == [
        (2, "control_number"),
        (3, "kind"),
        (4, "destination"),
    ]
    assert await contents(database) == before


async def test_the_same_list_again_is_told_so(day: Day, database: Database) -> None:
    content = f"{HEADER}\n{new_card()},standard,kita,A-1\n".encode()
    first = await day.annex.ask("POST", "/arrivals", content=content)
    before = await contents(database)

    again = await day.annex.ask("POST", "/arrivals", content=content)

    assert (again.status_code, again.json()["arrival"]) == (409, first.json()["arrival"])
    assert await contents(database) == before


async def test_set_up_and_notice_are_recorded_for_all_cards_or_none(day: Day, database: Database) -> None:
    cards = await day.arrived({1: 3})
    body = {"cards": cards, "day": RUN_DAY}
    assert await day.annex.post("/setups", body) == {"cards": 3}
    for path in ("/setups", "/notices"):
        early = await day.annex.refused(path, body | {"day": "2026-03-31"})
        assert [error["field"] for error in early["errors"]] == ["day"], (
            "nothing comes before what it follows"
        )
    assert await day.annex.post("/notices", body) == {"cards": 3}
    (late,) = await day.arrived({1: 1})
    before = await contents(database)

    for path, refused in (("/setups", cards[0]), ("/notices", late)):
        problem = await day.annex.refused(path, {"cards": [late, cards[0]], "day": RUN_DAY})
        assert problem["type"] == "/problems/cards-refused"
        assert [r["card"] for r in problem["refused"]] == [refused]

    assert await contents(database) == before
    card = await day.annex.get(f"/cards/{cards[0]}")
    assert (card["set_up_on"], card["first_notice_on"]) == (RUN_DAY, RUN_DAY)


async def test_a_card_found_damaged_is_readmitted_at_the_annex_and_can_be_packed(
    day: Day, database: Database, clock: Clock
) -> None:
    box, (card,) = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    body = {"scans": [scan_of(card, damaged=True)]}
    (answer,) = (await day.annex.post(f"/boxes/{box}/scans", body))["outcomes"]

    how = {"how": "readmit", "reason": "only the sleeve was torn"}
    await day.manager.post(f"/discrepancies/{answer['discrepancy']}/resolve", how)
    await day.annex.post("/setups", {"cards": [card], "day": RUN_DAY})
    await day.packed(1, [card])

    assert await day.state(card) == "packed"
    reasons = await one(database, "SELECT count(*) FROM entry WHERE body LIKE '%only the sleeve was torn%'")
    assert reasons == 1
