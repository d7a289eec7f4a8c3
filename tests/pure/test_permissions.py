"""Who may do what: one table, complete, and nothing is allowed that is not in it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from logistics.rules.errors import NotAllowed, NotFound
from logistics.rules.permissions import (
    ACTS,
    ANY,
    CREW,
    EITHER,
    HOLDER,
    RECEIVER,
    STAFF,
    Actor,
    Relation,
    Role,
    Where,
    may,
    only,
    relations,
    require,
    require_over,
)

ROOT = Path(__file__).parents[2]
HERE, THERE = "L01F", "L028"
ASKING = {"may", "require", "require_over"}


def actor(role: Role, where: Where) -> Actor:
    courier = "D01F" if where is Where.COURIER else None
    return Actor("P0001027", "somebody", role, where, None if courier else HERE, courier)


PEOPLE = [actor(role, where) for role, where in itertools.product(Role, Where)]


def asked() -> Iterator[tuple[str, str]]:
    """(file and line, act) of every question that the code asks the table, where the act is written out."""
    for path in [*(ROOT / "logistics" / "work").glob("*.py"), *(ROOT / "api").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args[1:]):
                continue
            module, act = node.func.value, node.args[1]
            asks = isinstance(module, ast.Name) and module.id == "permissions" and node.func.attr in ASKING
            if asks and isinstance(act, ast.Constant):
                yield f"{path.name}:{node.lineno}", str(act.value)


def test_every_act_that_the_work_asks_for_has_a_row() -> None:
    questions = list(asked())

    assert len(questions) > 20
    assert [(where, act) for where, act in questions if act not in ACTS] == []


@pytest.mark.parametrize("act", sorted(ACTS))
def test_an_act_is_for_the_people_and_things_of_its_row_and_nobody_else(act: str) -> None:
    for person, relation in itertools.product(PEOPLE, Relation):
        allowed = any(
            person.role in line.roles and person.where in line.grounds and relation in line.over
            for line in ACTS[act].lines
        )
        over = frozenset({relation})
        assert may(person, act, over) == allowed
        if allowed:
            require(person, act, over)
            require(person, act)
        else:
            with pytest.raises(NotAllowed) as refusal:
                require(person, act, over)
            assert (refusal.value.act, refusal.value.role) == (act, person.role)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_somebody_may_do_every_act_and_somebody_may_not(act: str) -> None:
    assert any(may(person, act) for person in PEOPLE)
    assert not all(may(person, act) for person in PEOPLE)


def test_what_is_of_others_is_refused_as_if_it_did_not_exist() -> None:
    clerk = actor(Role.WORKER, Where.SITE)

    require_over(clerk, "take_out", "slot", "S011A0014", holder=HERE)
    with pytest.raises(NotFound):
        require_over(clerk, "take_out", "slot", "S011A0014", holder=THERE)
    with pytest.raises(NotAllowed):
        require_over(actor(Role.AUDITOR, Where.ANNEX), "take_out", "slot", "S011A0014", holder=HERE)


def test_a_site_is_to_a_thing_what_the_thing_says_of_it() -> None:
    clerk, crew = actor(Role.WORKER, Where.SITE), actor(Role.COURIER, Where.COURIER)

    assert relations(clerk, holder=HERE, receiver=HERE) == {Relation.HOLDER, Relation.RECEIVER}
    assert relations(clerk, holder=THERE, sender=HERE) == {Relation.SENDER}
    assert relations(clerk, holder=THERE) == relations(clerk) == {Relation.NONE}
    assert relations(crew, holder="D01F") == {Relation.HOLDER}


def test_a_site_sees_its_own_and_what_comes_to_it_and_oversight_sees_all() -> None:
    sees_all = {
        (person.role, person.where) for person in PEOPLE if may(person, "see", frozenset({Relation.NONE}))
    }

    assert all(may(actor(role, Where.SITE), "see", HOLDER | RECEIVER) for role in STAFF)
    assert {role for role, where in sees_all if where is Where.SITE} == {
        Role.OVERALL_MANAGER,
        Role.MANAGER,
        Role.CITY,
        Role.AUDITOR,
        Role.PRIVACY_HEAD,
        Role.PRIVACY_MANAGER,
    }
    assert not any(may(person, "see") for person in PEOPLE if person.role is Role.SYSTEM)


def test_an_auditor_changes_nothing() -> None:
    allowed = {act for act in ACTS for where in Where if may(actor(Role.AUDITOR, where), act)}

    assert allowed == {
        "see",
        "see_people",
        "see_messages",
        "see_registers",
        "ask",
        "export",
        "print",
        "make_report",
        "resume_signing",
    }, "he reads, and that he reads is recorded"


def test_whoever_keeps_the_system_touches_no_card() -> None:
    allowed = {act for act in ACTS for where in Where if may(actor(Role.SYSTEM, where), act)}

    assert allowed == {
        "see_people",
        "see_messages",
        "manage_people",
        "register_person",
        "manage_devices",
        "manage_tokens",
    }


def test_the_courier_takes_over_what_he_carries_and_no_more() -> None:
    allowed = {act for act in ACTS if may(actor(Role.COURIER, Where.COURIER), act)}

    assert allowed == {"see", "see_people", "take_over", "report_incident"}
    assert not any(
        may(actor(Role.COURIER, Where.COURIER), act, frozenset({Relation.NONE})) for act in allowed
    )


def test_rows_are_joined_and_keep_who_approves() -> None:
    row = only(STAFF, EITHER, HOLDER).approved_by(CREW) | only(CREW, EITHER, ANY)

    assert (len(row.lines), row.approvers) == (2, CREW)


def test_an_act_nobody_thought_of_is_no_act() -> None:
    with pytest.raises(KeyError):
        may(PEOPLE[0], "burn")
