"""What crosses HTTP about the registers of people, consents, premises and rosters."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from api.wire import ApprovalCode, CourierCode, Input, Output, PersonCode, PlaceCode, Reason, VaultCode, Words

Employment = Literal["regular", "full_time", "part_time", "temporary", "city", "none"]
RoleName = Literal[
    "overall_manager",
    "manager",
    "leader",
    "worker",
    "city",
    "auditor",
    "privacy_head",
    "privacy_manager",
    "system",
    "courier",
]
Number = Annotated[
    str, Meta(min_length=1, max_length=60, pattern=r"^[^\u0000-\u001f\u007f]*$", examples=["R8-配送-2"])
]
Fault = Literal["registration", "pledge", "training"]


class PersonRow(Input, frozen=True, kw_only=True):
    """What a person is from a day on. Without `person` somebody new; `home` is a place, or the courier of its crew.

    `effective_to` and `deputises` belong to a deputy of a site leader: the row ends by itself.
    """

    person: PersonCode | None = None
    name: Words
    role: RoleName
    home: Annotated[
        str,
        Meta(pattern=r"^[LK][0-9A-Z]{3,11}$", examples=["L01F"], description="Code of a place or courier"),
    ]
    employer: Words
    employment: Employment
    effective_from: date
    registered_from: date
    registered_to: date
    effective_to: date | None = None
    deputises: PersonCode | None = None
    reason: Reason
    approval: ApprovalCode | None = None

    def details(self) -> dict[str, str]:
        """The row as its approval was asked for: everything as text."""
        said = {
            name: getattr(self, name) for name in self.__struct_fields__ if name not in ("person", "approval")
        }
        return {
            name: value.isoformat() if isinstance(value, date) else str(value)
            for name, value in said.items()
            if value is not None
        }


class Changed(Output, frozen=True, kw_only=True):
    """Whose row it is."""

    person: str


class SignedPledge(Input, frozen=True, kw_only=True):
    """A pledge as it was handed in."""

    received_on: date
    reference: Number


class NewTraining(Input, frozen=True, kw_only=True):
    """A training as it was attended, and until when it counts."""

    held_on: date
    topic: Words
    valid_to: date
    reference: Number


class NewConsent(Input, frozen=True, kw_only=True):
    """A consent as the city gave it in writing."""

    number: Number
    courier: CourierCode
    scope: Words
    contract: Words
    valid_from: date
    valid_to: date


class NewPremises(Input, frozen=True, kw_only=True):
    """A room, or a vault in it, as registered with the city."""

    number: Number
    place: PlaceCode
    room: Words
    vault: VaultCode | None = None
    lock_type: Words
    key_holder: PersonCode
    registered_on: date


class NewRoster(Input, frozen=True, kw_only=True):
    """Who works at a site on a day."""

    place: PlaceCode
    day: date
    people: Annotated[list[PersonCode], Meta(min_length=1, max_length=200)]


class MakePaper(Input, frozen=True, kw_only=True):
    """Which register."""

    catalogue: Literal["P19", "P20", "P22"]


class HandedIn(Output, frozen=True, kw_only=True):
    """Which version of the day's roster it is."""

    version: int


class Roster(Output, frozen=True, kw_only=True):
    """A roster as it was handed in last."""

    place: str
    day: date
    version: int
    people: list[str]
    recorded_at: datetime
    recorded_by: str


class RosterCheck(Output, frozen=True, kw_only=True):
    """A site, a day, a service: who is planned and may act then, and how many 資料1 wants."""

    place: str
    day: date
    service: str
    version: int | None
    missing: bool
    managers: int
    leaders: int
    staff: int
    needed_managers: int
    needed_leaders: int
    needed_staff: int
    short: int
    not_able: list[str]


class Expiring(Output, frozen=True, kw_only=True):
    """Who may not act for want of `what`, or until when he may; `ends` is None for who may not even now."""

    code: str
    name: str
    role: str
    place: str | None
    courier: str | None
    what: Fault
    ends: date | None


class Version(Output, frozen=True, kw_only=True):
    """A row of the register."""

    effective_from: date
    effective_to: date | None
    name: str
    role: str
    place: str | None
    courier: str | None
    employer: str
    employment: str
    registered_from: date
    registered_to: date
    deputises: str | None
    reason: str
    recorded_at: datetime
    recorded_by: str | None
    approval: str | None


class PledgeRow(Output, frozen=True, kw_only=True):
    """A pledge."""

    received_on: date
    reference: str
    recorded_by: str | None


class TrainingRow(Output, frozen=True, kw_only=True):
    """A training."""

    held_on: date
    topic: str
    valid_to: date
    reference: str
    recorded_by: str | None


class Registered(Output, frozen=True, kw_only=True):
    """A person as registered today; `fault` is what is missing for acting."""

    code: str
    name: str
    role: str
    place: str | None
    courier: str | None
    employer: str
    employment: str
    registered_from: date
    registered_to: date
    deputises: str | None
    pledged_on: date | None
    trained_on: date | None
    trained_to: date | None
    fault: Fault | None


class PersonHistory(Output, frozen=True, kw_only=True):
    """A person as registered today, and all that was ever recorded."""

    person: Registered
    versions: list[Version]
    pledges: list[PledgeRow]
    trainings: list[TrainingRow]


class Consent(Output, frozen=True, kw_only=True):
    """A consent of the city."""

    number: str
    courier: str
    name: str
    scope: str
    contract: str
    valid_from: date
    valid_to: date


class Premises(Output, frozen=True, kw_only=True):
    """A room or a vault as registered; `slots` are those that may be used under this number now."""

    number: str
    place: str
    place_name: str
    room: str
    vault: str | None
    vault_name: str | None
    lock_type: str
    key_holder: str
    key_holder_name: str
    registered_on: date
    slots: int


class RegisterPaper(Output, frozen=True, kw_only=True):
    """A register that was frozen for paper."""

    number: str
    catalogue: str
    day: date
    lines: int
