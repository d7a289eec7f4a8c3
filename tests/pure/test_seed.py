"""The data of the contract: complete, as printed, and adding up except where the print does not."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.rules.calendar import Calendar, PlaceKind, Service, month_days
from logistics.rules.codes import fault, slot_code
from logistics.rules.guard import holds_my_number
from seed import contract
from seed.contract import Disagreement

CALENDAR = Calendar()
APRIL_TO_NOVEMBER = [date(2025, month, 1) for month in range(4, 12)]
# Cards issued by site, April to November 2025, and the printed totals: 参考資料(2) and (3).
ISSUED = {
    "kita": (558, 536, 579, 680, 527, 575, 956, 825, 5236),
    "kamigyo": (268, 270, 283, 311, 275, 290, 350, 564, 2611),
    "sakyo": (494, 523, 598, 660, 618, 583, 1629, 1572, 6677),
    "nakagyo": (572, 559, 634, 667, 606, 610, 1267, 1040, 5955),
    "higashiyama": (294, 301, 350, 382, 323, 338, 394, 306, 2688),
    "yamashina": (541, 771, 893, 923, 789, 925, 1282, 995, 7119),
    "minami": (484, 501, 544, 600, 585, 585, 672, 565, 4536),
    "nishikyo": (532, 596, 620, 667, 597, 622, 703, 595, 4932),
    "rakusai": (289, 310, 336, 348, 326, 337, 765, 659, 3370),
    "fushimi": (1055, 1011, 1107, 1192, 1091, 1174, 1288, 1107, 9025),
    "fukakusa": (551, 544, 630, 651, 608, 630, 703, 573, 4890),
    "daigo": (321, 277, 351, 370, 332, 330, 723, 599, 3303),
    "center": (6163, 5720, 6901, 7257, 6323, 6370, 7228, 6362, 52324),
}


def by_month(measure: str) -> list[int]:
    rows = [contract.count(place, measure) for place in contract.SITES]
    return [sum(row.months[month] for row in rows) for month in APRIL_TO_NOVEMBER]


def test_the_places_are_the_annex_twelve_counters_and_the_center() -> None:
    places = contract.places()

    assert [p.number for p in places] == list(range(14))
    assert [p.slug for p in places] == ["annex", *ISSUED]
    assert [p.windows for p in places] == [0, 3, 2, 6, 4, 1, 4, 2, 2, 2, 4, 2, 2, 18]
    assert [p.kind for p in places] == [PlaceKind.ANNEX, *[PlaceKind.COUNTER] * 12, PlaceKind.CENTER]
    assert not any("右京" in p.name for p in places)


def test_addresses_are_written_with_half_width_digits() -> None:
    for place in contract.places():
        assert not set(place.address) & set("０１２３４５６７８９"), place
        assert place.address.startswith("京都市"), place


def test_every_place_has_one_vault_and_the_center_two() -> None:
    assert [(v.place, v.number) for v in contract.vaults()] == [
        (0, 1),
        (0, 2),
        *((n, 1) for n in range(1, 14)),
        (13, 2),
    ]


def test_every_vault_can_be_numbered_slot_by_slot() -> None:
    for vault in contract.vaults():
        last_shelf = chr(ord("A") + vault.shelves - 1)

        assert last_shelf <= "Z"
        assert fault(slot_code(vault.place, vault.number, last_shelf, vault.slots_per_shelf)) is None


def test_the_vaults_of_a_site_hold_four_of_its_busiest_months() -> None:
    for place in contract.SITES:
        capacity = sum(v.capacity for v in contract.vaults() if v.place == place)

        assert capacity >= 4 * max(contract.count(place, "issued").months.values())


def test_the_annex_vault_holds_two_average_months_of_all_sites() -> None:
    assert contract.vaults()[0].capacity >= 2 * sum(by_month("issued")) / 8


def test_kinds_start_on_the_days_the_law_gave_them() -> None:
    starts = {kind.code: kind.starts for kind in contract.kinds()}

    assert starts["express"] == date(2024, 12, 2)
    assert starts["overseas"] == date(2024, 5, 27)
    assert starts["residence_card"] == starts["permanent_resident"] == date(2026, 6, 14)
    assert all(
        day < date(2026, 4, 1)
        for code, day in starts.items()
        if not code.endswith(("residence_card", "resident"))
    )
    assert {k.code for k in contract.kinds() if not k.retention} == {
        "residence_card",
        "permanent_resident",
        "collected",
        "deposited",
    }


def test_the_bookings_of_the_counters_follow_their_windows() -> None:
    per_slot = next(s.bookings_per_slot for s in contract.sessions() if s.service is Service.COUNTER_DAY)

    assert per_slot is not None
    assert [p.windows * per_slot for p in contract.places()[1:4]] == [84, 56, 168]


@pytest.mark.parametrize("slug", ISSUED)
def test_the_cards_issued_by_a_site_are_as_printed(slug: str) -> None:
    place = next(p.number for p in contract.places() if p.slug == slug)

    row = contract.count(place, "issued")

    assert (*(row.months[month] for month in APRIL_TO_NOVEMBER), row.printed_total) == ISSUED[slug]


def test_all_sites_together_issued_112666_cards() -> None:
    issued = by_month("issued")

    assert issued == [12122, 11919, 13826, 14708, 13000, 13369, 17960, 15762]
    assert sum(issued) == 112_666 == 60_342 + 52_324


def test_express_cards_are_four_in_a_hundred() -> None:
    assert by_month("express") == [559, 598, 587, 583, 584, 618, 633, 557]
    assert contract.express_share() == Fraction(4719, 112_666)
    assert contract.express_share(13) == Fraction(454, 52_324)


def test_every_site_has_every_measure() -> None:
    measures = {"issued", "applied", "certificates", "express"}

    assert {(r.place, r.measure) for r in contract.monthly_sites()} == {
        (p, m) for p in range(1, 13) for m in measures
    }
    assert {r.measure for r in contract.monthly_center()} == {*measures, "portal_help"}
    assert len(contract.monthly_city()) == 6


def test_exactly_two_printed_totals_are_not_the_sum_of_their_parts() -> None:
    assert contract.totals_that_disagree() == (
        Disagreement("参考資料(1) 市 交付件数", printed=94_746, added=109_207),
        Disagreement("資料1-1 合計 leaders", printed=18, added=17),
    )


def test_the_city_issued_12303_cards_elsewhere_than_at_the_13_sites() -> None:
    city = next(row for row in contract.monthly_city() if row.measure == "issued")

    elsewhere = [
        total - sites for total, sites in zip(city.months.values(), by_month("issued")[:7], strict=True)
    ]

    assert elsewhere == [1742, 1526, 1926, 1447, 1475, 1941, 2246]
    assert sum(elsewhere) == 12_303


def test_portal_help_in_may_is_printed_with_two_different_counts() -> None:
    city = next(row for row in contract.monthly_city() if row.measure == "portal_help")
    center = contract.count(13, "portal_help")

    differing = {m: (n, center.months[m]) for m, n in city.months.items() if n != center.months[m]}

    assert differing == {date(2025, 5, 1): (67, 72)}


def test_a_counter_has_two_people_for_each_window() -> None:
    windows = {p.number: p.windows for p in contract.places()}
    counters = [row for row in contract.staffing() if row.service is Service.COUNTER_DAY and not row.sum]

    assert [row.place for row in counters] == list(range(1, 13))
    assert all(row.staff_min == row.staff_max == 2 * windows[row.place or 0] for row in counters)


@pytest.mark.parametrize("month", range(4, 12))
def test_the_cards_of_the_runs_add_up_to_the_month(month: int) -> None:
    runs = [contract.daily_volumes(day, CALENDAR) for day in month_days(2026, month)]

    added = [sum(run[place] for run in runs) for place in contract.SITES]

    assert added == [contract.count(p, "issued").months[date(2025, month, 1)] for p in contract.SITES]


def test_no_cards_come_on_a_day_without_a_run() -> None:
    assert set(contract.daily_volumes(date(2026, 5, 2), CALENDAR).values()) == {0}


def test_a_month_that_was_not_printed_takes_the_mean_of_the_eight() -> None:
    assert contract.month_volume(1, 12) == round(5236 / 8)
    assert sum(contract.month_volume(13, month) for month in range(1, 13)) == 52_324 + 4 * round(52_324 / 8)


def test_a_normal_run_carries_some_700_cards_and_the_busiest_fewer_than_900() -> None:
    runs = [
        sum(contract.daily_volumes(day, CALENDAR).values())
        for month in range(4, 12)
        for day in month_days(2026, month)
        if CALENDAR.is_run_day(day)
    ]

    assert 650 <= sum(runs) / len(runs) <= 750
    assert max(runs) < 900


@given(st.integers(0, 20_000), st.integers(1, 31))
def test_spreading_loses_no_card_and_differs_by_one_at_most(total: int, parts: int) -> None:
    shares = contract.spread(total, parts)

    assert len(shares) == parts
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_no_file_of_the_data_holds_a_my_number_or_a_line_without_source() -> None:
    tables = [file for file in files("seed").iterdir() if file.name.endswith(".csv")]

    assert len(tables) == 12
    for table in tables:
        text = table.read_text(encoding="utf-8")
        # Cell by cell, as an import reads it: neighbouring counts are no number together.
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        assert not any(map(holds_my_number, cells)), table.name
        assert all(line["source"] for line in csv.DictReader(text.splitlines())), table.name
