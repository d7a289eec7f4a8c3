"""Returns and what is taken in by hand, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from api.wire import CardCode, Input, Output, PlaceCode, Reason, Scans
from logistics.rules.lifecycle import CardState
from logistics.rules.returns import Source, WhyReturned


class NewReturn(Input, frozen=True, kw_only=True):
    """A batch from one's own site to the annex, for the run of one day."""

    run_day: date


class ReturnScans(Scans, frozen=True, kw_only=True):
    """Cards that go back for one reason."""

    return_reason: Literal["undelivered", "defect", "misrouted", "collected", "documents", "postal_return"]

    def why(self) -> WhyReturned:
        """The reason as the domain knows it."""
        return WhyReturned(self.return_reason)


class Recall(Input, frozen=True, kw_only=True):
    """Why a released batch stayed, and the day of the run that is to carry it."""

    run_day: date
    reason: Reason


class Collection(Input, frozen=True, kw_only=True):
    """Things of one kind that were handed in or came back by post; each has a control number on its sleeve.

    `destination` is the site at which it is to be handed over; None is one's own site.
    """

    kind: Literal["returned_notice", "mail_return", "express", "collected", "documents"]
    source: Literal["counter", "post", "office"]
    cards: Annotated[list[CardCode], Meta(min_length=1, max_length=500)]
    day: date
    destination: PlaceCode | None = None

    def came_by(self) -> Source:
        """The source as the domain knows it."""
        return Source(self.source)


class Collected(Output, frozen=True, kw_only=True):
    """What was taken in, where it is and where it belongs."""

    kind: str
    cards: int
    place: str
    destination: str


class Unneeded(Output, frozen=True, kw_only=True):
    """Something that is of no use where it lies: why, since when, and by when it has to be on its way.

    A spent manifest (`kind` manifest) is a paper, and has no state; it ends with POST /no-longer-needed/papers.
    """

    code: str
    kind: str
    kind_name: str
    state: CardState | None
    place: str
    slot: str | None
    reason: str
    since: date
    due_on: date
    overdue: bool
