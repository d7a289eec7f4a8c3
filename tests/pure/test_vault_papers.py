"""The papers of vault and counter: every barcode reads, every line is on one of the pages, wrong sums are refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from labels import access_register, handing, pick_list
from logistics.rules.codes import CodeType, random_code, sequenced_code, slot_code
from logistics.rules.records import Imprint, KindCount, NamedPerson, NamedPlace
from logistics.rules.vault_records import (
    AccessLineRecord,
    AccessRegisterRecord,
    CitySlipRecord,
    DepositReceiptRecord,
    HandedCard,
    PickLineRecord,
    PickListRecord,
)
from logistics.rules.vaulting import HAND_OVER_REASONS, HandOverReason
from tests.pure.labels_paper import RESOLUTIONS, codes_in, texts

AT = datetime(2026, 4, 1, 0, 5, tzinfo=UTC)
NUMBER = sequenced_code(CodeType.DOCUMENT, 1, fiscal_year=8)
LIST = sequenced_code(CodeType.PICK_LIST, 1, fiscal_year=8)
PLACE = NamedPlace("L13X", "マイナンバーカードセンター", "京都市下京区東塩小路町579番地の1")
CLERK, CITY = NamedPerson("P0013026", "センター 業務従事者1"), NamedPerson("P0013919", "センター 本市職員1")
IMPRINT = Imprint(0, AT, "ab" * 32)
CARDS = [random_code(CodeType.CARD) for _ in range(60)]


def register(lines: int) -> AccessRegisterRecord:
    said = [
        AccessLineRecord(
            vault="V011G" if n % 2 else None,
            where="保管庫" if n % 2 else "室",
            opened_at=AT + timedelta(minutes=n),
            opened_by=CLERK,
            reason=f"理由{n}" if n % 3 == 0 else None,
            explained_by="move" if n % 3 == 1 else None,
            source="badge",
            holds_key=False if n % 2 else None,
            closed_at=AT + timedelta(minutes=n + 1),
            closed_by=CLERK,
            unexplained=n % 3 == 2,
        )
        for n in range(lines)
    ]
    return AccessRegisterRecord(NUMBER, AT, CLERK, PLACE, date(2026, 4, 1), date(2026, 4, 2), tuple(said))


def booked(here: int, elsewhere: int) -> PickListRecord:
    lines = [
        PickLineRecord(
            position=n + 1,
            slot=slot_code(13, 1 + n % 2, "A", n + 1) if n < here else None,
            vault_name=("3階保管庫", "1階保管庫")[n % 2] if n < here else None,
            card=CARDS[n],
            kind_name="個人番号カード",
            booked_for="09:30",
            state="stored" if n < here else "missing",
        )
        for n in range(here + elsewhere)
    ]
    lines.sort(key=lambda line: line.slot or "Z")
    kinds = (KindCount("standard", "個人番号カード", len(lines)),) if lines else ()
    return PickListRecord(
        NUMBER, AT, CLERK, LIST, PLACE, date(2026, 4, 1), "center_3f_day", AT, AT, kinds, tuple(lines)
    )


def handed(count: int) -> tuple[HandedCard, ...]:
    return tuple(HandedCard(n, card, "個人番号カード") for n, card in enumerate(CARDS[:count], 1))


@pytest.mark.parametrize("lines", [0, 1, 40])
def test_the_register_shows_every_opening_and_counts_what_nothing_explains(lines: int) -> None:
    record = register(lines)

    pages = texts(access_register.render(record, IMPRINT))

    said = " ".join(pages)
    assert all(f"理由{n}" in said for n in range(0, lines, 3))
    assert said.count("不明（要確認）") == sum(line.unexplained for line in record.lines)
    assert ("記録はありません" in said) == (lines == 0)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_every_card_to_take_out_is_read_from_the_pick_list(dpi: int) -> None:
    pdf = pick_list.render(booked(35, 4), IMPRINT)

    read = Counter(codes_in(pdf, dpi))

    assert read[LIST] == 1
    assert {code for code in read if code.startswith("C")} == set(CARDS[:35])
    said = " ".join(texts(pdf))
    assert "3階保管庫 18 枚" in said
    assert said.count("所在不明") == 4


@pytest.mark.parametrize(("here", "elsewhere"), [(0, 0), (0, 3), (1, 0)])
def test_a_pick_list_of_few_is_a_paper_too(here: int, elsewhere: int) -> None:
    (page,) = texts(pick_list.render(booked(here, elsewhere), IMPRINT))

    assert ("保管庫にないカード" in page) == (elsewhere > 0)
    assert ("取り出すカードはありません" in page) == (here == 0)


def test_a_pick_list_that_counts_wrongly_is_not_drawn() -> None:
    wrong = msgspec.structs.replace(booked(2, 0), counts=(KindCount("standard", "個人番号カード", 3),))

    with pytest.raises(ValueError, match="counts 3 cards and lists 2"):
        pick_list.render(wrong, IMPRINT)


@pytest.mark.parametrize("reason", HandOverReason)
def test_the_citys_slip_names_both_people_the_reason_and_each_card(reason: HandOverReason) -> None:
    record = CitySlipRecord(NUMBER, AT, CLERK, PLACE, CITY, reason.value, handed(3))

    pdf = handing.render_city_slip(record, IMPRINT)

    said = " ".join(texts(pdf))
    assert all(word in said for word in (CLERK.name, CITY.name, HAND_OVER_REASONS[reason]))
    assert set(codes_in(pdf, 300)) == {NUMBER, *CARDS[:3]}


def test_the_receipt_of_a_deposit_says_what_when_and_why() -> None:
    record = DepositReceiptRecord(NUMBER, AT, CLERK, PLACE, CITY, "機器障害のため翌日に続ける", handed(1))

    pdf = handing.render_deposit(record, IMPRINT)

    said = " ".join(texts(pdf))
    assert "預り証" in said
    assert "機器障害のため翌日に続ける" in said
    assert set(codes_in(pdf, 300)) == {NUMBER, CARDS[0]}


def test_equal_records_give_equal_papers() -> None:
    drawn = [access_register.render(register(5), IMPRINT), pick_list.render(booked(5, 1), IMPRINT)]

    assert drawn == [access_register.render(register(5), IMPRINT), pick_list.render(booked(5, 1), IMPRINT)]
