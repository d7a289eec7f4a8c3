"""Who may do what: one table, complete, and nothing is allowed that is not in it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from logistics.rules.errors import NotAllowed
from logistics.rules.permissions import MAY, Actor, Role, Where, may, require

ROOT = Path(__file__).parents[2]


def actor(role: Role, where: Where) -> Actor:
    return Actor("P0001027", "somebody", role, where, None, None)


PEOPLE = [actor(role, where) for role, where in itertools.product(Role, Where)]


def test_every_act_that_the_work_asks_for_is_in_the_table_and_no_other() -> None:
    modules = [*(ROOT / "logistics" / "work").glob("*.py"), *(ROOT / "api").rglob("*.py")]
    source = "".join(path.read_text() for path in modules)

    asked = set(re.findall(r'permissions\.require\(actor, "(\w+)"\)', source))
    marked = set(re.findall(r'_mark\(session, actor, "(\w+)"', source))

    assert asked | marked == set(MAY)


@pytest.mark.parametrize("act", sorted(MAY))
def test_an_act_is_for_the_roles_and_places_of_its_row_and_nobody_else(act: str) -> None:
    roles, places = MAY[act]
    for person in PEOPLE:
        allowed = person.role in roles and person.where in places
        assert may(person, act) == allowed
        if allowed:
            require(person, act)
        else:
            with pytest.raises(NotAllowed) as refusal:
                require(person, act)
            assert (refusal.value.act, refusal.value.role) == (act, person.role)


@pytest.mark.parametrize("act", sorted(MAY))
def test_somebody_may_do_every_act(act: str) -> None:
    assert any(may(person, act) for person in PEOPLE)


def test_an_auditor_and_a_city_employee_change_nothing() -> None:
    for role in (Role.AUDITOR, Role.CITY):
        allowed = {act for act in MAY for where in Where if may(actor(role, where), act)}
        assert allowed - {"ask", "export", "resume_signing"} == {"print"}, "they read, and that is recorded"


def test_the_courier_only_takes_over() -> None:
    assert {act for act in MAY if may(actor(Role.COURIER, Where.COURIER), act)} == {"take_over"}


def test_an_act_nobody_thought_of_is_no_act() -> None:
    with pytest.raises(KeyError):
        may(PEOPLE[0], "burn")
