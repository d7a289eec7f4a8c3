"""Nobody asks without end, and nobody who works ever hears of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.limiting import COSTLY, LEAST_PER_SECOND, PER_SECOND, SAVED_SECONDS, Limits, cost_of

ONE, OTHER = b"one", b"other"


@dataclass
class Watch:
    """A clock that a test puts forward; seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_whoever_asks_without_end_gets_what_a_second_brings_and_not_more() -> None:
    watch = Watch()
    limits = Limits(10, watch)

    at_once = sum(limits.wait(ONE, 1) == 0 for _ in range(1_000))
    waits = limits.wait(ONE, 1)
    watch.now += 60
    in_a_minute = 0
    for _ in range(600):
        watch.now += 0.01
        in_a_minute += sum(limits.wait(ONE, 1) == 0 for _ in range(10))

    assert at_once == 10 * SAVED_SECONDS
    assert 0 < waits <= 0.1
    assert 10 * SAVED_SECONDS + 59 <= in_a_minute <= 10 * SAVED_SECONDS + 61, (
        "what was saved, and six seconds"
    )
    assert limits.wait(OTHER, 1) == 0, "nobody pays for another"


def test_a_clerk_who_scans_ten_cards_a_second_all_day_and_loads_pages_beside_it_never_waits() -> None:
    watch = Watch()
    limits = Limits.shared(PER_SECOND, processes=64)
    limits.clock = watch

    for tenth in range(10 * 3_600):
        watch.now = tenth / 10
        assert limits.wait(ONE, 1) == 0
        if tenth % 20 == 0:
            assert [limits.wait(ONE, 1) for _ in range(20)] == [0] * 20, "a page and what it asks for"
    assert limits.per_second == LEAST_PER_SECOND


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_several_processes_give_together_no_more_than_is_set(processes: int) -> None:
    crew = [Limits.shared(PER_SECOND, processes) for _ in range(processes)]
    for limits in crew:
        limits.clock = Watch()

    given = sum(limits.wait(ONE, 1) == 0 for limits in crew for _ in range(2 * PER_SECOND * SAVED_SECONDS))

    # Seconds are no whole numbers: each process may round by one.
    assert PER_SECOND * SAVED_SECONDS - processes <= given <= PER_SECOND * SAVED_SECONDS


def test_another_token_of_the_same_person_opens_no_second_bucket() -> None:
    limits = Limits(10, Watch())
    for token in (ONE, OTHER):
        limits.known(token, "P0001027")

    given = sum(limits.wait(token, 1) == 0 for token in (ONE, OTHER) for _ in range(1_000))

    assert given == 10 * SAVED_SECONDS


def test_what_was_taken_before_one_was_known_is_not_given_again() -> None:
    limits = Limits(10, Watch())
    assert [limits.wait(ONE, 1) for _ in range(10 * SAVED_SECONDS)] == [0.0] * (10 * SAVED_SECONDS)

    limits.known(ONE, "P0001027")

    assert limits.wait(ONE, 1) > 0


def test_tokens_by_the_million_fill_no_memory_and_free_nobody_who_waits() -> None:
    watch = Watch()
    limits = Limits(10, watch)
    limits.known(ONE, "P0001027")
    while limits.wait(ONE, 1) == 0:
        pass

    for n in range(9_000):
        watch.now += 0.001
        limits.wait(n.to_bytes(4), 1)
    watch.now += 0.2
    for n in range(9_000, 18_000):
        limits.wait(n.to_bytes(4), 1)

    assert len(limits._full_at) <= 10_000
    regained = 0
    while limits.wait(ONE, 1) == 0:
        regained += 1
    assert 90 <= regained <= 93, "what nine seconds brought"


@pytest.mark.parametrize(
    ("template", "cost"),
    [
        ("/api/v1/scans", 1),
        ("/api/v1/cards/{card}", 1),
        ("/scan/{purpose}/{subject}", 1),
        ("/api/v1/manifests/{manifest}/manifest.pdf", COSTLY),
        ("/api/v1/audit/exports", COSTLY),
        ("/api/v1/jobs", COSTLY),
        ("/api/v1/labels/batches", COSTLY),
    ],
)
def test_papers_exports_and_reports_count_for_many(template: str, cost: int) -> None:
    assert cost_of(template) == cost
