"""P5 and P6: where to count without what is expected; and a report whose figures have to add up."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from labels import count_report, count_sheet
from logistics.rules.codes import CodeType, random_code, sequenced_code, slot_code
from logistics.rules.count_records import (
    CountedSlot,
    CountLine,
    CountReportRecord,
    CountSheetRecord,
    LastSeen,
)
from logistics.rules.counting import CountKind, Finding
from logistics.rules.records import Imprint, NamedPerson, NamedPlace
from tests.pure import labels_paper as paper

NOW = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)
SITE = NamedPlace("L01F", "北区役所", "京都市北区紫野東御所田町33-1")
CLERK, SECOND = NamedPerson("P0001027", "北 業務従事者1"), NamedPerson("P0001035", "北 業務従事者2")
COUNT, VAULT = sequenced_code(CodeType.COUNT, 1, fiscal_year=8), sequenced_code(CodeType.VAULT, 11, width=3)
SLOTS = tuple(CountedSlot(slot_code(1, 1, "A", n), "A", n) for n in range(1, 42))
IMPRINT = Imprint(0, NOW, "0" * 64)

SHEET = CountSheetRecord(
    number=sequenced_code(CodeType.DOCUMENT, 1, fiscal_year=8),
    issued_at=NOW,
    issued_by=CLERK,
    witness=SECOND,
    supervisor=None,
    count=COUNT,
    kind=CountKind.CLOSING,
    place=SITE,
    vault=VAULT,
    vault_name="保管庫",
    day=date(2026, 4, 1),
    aside=True,
    slots=SLOTS,
)
GONE = CountLine(
    card=random_code(CodeType.CARD),
    finding=Finding.MISSING,
    expected_in=SLOTS[0].code,
    found_in=None,
    hint=SLOTS[1].code,
    note="",
    difference=sequenced_code(CodeType.DISCREPANCY, 1, fiscal_year=8),
    case=sequenced_code(CodeType.CASE, 1, fiscal_year=8),
    last_seen=LastSeen(NOW, CLERK, "北区役所", SLOTS[0].code, "put_away", 4_711),
)
REPORT = CountReportRecord(
    number=sequenced_code(CodeType.DOCUMENT, 2, fiscal_year=8),
    issued_at=NOW,
    issued_by=CLERK,
    witness=SECOND,
    supervisor=None,
    counters=(CLERK,),
    recounters=(SECOND,),
    count=COUNT,
    kind=CountKind.FULL,
    place=SITE,
    vault=VAULT,
    vault_name="保管庫",
    day=date(2026, 4, 1),
    opened_at=NOW,
    closed_at=NOW,
    slots=41,
    recounted=(SLOTS[0].code,),
    expected=10,
    matched=7,
    explained=1,
    missing=1,
    misplaced=1,
    unexpected=0,
    reason="探したが見つからない",
    lines=(GONE,),
)


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
def test_every_slot_of_a_sheet_is_scanned_from_paper(dpi: int) -> None:
    pdf = count_sheet.render(SHEET, IMPRINT)

    read = set(paper.codes_in(pdf, dpi))

    assert read == {SHEET.number, COUNT, VAULT, *(slot.code for slot in SLOTS)}


def test_a_report_says_who_saw_a_missing_card_last_and_where_to_look() -> None:
    said = "".join(paper.texts(count_report.render(REPORT, IMPRINT))).replace(" ", "")

    assert "最終確認令和8年4月1日（水）17時30分" in said.replace("\n", "")
    assert "記録4711" in said
    assert "まずそこを確認" in said
    assert "探したが見つからない" in said


def test_a_report_whose_figures_do_not_add_up_is_not_drawn() -> None:
    wrong = msgspec.structs.replace(REPORT, matched=8)

    with pytest.raises(ValueError, match="accounts for 11 of 10 cards"):
        count_report.render(wrong, IMPRINT)
