"""The end of the contract and spent papers, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from api.wire import Digest, Input, Output, PersonCode, Scans, Words
from logistics.rules.lifecycle import CardState
from logistics.rules.succeeding import Receiver

ManifestCode = Annotated[
    str,
    Meta(
        pattern=r"^M[0-9A-Z]{3,11}$",
        max_length=12,
        description="Number of a manifest",
        examples=["M08000001V"],
    ),
]


class OpenSuccession(Input, frozen=True, kw_only=True):
    """To whom everything that is left goes, as which city employee directed, under which number of the city."""

    receiver: Literal["contractor", "city"]
    successor: Annotated[Words, Meta(examples=["次期受託者株式会社"])]
    reference: Annotated[Words, Meta(examples=["R8-市民-200"])]
    directed_by: PersonCode


class Acknowledge(Input, frozen=True, kw_only=True):
    """Who signs for a side that P18 is right as its record stands (`sha256`)."""

    unread_by_guard: ClassVar[tuple[str, ...]] = ("sha256",)

    side: Literal["giver", "taker"]
    named: Annotated[Words, Meta(description="Who signs the paper; a member of staff of that side")]
    sha256: Annotated[Digest, Meta(description="`sha256` of the succession")]


class SuccessionPlace(Output, frozen=True, kw_only=True):
    """A place: what lay there when the succession was opened, and what has become of it."""

    place: str
    name: str
    opening: int
    transferred: int
    destroyed: int
    issued: int
    missing: int
    left: int


class Succession(Output, frozen=True, kw_only=True):
    """A succession, how far it is, and its paper P18 once nothing is left; `acknowledged` are the sides that signed."""

    code: str
    receiver: Receiver
    successor: str
    reference: str
    directed_by: str
    cards: int
    opened_by: str
    opened_at: datetime
    document: str | None
    reason: str | None
    ended_at: datetime | None
    sha256: str | None
    acknowledged: list[str]
    places: list[SuccessionPlace]


class SuccessionCard(Output, frozen=True, kw_only=True):
    """Something that was in stock when the succession was opened: where it lay, and what became of it."""

    code: str
    kind: str
    place: str
    slot: str | None
    state: CardState


class HandOnScans(Scans, frozen=True, kw_only=True):
    """Sleeves that are handed on; a site names the city employee who directs it."""

    supervisor: PersonCode | None = None


class SpentPapers(Input, frozen=True, kw_only=True):
    """Manifests that are of no use any more, and what became of the papers."""

    manifests: Annotated[list[ManifestCode], Meta(min_length=1, max_length=500)]
    how: Literal["returned", "destroyed"]
    day: date


class PapersSpent(Output, frozen=True, kw_only=True):
    """How many papers were dealt with."""

    manifests: int
