"""What crosses HTTP about the counter: taking out, issuing, the city, pick lists, notices, temporary custody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from api.wire import (
    MOST_CODES,
    CardCode,
    Input,
    Output,
    PersonCode,
    PickListCode,
    Reason,
    ScanOut,
    Scans,
    When,
)
from logistics.rules.calendar import Service
from logistics.rules.lifecycle import CardState
from logistics.rules.vaulting import MOST_IN_HAND, HandOverReason, TakeOutPurpose, WithoutNotice
from logistics.work.scans import MOST_SCANS

TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:30"])]
NoticeNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z]{3}-?[0-9]{6}$",
        description="Number on the pickup notice; never stored or logged, only its keyed hash",
        examples=["A1B-000123"],
    ),
]


class TakeOutScans(Scans, frozen=True, kw_only=True):
    """Cards taken out of their slots, and what for (appendix 1 article 4); with a pick list, only what is on it."""

    purpose: TakeOutPurpose
    pick_list: PickListCode | None = None


class IssueIn(Input, frozen=True, kw_only=True):
    """A sleeve scanned at the counter, with its notice, or why that is not there."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("code",)

    id: Annotated[UUID, Meta(description="Made by the client; the same id again gets the first answer")]
    code: Annotated[str, Meta(max_length=400, examples=["C0XK3WYPMU"])]
    occurred_at: When
    notice_number: NoticeNumber | None = None
    without_notice: WithoutNotice | None = None


class IssueScans(Input, frozen=True, kw_only=True):
    """Cards handed over at the counter."""

    scans: Annotated[list[IssueIn], Meta(min_length=1, max_length=MOST_SCANS)]


class UndoIssue(Input, frozen=True, kw_only=True):
    """Why an issue is undone."""

    reason: Reason


class AllowHand(Input, frozen=True, kw_only=True):
    """How many cards a clerk may have in hand, until when, and why."""

    cards: Annotated[int, Meta(ge=1, le=MOST_IN_HAND)]
    until: When
    reason: Reason


class CityScans(Scans, frozen=True, kw_only=True):
    """Cards that go with their papers to a city employee of the site."""

    to: PersonCode
    reason: HandOverReason


class NewPickList(Input, frozen=True, kw_only=True):
    """The day and the session of the actor's site."""

    day: Annotated[date, Meta(examples=["2026-04-01"])]
    service: Service


class PickIn(Input, frozen=True, kw_only=True):
    """A card that is booked."""

    card: CardCode
    booked_for: TimeOfDay | None = None


class AddPicks(Input, frozen=True, kw_only=True):
    """Cards to put on a pick list."""

    picks: Annotated[list[PickIn], Meta(min_length=1, max_length=MOST_CODES)]


class NoticeIn(Input, frozen=True, kw_only=True):
    """A card and the number on its notice."""

    card: CardCode
    notice_number: NoticeNumber


class RegisterNotices(Input, frozen=True, kw_only=True):
    """Notices of cards; only keyed hashes are kept."""

    notices: Annotated[list[NoticeIn], Meta(min_length=1, max_length=MOST_CODES)]


class Deposit(Input, frozen=True, kw_only=True):
    """Cards taken into temporary custody under a city employee's direction; each on a sleeve with a new number."""

    cards: Annotated[list[CardCode], Meta(min_length=1, max_length=20)]
    supervisor: PersonCode
    reason: Reason


class HandedToCity(Output, frozen=True, kw_only=True):
    """An outcome for each scan; `slip` is the paper (P2 in the site) of what changed hands now, if anything did."""

    outcomes: list[ScanOut]
    slip: str | None


class CityHandOver(Output, frozen=True, kw_only=True):
    """Cards handed to a city employee, and which of them have not come back; minutes since then."""

    number: str
    place: str
    handed_by: str
    handed_by_name: str
    handed_to: str
    handed_to_name: str
    reason: HandOverReason
    handed_at: datetime
    minutes: int
    cards: list[str]
    still_with_city: list[str]


class InHand(Output, frozen=True, kw_only=True):
    """A card in somebody's hand: since when, and what it was taken out for."""

    card: str
    kind: str
    place: str
    state: CardState
    holder: str
    holder_name: str
    since: datetime
    minutes: int
    purpose: str | None


class PickListMade(Output, frozen=True, kw_only=True):
    """The pick list of a session: there is one."""

    code: str


class PicksAdded(Output, frozen=True, kw_only=True):
    """How many cards were put on a pick list."""

    pick_list: str
    cards: int


class PickListState(Output, frozen=True, kw_only=True):
    """A pick list and how far it has come; `elsewhere` are cards that are not where they are needed."""

    code: str
    place: str
    day: date
    service: str
    made_at: datetime
    made_by: str
    cards: int
    in_vault: int
    in_hand: int
    issued: int
    elsewhere: int


class PickLine(Output, frozen=True, kw_only=True):
    """A card on a pick list and where it is now."""

    card: str
    kind: str
    kind_name: str
    state: CardState
    place: str
    slot: str | None
    vault: str | None
    vault_name: str | None
    holder: str | None
    booked_for: str | None


class PickList(Output, frozen=True, kw_only=True):
    """A pick list in walking order."""

    code: str
    place: str
    day: date
    service: str
    made_at: datetime
    made_by: str
    lines: list[PickLine]


class NoticesRegistered(Output, frozen=True, kw_only=True):
    """How many notices can be held against their sleeves now."""

    cards: int


class Deposited(Output, frozen=True, kw_only=True):
    """What was taken into custody; `receipt` is the paper to print and hand over."""

    receipt: str
    cards: list[str]
