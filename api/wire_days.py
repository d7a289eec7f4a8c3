"""What crosses HTTP for a place's day."""

from __future__ import annotations

from datetime import date, datetime

from api.wire import Input, Output, PersonCode, Reason
from logistics.rules.day_records import DayProblemKind
from logistics.work.day_closing import DayState


class CloseSiteDay(Input, frozen=True, kw_only=True):
    """The close of a day. `second` looked through waste and packaging, too: there is no card in them.

    With `reason`, a leader closes the day though something is open.
    """

    second: PersonCode
    reason: Reason | None = None


class DayProblem(Output, frozen=True, kw_only=True):
    """Something that keeps the day open, with the codes it is about and what to do."""

    what: DayProblemKind
    codes: list[str]
    todo: str
    todo_ja: str


class DayLine(Output, frozen=True, kw_only=True):
    """opening + incoming + found - issued - returned - transferred - destroyed - lost - undone = closing, in cards."""

    kind: str
    opening: int
    incoming: int
    found: int
    issued: int
    returned: int
    transferred: int
    destroyed: int
    lost: int
    undone: int
    closing: int


class SiteDayState(Output, frozen=True, kw_only=True):
    """How far a place's day is. `due_at` is when its last session ends; without a session there is nothing to close."""

    place: str
    name: str
    day: date
    state: DayState
    due_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    second: str | None
    reason: str | None


class SiteDay(SiteDayState, frozen=True, kw_only=True):
    """A place's day: what keeps it open, or was left open; and once it is closed, what it adds up to."""

    problems: list[DayProblem]
    lines: list[DayLine]
