"""What crosses HTTP for counts and for cases of missing cards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.wire import (
    MOST_CODES,
    ApprovalCode,
    Input,
    Output,
    PersonCode,
    Reason,
    ScanIn,
    SlotCode,
    When,
    Words,
)
from logistics.rules.counting import CaseState, CountKind, CountState, Finding
from logistics.rules.lifecycle import CardState
from logistics.rules.outcomes import Outcome
from logistics.work.scans import MOST_SCANS


class OpenCount(Input, frozen=True, kw_only=True):
    """What is to be counted of a vault, and who else is named for it.

    `witness` is needed but for cyclic and spot counts; `slots` are for those alone. A site names the city employee
    who directs it.
    """

    kind: CountKind
    slots: Annotated[list[SlotCode], Meta(max_length=MOST_CODES)] | None = None
    witness: PersonCode | None = None
    supervisor: PersonCode | None = None


class CountScans(Input, frozen=True, kw_only=True):
    """1 to 500 cards as they lie in one slot; without a slot, what lies aside."""

    slot: SlotCode | None = None
    scans: Annotated[list[ScanIn], Meta(min_length=1, max_length=MOST_SCANS)]


class TallyIn(Input, frozen=True, kw_only=True):
    """How many sleeves lie in a slot. `id` is made by the client and makes a repeat harmless."""

    id: Annotated[UUID, Meta(description="Made by the client; the same id again gets the first answer")]
    slot: SlotCode
    cards: Annotated[int, Meta(ge=0, le=100_000)]
    occurred_at: When


class Tallies(Input, frozen=True, kw_only=True):
    """Numbers for 1 to 500 slots, in the order in which they were counted."""

    tallies: Annotated[list[TallyIn], Meta(min_length=1, max_length=MOST_SCANS)]


class TallyOut(Output, frozen=True, kw_only=True):
    """What became of a number; whether it agrees is not said."""

    id: UUID
    slot: str
    outcome: Outcome
    message_ja: str
    repeated: bool = False


class TalliesOut(Output, frozen=True, kw_only=True):
    """An outcome for each number, in the order in which they were sent."""

    outcomes: list[TallyOut]


class ConcludeCount(Input, frozen=True, kw_only=True):
    """A word on what the count found."""

    reason: Reason | None = None


class Count(Output, frozen=True, kw_only=True):
    """A count and how far it is. The numbers are there once it is concluded; until then it is blind.

    `recount_slots` are those that another person has to count again, `recount_aside` that what lies aside is.
    """

    code: str
    kind: CountKind
    place: str
    vault: str
    day: date
    state: CountState
    slots: list[str]
    aside: bool
    opened_at: datetime
    opened_by: str
    witness: str | None
    supervisor: str | None
    sheet: str
    counters: list[str] | None
    recount_slots: list[str] | None
    recount_aside: bool | None
    finished_at: datetime | None
    recounted_by: str | None
    reason: str | None
    matched: int | None
    explained: int | None
    missing: int | None
    misplaced: int | None
    unexpected: int | None
    report: str | None
    ended_at: datetime | None
    ended_by: str | None


class CountFinding(Output, frozen=True, kw_only=True):
    """A card that did not simply match. `hint` is the slot in which it probably lies."""

    card: str
    finding: Finding
    expected_in: str | None
    found_in: str | None
    hint: str | None
    note: str


class DueCard(Output, frozen=True, kw_only=True):
    """A card at rest that nobody has seen for longer than it may be."""

    code: str
    kind: str
    state: CardState
    slot: str | None
    sighted_at: datetime | None


class ReportMissing(Input, frozen=True, kw_only=True):
    """What happened when somebody reached for the card."""

    reason: Reason


class MarkSearch(Input, frozen=True, kw_only=True):
    """A line of the search that was done, and what came of it; without `item`, a word on the search."""

    item: Annotated[str, Meta(pattern=r"^[a-z_]{2,40}$", examples=["waste"])] | None = None
    note: Words


class EndLost(Input, frozen=True, kw_only=True):
    """Why the card is given up, and the approval of the city employee who was shown just that."""

    reason: Reason
    approval: ApprovalCode | None = None


class Case(Output, frozen=True, kw_only=True):
    """An inquiry into a missing card. `cause` is how it was noticed: count, receipt, box or report."""

    code: str
    card: str
    kind: str
    card_state: CardState
    state: CaseState
    place: str
    cause: str
    subject: str | None
    last_slot: str | None
    opened_at: datetime
    sighted_at: datetime | None
    marks: int
    how: str | None
    reason: str | None
    ended_at: datetime | None
    ended_by: str | None
    decided_by: str | None


class Sighting(Output, frozen=True, kw_only=True):
    """Who had the card before their eyes, when and where, by which entry of the log."""

    entry: int
    leaf_index: int | None
    act: str
    actor: str
    actor_name: str
    device: str | None
    supervisor: str | None
    site: str
    site_name: str
    slot: str | None
    occurred_at: datetime
    recorded_at: datetime


class SlotCounted(Output, frozen=True, kw_only=True):
    """The number of the card's slot was counted, and was right: the card was still there."""

    count: str
    slot: str
    cards: int
    counter: str
    counter_name: str
    occurred_at: datetime


class Since(Output, frozen=True, kw_only=True):
    """Something the log says of the card after that. `outcome` is that of a scan that was refused."""

    entry: int
    act: str
    actor: str
    actor_name: str
    site: str
    occurred_at: datetime
    state: str | None
    outcome: Outcome | None


class AtWork(Output, frozen=True, kw_only=True):
    """Somebody who acted at the place between the last sighting and the case."""

    person: str
    name: str
    role: str
    acts: int
    first_at: datetime
    last_at: datetime


class Neighbour(Output, frozen=True, kw_only=True):
    """A card that left the same slot meanwhile: what is gone may have gone with it."""

    card: str
    state: CardState
    slot: str | None
    entry: int
    act: str
    actor: str
    occurred_at: datetime


class SearchMark(Output, frozen=True, kw_only=True):
    """What somebody wrote about a line of the search."""

    note: str
    marked_by: str
    marked_at: datetime


class SearchLine(Output, frozen=True, kw_only=True):
    """A line of the search checklist."""

    code: str
    ja: str
    en: str
    marks: list[SearchMark]


class CaseFile(Output, frozen=True, kw_only=True):
    """A case with all that helps to find the card; lists are cut at 200."""

    case: Case
    last_sighting: Sighting | None
    last_counted: SlotCounted | None
    since: list[Since]
    people: list[AtWork]
    neighbours: list[Neighbour]
    checklist: list[SearchLine]
