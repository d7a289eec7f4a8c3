"""P1, P2 and P3, looked at as finished PDFs."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from labels import barcodes, manifest, receipt, transfer_slip
from labels.page import grouped
from labels.receipt import WORDS
from logistics.rules.records import ManifestRecord, ReceiptRecord, SealedBatch, TransferSlipRecord
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records

Paper = ManifestRecord | TransferSlipRecord | ReceiptRecord


def drawn(record: Paper, copy: int = 0) -> bytes:
    match record:
        case ManifestRecord():
            return manifest.render(record, records.imprint(record, copy))
        case TransferSlipRecord():
            return transfer_slip.render(record, records.imprint(record, copy))
        case ReceiptRecord():
            return receipt.render(record, records.imprint(record, copy))


def expected_codes(record: Paper, pages: int) -> list[str]:
    codes = [record.number] * pages
    match record:
        case ManifestRecord():
            codes += [
                record.transfer_slip,
                *(b.code for b in record.batches),
                *(n.card for n in record.lines),
            ]
        case TransferSlipRecord():
            codes += [record.manifest, *(batch.code for batch in record.batches)]
        case ReceiptRecord():
            codes += [
                record.manifest,
                *(s.batch for s in record.seals),
                *(d.code for d in record.differences),
            ]
    return sorted(codes)


PAPERS: dict[str, Callable[[], Paper]] = {
    "manifest of one card": lambda: records.manifest(1, 1),
    "manifest of 353 cards": lambda: records.manifest(353, 3),
    "manifest of many containers": lambda: records.manifest(60, 25),
    "transfer slip to fill in": lambda: records.transfer_slip(3),
    "transfer slip filled in": lambda: records.transfer_slip(3, known=True),
    "transfer slip of many containers": lambda: records.transfer_slip(25),
    "receipt without differences": lambda: records.receipt(0),
    "receipt with a few differences": lambda: records.receipt(6),
    "receipt with 230 differences": lambda: records.receipt(230),
}
papers = pytest.mark.parametrize("make", PAPERS.values(), ids=PAPERS.keys())


@papers
@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
def test_every_barcode_reads_from_the_page_and_none_is_missing_or_too_many(
    make: Callable[[], Paper], dpi: int
) -> None:
    record = make()

    pdf = drawn(record)

    assert paper.codes_in(pdf, dpi) == expected_codes(record, len(paper.texts(pdf)))


@papers
def test_every_barcode_has_ten_white_modules_on_either_side(
    make: Callable[[], Paper],
) -> None:
    dpi = 406
    narrowest = barcodes.FEWEST_DOTS * barcodes.DOT_MM * dpi / 25.4

    for picture in paper.pages(drawn(make()), dpi)[:2]:
        for found in paper.barcodes_on(picture):
            module = max(narrowest, (found.right - found.left + 1) / barcodes.symbol(found.text).modules)
            before, after = paper.white_beside(picture, found)
            assert min(before, after) >= 10 * module - 1, found


@papers
def test_equal_records_give_equal_bytes_and_another_copy_gives_others(
    make: Callable[[], Paper],
) -> None:
    record = make()
    read_back = msgspec.json.decode(msgspec.json.encode(record), type=type(record))

    assert drawn(record) == drawn(read_back)
    assert drawn(record) != drawn(record, copy=1)


@papers
def test_every_page_names_its_document_and_counts_itself(
    make: Callable[[], Paper],
) -> None:
    record = make()
    title = {"M": "発送明細書", "T": "授受票", "A": "受領書"}[record.number[0]]

    texts = paper.texts(drawn(record))

    for number, text in enumerate(texts, 1):
        assert f"{number} / {len(texts)} 頁" in text
        assert title in text
        assert f"番号 {grouped(record.number)}" in text
        assert "発行 令和8年4月1日（水）" in text
        assert "原本 印刷 令和8年4月1日（水）9時06分" in text
        assert f"照合値 {records.imprint(record).digest[:4]} " in text


def test_remarks_stand_where_the_parties_sign_and_never_alone_on_a_page() -> None:
    for cards in range(4, 10):
        texts = paper.texts(drawn(records.manifest(cards, 1)))

        assert not any(word in text for text in texts[:-1] for word in ("備考", "引渡し（配送業者）"))
        assert "備考" in texts[-1]
        assert "引渡し（配送業者）" in texts[-1]
        assert f"以上 {cards} 枚" in texts[-1]


def test_a_reprint_says_which_one_it_is_on_every_page() -> None:
    texts = paper.texts(drawn(records.manifest(60, 2), copy=2))

    assert len(texts) > 1
    assert all(text.count("再発行 2") == 2 and "原本" not in text for text in texts)


def test_the_checkpoint_of_the_log_is_printed_where_it_is_known() -> None:
    record = records.transfer_slip(1)
    imprint = msgspec.structs.replace(records.imprint(record), checkpoint="41207 9f3a 11c0 77de 02b4")

    (text,) = paper.texts(transfer_slip.render(record, imprint))

    assert "来歴照合値 41207 9f3a 11c0 77de 02b4" in text


def test_the_list_of_cards_repeats_its_head_on_every_page_and_closes_with_its_count() -> None:
    record = records.manifest(353, 3)

    texts = paper.texts(drawn(record))

    listing = [text for text in texts if re.search(r"C\w{3} \w{3} \w{3}", text)]
    assert len(listing) >= 13
    for text in listing:
        assert "番号 確認 管理番号 種別 搬送袋 バーコード" in text
        assert re.search(r"搬送袋 [123] / 3 B\w+ \w+ 封印番号 S-\d+ 11[78] 枚", text)
    assert sum("以上 353 枚" in text for text in texts) == 1
    assert all(grouped(line.card) in " ".join(listing) for line in record.lines)


def test_the_last_card_stays_with_the_count_and_the_signature_boxes_with_each_other() -> None:
    for cards in range(1, 60):
        texts = paper.texts(drawn(records.manifest(cards, 1)))
        closed = [text for text in texts if f"以上 {cards} 枚" in text]
        assert len(closed) == 1
        assert grouped(records.manifest(cards, 1).lines[-1].card) in closed[0]
        signed = [text for text in texts if "発送者（分室）" in text]
        assert len(signed) == 1
        assert "引渡し（配送業者）" in signed[0]
        assert "受領（拠点）" in signed[0]


def test_a_transfer_slip_prints_what_is_known_and_leaves_the_rest_blank() -> None:
    (blank,) = paper.texts(drawn(records.transfer_slip(3)))
    (filled,) = paper.texts(drawn(records.transfer_slip(3, known=True)))

    assert blank.count("日時 令和 年 月 日 時 分") == 2
    assert "日時 令和8年4月1日（水）9時30分" in filled
    assert "日時 令和8年4月1日（水）11時04分" in filled
    assert "拠点 担当者（P0071" in filled
    assert filled.count("異常なし") == filled.count("異常あり") == 6


def test_a_receipt_without_differences_says_so_on_one_page() -> None:
    (text,) = paper.texts(drawn(records.receipt(0)))

    assert "下記のとおり、全数を受領しました。" in text
    assert "差異はありません" in text
    assert "本市 立会職員" in text
    assert "発送 ＝ 受領 ＋ 受領不可 ＋ 未着" in text


def test_a_receipt_words_every_difference_and_states_the_balance() -> None:
    record = records.receipt(12)

    text = " ".join(paper.texts(drawn(record)))

    assert "全数" not in text.split("便番号")[0]
    assert all(text.count(word) >= 2 and meaning in text for word, meaning in WORDS.values())
    assert all(f"{term}" in text for term in ("353", "349", "予定外の到着"))
    assert "読取不可" in text
    assert "以上 12 件" in text


def test_the_only_difference_stays_with_its_heading_and_its_count() -> None:
    one = records.receipt(1)
    for containers in range(1, 12):
        record = msgspec.structs.replace(one, seals=one.seals[:1] * containers)

        (listing,) = [text for text in paper.texts(drawn(record)) if "以上 1 件" in text]

        assert "差異（過不足）" in listing
        assert grouped(one.differences[0].code) in listing


def test_a_paper_that_contradicts_itself_is_refused() -> None:
    a_manifest, slip, a_receipt = records.manifest(4, 1), records.transfer_slip(2), records.receipt(0)
    fewer: SealedBatch = msgspec.structs.replace(a_manifest.batches[0], cards=3)

    with pytest.raises(ValueError, match="its batches state"):
        drawn(msgspec.structs.replace(a_manifest, batches=(fewer,)))
    with pytest.raises(ValueError, match="states 199 cards, its batches 200"):
        drawn(msgspec.structs.replace(slip, cards=199))
    with pytest.raises(ValueError, match="accounts for 353 of 354"):
        drawn(msgspec.structs.replace(a_receipt, dispatched=354))


@papers
def test_the_only_typeface_is_embedded_and_nothing_in_the_file_can_act(
    make: Callable[[], Paper],
) -> None:
    record = make()
    pdf = drawn(record)

    faces = set(re.findall(rb"/BaseFont /(\S+)", pdf))
    assert faces
    assert all(re.fullmatch(rb"[A-Z]{6}\+IPAexGothic", face) for face in faces)
    assert pdf.count(b"/FontFile2") == len(faces)
    assert not re.search(rb"/(JavaScript|JS|AA|URI|Launch|OpenAction \[|Annots)\b", pdf)
    assert b"/Lang (ja-JP)" in pdf
    with paper.opened(pdf) as document:
        told = document.get_metadata_dict()
    assert told["Title"].endswith(record.number)
    assert told["Author"].startswith("京都市")


def test_many_threads_draw_the_same_paper() -> None:
    some: list[Paper] = [records.manifest(40, 2), records.receipt(20), records.transfer_slip(4)]
    alone = [drawn(record) for record in some]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(drawn, some * 8))

    assert together == alone * 8
