"""Supplies and loans, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from api.wire import Input, Output, PersonCode, PlaceCode, Reason
from logistics.rules.supplying import MOST_PIECES, Move

Item = Annotated[
    str, Meta(pattern=r"^[a-z_]{1,40}$", description="Code of an item of the register", examples=["seal"])
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
    """What was lost or broken, and how."""

    lines: Lines
    day: date
    reason: Reason


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
    recorded_by: str
    recorded_at: datetime
