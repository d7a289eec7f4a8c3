"""What crosses HTTP about the vault: placements, keys, openings, rearranging, the map, alarms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from api.wire import Input, Output, PersonCode, PlaceCode, Reason, Scans, SlotCode, When
from logistics.rules.vaulting import AlarmKind
from logistics.work.scans import MOST_SCANS

MOST_MINUTES = 60 * 24 * 366


class PlacementIn(Input, frozen=True, kw_only=True):
    """A card and the slot it was put in: two scans. `card` is the text as scanned."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("card",)

    id: Annotated[UUID, Meta(description="Made by the client; the same id again gets the first answer")]
    card: Annotated[str, Meta(max_length=400, examples=["C0XK3WYPMU"])]
    slot: SlotCode
    occurred_at: When


class Placements(Input, frozen=True, kw_only=True):
    """1 to 500 cards, each with its slot; a site names the city employee who directs it."""

    placements: Annotated[list[PlacementIn], Meta(min_length=1, max_length=MOST_SCANS)]
    supervisor: PersonCode | None = None


class CarryScans(Scans, frozen=True, kw_only=True):
    """Cards that two people carried from another vault of the same site."""

    second: PersonCode


class GiveKey(Input, frozen=True, kw_only=True):
    """Who gets a key, or the right to the lock."""

    holder: PersonCode


class OpenVault(Input, frozen=True, kw_only=True):
    """Why a vault is opened, where no act of the log will tell."""

    reason: Reason | None = None


class EnterRoom(Input, frozen=True, kw_only=True):
    """Who enters or leaves, if not who acts, and why."""

    person: PersonCode | None = None
    reason: Reason | None = None


class LeaveRoom(Input, frozen=True, kw_only=True):
    """Who leaves, if not who acts."""

    person: PersonCode | None = None


class StartRearranging(Input, frozen=True, kw_only=True):
    """Why a vault is put in another order."""

    reason: Reason


class SlotCounted(Input, frozen=True, kw_only=True):
    """Cards counted in a slot by hand."""

    slot: SlotCode
    cards: Annotated[int, Meta(ge=0, le=100_000)]


class EndRearranging(Input, frozen=True, kw_only=True):
    """A count of every slot that was touched; `differing` is a leader's reason to end with counts that differ."""

    counts: Annotated[list[SlotCounted], Meta(max_length=2_000)]
    differing: Reason | None = None


class CountSlot(Input, frozen=True, kw_only=True):
    """Cards counted in this slot by hand."""

    cards: Annotated[int, Meta(ge=0, le=100_000)]


class Days(Input, frozen=True, kw_only=True):
    """From the first day to the last, both included."""

    first: Annotated[date, Meta(examples=["2026-04-01"])]
    last: Annotated[date, Meta(examples=["2026-04-01"])]


class SetLimit(Input, frozen=True, kw_only=True):
    """How long something may last before it is an alarm; without a place, everywhere."""

    kind: AlarmKind
    minutes: Annotated[int, Meta(ge=0, le=MOST_MINUTES)]
    reason: Reason
    place: PlaceCode | None = None


class Key(Output, frozen=True, kw_only=True):
    """A key in a person's hands."""

    vault: str
    holder: str
    holder_name: str
    given_at: datetime
    given_by: str


class VaultOpened(Output, frozen=True, kw_only=True):
    """A recorded opening; `holds_key`: whether the person has its key, None where none was given out."""

    vault: str
    holds_key: bool | None


class MapSlot(Output, frozen=True, kw_only=True):
    """A slot on the map. Days in Japan: since the least recently seen card was seen, since the oldest notice."""

    code: str
    shelf: str
    position: int
    capacity: int
    occupied: int
    kinds: list[str]
    to_destroy: int
    oldest_sighted_at: datetime | None
    oldest_notice_on: date | None
    unseen_days: int | None
    notice_days: int | None


class UnderWay(Output, frozen=True, kw_only=True):
    """A rearrangement that has not ended, and the slots it has touched so far."""

    started_at: datetime
    started_by: str
    reason: str
    slots: list[str]


class VaultMap(Output, frozen=True, kw_only=True):
    """A vault with all its slots in walking order, who has it open, and what is being rearranged."""

    code: str
    place: str
    name: str
    lock_type: str
    opened_at: datetime | None
    opened_by: str | None
    capacity: int
    occupied: int
    keys: list[Key]
    rearranging: UnderWay | None
    slots: list[MapSlot]


class RearrangingEnded(Output, frozen=True, kw_only=True):
    """How many slots were counted."""

    vault: str
    slots: int


class SlotAgrees(Output, frozen=True, kw_only=True):
    """Whether a count is what is recorded; the recorded number is not told."""

    slot: str
    agrees: bool


class Access(Output, frozen=True, kw_only=True):
    """An opening of a vault or, where `vault` is null, a stay in the room; `explained_by` is an act of the log."""

    id: int
    place: str
    vault: str | None
    opened_at: datetime
    opened_by: str
    opened_by_name: str
    reason: str | None
    source: str
    holds_key: bool | None
    closed_at: datetime | None
    closed_by: str | None
    explained_by: str | None
    unexplained: bool


class Accesses(Output, frozen=True, kw_only=True):
    """Openings and stays; `next`, given as `after`, continues behind the last."""

    items: list[Access]
    next: int | None


class AccessesImported(Output, frozen=True, kw_only=True):
    """How many lines of a list were recorded."""

    lines: int


class PaperNumber(Output, frozen=True, kw_only=True):
    """A paper that was frozen; print it under `/documents/{number}/paper.pdf`."""

    number: str


class Alarm(Output, frozen=True, kw_only=True):
    """Something that lasts longer than its limit: since when, where, which cards (at most 100 are named)."""

    kind: AlarmKind
    message_ja: str
    place: str
    since: datetime
    minutes: int
    limit_minutes: int
    holder: str | None
    vault: str | None
    slot: str | None
    count: int
    cards: list[str]


class AlarmLimit(Output, frozen=True, kw_only=True):
    """A limit in force; `valid_from` is null for what holds until somebody sets another."""

    kind: AlarmKind
    place: str | None
    minutes: int
    valid_from: datetime | None
    set_by: str | None
    reason: str | None
