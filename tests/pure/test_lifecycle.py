"""The two tables of legal steps: complete, unambiguous, and the same answer whichever way they are asked."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.lifecycle import (
    BATCH,
    CARD,
    ENDED,
    IN_BATCH,
    IN_FLIGHT,
    IN_HAND,
    INCIDENT,
    CardState,
    CardStep,
    Lifecycle,
    Rule,
)

TABLES: list[Lifecycle[Any, Any]] = [CARD, BATCH, INCIDENT]


class Light(StrEnum):
    OFF = "off"
    ON = "on"


class Press(StrEnum):
    PUSH = "push"
    PULL = "pull"


def light(*rules: Rule[Light, Press]) -> Lifecycle[Light, Press]:
    return Lifecycle("light", Light.OFF, rules)


PUSH = Rule(Press.PUSH, frozenset({Light.OFF}), Light.ON, "on")
PULL = Rule(Press.PULL, frozenset({Light.ON}), Light.OFF, "off")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_question_to_a_table_gets_the_same_answer(table: Lifecycle[Any, Any]) -> None:
    edges = {(source, step): target for source, step, target in table.edges()}

    for state in type(table.start):
        for step in type(table.rules[0].step):
            target = table.target(step, state)
            assert target == edges.get((state, step))
            assert (step in table.steps_from(state)) == (target is not None)
            assert (state in table.sources(step)) == (target is not None)
    assert len(edges) == len(list(table.edges()))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_nothing_leads_back_to_new_and_every_rule_says_why(table: Lifecycle[Any, Any]) -> None:
    assert table.start not in {target for _, _, target in table.edges()}
    assert {target for source, _, target in table.edges() if source == table.start} <= {
        "expected",
        "received",
        "open",
    }
    assert [rule.step for rule in table.rules if len(rule.why) < 10] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_diagram_shows_every_step_that_changes_the_state(table: Lifecycle[Any, Any]) -> None:
    head, *lines = table.mermaid().splitlines()

    assert head == "stateDiagram-v2"
    assert set(lines) == {
        f"    {'[*]' if source == table.start else source} --> {target}: {step}"
        for source, step, target in table.edges()
        if source != target
    }
    assert len(lines) == len(set(lines))


def test_a_table_with_two_rules_for_one_step_from_one_state_never_starts() -> None:
    with pytest.raises(ValueError, match="light: two rules for push from off"):
        light(PUSH, Rule(Press.PUSH, frozenset({Light.OFF}), Light.OFF, "again"), PULL)


def test_a_table_that_forgets_a_step_never_starts() -> None:
    with pytest.raises(ValueError, match=r"no rule for .*pull"):
        light(PUSH)


def test_a_table_with_a_state_out_of_reach_never_starts() -> None:
    with pytest.raises(ValueError, match=r"no way to .*on"):
        light(Rule(Press.PUSH, frozenset({Light.OFF}), Light.OFF, "nothing"), PULL)


def test_a_sound_table_starts() -> None:
    table = light(PUSH, PULL)

    assert list(table.edges()) == [(Light.OFF, Press.PUSH, Light.ON), (Light.ON, Press.PULL, Light.OFF)]


@given(st.sampled_from(TABLES), st.data())
def test_any_walk_stays_within_the_table(table: Lifecycle[Any, Any], data: st.DataObject) -> None:
    state = table.start
    for step in data.draw(st.lists(st.sampled_from([rule.step for rule in table.rules]), max_size=40)):
        target = table.target(step, state)
        if target is None:
            assert step not in table.steps_from(state)
        else:
            state = target
    assert state in type(table.start)


def test_a_held_card_leaves_only_by_a_decision_and_a_missing_one_only_by_being_seen() -> None:
    stay = {CardStep.HOLD, CardStep.SIGHT, CardStep.POST_REMINDER, CardStep.RETURN_NOTICE}
    assert set(CARD.steps_from(CardState.HELD)) - stay == {
        CardStep.ACCEPT,
        CardStep.READMIT,
        CardStep.PACK,
        CardStep.TRANSFER,
        CardStep.MISS,
    }
    assert set(CARD.steps_from(CardState.MISSING)) == {
        CardStep.HAND_OVER,
        CardStep.RECEIVE,
        CardStep.FIND,
        CardStep.CONFIRM_LOST,
    }


def test_a_card_in_flight_lies_in_a_container() -> None:
    assert IN_FLIGHT < IN_BATCH


def test_a_card_comes_into_a_vault_from_a_receipt_from_its_set_up_or_back_from_a_hand_or_a_proposal() -> None:
    into = {source for source, step, to in CARD.edges() if to is CardState.STORED and source is not to}

    assert into == {
        CardState.RECEIVED,
        CardState.READY,
        CardState.OUT,
        CardState.PROPOSED,
        CardState.APPROVED,
        CardState.PICKED,
    }


def test_only_a_picked_card_is_destroyed_and_only_a_card_in_hand_is_issued() -> None:
    assert CARD.sources(CardStep.DESTROY) == {CardState.PICKED}
    assert CARD.sources(CardStep.PICK) == {CardState.APPROVED}
    assert CARD.sources(CardStep.APPROVE) == {CardState.PROPOSED}
    assert CARD.sources(CardStep.ISSUE) == IN_HAND


def test_what_has_ended_comes_back_only_by_being_found_or_by_undoing_the_issue() -> None:
    back = {(source, step) for source, step, _ in CARD.edges() if source in ENDED}

    assert back == {(state, CardStep.FIND) for state in ENDED} | {(CardState.ISSUED, CardStep.UNDO_ISSUE)}
