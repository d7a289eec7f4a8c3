"""An auditor's questions by name, for the operator's command: answered from one snapshot, and written down first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.outcomes import Outcome
from logistics.store.database import Database
from logistics.work import audit, audit_balances, audit_places, audit_scans, people
from logistics.work.audit_sources import FILTERS, Filters

PAGE = 500

_CODES = {
    "card": CodeType.CARD,
    "batch": CodeType.BATCH,
    "manifest": CodeType.MANIFEST,
    "run": CodeType.RUN,
    "slot": CodeType.SLOT,
    "vault": CodeType.VAULT,
    "place": CodeType.PLACE,
    "actor": CodeType.PERSON,
    "supervisor": CodeType.PERSON,
    "courier": CodeType.COURIER,
}
_MINUTES = {"late": 60, "gaps": 30}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: by name, with the parameters that were given. Times are aware."""

    name: str
    given: Mapping[str, Any]
    at: datetime | None = None
    day: date | None = None
    minutes: int | None = None

    def checked(self) -> Question:
        """Itself. MalformedCode or InvalidValue, naming the parameter that means nothing."""
        for name, value in self.given.items():
            if name in _CODES:
                require(value, _CODES[name], name)
            if isinstance(value, datetime) and value.tzinfo is None:
                raise InvalidValue(name, "needs an offset, such as +09:00")
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidValue("at", "needs an offset, such as +09:00")
        if self.minutes is not None and self.minutes < 1:
            raise InvalidValue("minutes", "is less than one")
        outcome = self.given.get("outcome")
        if outcome is not None and outcome not in set(Outcome):
            raise InvalidValue("outcome", "is no outcome of a scan")
        return self

    def one_of(self, *names: str) -> tuple[str, str]:
        """The one of these parameters that was given. InvalidValue for none or several."""
        given = [(name, self.given[name]) for name in names if name in self.given]
        if len(given) != 1:
            raise InvalidValue(names[0], f"give one of {', '.join(names)}")
        return given[0]


async def ask(database: Database, question: Question, *, by: str, now: datetime) -> list[dict[str, Any]]:
    """Every item of the answer, from one snapshot; that it was asked is an entry before it is handed out.

    Raises NotFound, NotAllowed, InvalidValue, MalformedCode.
    """
    question.checked()
    async with database.read() as session:
        actor = await people.actor(session, by)
        permissions.require(actor, "ask")
        items = await _answer(session, question, now)
    asked = {name: value for name, value in asdict(question).items() if name not in ("name", "given")}
    asked |= {"day": question.day.isoformat() if question.day else None, **question.given}
    async with database.begin() as session:
        await audit.record(session, actor, question.name, asked, len(items), now)
    return items


async def _answer(session: AsyncSession, question: Question, now: datetime) -> list[dict[str, Any]]:
    moment = question.at or now
    match question.name:
        case "holder":
            return [await audit.holder(session, question.one_of("card")[1], moment)]
        case "balance":
            of, code = question.one_of("place", "batch")
            day = question.day or business_date(now)
            found = await audit_balances.balance(session, of, code, day, now)  # type: ignore[arg-type]
            return [{**asdict(found), "balanced": found.balanced}]
        case "contents":
            inside, code = question.one_of("place", "vault", "slot")
            return await _keyed(
                lambda after: audit_places.contents(session, inside, code, moment, after, PAGE)  # type: ignore[arg-type]
            )
    filters = Filters(**{name: value for name, value in question.given.items() if name in FILTERS})
    minutes = question.minutes or _MINUTES.get(question.name, 0)
    match question.name:
        case "gaps":
            return await _keyed(lambda after: audit_scans.gaps(session, minutes, now, filters, after, PAGE))
        case "refused":
            return await _keyed(lambda after: audit_scans.refused(session, filters, after, PAGE))
        case "late":
            filters = replace(filters, late_minutes=minutes)
    return await _entries(session, filters)


async def _entries(session: AsyncSession, filters: Filters) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = await audit.entries(session, filters, after, PAGE)
        items += page.items
        after = page.next
    return items


async def _keyed(page: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: audit_places.Key | None = None
    while True:
        found = await page(after)
        items += found.items
        if found.next is None:
            return items
        after = found.next


def as_text(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items with times as bodies write them."""
    return [
        {name: timestamp(value) if isinstance(value, datetime) else value for name, value in item.items()}
        for item in items
    ]
