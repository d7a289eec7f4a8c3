"""What the papers of the registers say: people (P19), who may carry (P20), where cards may lie (P22)."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import NamedPerson, NamedPlace, Record


class StaffLine(Record, frozen=True):
    """A person of the register as of the paper's day; `change` says what is new since the paper before."""

    code: str
    name: str
    role: str
    place: str
    employer: str
    employment: str
    registered_from: date
    registered_to: date
    pledged_on: date | None
    trained_on: date | None
    trained_to: date | None
    fault: str | None
    deputises: str | None


class StaffRecord(Record, frozen=True):
    """P19 作業責任者・従事者届 (appendix 1 article 6, body 6(8)): everybody registered on a day, site by site."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    lines: tuple[StaffLine, ...]


class CarrierLine(Record, frozen=True):
    """A consent with the company it is for, and the crew registered for that company."""

    number: str
    courier: str
    name: str
    scope: str
    contract: str
    valid_from: date
    valid_to: date
    crew: tuple[str, ...]


class CarrierRecord(Record, frozen=True):
    """P20 再委託・配送業者台帳 (appendix 1 articles 9 and 10-10, appendix 2 article 6)."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    lines: tuple[CarrierLine, ...]


class PremisesLine(Record, frozen=True):
    """A room or a vault as registered: where, which lock, who keeps the key, since when under which number."""

    number: str
    place: str
    room: str
    vault: str | None
    vault_name: str
    lock_type: str
    key_holder: str
    registered_on: date
    slots: int


class PremisesRecord(Record, frozen=True):
    """P22 保管場所届 (appendix 1 article 10-2, appendix 2 article 5)."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    lines: tuple[PremisesLine, ...]
