"""Answers to an auditor's questions. `next`, given as `after`, continues; only its absence marks the end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.wire import Entry, Output
from logistics.rules.lifecycle import CardState
from logistics.rules.outcomes import Outcome


class FoundEntries(Output, frozen=True, kw_only=True):
    """Entries that every filter lets pass, in log order. A page may be short, even empty, and have a next one."""

    items: list[Entry]
    next: int | None


class Holder(Output, frozen=True, kw_only=True):
    """Who held a card at a moment, where and in which state; `entry` is the last that moved it until then.

    `custodian` answers for it; `holder` is the person who had it in hand, where it was taken out.

    By when things occurred: `recorded_at` says when that became known. State `new`: the card was not known yet.
    """

    card: str
    at: datetime
    state: CardState
    place: str | None
    custodian: str | None
    batch: str | None
    slot: str | None
    holder: str | None
    entry: int | None
    occurred_at: datetime | None
    recorded_at: datetime | None


class Balance(Output, frozen=True, kw_only=True):
    """A day in cards: opening + incoming + found - every way out = closing. `balanced` says that it adds up.

    `returned` left a site or a container with another one, `sent` left the annex, `undone` was there by mistake;
    `lost` counts what is missing, too. `stored` is what the present state says, where the day is today.
    """

    of: Literal["place", "batch"]
    code: str
    day: date
    opening: int
    incoming: int
    found: int
    issued: int
    returned: int
    sent: int
    transferred: int
    destroyed: int
    lost: int
    undone: int
    closing: int
    stored: int | None
    balanced: bool


class Lying(Output, frozen=True, kw_only=True):
    """A card that lay there, since when, and the entry that brought it."""

    card: str
    kind: str
    state: CardState
    slot: str | None
    placed_at: datetime
    entry: int


class Contents(Output, frozen=True, kw_only=True):
    """Cards that lay somewhere at a moment, last come first. A page may be short and have a next one."""

    items: list[Lying]
    next: str | None


class Gap(Output, frozen=True, kw_only=True):
    """A container between release and acceptance. `accepted_at` None: nobody has accepted it until now."""

    entry: int
    batch: str
    step: str
    run: str | None
    manifest: str | None
    destination: str
    released_by: str
    released_at: datetime
    accepted_entry: int | None
    accepted_as: str | None
    accepted_by: str | None
    accepted_at: datetime | None
    minutes: int


class Gaps(Output, frozen=True, kw_only=True):
    """Changes of hands that took long, in log order of the release. A page may be short and have a next one."""

    items: list[Gap]
    next: str | None


class RefusedScan(Output, frozen=True, kw_only=True):
    """A scan that did not do what it was meant to. `code` None: the text was not one of our codes."""

    entry: int
    scan: UUID
    site: str
    actor: str
    device: str | None
    purpose: str
    subject: str | None
    code: str | None
    outcome: Outcome
    belongs_to: str | None
    occurred_at: datetime
    recorded_at: datetime


class RefusedScans(Output, frozen=True, kw_only=True):
    """Refused scans in log order. A page may be short and have a next one."""

    items: list[RefusedScan]
    next: str | None


# What a line of a CSV view holds, by the answer it is made from.
ITEMS: dict[type[msgspec.Struct], type[msgspec.Struct]] = {
    FoundEntries: Entry,
    Holder: Holder,
    Balance: Balance,
    Contents: Lying,
    Gaps: Gap,
    RefusedScans: RefusedScan,
}
