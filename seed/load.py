"""Put the contract's places, vaults and kinds into the database, with the staff and courier of a demonstration.

Loading again changes nothing. People and courier are not in the contract: they are named by their post, sized
after 資料1, and stand in until the registers of people and couriers are filled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.codes import CodeType, sequenced_code, slot_code
from logistics.rules.permissions import Role
from logistics.rules.vaulting import CITY_NAME, CITY_PARTY
from logistics.store import tables
from seed import contract, registers, search, supplies

CONTRACT_FROM, CONTRACT_TO = date(2026, 4, 1), date(2027, 3, 31)  # section 3
CENTER = 13
VEHICLE_NUMBER = 50
COURIER = sequenced_code(CodeType.COURIER, 1, width=2)
COURIER_NAME = "配送業者（市契約）"
ANNEX_STAFF = 8  # 資料1 does not count the annex; our assumption
CITY_EMPLOYEES = 2
COURIER_CREW = 4


def place_code(number: int) -> str:
    """The code of the `number`-th place of the contract; 0 is the annex."""
    return sequenced_code(CodeType.PLACE, number, width=2)


def vault_code(place: int, number: int) -> str:
    """The code of a vault: place and number within it."""
    return sequenced_code(CodeType.VAULT, place * 10 + number, width=3)


def person_code(place: int, number: int) -> str:
    """The code of the `number`-th person of a place: 1 leads, 2 and on work, 91 and on are city employees."""
    return sequenced_code(CodeType.PERSON, place * 100 + number)


async def load(session: AsyncSession) -> None:
    """Insert what is not there yet, in the session's transaction."""
    await _insert(session, tables.Party, list(_parties()))
    await _insert(session, tables.Courier, [_courier()])
    await _insert(session, tables.Place, list(_places()))
    await _insert(session, tables.Kind, list(_kinds()))
    await _insert(session, tables.Vault, list(_vaults()))
    await _insert(session, tables.SupplyItem, list(supplies.items()))
    people = list(_people())
    await _insert(session, tables.Person, people)
    await _insert(session, tables.Registration, list(registers.registrations(people, COURIER_NAME)))
    await _insert(session, tables.Pledge, list(registers.pledges(people)))
    await _insert(session, tables.Training, list(registers.trainings(people)))
    await _insert(session, tables.Consent, [registers.consent(COURIER)])
    keepers = {place_code(place.number): person_code(place.number, 1) for place in contract.places()}
    await _insert(session, tables.Premises, list(registers.premises(list(_vaults()), keepers)))
    codes = {place.number: place_code(place.number) for place in contract.places()}
    await _insert(session, tables.Staffing, list(registers.staffing(codes)))
    await _insert(session, tables.Slot, list(_slots()))
    await _insert(session, tables.SearchItem, list(search.items()))


async def is_empty(session: AsyncSession) -> bool:
    """Whether no place was loaded yet."""
    return bool((await session.execute(text("SELECT NOT EXISTS (SELECT FROM place)"))).scalar_one())


async def _insert(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    statement = postgresql.insert(table.__table__).on_conflict_do_nothing()
    await session.execute(statement, rows)


def _parties() -> Iterator[dict[str, Any]]:
    for place in contract.places():
        yield {"code": place_code(place.number), "name": place.name}
    yield {"code": COURIER, "name": COURIER_NAME}
    yield {"code": CITY_PARTY, "name": CITY_NAME}


def _courier() -> dict[str, Any]:
    return {
        "code": COURIER,
        "name": COURIER_NAME,
        "consent_number": "R8-配送-1",
        "valid_from": CONTRACT_FROM,
        "valid_to": CONTRACT_TO,
    }


def _places() -> Iterator[dict[str, Any]]:
    for place in contract.places():
        yield {
            "code": place_code(place.number),
            "number": place.number,
            "slug": place.slug,
            "name": place.name,
            "short_name": place.short_name,
            "kind": place.kind.value,
            "address": place.address,
            "windows": place.windows,
            "party": place_code(place.number),
        }
    yield {
        "code": place_code(VEHICLE_NUMBER),
        "number": VEHICLE_NUMBER,
        "slug": "vehicle",
        "name": f"{COURIER_NAME} 車両",
        "short_name": "車両",
        "kind": "vehicle",
        "address": "",
        "windows": 0,
        "party": COURIER,
    }


def _kinds() -> Iterator[dict[str, Any]]:
    for kind in contract.kinds():
        yield {"code": kind.code, "name": kind.name, "starts_on": kind.starts, "ends_on": kind.ends}


def _vaults() -> Iterator[dict[str, Any]]:
    for vault in contract.vaults():
        yield {
            "code": vault_code(vault.place, vault.number),
            "place": place_code(vault.place),
            "name": vault.name,
            "lock_type": vault.lock_type,
            "purpose": vault.purpose,
        }


def _slots() -> Iterator[dict[str, Any]]:
    for vault in contract.vaults():
        for shelf in range(vault.shelves):
            letter = chr(ord("A") + shelf)
            for position in range(1, vault.slots_per_shelf + 1):
                yield {
                    "code": slot_code(vault.place, vault.number, letter, position),
                    "vault": vault_code(vault.place, vault.number),
                    "place": place_code(vault.place),
                    "shelf": letter,
                    "position": position,
                    "capacity": vault.cards_per_slot,
                    "occupied": 0,
                    "registration": registers.premises_number(vault_code(vault.place, vault.number)),
                }


def _people() -> Iterator[dict[str, Any]]:
    staff = {row.place: row.staff_min for row in contract.staffing() if row.service in _DAY_SERVICES}
    for place in contract.places():
        workers = ANNEX_STAFF if place.kind == "annex" else staff[place.number]
        lead, title = (
            (Role.OVERALL_MANAGER, "統括管理者") if place.kind == "annex" else (Role.LEADER, "拠点別責任者")
        )
        yield _person(place.number, 1, f"{place.short_name} {title}", lead)
        for number in range(1, workers + 1):
            yield _person(place.number, 1 + number, f"{place.short_name} 業務従事者{number}", Role.WORKER)
        for number in range(1, CITY_EMPLOYEES + 1):
            yield _person(place.number, 90 + number, f"{place.short_name} 本市職員{number}", Role.CITY)
    for at, number, name, role in _OFFICERS:
        yield _person(at, number, name, role)
    for number in range(1, COURIER_CREW + 1):
        yield {
            "code": person_code(VEHICLE_NUMBER, number),
            "name": f"配送乗務員{number}",
            "role": Role.COURIER.value,
            "place": None,
            "courier": COURIER,
        }


def _person(place: int, number: int, name: str, role: Role) -> dict[str, Any]:
    return {
        "code": person_code(place, number),
        "name": name,
        "role": role.value,
        "place": place_code(place),
        "courier": None,
    }


# Whom the contract names beside those who work at the counters; body 7 wants a manager at the Center.
_OFFICERS = (
    (0, 94, "個人情報総括管理者", Role.PRIVACY_HEAD),
    (0, 95, "個人情報管理責任者", Role.PRIVACY_MANAGER),
    (0, 97, "システム管理担当者", Role.SYSTEM),
    (0, 98, "自動処理", Role.SERVICE),
    (0, 99, "監査担当者", Role.AUDITOR),
    (CENTER, 89, "センター 管理者1", Role.MANAGER),
    (CENTER, 90, "センター 管理者2", Role.MANAGER),
)
_DAY_SERVICES = ("counter_day", "center_3f_day")
