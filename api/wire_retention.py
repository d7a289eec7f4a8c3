"""Keeping: policies, clocks, holds, candidates and reminders, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from api.wire import MOST_CODES, CardCode, Input, Output, PersonCode, Reason, Words
from logistics.rules.lifecycle import CardState
from logistics.rules.retention import LONGEST

LINE = r"^[^\u0000-\u001f\u007f]*$"
Cards = Annotated[list[CardCode], Meta(min_length=1, max_length=MOST_CODES)]
Kind = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}$", examples=["standard"])]
RuleText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST,
        pattern=LINE,
        description="ANY, ALL or LATER-OF over `clock + n days|months|months to month end|fiscal years`,"
        " `clock passed`, `clock set`, or `never`",
        examples=["LATER-OF(first_notice_on + 12 months, reminded_on + 3 months)"],
    ),
]


class KindRule(Input, frozen=True, kw_only=True):
    """What holds for one kind: a preset by its name, or a rule."""

    kind: Kind
    preset: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{1,20}$", examples=["LATER-OF"])] | None = None
    rule: RuleText | None = None


class NewPolicy(Input, frozen=True, kw_only=True):
    """A version of the retention policy, as the city decided it. A kind that it does not name stays suspended."""

    effective_from: date
    approver: PersonCode
    reference: Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE, examples=["R8-市民-123"])]
    note: Words
    rules: Annotated[list[KindRule], Meta(max_length=40)]
    remind_after: RuleText | None = None


class Reminder(Input, frozen=True, kw_only=True):
    """Cards whose holders were reminded on a day, and by when they are asked to come."""

    cards: Cards
    day: date
    deadline: date | None = None


class ClockDay(Input, frozen=True, kw_only=True):
    """The day from which a clock of these cards counts."""

    clock: Literal[
        "applied_on", "notice_deadline", "reminder_deadline", "mail_returned_on", "expires_on", "blocked_on"
    ]
    cards: Cards
    day: date
    reason: Reason


class NewHold(Input, frozen=True, kw_only=True):
    """廃棄留保: why, at whose request (never who that is), and until when."""

    card: CardCode
    reason: Reason
    requester: Literal["holder", "proxy", "city", "authority"]
    until: date


class PolicyRule(Output, frozen=True, kw_only=True):
    """What a policy says of one kind."""

    kind: str
    preset: str | None
    rule: str


class Policy(Output, frozen=True, kw_only=True):
    """A version of the retention policy."""

    id: int
    effective_from: date
    approver: str
    reference: str
    note: str
    remind_after: str
    recorded_by: str
    recorded_at: datetime
    rules: list[PolicyRule]


class Policies(Output, frozen=True, kw_only=True):
    """Versions of the policy, the last recorded first; `next`, given as `before`, continues."""

    items: list[Policy]
    next: int | None


class Preset(Output, frozen=True, kw_only=True):
    """A rule that has a name."""

    name: str
    rule: str


class Hold(Output, frozen=True, kw_only=True):
    """A hold from disposal, and its end if it has one."""

    code: str
    card: str
    reason: str
    requester: str
    until: date
    placed_by: str
    placed_at: datetime
    release_reason: str | None
    released_by: str | None
    released_at: datetime | None


class Candidate(Output, frozen=True, kw_only=True):
    """A card that the policy lets go, since when and by which rule; `obstacle` is what still stands in its way.

    on_hold, proposed, not_at_annex, not_stored; None: it can be proposed as it is.
    """

    code: str
    kind: str
    kind_name: str
    state: CardState
    place: str
    slot: str | None
    due_on: date
    preset: str | None
    rule: str
    policy: str | None
    held_until: date | None
    obstacle: str | None


class ToRemind(Output, frozen=True, kw_only=True):
    """A card whose holder is to be reminded, and since when."""

    code: str
    kind: str
    kind_name: str
    state: CardState
    place: str
    first_notice_on: date
    notice_returned_on: date | None
    remind_from: date


class CardRetention(Output, frozen=True, kw_only=True):
    """What counts for one card: its clocks, the rule, and the day from which it may be proposed, if there is one."""

    code: str
    kind: str
    state: CardState
    place: str
    clocks: dict[str, date]
    preset: str | None
    rule: str
    policy: str | None
    due_on: date | None
    held_until: date | None
    obstacle: str | None
