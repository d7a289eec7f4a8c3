"""The registers of the demonstration: who is registered, pledged, trained; who may carry; where cards may lie.

None of it is in the contract: employers, days and numbers stand in until the real registers are filled. 資料1 is real.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from logistics.rules.calendar import JST
from logistics.rules.permissions import OF_THE_CITY, Role
from seed import contract

FROM, TO = date(2026, 4, 1), date(2027, 3, 31)  # section 3
PLEDGED_ON, TRAINED_ON = date(2026, 3, 20), date(2026, 3, 23)
RECORDED_AT = datetime(2026, 3, 31, 9, tzinfo=JST)
CONTRACTOR, CITY = "受託事業者", "京都市"
EMPLOYMENT = {
    Role.OVERALL_MANAGER: "regular",  # body 6(3)
    Role.MANAGER: "full_time",
    Role.LEADER: "regular",
    Role.WORKER: "part_time",
    Role.CITY: "city",
    Role.AUDITOR: "city",
    Role.PRIVACY_HEAD: "regular",
    Role.PRIVACY_MANAGER: "regular",
    Role.SYSTEM: "full_time",
    Role.SERVICE: "none",
    Role.COURIER: "regular",
}


def registrations(people: Sequence[Mapping[str, Any]], courier_name: str) -> Iterator[dict[str, Any]]:
    """A row for every person, from the first day of the contract to its last."""
    for person in people:
        role = Role(person["role"])
        employer = CITY if role in OF_THE_CITY else courier_name if person["courier"] else CONTRACTOR
        yield {
            "person": person["code"],
            "effective_from": FROM,
            "name": person["name"],
            "role": role.value,
            "place": person["place"],
            "courier": person["courier"],
            "employer": employer,
            "employment": EMPLOYMENT[role],
            "registered_from": FROM,
            "registered_to": TO,
            "reason": "契約開始時の届出",
            "recorded_at": RECORDED_AT,
        }


def pledges(people: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A pledge of everybody who is not of the city."""
    for person in _bound(people):
        yield {
            "person": person["code"],
            "received_on": PLEDGED_ON,
            "reference": f"誓約-{person['code']}",
            "recorded_at": RECORDED_AT,
        }


def trainings(people: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One training of everybody who is not of the city, good for the year."""
    for person in _bound(people):
        yield {
            "person": person["code"],
            "held_on": TRAINED_ON,
            "topic": "個人情報保護・業務研修",
            "valid_to": TO,
            "reference": "研修-R8-1",
            "recorded_at": RECORDED_AT,
        }


def consent(courier: str) -> dict[str, Any]:
    """The city's consent to its courier."""
    return {
        "number": "R8-配送-1",
        "courier": courier,
        "scope": "分室と拠点の間の運搬",
        "contract": "R8-配送-1",
        "valid_from": FROM,
        "valid_to": TO,
        "recorded_at": RECORDED_AT,
    }


def premises(vaults: Sequence[Mapping[str, Any]], keepers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every vault, registered on the first day; who leads a place keeps its keys."""
    for vault in vaults:
        yield {
            "number": premises_number(vault["code"]),
            "place": vault["place"],
            "room": "執務室",
            "vault": vault["code"],
            "lock_type": vault["lock_type"],
            "key_holder": keepers[vault["place"]],
            "registered_on": FROM,
            "recorded_at": RECORDED_AT,
        }


def premises_number(vault: str) -> str:
    """The number under which a vault is registered."""
    return f"R8-保管-{vault}"


def staffing(codes: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """資料1, line by line, at its least."""
    for row in contract.staffing():
        if row.service is not None and row.place is not None:
            yield {
                "place": codes[row.place],
                "service": row.service.value,
                "managers": row.managers,
                "leaders": row.leaders,
                "staff": row.staff_min,
            }


def _bound(people: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (person for person in people if person["role"] not in OF_THE_CITY)
