"""Disposal: proposals, the city's decisions, picks, the machine, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import Meta, field

from api.wire import CardCode, Digest, Input, Output, Reason, When, Words
from logistics.rules.codes import CodeType
from logistics.rules.lifecycle import CardState

SlotCode = Annotated[
    str,
    Meta(
        pattern=r"^S[0-9A-Z]{3,11}$",
        max_length=12,
        description="Code of a slot",
        examples=["S002A0016"],
        extra={"code": CodeType.SLOT},
    ),
]


class NewProposal(Input, frozen=True, kw_only=True):
    """Candidates that are put before the city, and why."""

    cards: Annotated[list[CardCode], Meta(min_length=1, max_length=1_000)]
    note: Words


class Decide(Input, frozen=True, kw_only=True):
    """What the city says to a proposal as it was shown (`sha256`), and what it asks for."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("sha256",)

    sha256: Annotated[Digest, Meta(description="`sha256` of the proposal as shown")]
    approved: bool
    reason: Words | None = None
    witness_requested: bool = False
    photos_requested: bool = False
    certificate_due_on: date | None = None


class Withdraw(Input, frozen=True, kw_only=True):
    """Cards that are taken off a proposal; none named means all."""

    cards: Annotated[list[CardCode], Meta(max_length=1_000)] = field(default_factory=list)
    reason: Reason


class PickIn(Input, frozen=True, kw_only=True):
    """Two scans: a card (`code`, as scanned), and the slot of the locked stock that it was put in."""

    # The text is judged pick by pick, so that one bad scan does not refuse the others.
    unread_by_guard: ClassVar[tuple[str, ...]] = ("code",)

    id: Annotated[UUID, Meta(description="Made by the client; the same id again gets the first answer")]
    code: Annotated[str, Meta(max_length=400, examples=["C0XK3WYPMU"])]
    slot: SlotCode
    occurred_at: When


class Picks(Input, frozen=True, kw_only=True):
    """1 to 500 picks, in the order in which they were made."""

    picks: Annotated[list[PickIn], Meta(min_length=1, max_length=500)]


class BeginDestruction(Input, frozen=True, kw_only=True):
    """How what was picked is destroyed, at which machine, and how many were counted out of the locked stock."""

    method: Literal["shred", "dissolve", "incinerate"]
    chip: Literal["punched", "shredded", "dissolved", "burnt", "no_chip"]
    machine: Annotated[Words, Meta(examples=["裁断機 1号"])]
    counted: Annotated[int, Meta(ge=0, le=100_000)]


class Attend(Input, frozen=True, kw_only=True):
    """The witness is here, or leaves."""

    present: bool


class FinishDestruction(Input, frozen=True, kw_only=True):
    """How many are left in the locked stock, counted again, and what the photos are called."""

    remaining: Annotated[int, Meta(ge=0, le=100_000)]
    photos: Annotated[list[Words], Meta(max_length=50)] = field(default_factory=list)


class Proposal(Output, frozen=True, kw_only=True):
    """A proposal: what was decided, and where its cards are now. P7 is under `/proposal.pdf`.

    `sha256` is of what the city is shown (`shown`, JSON as text), and is sent back with the decision.
    `standing`: waiting, refused, withdrawn, approved (something is still to be destroyed), done.
    """

    code: str
    place: str
    policy: str | None
    note: str
    cards: int
    proposed_by: str
    proposed_at: datetime
    standing: Literal["waiting", "refused", "withdrawn", "approved", "done"]
    approval: str | None
    sha256: str | None
    shown: str | None
    approved: bool | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    witness_requested: bool | None
    photos_requested: bool | None
    certificate_due_on: date | None
    certificate_overdue: bool
    certificates: list[str]
    proposed: int
    approved_cards: int
    picked: int
    destroyed: int


class ProposalCard(Output, frozen=True, kw_only=True):
    """A card on a proposal, as it stands."""

    code: str
    kind: str
    kind_name: str
    state: CardState
    slot: str | None
    position: int
    due_on: date
    rule: str


class Begun(Output, frozen=True, kw_only=True):
    """A sitting at the machine has begun."""

    proposal: str
    destruction: int


class Finished(Output, frozen=True, kw_only=True):
    """A sitting has ended: counted = destroyed + remaining. The certificate P8 is under `/certificate.pdf`."""

    proposal: str
    counted: int
    destroyed: int
    remaining: int
    certificate: str | None


class ToDestroy(Output, frozen=True, kw_only=True):
    """Something in the locked stock, since when, and by the end of which working day it must be destroyed."""

    code: str
    kind: str
    kind_name: str
    slot: str
    place: str
    proposal: str
    picked_at: datetime
    due_on: date
    overdue: bool
