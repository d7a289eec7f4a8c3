"""What crosses HTTP, as msgspec structs. Bodies refuse unknown fields; codes say their form and an example.

Field names are the words of the domain. Times are ISO 8601 with an offset; days are calendar days in Japan.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta

from logistics.rules.codes import CodeType, fault, require
from logistics.rules.errors import MalformedCode
from logistics.rules.lifecycle import BatchState, CardState
from logistics.rules.outcomes import Outcome
from logistics.work.scans import MOST_SCANS

MOST_CODES = 2_000

T = TypeVar("T")


def _code(prefix: str, example: str, what: str) -> Meta:
    return Meta(
        pattern=rf"^{prefix}[0-9A-Z]{{3,11}}$",
        max_length=12,
        description=what,
        examples=[example],
        extra={"code": CodeType(prefix)},
    )


CardCode = Annotated[str, _code("C", "C0XK3WYPMU", "Control number of a card")]
BatchCode = Annotated[str, _code("B", "B7Q2M4ZK97", "Control number of a batch")]
PlaceCode = Annotated[str, _code("L", "L01F", "Code of a place")]
PersonCode = Annotated[str, _code("P", "P0001027", "Code of a member of staff")]
VaultCode = Annotated[str, _code("V", "V011G", "Code of a vault")]
CourierCode = Annotated[str, _code("K", "K01N", "Code of a courier")]
ApprovalCode = Annotated[str, _code("H", "H7Q2M4ZK90", "Code of an approval that a second person gave")]
PickListCode = Annotated[str, _code("Y", "Y08000001T", "Code of a pick list")]
CountCode = Annotated[str, _code("Q", "Q080000010", "Code of a count")]
SlotCode = Annotated[str, _code("S", "S011A001B", "Code of a slot")]
SealNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Z][0-9A-Z-]{3,19}$", description="Number printed on the seal", examples=["KS-004217"]
    ),
]
# PostgreSQL keeps no NUL, and a line of a paper has no use for control characters.
_LINE = r"^[^\u0000-\u001f\u007f]*$"
Words = Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE)]
Reason = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=500,
        pattern=r"^[^\u0000]*$",
        examples=["Counted wrongly, one card forgotten"],
    ),
]
# A digest of one in four hundred holds twelve digits that could be a My Number by chance: a struct that takes one in
# says so by `unread_by_guard`, for its form says what it is.
Digest = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal", examples=["0" * 64])
]
QueueName = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Z]{10}$",
        description="The client's name for its own row of numbers",
        examples=["7Q2M4ZK9SA"],
    ),
]
Sequence = Annotated[
    int, Meta(ge=1, le=2**53, description="Number of the scan in that row, without gaps", examples=[17])
]
When = Annotated[datetime, Meta(tz=True, examples=["2026-04-01T09:12:30+09:00"])]


class Input(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A request's body; what it does not name is refused, and so is a code whose check character is wrong."""

    def __post_init__(self) -> None:
        for name, kind in _code_fields(type(self)):
            value = getattr(self, name)
            if isinstance(value, str):
                require(value, kind, name)
            else:
                for n, code in enumerate(value or ()):
                    require(code, kind, f"{name}[{n}]")


@cache
def _code_fields(struct: type[Input]) -> tuple[tuple[str, CodeType], ...]:
    """The fields of a body that hold a code or a list of codes, each with the type of code."""
    hints = get_type_hints(struct, include_extras=True)
    found = ((name, _code_type(hints[name])) for name in struct.__struct_fields__)
    return tuple((name, kind) for name, kind in found if kind)


def _code_type(hint: Any) -> CodeType | None:
    for note in getattr(hint, "__metadata__", ()):
        if isinstance(note, Meta) and note.extra and "code" in note.extra:
            return CodeType(note.extra["code"])
    return next((kind for inner in get_args(hint) if (kind := _code_type(inner))), None)


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""


# Requests


def _require_foreign(seal: str | None) -> None:
    """A barcode of ours that was scanned in place of the seal is no seal number."""
    if seal is not None and fault(seal) is None:
        what = CodeType(seal[0]).name.lower().replace("_", " ")
        raise MalformedCode("seal_number", "seal", f"it is the code of a {what}")


class ScanIn(Input, frozen=True, kw_only=True):
    """One scan. `id` is made by the client and makes a repeat harmless; `code` is the text as scanned."""

    # The text is judged scan by scan, so that one bad scan does not refuse the other 499.
    unread_by_guard: ClassVar[tuple[str, ...]] = ("code",)

    id: Annotated[UUID, Meta(description="Made by the client; the same id again gets the first answer")]
    code: Annotated[str, Meta(max_length=400, examples=["C0XK3WYPMU"])]
    occurred_at: When
    damaged: bool = False
    seal_number: SealNumber | None = None
    seal_intact: bool = True
    queue: QueueName | None = None
    sequence: Sequence | None = None
    typed: Annotated[bool, Meta(description="Keys came as slowly as a person's: no scanner typed them")] = (
        False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_foreign(self.seal_number)


class Scans(Input, frozen=True, kw_only=True):
    """1 to 500 scans, in the order in which they were made."""

    scans: Annotated[list[ScanIn], Meta(min_length=1, max_length=MOST_SCANS)]


class ReceivingScans(Scans, frozen=True, kw_only=True):
    """Scans made while receiving, under the direction of a city employee (contract 8(4)ア(エ))."""

    supervisor: PersonCode


class PutAwayScans(Scans, frozen=True, kw_only=True):
    """Scans into a slot; a site names the city employee who directs it."""

    supervisor: PersonCode | None = None


class Undo(Input, frozen=True, kw_only=True):
    """A scan to take back; a site names the city employee who directs it."""

    scan: Annotated[UUID, Meta(description="The id of the scan")]
    supervisor: PersonCode | None = None


class CloseBox(Input, frozen=True, kw_only=True):
    """The end of an unpack session: who else saw the empty box, and what is missing."""

    emptied_by: PersonCode
    missing: Annotated[list[CardCode], Meta(max_length=MOST_CODES)] = []


class Mark(Input, frozen=True, kw_only=True):
    """Cards to which something was done on a day."""

    cards: Annotated[list[CardCode], Meta(min_length=1, max_length=MOST_CODES)]
    day: date


class NewBatch(Input, frozen=True, kw_only=True):
    """A batch for one site and the run of one day."""

    destination: PlaceCode
    run_day: date


class SealBatch(Input, frozen=True, kw_only=True):
    """A seal, and the cards counted by hand before it was put on."""

    seal_number: SealNumber
    counted: Annotated[int, Meta(ge=0, le=100_000)]

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_foreign(self.seal_number)


class WithReason(Input, frozen=True, kw_only=True):
    """Why."""

    reason: Reason


class Unseal(WithReason, frozen=True, kw_only=True):
    """Why, and the approval of the second person who was shown just that."""

    approval: ApprovalCode | None = None


class PlanRun(Input, frozen=True, kw_only=True):
    """Who carries the run of a day."""

    run_day: date
    courier: CourierCode
    crew: Annotated[list[Words], Meta(min_length=1, max_length=6, examples=[["乗務員1", "乗務員2"]])]
    vehicle: Annotated[str, Meta(min_length=1, max_length=40, pattern=_LINE, examples=["京都 400 あ 12-34"])]


class TakeOver(Input, frozen=True, kw_only=True):
    """The batches that the courier acknowledges; none named means all that wait at `origin` (None: the annex)."""

    origin: PlaceCode | None = None
    batches: Annotated[list[BatchCode], Meta(max_length=500)] = []


class CloseReceipt(Input, frozen=True, kw_only=True):
    """The end of a receipt: how many cards the clerk says are missing, and who directed it."""

    supervisor: PersonCode
    missing: Annotated[int, Meta(ge=0, le=100_000)]


class Resolve(Input, frozen=True, kw_only=True):
    """How a difference ends, and why."""

    how: Literal["accept", "readmit", "find", "explain"]
    reason: Reason
    approval: ApprovalCode | None = None  # needed for `explain`, which ends it without a card


class OnSheet(Input, frozen=True, kw_only=True):
    """Label stock, and corrections for a printer that feeds askew, in millimetres; `skip` labels are used up."""

    sheet: Literal["sleeves-24", "sleeves-44", "batches-2", "batches-8", "batches-10"]
    dx_mm: Annotated[float, Meta(ge=-10, le=10)] = 0.0
    dy_mm: Annotated[float, Meta(ge=-10, le=10)] = 0.0
    skip: Annotated[int, Meta(ge=0, le=100)] = 0


class BatchLabels(OnSheet, frozen=True, kw_only=True):
    """Labels for containers."""

    sheet: Literal["batches-2", "batches-8", "batches-10"] = "batches-8"
    batches: Annotated[list[BatchCode], Meta(min_length=1, max_length=100)]


class SleeveLabels(OnSheet, frozen=True, kw_only=True):
    """Labels for card sleeves: of cards, or of control numbers that no list has announced yet."""

    sheet: Literal["sleeves-24", "sleeves-44"] = "sleeves-24"
    cards: Annotated[list[CardCode], Meta(min_length=1, max_length=MOST_CODES)]


class NewNumbers(Input, frozen=True, kw_only=True):
    """How many control numbers are wanted."""

    count: Annotated[int, Meta(ge=1, le=MOST_CODES)]


class Calibration(OnSheet, frozen=True, kw_only=True):
    """A sheet to print on plain paper and to hold against the label stock."""


# Answers


class Undone(Output, frozen=True, kw_only=True):
    """A scan that was taken back: its card is again as it was before."""

    scan: UUID
    card: str
    state: CardState
    repeated: bool


class ScanOut(Output, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of one scan. `message_ja` is what the clerk reads; `belongs_to` is where the thing belongs."""

    id: UUID
    outcome: Outcome
    message_ja: str
    code: str | None = None
    belongs_to: str | None = None
    reason: str | None = None
    discrepancy: str | None = None
    field: str | None = None
    repeated: bool = False


class Outcomes(Output, frozen=True, kw_only=True):
    """An outcome for each scan, in the order in which they were sent."""

    outcomes: list[ScanOut]


class Page(Output, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next`, given as `after`, continues behind the last item. None: the list ends."""

    items: list[T]
    next: str | None


class Place(Output, frozen=True, kw_only=True):
    """The annex or a site."""

    code: str
    number: int
    slug: str
    name: str
    short_name: str
    kind: str
    address: str
    windows: int


class Kind(Output, frozen=True, kw_only=True):
    """An item kind and the days between which it is handled."""

    code: str
    name: str
    starts_on: date
    ends_on: date | None


class Courier(Output, frozen=True, kw_only=True):
    """A courier with the consent that lets it carry."""

    code: str
    name: str
    consent_number: str
    valid_from: date
    valid_to: date


class Person(Output, frozen=True, kw_only=True):
    """A member of staff."""

    code: str
    name: str
    role: str
    place: str | None
    courier: str | None


class Vault(Output, frozen=True, kw_only=True):
    """A vault and how full it is, in cards."""

    code: str
    place: str
    name: str
    lock_type: str
    slots: int
    capacity: int
    occupied: int


class Slot(Output, frozen=True, kw_only=True):
    """A slot and how full it is, in cards."""

    code: str
    vault: str
    shelf: str
    position: int
    capacity: int
    occupied: int


class Edge(Output, frozen=True, kw_only=True):
    """One legal step."""

    from_state: str
    step: str
    to_state: str


class Lifecycle(Output, frozen=True, kw_only=True):
    """A table of legal steps."""

    name: str
    edges: list[Edge]


class Opening(Output, frozen=True, kw_only=True):
    """When a service is open on a day."""

    service: str
    floor: int | None
    opens_at: datetime
    closes_at: datetime


class Day(Output, frozen=True, kw_only=True):
    """What the calendar says of a day at a place."""

    day: date
    is_run_day: bool
    next_run_day: date
    last_run_day_before: date
    open_now: bool
    sessions: list[Opening]


class Imported(Output, frozen=True, kw_only=True):
    """An imported list: its boxes, by the label that the list gives them."""

    arrival: str
    cards: int
    boxes: dict[str, str]


class Arrival(Output, frozen=True, kw_only=True):
    """An arrival and how many of its boxes are done."""

    code: str
    imported_at: datetime
    imported_by: str
    cards: int
    boxes: int
    boxes_closed: int


class Box(Output, frozen=True, kw_only=True):
    """A small box and how many of its cards are accounted for."""

    code: str
    label: str
    cards: int
    accounted: int
    opened_at: datetime | None
    opened_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    emptied_by: str | None


class ControlNumbers(Output, frozen=True, kw_only=True):
    """Control numbers nobody has had before, to be put on sleeves."""

    cards: list[str]


class BoxClosed(Output, frozen=True, kw_only=True):
    """A closed box: listed and missing."""

    box: str
    listed: int
    missing: int


class Marked(Output, frozen=True, kw_only=True):
    """How many cards were marked."""

    cards: int


class Batch(Output, frozen=True, kw_only=True):
    """A batch as it stands."""

    code: str
    run: str
    day: date
    origin: str
    destination: str
    state: BatchState
    place: str
    custodian: str
    manifest: str | None
    seal_number: str | None
    sealed_cards: int | None
    cards: int
    opened_at: datetime
    sealed_at: datetime | None
    loaded_at: datetime | None


class Run(Output, frozen=True, kw_only=True):
    """A run as it stands."""

    code: str
    day: date
    sequence: int
    courier: str | None
    crew: list[str]
    vehicle: str | None
    departed_at: datetime | None
    batches: int
    manifests: int


class Manifest(Output, frozen=True, kw_only=True):
    """A manifest and how far it has come. Its papers are under `/manifest.pdf` and `/transfer-slip.pdf`.

    `waiting_for` is whose confirmation is missing (courier, site, receipt; None: done), for `waiting_minutes`.
    `recalled` of its cards were left behind by the courier and wait for a later run. One whose `origin` is a site
    goes back to the annex, and has `/return-slip.pdf` in place of `/manifest.pdf`.
    """

    code: str
    run: str
    day: date
    origin: str
    destination: str
    transfer_slip: str
    cards: int
    recalled: int
    received: int
    dispatched_at: datetime
    dispatched_by: str
    taken_over_at: datetime | None
    taken_over_by: str | None
    arrived_at: datetime | None
    arrived_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    receipt: str | None
    waiting_for: Literal["courier", "site", "receipt"] | None
    waiting_minutes: int


class TakenOver(Output, frozen=True, kw_only=True):
    """What the courier has acknowledged, and what it left behind."""

    run: str
    batches: int
    cards: int
    left_behind: list[str]


class BatchProgress(Output, frozen=True, kw_only=True):
    """A batch of a manifest: the seal that was seen, and whether it was intact."""

    code: str
    state: BatchState
    seal_seen: str | None
    intact: bool | None


class Receipt(Output, frozen=True, kw_only=True):
    """How far a receipt is; `outstanding` are the cards not scanned yet."""

    manifest: str
    destination: str
    arrived_at: datetime | None
    closed_at: datetime | None
    receipt: str | None
    dispatched: int
    accepted: int
    rejected: int
    missing: int
    batches: list[BatchProgress]
    outstanding: list[str]


class ReceiptClosed(Output, frozen=True, kw_only=True):
    """A closed receipt: accepted + rejected + missing = dispatched."""

    manifest: str
    receipt: str
    dispatched: int
    accepted: int
    rejected: int
    missing: int
    unexpected: int
    differences: list[str]


class Card(Output, frozen=True, kw_only=True):
    """Where a card is: its one state, its one place, its one custodian; and what may be done next."""

    code: str
    kind: str
    kind_name: str
    state: CardState
    place: str
    place_name: str
    custodian: str
    custodian_name: str
    destination: str
    box: str | None
    batch: str | None
    slot: str | None
    set_up_on: date | None
    first_notice_on: date | None
    possible_steps: list[str]


class Entry(Output, frozen=True, kw_only=True):
    """A custody entry. `body` is the canonical JSON text as hashed; `hash` is SHA-256 of 0x00 and that text.

    A body may name the cards of other sites: who sees only one site's gets none.
    """

    id: int
    uuid: UUID
    act: str
    actor: str
    actor_name: str
    device: str | None
    site: str
    supervisor: str | None
    run: str | None
    manifest: str | None
    from_party: str | None
    to_party: str | None
    step: str | None
    from_state: str | None
    to_state: str | None
    outcome: str | None
    occurred_at: datetime
    recorded_at: datetime
    body: str | None
    hash: str


class CardCustody(Output, frozen=True, kw_only=True):
    """A card as it stands, and everything that happened to it, in log order."""

    card: Card
    entries: list[Entry]
    next: int | None


class Entries(Output, frozen=True, kw_only=True):
    """Custody entries in log order; `next`, given as `after`, continues behind the last one."""

    items: list[Entry]
    next: int | None


class Discrepancy(Output, frozen=True, kw_only=True):
    """A difference, and how it ended if it has."""

    code: str
    kind: str
    place: str
    card: str | None
    batch: str | None
    manifest: str | None
    box: str | None
    note: str
    opened_at: datetime
    how: str | None
    reason: str | None
    resolved_at: datetime | None


class Document(Output, frozen=True, kw_only=True):
    """A paper in the archive and how often it was printed."""

    number: str
    catalogue: str
    subject: str
    created_at: datetime
    prints: int


class Health(Output, frozen=True, kw_only=True):
    """Whether the service can work."""

    status: str
    checks: dict[str, str] = {}


def listed(rows: list[dict[str, Any]], kind: type[T]) -> list[T]:
    """Rows as structs; columns that the struct does not name are left out."""
    return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]


def paged(rows: list[dict[str, Any]], kind: type[T], limit: int, key: str = "code") -> Page[T]:
    """Rows of a page as its answer; a full page may have a next one."""
    following = str(rows[-1][key]) if len(rows) == limit else None
    return Page(items=listed(rows, kind), next=following)
