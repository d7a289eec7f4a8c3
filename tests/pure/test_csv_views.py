"""CSV views: marked as such, safe in a spreadsheet, readable back, in both encodings that offices use."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.work.views import MARK, MISSING, Charset, csv_view, restored

# No lone surrogates, which are no text, and no NUL, which PostgreSQL does not keep.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SIGNS = "=+-@\t\r\n＝＋－＠﹢﹦−"


def cells(content: bytes, charset: Charset) -> list[list[str]]:
    encoding = "utf-8-sig" if charset is Charset.UTF_8 else "cp932"
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def one(text: str, charset: Charset = Charset.UTF_8) -> str:
    mark, heading, (cell,) = cells(csv_view(["note"], [{"note": text}], charset), charset)
    assert (mark, heading) == ([MARK], ["note"])
    return cell


def test_a_view_says_in_its_first_line_that_it_is_no_evidence() -> None:
    content = csv_view(["card", "state"], [{"card": "C0XK3WYPMU", "state": None}])

    assert content.startswith(b"\xef\xbb\xbf# ")
    assert content.decode("utf-8-sig") == f"{MARK}\r\ncard,state\r\nC0XK3WYPMU,\r\n"
    assert "not evidence" in MARK


@pytest.mark.parametrize("charset", Charset)
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\u200b", "\ufeff"])
@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_can_start_a_formula(sign: str, before: str, charset: Charset) -> None:
    cell = one(f"{before}{sign}SUM(A1)", charset)

    assert cell.startswith("'")


def test_a_cell_that_is_no_formula_stays_as_it_is() -> None:
    assert [one(text) for text in ("KS-000001", "2026-04-01", "#1", "a=b", "京都＝市")] == [
        "KS-000001",
        "2026-04-01",
        "#1",
        "a=b",
        "京都＝市",
    ]


@given(TEXT)
def test_every_cell_reads_back_as_it_was(text: str) -> None:
    assert restored(one(text)) == text


@given(TEXT)
def test_every_text_can_be_written_in_shift_jis(text: str) -> None:
    cell = restored(one(text, Charset.SHIFT_JIS))

    assert len(cell) == len(text)


def test_what_shift_jis_lacks_is_seen_to_be_missing() -> None:
    assert one("𠮷田〜髙島−1🙂", Charset.SHIFT_JIS) == f"{MISSING}田～髙島－1{MISSING}"


def test_line_ends_and_quotes_inside_a_cell_stay_inside_it() -> None:
    text = 'one\r\ntwo, "three"\n'

    assert restored(one(text)) == text
    assert restored(one(text, Charset.SHIFT_JIS)) == text
