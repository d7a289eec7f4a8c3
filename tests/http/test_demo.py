"""The demonstration day, played small: it notices all that goes wrong, and says so."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta

import httpx
import pytest

from logistics.rules import passwords, tokens
from logistics.store.database import Database
from logistics.work import devices
from seed.demo import happened
from seed.demo.accounts import Holder, Keys, shown
from seed.demo.day import DAY, STARTS_AT
from seed.demo.summary import KINDS
from seed.demo.world import make
from seed.load import VEHICLE_NUMBER, person_code, place_code
from tests.played import SMALL, play


def without_missing(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """What a service would answer that hides a missing card from whoever closes a receipt."""
    if not request.url.path.endswith("/close") or b"manifest" not in answer.content or not answer.is_success:
        return answer
    said = json.loads(answer.content)
    said["accepted"] += said.pop("missing")
    return httpx.Response(200, json={**said, "missing": 0}, request=request)


async def test_a_day_with_every_kind_of_difference_balances(database: Database) -> None:
    summary, service = await play(database)

    assert summary.faults == []
    assert summary.balanced
    assert summary.verdict == (
        "GOOD 2026-04-01: 13 sites, 112 cards dispatched = 108 received + 4 missing; 15 differences of 6 kinds"
    )
    assert {kind for kind in KINDS if summary.differences[kind]} == set(KINDS)
    assert summary.totals.dispatched == summary.totals.received + summary.totals.missing
    assert sum(summary.states.values()) - summary.returned == summary.annex.listed == 116
    assert summary.returned == 3
    names = sorted(service.papers)
    assert [sum(name.startswith(f"P{n}-") for name in names) for n in (1, 2, 3, 4)] == [14, 14, 14, 1]
    assert [sum(name.startswith(f"P{n}-") for name in names) for n in (5, 6)] == [4, 4]
    assert {"batch-labels.pdf", "sleeve-labels.pdf"} <= set(names)


async def test_a_service_that_hides_a_missing_card_makes_the_day_a_bad_one(database: Database) -> None:
    summary, _ = await play(database, without_missing)

    assert not summary.balanced
    assert summary.verdict.startswith("BAD 2026-04-01")
    assert sum(".missing: 0 answered, 1 happened" in fault for fault in summary.faults) == 4


async def test_a_newcomer_gets_a_station_of_annex_site_and_courier_however_many_were_let_in(
    database: Database,
) -> None:
    manager = person_code(0, 1)
    keys = Keys({manager: Holder(tokens.new_code(), passwords.new_secret())}, {})
    places = []
    for _ in range(3):
        lines = await shown(database, keys, STARTS_AT, STARTS_AT)
        again = await shown(database, keys, STARTS_AT, STARTS_AT)
        codes = [
            re.findall(r"station .*: ([A-Z]{5}(?:-[A-Z]{5}){5}) ", "\n".join(told)) for told in (lines, again)
        ]
        assert [len(codes[0]), len(codes[1])] == [3, 3]
        async with database.begin() as session:
            for once in codes[1]:
                places.append((await devices.enrol(session, once, STARTS_AT)).place)

    assert Counter(places) == dict.fromkeys((place_code(0), place_code(1), place_code(VEHICLE_NUMBER)), 3)


@pytest.mark.parametrize("later", range(0, 60, 3))
def test_whatever_goes_wrong_on_a_day_every_card_is_somewhere(later: int) -> None:
    world = make(date(2026, 4, 1) + timedelta(days=later), SMALL)

    sites = [happened.at_site(world, site) for site in SMALL]
    annex = happened.at_annex(world)
    places = happened.places(world)

    assert all(site.dispatched == site.received + site.missing for site in sites)
    assert annex.listed == annex.checked_in + annex.damaged + annex.missing == len(places)
    assert annex.checked_in == annex.dispatched + annex.left_behind
    kept = sum(state in ("stored", "issued") for _, state in places.values())
    assert kept == sum(site.put_away for site in sites)
    assert sum(state == "issued" for _, state in places.values()) == sum(site.issued for site in sites) > 13
    assert {kind for kind in KINDS if any(getattr(site, kind) for site in sites)} == set(KINDS)


def test_the_same_day_goes_wrong_in_the_same_way() -> None:
    assert make(DAY, SMALL) == make(DAY, SMALL)
    assert make(DAY, SMALL).mishaps != make(date(2026, 4, 2), SMALL).mishaps
