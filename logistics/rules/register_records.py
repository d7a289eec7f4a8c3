"""What the papers of the registers say: people (P19), who may carry (P20), where cards may lie (P22)."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

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
    change: str | None = None


class StaffRecord(Record, frozen=True):
    """P19 作業責任者・従事者届 (appendix 1 article 6, body 6(8)): everybody registered on a day, site by site.

    `before` is the number of the paper that was handed in before, `gone` who stood there and is registered no more.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    lines: tuple[StaffLine, ...]
    before: str | None = None
    gone: tuple[str, ...] = ()


# What a line's `change` says on paper.
CHANGES = {"new": "新", "changed": "変"}


def marked(
    lines: tuple[StaffLine, ...], before: StaffRecord | None
) -> tuple[tuple[StaffLine, ...], tuple[str, ...]]:
    """The lines with what is new or changed since the paper before, and who stood there and does not any more.

    Nothing is marked on the first paper: all of it is new.
    """
    if before is None:
        return lines, ()
    known = {line.code: msgspec.structs.replace(line, change=None) for line in before.lines}
    now = {line.code for line in lines}
    said = tuple(
        line
        if known.get(line.code) == line
        else msgspec.structs.replace(line, change="changed" if line.code in known else "new")
        for line in lines
    )
    return said, tuple(f"{line.name}（{line.code}）" for code, line in known.items() if code not in now)


class CourierLine(Record, frozen=True):
    """A consent with the company it is for, and the crew registered for that company."""

    number: str
    courier: str
    name: str
    scope: str
    contract: str
    valid_from: date
    valid_to: date
    crew: tuple[str, ...]


class CourierRecord(Record, frozen=True):
    """P20 再委託・配送業者台帳 (appendix 1 articles 9 and 10-10, appendix 2 article 6)."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    lines: tuple[CourierLine, ...]


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
