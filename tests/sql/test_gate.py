"""THE gate on real rows: what the tables allow happens, all of it and nothing else; the rest the database refuses."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import asyncpg
import msgspec
import pytest

from logistics.gate import NewCard, Taken, admit, open_batch, take
from logistics.ledger.acts import Act
from logistics.rules.codes import CodeType, random_code
from logistics.rules.lifecycle import BATCH, CARD, INCIDENT, BatchState, BatchStep, CardState, CardStep
from logistics.store.database import Database, driver
from tests.sql import gate_rows as given
from tests.sql.gate_rows import ANNEX, NOW, SITE, rows

CARDS = "SELECT code, state FROM card"


async def test_a_card_takes_exactly_the_steps_of_the_table(database: Database) -> None:
    pairs = {(state, step): "" for state in given.CARD_STATES for step in CardStep}
    moved = {}
    async with database.begin() as session:
        for state, step in pairs:
            pairs[state, step] = await given.card(session, state)
        for (state, step), code in pairs.items():
            (taken,) = await take(session, [await given.card_act(session, step, code)], NOW)
            moved[state, step] = taken.cards

    after = dict(await rows(database, CARDS))
    wanted = {pair: CARD.target(pair[1], pair[0]) for pair in pairs}
    assert {pair: after[code] for pair, code in pairs.items()} == {
        pair: target or pair[0] for pair, target in wanted.items()
    }
    assert moved == {pair: {pairs[pair]: pair[0]} if target else {} for pair, target in wanted.items()}
    entries = await rows(database, "SELECT from_state, step, to_state FROM entry_card ORDER BY 1, 2, 3")
    assert entries == sorted((a, step, b) for a, step, b in CARD.edges() if a is not CardState.NEW)


async def test_a_container_takes_exactly_the_steps_of_the_table(database: Database) -> None:
    pairs = {(state, step): "" for state in given.BATCH_STATES for step in BatchStep}
    async with database.begin() as session:
        for state, step in pairs:
            pairs[state, step] = await given.batch(session, state)
            await take(session, [given.batch_act(step, pairs[state, step])], NOW)

    after = dict(await rows(database, "SELECT code, state FROM batch"))
    assert {pair: after[code] for pair, code in pairs.items()} == {
        (state, step): BATCH.target(step, state) or state for state, step in pairs
    }
    entries = await rows(database, "SELECT from_state, step, to_state FROM entry_batch ORDER BY 1, 2, 3")
    assert entries == sorted((a, step, b) for a, step, b in BATCH.edges() if a is not BatchState.NEW)


async def test_thousands_of_cards_are_not_compared_with_each_other(database: Database) -> None:
    """After small acts on the same connection, whose plan PostgreSQL keeps, whatever comes then."""
    seconds = {}
    async with database.begin() as session:
        for cards in (*[1] * 10, 500, 5_000):
            codes = [random_code(CodeType.CARD) for _ in range(cards)]
            box = await given.box(session)
            act = Act("expect", given.CLERK, ANNEX, NOW, place=ANNEX, custodian=ANNEX)
            new = [NewCard(code, "standard", SITE, box) for code in codes]
            await admit(session, CardStep.EXPECT, [(act, new)], NOW)
            moving = await given.card_act(session, CardStep.CHECK_IN, *codes)
            start = time.perf_counter()
            (taken,) = await take(session, [moving], NOW)
            seconds[cards] = time.perf_counter() - start
            assert len(taken.cards) == cards

    assert seconds[5_000] < 40 * seconds[500], seconds


async def test_what_cannot_move_stays_and_is_counted_in_the_entry(database: Database) -> None:
    async with database.begin() as session:
        ready, early = await given.card(session, "ready"), await given.card(session, "arrived")
        act = await given.card_act(session, CardStep.PACK, ready, early, random_code(CodeType.CARD))

        (taken,) = await take(session, [act], NOW)

    assert taken.cards == {ready: CardState.READY}
    assert dict(await rows(database, CARDS)) == {ready: "packed", early: "arrived"}
    ((body,),) = await rows(database, "SELECT body FROM entry")
    entry = msgspec.json.decode(body)
    moved = [{"step": "pack", "from": "ready", "to": "packed", "codes": [ready]}]
    assert (entry["asked"], entry["cards"]) == (3, moved)


async def test_two_acts_move_each_its_own_in_one_transaction(database: Database) -> None:
    async with database.begin() as session:
        one, two = await given.card(session, "arrived"), await given.card(session, "ready")
        acts = [
            await given.card_act(session, CardStep.SET_UP, one),
            await given.card_act(session, CardStep.PACK, two),
        ]

        results = await take(session, acts, NOW)

    assert [taken.cards for taken in results] == [{one: CardState.ARRIVED}, {two: CardState.READY}]
    assert len({taken.entry for taken in results}) == 2
    assert dict(await rows(database, CARDS)) == {one: "ready", two: "packed"}


async def test_a_failure_after_the_gate_leaves_nothing_behind(database: Database) -> None:
    async with database.begin() as session:
        code = await given.card(session, "ready")

    async def fail() -> None:
        async with database.begin() as session:
            await take(session, [await given.card_act(session, CardStep.PACK, code)], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert dict(await rows(database, CARDS)) == {code: "ready"}
    assert await rows(database, "SELECT id FROM entry") == []


async def test_an_act_that_moves_nothing_is_still_an_entry(database: Database) -> None:
    async with database.begin() as session:
        results = await take(session, [given.act("note", facts={"said": "words"})], NOW)

    assert [type(result) for result in results] == [Taken]
    assert await rows(database, "SELECT act, actor, site FROM entry") == [("note", given.CLERK.code, ANNEX)]


async def test_the_first_notice_counts_and_the_set_up_is_dated(database: Database) -> None:
    async with database.begin() as session:
        code = await given.card(session, "arrived")
        await take(session, [await given.card_act(session, CardStep.SET_UP, code)], NOW)
        for day in (date(2026, 4, 2), date(2026, 4, 1), date(2026, 4, 3)):
            notice = given.act("post_notice", step=CardStep.POST_NOTICE, cards=[code], day=day)
            await take(session, [notice], NOW)

    assert await rows(database, "SELECT set_up_on, first_notice_on, state FROM card") == [
        (date(2026, 4, 1), date(2026, 4, 1), "ready")
    ]


async def test_a_slots_count_follows_its_cards(database: Database) -> None:
    async with database.begin() as session:
        first, second = await given.slot(session, 1), await given.slot(session, 2)
        code = await given.card(session, "received")
        put, move, hold = CardStep.PUT_AWAY, CardStep.MOVE, CardStep.HOLD
        seen = []
        for step, slot in ((put, first), (move, second), (move, second), (hold, None)):
            await take(session, [given.act(step.value, step=step, cards=[code], slot=slot)], NOW)
            found = await (await driver(session)).fetch("SELECT code, occupied FROM slot WHERE occupied > 0")
            seen.append({row["code"]: row["occupied"] for row in found})

    assert seen == [{first: 1}, {second: 1}, {second: 1}, {}]


async def test_a_full_slot_takes_nothing_more_and_nothing_is_half_done(database: Database) -> None:
    async with database.begin() as session:
        slot = await given.slot(session)
        await (await driver(session)).execute("UPDATE slot SET occupied = capacity WHERE code = $1", slot)
        code = await given.card(session, "received")

    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        async with database.begin() as session:
            await take(session, [given.act("put", step=CardStep.PUT_AWAY, cards=[code], slot=slot)], NOW)

    assert refusal.value.constraint_name == "slot_capacity_check"
    assert dict(await rows(database, CARDS)) == {code: "received"}


async def test_a_card_is_announced_once(database: Database) -> None:
    async with database.begin() as session:
        box, code = await given.box(session), random_code(CodeType.CARD)
        act = given.act("expect", place=ANNEX, custodian=ANNEX)
        await admit(session, CardStep.EXPECT, [(act, [NewCard(code, "standard", SITE, box)])], NOW)

    async def again() -> None:
        async with database.begin() as session:
            act = given.act("expect", place=ANNEX, custodian=ANNEX)
            await admit(session, CardStep.EXPECT, [(act, [NewCard(code, "standard", SITE, box)])], NOW)

    with pytest.raises(asyncpg.UniqueViolationError, match="card_code_key"):
        await again()
    assert dict(await rows(database, CARDS)) == {code: "expected"}
    assert len(await rows(database, "SELECT id FROM entry")) == 1


async def test_a_container_is_opened_with_its_entry(database: Database) -> None:
    async with database.begin() as session:
        code, run = random_code(CodeType.BATCH), await given.run(session)
        await open_batch(session, given.act("open", run=run), code, SITE, NOW)

    assert await rows(database, "SELECT code, run, destination, state, place FROM batch") == [
        (code, run, SITE, "open", ANNEX)
    ]
    assert await rows(database, "SELECT batch, from_state, step, to_state FROM entry_batch") == [
        (code, "new", "open", "open")
    ]


REFUSED: list[tuple[str, str]] = [
    ("UPDATE card SET state = 'stored'", "card_slot_check"),
    ("UPDATE card SET slot = (SELECT min(code) FROM slot)", "card_slot_check"),
    ("UPDATE card SET state = 'packed'", "card_batch_check"),
    ("UPDATE card SET state = 'delivered'", "card_batch_check"),
    ("UPDATE card SET state = 'gone'", "card_state_check"),
    ("UPDATE card SET state = 'out'", "card_holder_check"),
    ("UPDATE card SET holder = (SELECT min(code) FROM person)", "card_holder_check"),
    ("UPDATE card SET place = 'L99Z'", "card_place_fkey"),
    ("UPDATE card SET kind = 'gold'", "card_kind_fkey"),
    ("UPDATE slot SET occupied = -1", "slot_capacity_check"),
    ("UPDATE slot SET occupied = capacity + 1", "slot_capacity_check"),
    ("UPDATE batch SET state = 'lost'", "batch_state_check"),
    ("UPDATE run SET sequence = 2", "run_sequence_check"),
    (
        "INSERT INTO entry_card (card, entry, from_state, step, to_state)"
        " SELECT card.id, entry.id, 'ready', 'pack', 'stored' FROM card, entry",
        "entry_card_legal_step_fkey",
    ),
    (
        "INSERT INTO entry_card (card, entry, from_state, step, to_state, lifecycle)"
        " SELECT card.id, entry.id, 'open', 'seal', 'sealed', 'batch' FROM card, entry",
        "entry_card_lifecycle_check",
    ),
    (
        "INSERT INTO entry_batch (batch, entry, from_state, step, to_state)"
        " SELECT batch.code, entry.id, 'open', 'dispatch', 'dispatched' FROM batch, entry",
        "entry_batch_legal_step_fkey",
    ),
    (
        "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash)"
        " SELECT gen_random_uuid(), act, actor, site, occurred_at, recorded_at, body || ' ', hash FROM entry",
        "entry_hash_check",
    ),
    (
        "INSERT INTO document SELECT 'X', 'P1', 'X', '{}', sha256('{ }'::bytea), now()",
        "document_digest_check",
    ),
]


async def test_the_database_itself_refuses_what_the_code_should_never_try(database: Database) -> None:
    async with database.begin() as session:
        await given.card(session, "ready")
        await given.batch(session)
        await take(session, [given.act("note")], NOW)
    wrong: dict[str, Any] = {}
    for statement, constraint in REFUSED:
        try:
            async with database.begin() as session:
                await (await driver(session)).execute(statement)
            wrong[statement] = "was done"
        except asyncpg.IntegrityConstraintViolationError as refusal:
            if refusal.constraint_name != constraint:
                wrong[statement] = refusal.constraint_name

    assert wrong == {}


async def test_the_legal_steps_in_the_database_are_the_edges_of_the_tables(database: Database) -> None:
    found = await rows(database, "SELECT lifecycle, from_state, step, to_state FROM legal_step")

    wanted = {(table.name, *edge) for table in (CARD, BATCH, INCIDENT) for edge in table.edges()}
    assert set(found) == wanted, "Write a migration that changes legal_step as lifecycle.py changed."
