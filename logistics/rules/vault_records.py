"""Frozen values of the papers of vault and counter: register of entries, pick list, slips of what changes hands."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import KindCount, NamedPerson, NamedPlace, Record


class AccessLineRecord(Record, frozen=True):
    """One opening or stay; `vault` is None for the room. `explained_by` is an act of the log."""

    vault: str | None
    where: str
    opened_at: datetime
    opened_by: NamedPerson
    reason: str | None
    explained_by: str | None
    source: str
    holds_key: bool | None
    closed_at: datetime | None
    closed_by: NamedPerson | None
    unexplained: bool


class AccessRegisterRecord(Record, frozen=True):
    """P16 入退室管理簿: every opening and stay that began on days from `first` to `last`."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    first: date
    last: date
    lines: tuple[AccessLineRecord, ...]


class PickLineRecord(Record, frozen=True):
    """One card to take out; `slot` is None where it is not in the vault, and `state` then says why."""

    position: int
    slot: str | None
    vault_name: str | None
    card: str
    kind_name: str
    booked_for: str | None
    state: str


class PickListRecord(Record, frozen=True):
    """P23 取出し予定表: the cards booked for a session, in walking order; those not in the vault stand last."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    pick_list: str
    place: NamedPlace
    day: date
    service: str
    opens_at: datetime | None
    closes_at: datetime | None
    counts: tuple[KindCount, ...]
    lines: tuple[PickLineRecord, ...]


class HandedCard(Record, frozen=True):
    """One card that changes hands."""

    position: int
    card: str
    kind_name: str


class CitySlipRecord(Record, frozen=True):
    """P2 授受票（拠点内）: cards with their papers from a clerk to a city employee, and back."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    handed_to: NamedPerson
    reason: str
    cards: tuple[HandedCard, ...]


class DepositReceiptRecord(Record, frozen=True):
    """P3 預り証: what was taken into temporary custody. It names nobody but the clerk."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    supervisor: NamedPerson
    reason: str
    cards: tuple[HandedCard, ...]
