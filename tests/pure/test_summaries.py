"""Monthly tables as printed: every total against its parts, and nothing added that does not belong together."""

from __future__ import annotations

from importlib.resources import files

import pytest

from logistics.rules.summaries import doubts, parse, totals

PLACES = {str(number): f"L{number:03d}" for number in range(1, 14)}


def printed(name: str) -> bytes:
    return files("seed").joinpath(name).read_bytes()


def test_the_contract_s_wrong_total_is_the_only_doubt_about_its_city_table() -> None:
    lines, faults = parse(printed("monthly_city.csv"), PLACES)

    assert faults == []
    (doubt,) = doubts(lines)
    assert (doubt.printed, doubt.added) == (94_746, 109_207)
    assert "94,746" in doubt.ja
    assert totals(lines) == []


def test_the_thirteen_sites_add_up_to_what_the_contract_issued() -> None:
    sites, _ = parse(printed("monthly_sites.csv"), PLACES)
    center, _ = parse(printed("monthly_center.csv"), PLACES)
    city, _ = parse(printed("monthly_city.csv"), PLACES)

    found = {total.measure: total for total in totals([*sites, *center, *city])}

    assert doubts([*sites, *center]) == []
    assert (found["issued"].places, found["issued"].added) == (13, 112_666)
    assert [found["issued"].months[m] for m in sorted(found["issued"].months)][:2] == [12_122, 11_919]


def test_what_counts_something_else_or_other_months_is_not_added() -> None:
    sites, _ = parse(printed("monthly_sites.csv"), PLACES)
    center, _ = parse(printed("monthly_center.csv"), PLACES)

    # The Center counts certificates issued and renewed, the counters certificates.
    assert "certificates" not in {total.measure for total in totals([*sites, *center])}
    later, _ = parse(b"place,measure,name,2026-04,source\n1,issued,x,5,y\n", PLACES)
    assert "issued" not in {total.measure for total in totals([*sites, *later])}


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"measure,source\nissued,x\n", 1, "-"),
        (b"measure,2025-04,source\nissued,1.5,x\n", 2, "2025-04"),
        (b"measure,2025-04,source\nissued,-3,x\n", 2, "2025-04"),
        (b"place,measure,2025-04,source\n77,issued,3,x\n", 2, "place"),
        (b"measure,2025-04,source\n,3,x\n", 2, "measure"),
        (b"measure,2025-04,source\nissued,3,x\nissued,4,x\n", 3, "measure"),
        (b"measure,2025-04,printed_total,source\nissued,3,many,x\n", 2, "printed_total"),
        (b"measure,2025-04\nissued,3\n", 1, "source"),
        (b"", 1, "-"),
    ],
)
def test_a_fault_is_named_by_line_and_column(content: bytes, line: int, column: str) -> None:
    _, faults = parse(content, PLACES)

    assert [(fault["line"], fault["column"]) for fault in faults] == [(line, column)]
