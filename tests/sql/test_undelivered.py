"""The undelivered-card report, against a recount of the entries' bodies that knows nothing of its SQL."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from logistics.gate import NewCard, admit, take
from logistics.ledger.acts import Act
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import InvalidValue
from logistics.rules.lifecycle import AT_A_DESK, CARD, IN_BATCH, IN_SLOT, IN_STOCK, CardState, CardStep
from logistics.store.database import Database
from logistics.work import undelivered
from logistics.work.undelivered import Undelivered
from seed.load import place_code
from tests.sql import gate_rows as given
from tests.sql.gate_rows import ANNEX, CLERK, rows

PLACES = [ANNEX, place_code(1), place_code(2)]
KINDS = ["standard", "express"]
MONTHS = [date(2026, month, 1) for month in (4, 5, 6)]
LATER = datetime(2027, 1, 1, tzinfo=UTC)


class Books:
    """Plays chance steps through the gate over three months, and keeps nothing but the card's codes."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)  # noqa: S311 - the same months for the same seed
        self.at = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
        self.states: dict[str, CardState] = {}
        self.places: dict[str, str] = {}

    async def play(self, cards: int, steps: int) -> None:
        async with self.database.begin() as session:
            box = await given.box(session)
            self.batch = await given.batch(session)
            self.slot = [await given.slot(session, number) for number in range(1, 30)]
            for _ in range(cards):
                code = random_code(CodeType.CARD)
                act = Act("expect", CLERK, ANNEX, self.at, step=CardStep.EXPECT, place=ANNEX, custodian=ANNEX)
                new = NewCard(code, self.random.choice(KINDS), PLACES[1], box)
                await admit(session, CardStep.EXPECT, [(act, [new])], self.at)
                self.states[code], self.places[code] = CardState.EXPECTED, ANNEX
        for _ in range(steps):
            self.at += timedelta(minutes=self.random.randint(1, 260_000 // steps))
            async with self.database.begin() as session:
                await self._step(session)

    async def _step(self, session: Any) -> None:
        code = self.random.choice(list(self.states))
        step = self.random.choice(CARD.steps_from(self.states[code]))
        if step in AT_A_DESK:
            act = Act(step, CLERK, ANNEX, self.at, step=step, cards=[code], day=self.at.date())
        else:
            # What leaves a place is released there; only a card that is found elsewhere changes places by itself.
            stays = self.states[code] in IN_STOCK and step != CardStep.HOLD
            place = self.places[code] if stays else self.random.choice(PLACES)
            target = CARD.target(step, self.states[code])
            act = Act(
                step,
                CLERK,
                place,
                self.at,
                step=step,
                cards=[code],
                place=place,
                custodian=place,
                batch=self.batch if target in IN_BATCH else None,
                slot=self.random.choice(self.slot) if target in IN_SLOT else None,
                holder=CLERK.code,
            )
            self.places[code] = place
        await take(session, [act], self.at)
        target = CARD.target(step, self.states[code])
        assert target is not None
        self.states[code] = target


class Recount:
    """The log folded in Python, body by body, up to a moment."""

    def __init__(self, bodies: list[dict[str, Any]], until: datetime, kinds: dict[str, str]) -> None:
        self.cards: dict[str, dict[str, Any]] = {}
        for body in bodies:
            if datetime.fromisoformat(body["recorded_at"]) >= until:
                continue
            for moved in body.get("cards", ()):
                for code in moved["codes"]:
                    self._take(code, moved, body, kinds)

    def _take(self, code: str, moved: dict[str, Any], body: dict[str, Any], kinds: dict[str, str]) -> None:
        card = self.cards.setdefault(code, {"kind": kinds[code], "first": None, "last": (None, "not_yet")})
        card["state"] = moved["to"]
        if moved["step"] not in AT_A_DESK:
            card["place"] = body["site"]
        day = body.get("day")
        if moved["step"] == "post_notice":
            card["first"] = min(filter(None, (card["first"], day)))
        if moved["step"] == "post_reminder":
            card["reminded"] = day
        if moved["step"] == "return_notice":
            card["returned"] = day

    def stock(self) -> Counter[tuple[str, str]]:
        lying = [card for card in self.cards.values() if card["state"] in IN_STOCK]
        return Counter((card["place"], card["kind"]) for card in lying)

    def ages(self, on: date) -> Counter[tuple[str, str, str, str]]:
        return Counter(
            (card["place"], card["kind"], _band(card["first"], on), _stage(card))
            for card in self.cards.values()
            if card["state"] in IN_STOCK
        )


def _band(first: str | None, on: date) -> str:
    if first is None:
        return "not_yet"
    days = (on - date.fromisoformat(first)).days
    return next(
        (n for n, most in (("to_30", 30), ("to_90", 90), ("to_180", 180), ("to_365", 365)) if days <= most),
        "over_365",
    )


def _stage(card: dict[str, Any]) -> str:
    if card.get("returned") and card["returned"] >= card.get("reminded", ""):
        return "returned"
    return "reminder" if card.get("reminded") else "first" if card["first"] else "not_yet"


async def bodies_of(database: Database) -> tuple[list[dict[str, Any]], dict[str, str]]:
    bodies = [json.loads(body) for (body,) in await rows(database, "SELECT body FROM entry ORDER BY id")]
    return bodies, dict(await rows(database, "SELECT code, kind FROM card"))


async def report_of(database: Database, month: date, as_of: datetime | None = None) -> Undelivered:
    async with database.read() as session:
        return await undelivered.report(session, month, LATER, as_of)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST)


@pytest.mark.parametrize("seed", range(4))
async def test_every_month_is_what_a_recount_of_the_bodies_says(database: Database, seed: int) -> None:
    await Books(database, seed).play(cards=25, steps=400)
    bodies, kinds = await bodies_of(database)

    for month, following in zip(MONTHS, [*MONTHS[1:], date(2026, 7, 1)], strict=True):
        made = await report_of(database, month)

        assert made.unexplained == ()
        opening = {(line.place, line.kind): line.opening for line in made.lines if line.opening}
        closing = {(line.place, line.kind): line.closing for line in made.lines if line.closing}
        assert opening == Recount(bodies, midnight(month), kinds).stock()
        assert closing == Recount(bodies, midnight(following), kinds).stock()
        ages = Recount(bodies, midnight(following), kinds).ages(made.day)
        by_band: Counter[tuple[str, str, str]] = Counter()
        by_stage: Counter[tuple[str, str, str]] = Counter()
        for (place, kind, band, stage), cards in ages.items():
            by_band[place, kind, band] += cards
            by_stage[place, kind, stage] += cards
        assert {(li.place, li.kind, b.value): n for li in made.lines for b, n in li.ages.items()} == by_band
        assert {
            (li.place, li.kind, s.value): n for li in made.lines for s, n in li.stages.items()
        } == by_stage


async def test_a_month_reported_when_it_ended_and_reported_later_is_the_same(database: Database) -> None:
    books = Books(database, 7)
    await books.play(cards=20, steps=120)
    month = date(books.at.year, books.at.month, 1)
    end = books.at + timedelta(days=40)
    then = await report_of(database, month, as_of=end)
    books.at = end
    for _ in range(60):
        books.at += timedelta(hours=3)
        async with database.begin() as session:
            await books._step(session)

    assert await report_of(database, month) == then


async def test_a_report_as_of_a_moment_within_its_month_ends_there(database: Database) -> None:
    await Books(database, 3).play(cards=20, steps=200)
    bodies, kinds = await bodies_of(database)
    moment = midnight(date(2026, 5, 14)) + timedelta(hours=10)

    made = await report_of(database, date(2026, 5, 1), as_of=moment)

    assert (made.until, made.day, made.unexplained) == (moment, date(2026, 5, 14), ())
    closing = {(line.place, line.kind): line.closing for line in made.lines if line.closing}
    assert closing == Recount(bodies, moment, kinds).stock()


async def test_a_month_to_come_and_a_moment_to_come_are_refused(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(InvalidValue) as month:
            await undelivered.report(session, date(2026, 6, 1), midnight(date(2026, 5, 31)))
        with pytest.raises(InvalidValue) as moment:
            await undelivered.report(session, date(2026, 4, 1), midnight(date(2026, 5, 1)), LATER)

    assert (month.value.field, moment.value.field) == ("month", "as_of")
