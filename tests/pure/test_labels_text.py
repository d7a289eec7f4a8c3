"""What people typed is drawn as it stands, or made harmless; it never changes the paper around it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labels import batch_label, fonts, manifest, receipt, sleeve_label, transfer_slip
from labels.page import grouped, short_digest
from logistics.rules.records import BatchLabel, Carriage, ManifestRecord, NamedPerson, NamedPlace, SleeveLabel
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records

HOSTILE = {
    "markup": "<b>太字</b>",
    "link": '<a href="javascript:alert(1)">押す</a>',
    "image": '<img src="file:///etc/passwd"/><para><font size="90">',
    "pdf operators": ") Tj ET Q 0 0 m (x) Tj \\",
    "control characters": "A\x00B\x07C\x1b[31mD\x7f\x9b",
    "line breaks": "一行目\r\n二行目\u2028三行目\u0085四行目",
    "bidi": "甲\u202e乙\u2066丙\u200f丁\u2069 אבג العربية",
    "emoji and rare kanji": "𠮷野家 👩‍👩‍👧 葛\U000e0100 髙﨑",
    "combining": "は\u3099ハ\u309a e\u0301 " + "o" + "\u0335\u0336" * 200,
    "lone surrogate": "甲\ud800乙",
    "private and unassigned": "\ue000\uffff\U0010ffff甲",
    "500 characters": "長" * 500,
    "500 narrow characters": "il" * 250,
    "one long word": "W" * 500,
    "only spaces": " \u3000\t \u00a0",
    "nothing": "",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


def hostile_manifest(text: str) -> ManifestRecord:
    """A manifest whose every typed text is `text`; its codes are codes."""
    of = records.manifest(12, 2)
    place = NamedPlace(text, text, text)
    return msgspec.structs.replace(
        of,
        issued_by=NamedPerson(text, text),
        run=text,
        origin=place,
        destination=place,
        carriage=Carriage(text, text, text, (text, text), text),
        batches=tuple(
            msgspec.structs.replace(
                batch,
                seal_number=text,
                counts=tuple(msgspec.structs.replace(count, name=text) for count in batch.counts),
            )
            for batch in of.batches
        ),
        lines=tuple(msgspec.structs.replace(line, kind_name=text) for line in of.lines),
    )


@hostile
def test_hostile_text_on_a_manifest_is_inert_and_disturbs_no_barcode(text: str) -> None:
    record = hostile_manifest(text)

    pdf = manifest.render(record, records.imprint(records.manifest(12, 2)))

    pages = len(paper.texts(pdf))
    batches, cards = [b.code for b in record.batches], [line.card for line in record.lines]
    assert paper.codes_in(pdf, 300) == sorted(
        [record.number] * pages + [record.transfer_slip] + batches + cards
    )
    assert_inert(pdf)


@hostile
def test_hostile_text_on_a_slip_a_receipt_and_labels_is_inert(text: str) -> None:
    of = hostile_manifest(text)
    person = NamedPerson(text, text)
    hands = msgspec.structs.replace(
        records.transfer_slip(known=True).delivered, released_by=person, accepted_by=person
    )
    slip = msgspec.structs.replace(
        records.transfer_slip(), origin=of.origin, destination=of.destination, carriage=of.carriage,
        taken_over=hands, delivered=hands,
    )  # fmt: skip
    found = tuple(msgspec.structs.replace(one, note=text) for one in records.receipt(6).differences)
    seals = tuple(
        msgspec.structs.replace(seal, expected=text, seen=text) for seal in records.receipt(6).seals
    )
    a_receipt = msgspec.structs.replace(
        records.receipt(6), differences=found, seals=seals, supervisor=person, origin=of.origin
    )
    imprint = records.imprint(records.receipt(6))
    label = BatchLabel(of.batches[0].code, of.destination, of.run_date, 1, text)

    assert_inert(transfer_slip.render(slip, imprint))
    assert_inert(receipt.render(a_receipt, imprint))
    assert_inert(batch_label.render([label]))
    assert_inert(sleeve_label.render([SleeveLabel(of.lines[0].card, text)]))


def assert_inert(pdf: bytes) -> None:
    """The file holds nothing that acts, and every page has ink only inside its margins."""
    for word in (b"/JavaScript", b"/URI", b"/Annots", b"/XObject <<", b"/Launch"):
        assert word not in pdf
    for picture in paper.pages(pdf, 50):
        width, height = picture.size
        right_margin = picture.crop((width - 4, 0, width, height))
        assert right_margin.getextrema() == (255, 255)


def test_markup_is_printed_letter_by_letter() -> None:
    record = msgspec.structs.replace(
        records.receipt(0), supervisor=NamedPerson("P1", '<a href="javascript:x"><b>名</b></a>')
    )

    (text,) = paper.texts(receipt.render(record, records.imprint(record)))

    assert '<ahref="javascript:x"><b>名</b></a>' in text.replace(" ", "")


def test_a_note_of_500_characters_is_printed_in_full() -> None:
    note = "".join(chr(0x4E00 + n * 7) for n in range(500))
    drawable = fonts.plain(note)
    one = msgspec.structs.replace(records.receipt(6).differences[0], note=note)
    record = msgspec.structs.replace(records.receipt(0), differences=(one,))

    text = " ".join(paper.texts(receipt.render(record, records.imprint(record))))

    assert drawable.replace(" ", "") in text.replace(" ", "")


def test_a_note_longer_than_a_page_is_cut_and_says_so() -> None:
    one = msgspec.structs.replace(records.receipt(6).differences[0], note="字" * 20_000)
    record = msgspec.structs.replace(records.receipt(0), differences=(one,))

    pdf = receipt.render(record, records.imprint(record))

    assert "…" in " ".join(paper.texts(pdf))
    assert_inert(pdf)


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("a\x00b\x1b[0m", "ab[0m"),
        ("一\n二\t三", "一 二 三"),
        ("甲\u202e乙\u200b丙", "甲乙丙"),
        ("は\u3099", "ば"),
        ("𠮷野", "〓野"),
        ("分室　担当者", "分室　担当者"),
        ("葛\U000e0100飾", "葛飾"),
        ("  a  b ", "a b"),
        ("髙﨑", "髙﨑"),
    ],
)
def test_text_is_cleaned_before_it_is_drawn(typed: str, drawn: str) -> None:
    assert fonts.plain(typed) == drawn


@given(st.text(max_size=300), st.floats(4, 100), st.floats(4, 20))
@settings(max_examples=150, deadline=None)
@example("Ų", 4.0, 12.0)
def test_wrapping_loses_nothing_and_stays_within_its_room(text: str, room: float, size: float) -> None:
    lines = fonts.wrapped(text, room, size)

    kept = "".join(lines).replace(" ", "").replace("\u3000", "")
    assert kept == fonts.plain(text).replace(" ", "").replace("\u3000", "")
    assert all(len(line) == 1 or fonts.width_mm(line, size) <= room + 0.001 for line in lines)


@given(st.text(max_size=300), st.floats(4, 100))
@settings(max_examples=150, deadline=None)
def test_fitting_never_grows_and_ends_in_dots_only_at_the_least_size(text: str, room: float) -> None:
    line, size = fonts.fitted(text, room, 12, 6)

    assert 6 <= size <= 12
    assert len(line) <= 2 or fonts.width_mm(line, size) <= room + 0.001
    assert line == fonts.plain(text) or (size == 6 and line.endswith("…"))


def test_a_long_name_breaks_where_a_reader_would_break_it() -> None:
    assert fonts.halved("伏見区役所深草支所マイナンバーカード交付コーナー", 80, 12)[:2] == (
        "伏見区役所深草支所",
        "マイナンバーカード交付コーナー",
    )
    assert fonts.halved("西京区役所洛西支所", 30, 12)[:2] == ("西京区役所", "洛西支所")


def test_two_names_part_between_them_and_words_between_words() -> None:
    names = "深草支所 業務従事者12・深草支所 立会者3"
    assert fonts.wrapped(names, 45, 9) == ("深草支所 業務従事者12・", "深草支所 立会者3")
    assert fonts.wrapped("a recount by two people", 30, 9) == ("a recount by two", "people")


def test_a_closing_bracket_never_begins_a_line() -> None:
    for room in range(12, 60):
        lines = fonts.wrapped("封印番号（発送時）の、確認。" * 4, room, 8)
        assert not any(line[0] in "）、。" for line in lines)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("C7K3M9QX25", "C7K3 M9Q X25"),
        ("B0040016", "B004 0016"),
        ("L001W", "L00 1W"),
        ("V123", "V123"),
        ("", ""),
    ],
)
def test_a_code_is_grouped_for_reading_aloud(code: str, shown: str) -> None:
    assert grouped(code) == shown


def test_a_digest_is_shortened_to_four_groups_of_four() -> None:
    assert short_digest("0123456789abcdef" * 4) == "0123 4567 89ab cdef"
