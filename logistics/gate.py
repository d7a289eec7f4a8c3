"""THE gate: every change of a card or a batch goes through `take` (or `admit`, which makes new cards known).

One transaction locks the rows, lets the table of legal steps decide, updates set-wise and appends the custody
entries. Nothing else writes the state, place, custodian, holder, batch or slot of anything.

Locks are taken in one order everywhere: run, manifest, batches by code, cards by id, slots by code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.acts import Act, entry_of
from logistics.ledger.log import append
from logistics.rules.lifecycle import (
    CARD,
    IN_BATCH,
    IN_HAND,
    IN_SLOT,
    SIGHTINGS,
    BatchState,
    BatchStep,
    CardState,
    CardStep,
)
from logistics.store.database import driver

# A missing card keeps the container it was last known to be in.
_KEEPS_BATCH = [*sorted(IN_BATCH), CardState.MISSING.value]
_KEEPS_SLOT = sorted(IN_SLOT)
_KEEPS_HOLDER = sorted(IN_HAND)
_SIGHTINGS = sorted(SIGHTINGS)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an act did: the entry's row id, and which cards and batches moved, code to state before."""

    entry: int
    cards: Mapping[str, CardState]
    batches: Mapping[str, BatchState]


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card announced by an arrival list, in its box; or taken in by hand, where `box` is None."""

    code: str
    kind: str
    destination: str
    box: str | None = None


_TAKE_BATCHES = """
WITH act AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $8::text[])
                  AS act (n, step, place, custodian, manifest, run)
), was AS MATERIALIZED (
    SELECT code, state, place, custodian, manifest
    FROM batch
    WHERE code = ANY ($6::text[])
    ORDER BY code
    FOR NO KEY UPDATE
)
UPDATE batch
SET state = legal.to_state,
    place = COALESCE(act.place, was.place),
    custodian = COALESCE(act.custodian, was.custodian),
    -- What the courier left behind is on no manifest any more, and waits for another run.
    manifest = CASE WHEN act.step <> 'recall' THEN COALESCE(act.manifest, was.manifest) END,
    run = CASE WHEN act.step = 'recall' THEN COALESCE(act.run, batch.run) ELSE batch.run END
FROM was
JOIN unnest($6::text[], $7::int[]) AS asked (code, n) USING (code)
JOIN act USING (n)
JOIN legal_step AS legal
  ON legal.lifecycle = 'batch' AND legal.from_state = was.state AND legal.step = act.step
WHERE batch.code = was.code
RETURNING act.n, batch.code AS item, batch.code, was.state AS from_state, act.step, legal.to_state,
          was.custodian
"""

# `was` is what the lock found; the rows beside it may be older than that, and decide nothing.
_TAKE_CARDS = """
WITH act AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[],
                         $11::text[], $12::timestamptz[])
                  AS act (n, step, place, custodian, batch, slot, day, holder, occurred_at)
), was AS MATERIALIZED (
    -- Each code is looked up once: joined to the list afterwards, thousands at once would be compared with each other.
    SELECT asked.n, card.id, card.code, card.state, card.place, card.custodian, card.batch, card.slot, card.holder,
           card.sighted_at, card.set_up_on, card.first_notice_on, card.reminded_on, card.notice_returned_on
    FROM unnest($8::text[], $9::int[]) AS asked (code, n)
    JOIN card ON card.code = asked.code
    ORDER BY card.id
    FOR NO KEY UPDATE OF card
)
UPDATE card
SET state = legal.to_state,
    place = COALESCE(act.place, was.place),
    custodian = COALESCE(act.custodian, was.custodian),
    batch = CASE WHEN legal.to_state = ANY ($10::text[]) THEN COALESCE(act.batch, was.batch) END,
    slot = CASE WHEN legal.to_state = ANY ($13::text[]) THEN COALESCE(act.slot, was.slot) END,
    holder = CASE WHEN legal.to_state = ANY ($14::text[]) THEN COALESCE(act.holder, was.holder) END,
    sighted_at = CASE WHEN act.step = ANY ($15::text[]) THEN GREATEST(was.sighted_at, act.occurred_at)
                      ELSE was.sighted_at END,
    set_up_on = CASE WHEN act.step = 'set_up' THEN act.day ELSE was.set_up_on END,
    first_notice_on = CASE WHEN act.step = 'post_notice' THEN LEAST(was.first_notice_on, act.day)
                           ELSE was.first_notice_on END,
    reminded_on = CASE WHEN act.step = 'post_reminder' THEN act.day ELSE was.reminded_on END,
    notice_returned_on = CASE WHEN act.step = 'return_notice' THEN act.day ELSE was.notice_returned_on END
FROM was
JOIN act USING (n)
JOIN legal_step AS legal
  ON legal.lifecycle = 'card' AND legal.from_state = was.state AND legal.step = act.step
WHERE card.id = was.id
RETURNING act.n, card.id AS item, card.code, was.state AS from_state, act.step, legal.to_state,
          was.custodian, was.slot AS left_slot, card.slot AS in_slot
"""

_OCCUPY = """
WITH change AS MATERIALIZED (
    SELECT slot.code, change.cards
    FROM slot
    JOIN unnest($1::text[], $2::int[]) AS change (code, cards) USING (code)
    ORDER BY slot.code
    FOR NO KEY UPDATE OF slot
)
UPDATE slot
SET occupied = occupied + change.cards
FROM change
WHERE slot.code = change.code
"""

_ADMIT = """
INSERT INTO card (code, kind, state, place, custodian, destination, box, sighted_at)
SELECT code, kind, $6, $5, $5, destination, box, $7
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS announced (code, kind, destination, box)
RETURNING id, code
"""

_OPEN_BATCH = """
INSERT INTO batch (code, run, origin, destination, state, place, custodian, opened_at)
SELECT $1, $2, place.code, $3, 'open', place.code, place.party, $5
FROM place
WHERE place.code = $4
"""


async def take(session: AsyncSession, acts: Sequence[Act], now: datetime) -> list[Taken]:
    """Take each act's steps, all in the session's transaction; one result per act, in order.

    A card or batch for which the step is not legal in its state stays as it was and is absent from the
    result: the caller decides whether that is a refusal or a fact. A code may be asked for in one act only.
    Raises what the driver raises: a full slot is a check violation on `slot_capacity_check`.
    """
    batches = await _take_batches(session, acts)
    cards = await _take_cards(session, acts)
    entries = [
        entry_of(act, cards.get(n, []), batches.get(n, []), now, len(act.cards) or None)
        for n, act in enumerate(acts)
    ]
    ids = await append(session, entries)
    return [
        Taken(
            ids[act.id],
            {row["code"]: CardState(row["from_state"]) for row in cards.get(n, [])},
            {row["code"]: BatchState(row["from_state"]) for row in batches.get(n, [])},
        )
        for n, act in enumerate(acts)
    ]


async def admit(
    session: AsyncSession,
    step: CardStep,
    acts: Sequence[tuple[Act, Sequence[NewCard]]],
    now: datetime,
) -> None:
    """Make new cards known at each act's place, in the state that `step` leads to; one entry per act.

    `step` is EXPECT (an arrival list) or COLLECT (taken in by hand, seen by who takes it in). A code that is known
    already is a unique violation on `card_code_key`, and nothing is admitted.
    """
    state = CARD.target(step, CardState.NEW)
    assert state is not None, f"{step} makes no card known"
    connection = await driver(session)
    entries = []
    for act, cards in acts:
        rows = await connection.fetch(
            _ADMIT,
            [c.code for c in cards],
            [c.kind for c in cards],
            [c.destination for c in cards],
            [c.box for c in cards],
            act.place,
            state.value,
            act.occurred_at if step in SIGHTINGS else None,
        )
        moved = [
            {
                "item": row["id"],
                "code": row["code"],
                "from_state": CardState.NEW.value,
                "step": step.value,
                "to_state": state.value,
                "custodian": None,
            }
            for row in rows
        ]
        entries.append(entry_of(act, moved, [], now, len(cards)))
    await append(session, entries)


async def open_batch(session: AsyncSession, act: Act, code: str, destination: str, now: datetime) -> None:
    """Make a new, empty batch known at the act's site, open for the act's run."""
    connection = await driver(session)
    await connection.execute(_OPEN_BATCH, code, act.run, destination, act.site, now)
    moved = {
        "item": code,
        "code": code,
        "from_state": BatchState.NEW.value,
        "step": BatchStep.OPEN.value,
        "to_state": BatchState.OPEN.value,
        "custodian": act.site,
    }
    await append(session, [entry_of(act, [], [moved], now, None)])


async def _take_batches(session: AsyncSession, acts: Sequence[Act]) -> dict[int, list[Any]]:
    asked = [(code, n) for n, act in enumerate(acts) if act.batch_step for code in act.batches]
    if not asked:
        return {}
    numbered = [(n, act) for n, act in enumerate(acts) if act.batch_step and act.batches]
    connection = await driver(session)
    rows = await connection.fetch(
        _TAKE_BATCHES,
        [n for n, _ in numbered],
        [act.batch_step for _, act in numbered],
        [act.place for _, act in numbered],
        [act.custodian for _, act in numbered],
        [act.manifest for _, act in numbered],
        [code for code, _ in asked],
        [n for _, n in asked],
        [act.run for _, act in numbered],
    )
    return _by_act(rows)


async def _take_cards(session: AsyncSession, acts: Sequence[Act]) -> dict[int, list[Any]]:
    asked = [(code, n) for n, act in enumerate(acts) if act.step for code in act.cards]
    if not asked:
        return {}
    numbered = [(n, act) for n, act in enumerate(acts) if act.step and act.cards]
    connection = await driver(session)
    rows = await connection.fetch(
        _TAKE_CARDS,
        [n for n, _ in numbered],
        [act.step for _, act in numbered],
        [act.place for _, act in numbered],
        [act.custodian for _, act in numbered],
        [act.batch for _, act in numbered],
        [act.slot for _, act in numbered],
        [act.day for _, act in numbered],
        [code for code, _ in asked],
        [n for _, n in asked],
        _KEEPS_BATCH,
        [act.holder for _, act in numbered],
        [act.occurred_at for _, act in numbered],
        _KEEPS_SLOT,
        _KEEPS_HOLDER,
        _SIGHTINGS,
    )
    change: Counter[str] = Counter()
    for row in rows:
        if row["left_slot"] != row["in_slot"]:
            change.update({row["in_slot"]: 1} if row["in_slot"] else {})
            change.subtract({row["left_slot"]: 1} if row["left_slot"] else {})
    if change := Counter({slot: cards for slot, cards in change.items() if cards}):
        await connection.execute(_OCCUPY, sorted(change), [change[slot] for slot in sorted(change)])
    return _by_act(rows)


def _by_act(rows: Sequence[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row["n"]].append(row)
    return grouped
