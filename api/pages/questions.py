"""What an auditor can ask from a page: the questions as tables of fields, and their parameters as texts of a form."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from api.audit_parameters import MOST_MINUTES, aware, key
from api.pages.speech import folded
from api.times import on_calendar
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.outcomes import Outcome
from logistics.work import audit, audit_balances, audit_places, audit_scans
from logistics.work.audit_sources import Filters

PER_PAGE = 50
_KEY = re.compile(r"[0-9]{1,15}-([A-Z][0-9A-Z]{3,11}|u[a-p]{32})?")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a question's form. `code`: what kind of code it is; `type` is that of the input."""

    name: str
    words: Pair
    type: str = "code"
    code: CodeType | None = None


CARD = Field("card", ("カード", "Card"), code=CodeType.CARD)
BATCH = Field("batch", ("搬送袋", "Bag"), code=CodeType.BATCH)
MANIFEST = Field("manifest", ("発送明細書", "Manifest"), code=CodeType.MANIFEST)
RUN = Field("run", ("便", "Run"), code=CodeType.RUN)
SEAL = Field("seal", ("封印番号", "Seal"))
ACTOR = Field("actor", ("行った人", "By whom"), code=CodeType.PERSON)
SUPERVISOR = Field("supervisor", ("監督した本市職員", "Supervising employee"), code=CodeType.PERSON)
COURIER = Field("courier", ("配送業者", "Courier"), "courier", CodeType.COURIER)
DEVICE = Field("device", ("端末", "Device"), "text")
PLACE = Field("place", ("拠点", "Site"), "place", CodeType.PLACE)
VAULT = Field("vault", ("保管庫", "Vault"), "vault", CodeType.VAULT)
SLOT = Field("slot", ("棚番", "Slot"), code=CodeType.SLOT)
ACT = Field("act", ("行為", "Act"), "act")
OUTCOME = Field("outcome", ("読取りの結果", "Outcome of a scan"), "outcome")
FROM = Field("occurred_from", ("起きた時刻（から）", "Occurred from"), "datetime-local")
TO = Field("occurred_to", ("起きた時刻（まで）", "Occurred before"), "datetime-local")
RECORDED_FROM = Field("recorded_from", ("記録した時刻（から）", "Recorded from"), "datetime-local")
RECORDED_TO = Field("recorded_to", ("記録した時刻（まで）", "Recorded before"), "datetime-local")
AT = Field("at", ("いつ（空欄は今）", "When (empty: now)"), "datetime-local")
DAY = Field("day", ("日（空欄は今日）", "Day (empty: today)"), "date")
MINUTES = Field("minutes", ("何分を超えたもの", "More than so many minutes"), "number")
DESTINATION = Field("place", ("行き先", "Destination"), "place", CodeType.PLACE)

_COMBINED = (
    CARD,
    BATCH,
    MANIFEST,
    RUN,
    SEAL,
    ACTOR,
    SUPERVISOR,
    COURIER,
    DEVICE,
    PLACE,
    SLOT,
    ACT,
    OUTCOME,
    FROM,
    TO,
    RECORDED_FROM,
    RECORDED_TO,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of question: its name, as the API and the log have it, its words, and the fields of its form."""

    name: str
    words: Pair
    hint: Pair
    fields: tuple[Field, ...]


QUESTIONS: Mapping[str, Question] = {
    question.name: question
    for question in (
        Question(
            "entries",
            ("記録を探す", "Search entries"),
            ("どの条件も自由に組み合わせられます。", "Any combination of conditions."),
            _COMBINED,
        ),
        Question(
            "holder",
            ("そのとき誰が持っていたか", "Who held it then"),
            ("カード 1 枚と時刻を入れます。", "A card and a moment."),
            (CARD, AT),
        ),
        Question(
            "contents",
            ("そのとき何があったか", "What lay there then"),
            ("拠点・保管庫・棚のどれか 1 つと時刻を入れます。", "One of site, vault and slot, and a moment."),
            (PLACE, VAULT, SLOT, AT),
        ),
        Question(
            "balance",
            ("その日の出入りは合うか", "Does the day add up"),
            ("拠点か搬送袋のどちらか 1 つと日を入れます。", "A site or a bag, and a day."),
            (PLACE, BATCH, DAY),
        ),
        Question(
            "gaps",
            ("引渡しの空白", "Gaps between hands"),
            (
                "手放してから引き受けるまでが長い搬送袋です。",
                "Bags that were long between release and acceptance.",
            ),
            (MINUTES, DESTINATION, FROM, TO),
        ),
        Question(
            "late",
            ("遅れて記録されたもの", "Late entries"),
            ("起きてから記録まで時間のかかった記録です。", "Recorded long after they occurred."),
            (MINUTES, *(field for field in _COMBINED if field not in (SEAL, OUTCOME))),
        ),
        Question(
            "refused",
            ("拒否された読取り", "Refused scans"),
            ("目的どおりにならなかった読取りです。", "Scans that did not do what they were meant to."),
            (PLACE, OUTCOME, FROM, TO),
        ),
    )
}
_MINUTES = {"late": 60, "gaps": 30}


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of an answer; `next` continues, and only its absence says that this was all."""

    items: Sequence[Mapping[str, Any]]
    next: str | None


def given(question: Question, texts: Mapping[str, str]) -> dict[str, str]:
    """The fields of the question that were filled in; codes as they would have been scanned."""
    found = {}
    for field in question.fields:
        text = texts.get(field.name, "").strip()
        if text:
            plain = field.type in ("code", "courier", "place", "vault")
            found[field.name] = folded(text) if plain else text
    return found


def csv_address(question: Question, values: Mapping[str, str]) -> str:
    """Where the same answer is had as CSV: the API's address, with moments as it wants them."""
    sent: dict[str, str] = {}
    for field in question.fields:
        if (value := values.get(field.name)) is not None:
            is_moment = field.type == "datetime-local"
            name = "destination" if question.name == "gaps" and field is DESTINATION else field.name
            sent[name] = _moment(value, field.name).isoformat() if is_moment else value
    path = f"cards/{sent.pop('card')}/holder" if question.name == "holder" else question.name
    limits = {} if question.name in ("holder", "balance") else {"limit": "500"}
    return f"/api/v1/audit/{path}?{urlencode({**sent, 'format': 'csv', **limits})}"


async def ask(
    session: AsyncSession, question: Question, values: Mapping[str, str], after: str, now: datetime
) -> tuple[Answer, dict[str, Any]]:
    """The answer from this snapshot, and what was asked, as the log keeps it.

    MalformedCode or InvalidValue, naming the field; NotFound.
    """
    read = {field.name: _read(field, values[field.name]) for field in question.fields if field.name in values}
    answer = await _ANSWERS[question.name](session, read, after, now)
    asked = {name: value.isoformat() if type(value) is date else value for name, value in read.items()}
    return answer, {**asked, "after": after or None}


def _read(field: Field, text: str) -> Any:
    if field.code is not None:
        return require(text, field.code, field.name)
    if field.type == "datetime-local":
        return _moment(text, field.name)
    if field.type == "date":
        try:
            return on_calendar(date.fromisoformat(text), field.name)
        except ValueError:
            raise InvalidValue(field.name, "is not a day such as 2026-04-01") from None
    if field.type == "number":
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_MINUTES):
            raise InvalidValue(field.name, f"must be a whole number from 1 to {MOST_MINUTES}")
        return int(text)
    if field.type == "outcome" and text not in set(Outcome):
        raise InvalidValue(field.name, "is no outcome of a scan")
    return text


def _moment(text: str, name: str) -> datetime:
    """A moment as the browser's field gives it, in Japan; with an offset it is what it says."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(name, "is not a moment such as 2026-04-01T14:30") from None
    moment = aware(at if at.tzinfo else at.replace(tzinfo=JST), name)
    assert moment is not None
    return moment


def _of_filters(read: Mapping[str, Any]) -> Filters:
    return Filters(**{name: value for name, value in read.items() if name != "minutes"})


async def _entries(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    found = await audit.entries(session, _of_filters(read), _number(after), PER_PAGE)
    return Answer(found.items, str(found.next) if found.next else None)


async def _late(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    filters = replace(_of_filters(read), late_minutes=read.get("minutes", _MINUTES["late"]))
    found = await audit.entries(session, filters, _number(after), PER_PAGE)
    return Answer(found.items, str(found.next) if found.next else None)


async def _holder(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    return Answer([await audit.holder(session, _one(read, "card")[1], read.get("at", now))], None)


async def _contents(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    inside, code = _one(read, "place", "vault", "slot")
    at = read.get("at", now)
    return _keyed(await audit_places.contents(session, inside, code, at, _place_of(after), PER_PAGE))  # type: ignore[arg-type]


async def _balance(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    of, code = _one(read, "place", "batch")
    found = await audit_balances.balance(session, of, code, read.get("day", business_date(now)), now)  # type: ignore[arg-type]
    return Answer([{**asdict(found), "balanced": found.balanced}], None)


async def _gaps(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    minutes = read.get("minutes", _MINUTES["gaps"])
    found = await audit_scans.gaps(session, minutes, now, _of_filters(read), _place_of(after), PER_PAGE)
    return _keyed(found)


async def _refused(session: AsyncSession, read: Mapping[str, Any], after: str, now: datetime) -> Answer:
    return _keyed(await audit_scans.refused(session, _of_filters(read), _place_of(after), PER_PAGE))


_ANSWERS: Mapping[str, Callable[[AsyncSession, Mapping[str, Any], str, datetime], Awaitable[Answer]]] = {
    "entries": _entries,
    "holder": _holder,
    "contents": _contents,
    "balance": _balance,
    "gaps": _gaps,
    "late": _late,
    "refused": _refused,
}


def _place_of(after: str) -> audit_places.Key | None:
    if after and not _KEY.fullmatch(after):
        raise InvalidValue("after", "is not the end of a page")
    return key(after or None)


def _keyed(found: audit_places.Keyed) -> Answer:
    return Answer(found.items, f"{found.next[0]}-{found.next[1]}" if found.next else None)


def _number(after: str) -> int:
    if after and not (after.isascii() and after.isdigit() and len(after) < 16):
        raise InvalidValue("after", "is not the end of a page")
    return int(after or 0)


def _one(read: Mapping[str, Any], *names: str) -> tuple[str, str]:
    found = [(name, str(read[name])) for name in names if name in read]
    if len(found) != 1:
        raise InvalidValue(names[0], f"give one of {', '.join(names)}" if len(names) > 1 else "is needed")
    return found[0]
