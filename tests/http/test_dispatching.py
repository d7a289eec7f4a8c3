"""Journeys 3 and 4: pack and seal, load and leave; what must not leave is refused, and refused scans are kept."""

from __future__ import annotations

from typing import Any

from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database
from seed.load import COURIER
from tests.http.day import ANNEX, RUN_DAY, VEHICLE, Batch, Day, new_card, scan_of
from tests.http.rows import contents, one


async def answers(day: Day, path: str, *codes: str) -> list[tuple[str, Any]]:
    body = {"scans": [scan_of(code) for code in codes]}
    given = (await day.annex.post(path, body))["outcomes"]
    return [(answer["outcome"], answer.get("belongs_to")) for answer in given]


async def test_what_does_not_belong_into_a_container_is_refused_and_recorded(
    day: Day, database: Database
) -> None:
    mine, foreign = await day.ready({1: 1, 2: 1})
    (raw,) = await day.arrived({1: 1})
    other = await day.packed(1, await day.ready({1: 1}))
    batch, stranger = await day.open_batch(1), new_card()

    codes = (mine, mine, foreign, raw, other.cards[0], stranger)
    given = await answers(day, f"/batches/{batch['code']}/scans", *codes)

    assert given == [
        ("packed", None),
        ("already_packed", None),
        ("wrong_site", day.site(2).place),
        ("not_ready", None),
        ("already_packed", other.code),
        ("unknown", None),
    ]
    kept = "SELECT count(*) FROM scan WHERE subject = $1 AND NOT accepted"
    assert await one(database, kept, batch["code"]) == 5
    assert (await day.annex.get(f"/batches/{batch['code']}"))["cards"] == 1


async def test_a_card_is_taken_out_of_an_open_container(day: Day) -> None:
    cards = await day.ready({1: 2})
    batch = await day.packed(1, cards)

    given = await answers(day, f"/batches/{batch.code}/removals", cards[0], cards[0], new_card())

    assert [outcome for outcome, _ in given] == ["unpacked", "not_ready", "unknown"]
    assert [await day.state(card) for card in cards] == ["ready", "packed"]


async def test_a_seal_needs_the_true_count(day: Day, database: Database) -> None:
    batch = await day.packed(1, await day.ready({1: 2}))
    empty = await day.open_batch(1)
    before = await contents(database)

    for code, counted, refusal in (
        (batch.code, 1, "count-differs"),
        (batch.code, 3, "count-differs"),
        (empty["code"], 0, "nothing-to-seal"),
    ):
        problem = await day.annex.refused(
            f"/batches/{code}/seal", {"seal_number": "KS-4444", "counted": counted}
        )
        assert problem["type"] == f"/problems/{refusal}"
    assert await contents(database) == before


async def test_a_sealed_container_takes_nothing_and_opens_only_for_a_reason(day: Day) -> None:
    (late,) = await day.ready({1: 1})
    batch = await day.sealed(1, await day.ready({1: 1}))

    refused = await day.annex.refused(f"/batches/{batch.code}/scans", {"scans": [scan_of(late)]})
    wordless = await day.manager.refused(f"/batches/{batch.code}/unseal", {"reason": ""})
    worker = await day.annex.refused(f"/batches/{batch.code}/unseal", {"reason": "one card forgotten"})
    approval = await day.approved(day.manager, day.city, "unseal", batch.code, reason="one card forgotten")
    opening = {"reason": "one card forgotten", "approval": approval}
    opened = await day.manager.post(f"/batches/{batch.code}/unseal", opening)
    again = await day.annex.refused(f"/batches/{batch.code}/seal", {"seal_number": batch.seal, "counted": 1})

    assert refused["type"] == "/problems/step-refused"
    assert wordless["status"] == 400
    assert worker["type"] == "/problems/not-allowed"
    assert (opened["state"], opened["seal_number"]) == ("open", None)
    assert again["type"] == "/problems/seal-used"


async def test_only_an_empty_container_is_given_up(day: Day) -> None:
    batch = await day.packed(1, await day.ready({1: 1}))
    empty = await day.open_batch(1)

    assert (await day.annex.refused(f"/batches/{batch.code}/cancel"))["type"] == "/problems/count-differs"
    assert (await day.annex.post(f"/batches/{empty['code']}/cancel"))["state"] == "cancelled"


async def test_loading_refuses_what_is_not_sealed_or_of_another_run(day: Day) -> None:
    await day.plan()
    batch = await day.sealed(1, await day.ready({1: 1}))
    unsealed = await day.open_batch(1)
    tomorrow = await day.open_batch(1, "2026-04-02")
    stranger = random_code(CodeType.BATCH)

    codes = (batch.code, batch.code, unsealed["code"], tomorrow["code"], stranger)
    given = await answers(day, f"/runs/{batch.run}/loads", *codes)

    assert given == [
        ("loaded", None),
        ("already_loaded", None),
        ("not_sealed", None),
        ("wrong_run", tomorrow["run"]),
        ("unknown", None),
    ]


async def refusal(day: Day, run: str) -> tuple[str, Any]:
    problem = await day.annex.refused(f"/runs/{run}/dispatch")
    return problem["type"].removeprefix("/problems/"), problem.get("batches")


async def test_a_run_does_not_leave_before_all_is_sealed_loaded_and_planned(day: Day) -> None:
    batch = await day.packed(1, await day.ready({1: 1}))
    assert await refusal(day, batch.run) == ("run-not-ready", [])
    await day.plan()
    assert await refusal(day, batch.run) == ("run-not-ready", [batch.code])
    await day.seal(batch)
    assert await refusal(day, batch.run) == ("run-not-ready", [batch.code])
    await day.load(batch)
    forgotten = await day.open_batch(2)
    assert await refusal(day, batch.run) == ("run-not-ready", [forgotten["code"]])
    await day.annex.post(f"/batches/{forgotten['code']}/cancel")

    (manifest,) = await day.annex.post(f"/runs/{batch.run}/dispatch")

    assert (manifest["cards"], manifest["destination"]) == (1, day.site(1).place)
    assert await refusal(day, batch.run) == ("run-departed", None)
    body = {"destination": day.site(1).place, "run_day": RUN_DAY}
    assert (await day.annex.refused("/batches", body))["type"] == "/problems/run-departed"


async def test_a_run_does_not_leave_on_another_day_or_empty(day: Day) -> None:
    run = await day.plan("2026-04-02")
    assert await refusal(day, run["code"]) == ("run-not-ready", [])
    today = await day.plan()
    assert await refusal(day, today["code"]) == ("run-not-ready", [])


async def test_a_container_with_other_cards_than_were_sealed_in_does_not_leave(day: Day) -> None:
    """A card that lies sealed in a container, and is scanned at a counter, is at the counter."""
    batches = await day.loaded({1: 1, 2: 2})
    await day.site(3).receive(batches[1].cards[0])

    assert await refusal(day, batches[1].run) == ("run-not-ready", [batches[1].code])


async def test_one_manifest_for_each_destination_and_two_changes_of_hands(day: Day) -> None:
    sent = await day.dispatched({1: 2, 2: 1})
    card = sent[1].cards[0]
    released = await day.annex.get(f"/cards/{card}")
    answer = await day.courier.post(f"/runs/{sent[1].run}/take-over", {})
    carried = await day.annex.get(f"/cards/{card}")
    await day.site(1).accept(sent[1])
    delivered = await day.annex.get(f"/cards/{card}")

    hands = [(c["state"], c["place"], c["custodian"]) for c in (released, carried, delivered)]
    here = day.site(1).place
    assert hands == [
        ("dispatched", ANNEX, ANNEX),
        ("in_transit", VEHICLE, COURIER),
        ("delivered", here, here),
    ]
    assert answer == {"run": sent[1].run, "batches": 2, "cards": 3, "left_behind": []}
    manifest = await day.annex.get(f"/manifests/{sent[1].manifest}")
    assert manifest["dispatched_at"] < manifest["taken_over_at"] < manifest["arrived_at"]
    again = await day.courier.refused(f"/runs/{sent[1].run}/take-over", {})
    assert again["type"] == "/problems/already-taken-over"


async def test_only_the_courier_of_the_run_takes_it_over(day: Day) -> None:
    sent = (await day.dispatched({1: 1}))[1]
    path = f"/runs/{sent.run}/take-over"
    later = await day.plan("2026-04-02")

    assert (await day.annex.refused(path, {}))["type"] == "/problems/not-allowed"
    stranger = {"batches": [random_code(CodeType.BATCH)]}
    assert (await day.courier.refused(path, stranger))["type"] == "/problems/run-not-ready"
    undeparted = await day.courier.refused(f"/runs/{later['code']}/take-over", {})
    assert undeparted["type"] == "/problems/run-not-ready"


async def test_two_containers_for_one_site_travel_on_one_manifest(day: Day) -> None:
    await day.plan()
    batches: list[Batch] = [await day.sealed(1, await day.ready({1: 2})) for _ in range(2)]
    await day.load(*batches)

    (manifest,) = await day.annex.post(f"/runs/{batches[0].run}/dispatch")

    assert manifest["cards"] == 4
    page = await day.annex.get("/batches", run=batches[0].run)
    assert {batch["manifest"] for batch in page["items"]} == {manifest["code"]}
