"""Papers carry the log's signed state: readable by eye, and by any telephone."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
import zxingcpp
from reportlab.graphics.barcode import qrencoder

from labels import closing_sheet, qrcodes, transfer_slip
from labels.page import LEFT, RIGHT
from logistics.ledger import notes
from logistics.rules.codes import CodeType, sequenced_code
from logistics.rules.records import ActCount, ClosingRecord
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records

QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
KEY = notes.SigningKey.generate("card-logistics/0b8b8cd5-6d1c-4f0e-8f11-5f0a4d7c2b19")
NOTE = notes.sign_checkpoint(KEY.verifier.name, 1_234_567, bytes(range(32)), KEY)


def anchored(copy: int = 0) -> bytes:
    record = records.transfer_slip(25)
    imprint = msgspec.structs.replace(
        records.imprint(record, copy), checkpoint="1234567件 0001 0203 0405 0607", note=NOTE
    )
    return transfer_slip.render(record, imprint)


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize("copy", [0, 99])
def test_the_qr_code_of_a_paper_reads_back_as_the_exact_note(dpi: int, copy: int) -> None:
    pages = paper.pages(anchored(copy), dpi)

    found = [[read.text for read in zxingcpp.read_barcodes(page, formats=QR)] for page in pages]

    assert found == [[NOTE], *[[]] * (len(pages) - 1)]
    opened = notes.open_checkpoint(found[0][0], [KEY.verifier])
    assert (opened.size, opened.root) == (1_234_567, bytes(range(32)))


def test_every_page_says_the_checkpoint_and_equal_notes_give_equal_bytes() -> None:
    texts = paper.texts(anchored())

    assert len(texts) > 1
    assert all("来歴照合値 1234567件 0001 0203 0405 0607" in text for text in texts)
    assert anchored() == anchored()
    assert anchored() != anchored(1)


def test_the_barcodes_beside_the_qr_code_are_still_read() -> None:
    record = records.transfer_slip(25)
    plain = transfer_slip.render(record, records.imprint(record))

    for dpi in paper.RESOLUTIONS:
        assert paper.codes_in(anchored(), dpi) == paper.codes_in(plain, dpi)


def test_another_library_fits_the_note_into_a_symbol_too() -> None:
    other = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    other.addData(NOTE)
    other.make()

    assert qrcodes.symbol(NOTE).modules <= other.getModuleCount()
    assert qrcodes.width_mm(NOTE, 2) < 20 < RIGHT - LEFT


def closing(acts: int = 11) -> ClosingRecord:
    counts = tuple(ActCount(f"act_{n}", 37 * n + 1) for n in range(acts))
    return ClosingRecord(
        number=sequenced_code(CodeType.DOCUMENT, 1, fiscal_year=8),
        issued_at=records.ISSUED,
        issued_by=records.CLERK,
        place=records.ANNEX,
        day=date(2026, 4, 1),
        acts=counts,
        entries=sum(one.entries for one in counts),
        unsigned=3,
        size=1_234_567,
        root=bytes(range(32)).hex(),
        note=NOTE,
        vkey=KEY.vkey,
    )


@pytest.mark.parametrize("acts", [0, 1, 12, 60])
def test_a_closing_sheet_says_the_root_in_full_and_every_count(acts: int) -> None:
    record = closing(acts)

    text = " ".join(paper.texts(closing_sheet.render(record, records.imprint(record))))

    assert "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f" in text
    assert "1011 1213 1415 1617 1819 1a1b 1c1d 1e1f" in text
    assert all(f"{one.act} {one.entries:,}" in text for one in record.acts)
    assert KEY.vkey in text.replace(" ", "")
    assert "分室" in text
    assert "本市" in text


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
def test_the_note_of_a_closing_sheet_reads_back_from_paper(dpi: int) -> None:
    record = closing()

    (page,) = paper.pages(closing_sheet.render(record, records.imprint(record)), dpi)

    assert [read.text for read in zxingcpp.read_barcodes(page, formats=QR)] == [NOTE]


def test_equal_closings_give_equal_bytes_and_false_counts_none() -> None:
    record = closing()
    imprint = records.imprint(record)

    assert closing_sheet.render(record, imprint) == closing_sheet.render(closing(), imprint)
    with pytest.raises(ValueError, match="does not count"):
        closing_sheet.render(msgspec.structs.replace(record, entries=5), imprint)
