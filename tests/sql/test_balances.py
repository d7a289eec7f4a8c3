"""A day adds up: what was there, came, left by each way and stayed; told from entries, for places and containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from logistics.gate import NewCard, admit, take
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database, driver
from logistics.work.audit_balances import balance
from logistics.work.audit_places import contents
from seed.load import COURIER
from tests.http.day import VEHICLE
from tests.sql import gate_rows as given
from tests.sql.gate_rows import ANNEX, CLERK, SITE

# Nine in the morning in Kyoto.
FIRST = datetime(2026, 4, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WAYS = ("issued", "returned", "sent", "transferred", "destroyed", "lost", "undone")


class Story:
    """Cards that move by the gate, at moments of their own; what was recorded is recorded an hour later."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.at = FIRST

    async def cards(self, count: int) -> list[str]:
        new = [
            NewCard(random_code(CodeType.CARD), "standard", SITE, await given.box(self.session))
            for _ in range(count)
        ]
        act = replace(given.act("expect", place=ANNEX, custodian=ANNEX), occurred_at=self.at)
        await admit(self.session, CardStep.EXPECT, [(act, new)], self.at)
        return [card.code for card in new]

    async def move(self, steps: Sequence[CardStep], *cards: str, **said: Any) -> None:
        for step in steps:
            self.at += timedelta(minutes=1)
            act = replace(given.act(step.value, step=step, cards=cards, **said), occurred_at=self.at)
            (taken,) = await take(self.session, [act], self.at)
            assert set(taken.cards) == set(cards), step

    async def arrived(self, count: int) -> tuple[str, list[str]]:
        """Cards that a site has received from a batch, and the batch."""
        batch, cards = await given.batch(self.session), await self.cards(count)
        await self.move([CardStep.CHECK_IN, CardStep.SET_UP], *cards, day=date(2026, 4, 1))
        await self.move([CardStep.PACK], *cards, batch=batch)
        await (await driver(self.session)).execute(
            "INSERT INTO scan (id, entry, purpose, subject, code, card, outcome, accepted, content, occurred_at)"
            " SELECT gen_random_uuid(), (SELECT max(id) FROM entry), 'pack', $1, code, id, 'packed', true, '', $2"
            " FROM card WHERE code = ANY ($3::text[])",
            batch,
            self.at,
            cards,
        )
        await self.move([CardStep.DISPATCH], *cards)
        await self.move([CardStep.TAKE_OVER], *cards, place=VEHICLE, custodian=COURIER)
        await self.move([CardStep.HAND_OVER, CardStep.RECEIVE], *cards, place=SITE, custodian=SITE)
        return batch, cards


async def ask(
    database: Database, of: Any, code: str, day: int, now: datetime | None = None
) -> dict[str, int]:
    async with database.read() as session:
        found = await balance(session, of, code, date(2026, 4, day), now or FIRST + 300 * DAY)
    assert found.balanced, found
    return {
        name: value
        for name in ("opening", "incoming", "found", *WAYS, "closing")
        if (value := getattr(found, name))
    }


S = CardStep


async def test_a_site_a_container_and_the_annex_add_up_on_each_of_three_days(database: Database) -> None:
    async with database.begin() as session:
        story = Story(session)
        batch, cards = await story.arrived(10)
        slot = await given.slot(session)
        hand = {"holder": CLERK.code}
        await story.move([S.PUT_AWAY], *cards[:9], slot=slot)
        # The same day: one is issued, and one is scanned out and in by mistake and put right.
        await story.move([S.TAKE_OUT, S.ISSUE], cards[0], **hand)
        story.at = FIRST + DAY
        await story.move([S.TAKE_OUT], *cards[1:4], **hand)
        await story.move([S.ISSUE], *cards[1:3])
        await story.move([S.MISS], cards[3], cards[9])
        await story.move([S.PROPOSE, S.APPROVE, S.PICK, S.DESTROY], cards[4])
        back = await given.batch(session)
        await story.move([S.PACK], cards[5], batch=back)
        await story.move([S.DISPATCH], cards[5])
        await story.move([S.TAKE_OVER], cards[5], place=VEHICLE, custodian=COURIER)
        story.at = FIRST + 2 * DAY
        await story.move([S.FIND], cards[9], place=SITE, custodian=SITE)
        await story.move([S.CONFIRM_LOST], cards[3])
        await story.move([S.TRANSFER], cards[6])

    site = [await ask(database, "place", SITE, day) for day in (1, 2, 3, 4)]
    inside = [await ask(database, "batch", batch, day) for day in (1, 2, 3, 4)]
    annex = [await ask(database, "place", ANNEX, day) for day in (1, 2)]

    assert site == [
        {"incoming": 10, "issued": 1, "closing": 9},
        {"opening": 9, "issued": 2, "lost": 2, "destroyed": 1, "returned": 1, "closing": 3},
        {"opening": 3, "found": 1, "transferred": 1, "closing": 3},
        {"opening": 3, "closing": 3},
    ]
    assert inside == site, "who is in a container of one site stays of it until packed again"
    assert annex == [{"incoming": 10, "sent": 10}, {}]
    for day, (sums, at) in enumerate(zip(site, (1, 2, 3, 4), strict=True)):
        async with database.read() as session:
            lay = await contents(
                session, "place", SITE, FIRST + at * DAY - timedelta(hours=9, seconds=1), None, 500
            )
        assert len(lay.items) == sums["closing"], day


async def test_what_was_recorded_late_belongs_to_the_day_on_which_it_occurred(database: Database) -> None:
    async with database.begin() as session:
        story = Story(session)
        _, (first, second) = await story.arrived(2)
        story.at = FIRST + 3 * DAY
        await story.move([S.MISS], first)
        # Told on the fourth day: the second had been missed on the second.
        act = replace(given.act("miss", step=S.MISS, cards=[second]), occurred_at=FIRST + DAY)
        await take(session, [act], story.at)

    assert [await ask(database, "place", SITE, day) for day in (1, 2, 3, 4, 5)] == [
        {"incoming": 2, "closing": 2},
        {"opening": 2, "lost": 1, "closing": 1},
        {"opening": 1, "closing": 1},
        {"opening": 1, "lost": 1},
        {},
    ]


async def test_today_is_compared_with_the_present(database: Database) -> None:
    async with database.begin() as session:
        story = Story(session)
        await story.arrived(3)
    async with database.read() as session:
        now = FIRST + timedelta(hours=2)
        today = await balance(session, "place", SITE, date(2026, 4, 1), now)
        assert (today.stored, today.balanced) == (3, True)
    async with database.begin() as session:
        # Behind the gate's back.
        await (await driver(session)).execute("UPDATE card SET state = 'missing' WHERE id = 2")

    async with database.read() as session:
        altered = await balance(session, "place", SITE, date(2026, 4, 1), now)
    assert (altered.stored, altered.closing, altered.balanced) == (2, 3, False)


@pytest.mark.parametrize(("of", "code"), [("place", "L99X"), ("batch", "B7Q2M4ZK97")])
async def test_what_nobody_knows_has_no_balance(database: Database, of: Any, code: str) -> None:
    with pytest.raises(NotFound):
        await ask(database, of, code, 1)
