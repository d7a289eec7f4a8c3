"""The published losses 1 to 13, played through the HTTP API: noticed the same day, with the last sighting at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from logistics.store.server import Server
from tests.accidents.cases import ACCIDENTS, Accident, empty_sleeve
from tests.accidents.stage import scene
from tests.accidents.table import HEAD, line

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("accident", ACCIDENTS, ids=lambda accident: accident.name)
async def test_a_published_loss_is_noticed_and_the_readme_says_how(
    server: Server, template: str, accident: Accident
) -> None:
    async with scene(server, template) as at:
        noticed = await accident.play(at)

    assert noticed.cards
    assert 0 <= noticed.gap_days <= 1.0
    assert noticed.last_sighting
    assert line(accident, noticed) in README, "make accidents OUT=out prints the table for the README"


async def test_an_empty_sleeve_that_deceives_whoever_counts_sleeves_is_found_by_the_cyclic_count(
    server: Server, template: str
) -> None:
    async with scene(server, template) as at:
        noticed = await empty_sleeve(at)

    assert noticed.cards
    assert 1.0 < noticed.gap_days <= 30.0
    assert noticed.last_sighting


def test_the_readme_has_one_row_for_each_loss() -> None:
    table = (
        README.split("<!-- accidents: make accidents -->")[1].split("<!-- end -->")[0].strip().splitlines()
    )

    assert tuple(table[:2]) == HEAD
    assert [row.split("|")[1].strip() for row in table[2:]] == [accident.name for accident in ACCIDENTS]
