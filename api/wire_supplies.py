"""Supplies and loans, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from api.wire import Input, Output, PersonCode, PlaceCode, Reason, Words
from logistics.rules.codes import CodeType
from logistics.rules.supplying import MOST_PIECES, Move

Item = Annotated[
    str, Meta(pattern=r"^[a-z_]{1,40}$", description="Code of an item of the register", examples=["seal"])
]

IncidentCode = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][0-9A-Z]{3,11}$",
        max_length=12,
        description="Number of an incident",
        extra={"code": CodeType.INCIDENT},
    ),
]


class SupplyLineIn(Input, frozen=True, kw_only=True):
    """So many pieces of an item."""

    item: Item
    pieces: Annotated[int, Meta(ge=1, le=MOST_PIECES)]


Lines = Annotated[list[SupplyLineIn], Meta(min_length=1, max_length=50)]


class ReceiveSupplies(Input, frozen=True, kw_only=True):
    """What a city employee handed over, and on which day."""

    lines: Lines
    day: date
    city: PersonCode


class UseSupplies(Input, frozen=True, kw_only=True):
    """What was used up on a day."""

    lines: Lines
    day: date
    reason: Reason | None = None


class LoseSupplies(Input, frozen=True, kw_only=True):
    """What was lost or broken, and how; the open incident to which it belongs, or that it opens one."""

    lines: Lines
    day: date
    reason: Reason
    incident: IncidentCode | None = None
    opens_incident: bool = False


class SuppliesLost(Output, frozen=True, kw_only=True):
    """The incident that the loss is, or belongs to."""

    incident: str | None


class NewSupplyItem(Input, frozen=True, kw_only=True):
    """A kind of thing that the city supplies, or lends: what is lent goes back."""

    code: Item
    name: Annotated[Words, Meta(examples=["スリーブ"])]
    unit: Annotated[str, Meta(min_length=1, max_length=10, pattern=r"^[^\u0000]*$", examples=["枚"])]
    lent: bool


class ReturnSupplies(Input, frozen=True, kw_only=True):
    """What went back to a city employee."""

    lines: Lines
    day: date
    city: PersonCode


class MoveSupplies(Input, frozen=True, kw_only=True):
    """What was handed on to another place."""

    lines: Lines
    day: date
    to: PlaceCode
    reason: Reason | None = None


class MakeStatement(Input, frozen=True, kw_only=True):
    """The days of a statement of use; `everywhere`: of all places, for those who see all of them."""

    first: date
    last: date
    everywhere: bool = False


class SupplyPaper(Output, frozen=True, kw_only=True):
    """The number of a paper P15."""

    number: str


class SupplyItem(Output, frozen=True, kw_only=True):
    """Something that is counted by the piece; `lent` goes back."""

    code: str
    name: str
    unit: str
    lent: bool


class SupplyBalance(Output, frozen=True, kw_only=True):
    """What a place has of an item."""

    place: str
    place_name: str
    item: str
    name: str
    unit: str
    lent: bool
    balance: int


class SupplyMove(Output, frozen=True, kw_only=True):
    """Pieces that came or went; `id` of the last one, given as `before`, continues the list."""

    id: int
    item: str
    name: str
    unit: str
    place: str
    place_name: str
    move: Move
    pieces: int
    day: date
    city: str | None
    other_place: str | None
    reason: str | None
    document: str | None
    incident: str | None
    recorded_by: str
    recorded_at: datetime
