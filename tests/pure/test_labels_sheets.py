"""Label sheets, measured on the rendered page with a ruler of ten pixels to the millimetre."""

from __future__ import annotations

import random
from datetime import date

import pytest
from PIL import Image, ImageChops

from labels import barcodes, batch_label, sheets, sleeve_label
from labels.page import grouped
from labels.sheets import LAYOUTS, Placement, SheetLayout
from logistics.rules.codes import CodeType, sequenced_code
from logistics.rules.records import BatchLabel, NamedPlace, SleeveLabel
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records

PER_MM = 10
DPI = 25.4 * PER_MM
SLEEVES = [layout for name, layout in LAYOUTS.items() if name.startswith("sleeves")]
BATCHES = [layout for name, layout in LAYOUTS.items() if name.startswith("batches")]


def sleeves(count: int) -> list[SleeveLabel]:
    rng = random.Random(count)  # noqa: S311
    return [SleeveLabel(records.card_code(rng), "マイナンバーカード") for _ in range(count)]


def containers(count: int, name: str = records.SITE.name, seal: str | None = "S-70211") -> list[BatchLabel]:
    site = NamedPlace(records.SITE.code, name, records.SITE.address)
    return [
        BatchLabel(sequenced_code(CodeType.BATCH, n), site, date(2026, 4, 1), 1, seal) for n in range(count)
    ]


def ink(picture: Image.Image) -> tuple[float, float, float, float]:
    """The box, in mm, that holds all that is printed."""
    box = ImageChops.invert(picture).point(lambda level: 255 if level > 127 else 0).getbbox()
    assert box is not None
    return box[0] / PER_MM, box[1] / PER_MM, box[2] / PER_MM, box[3] / PER_MM


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_layout_fits_a4_and_its_labels_do_not_overlap(layout: SheetLayout) -> None:
    x, y = layout.corner(layout.per_sheet - 1)

    assert layout.left >= 0
    assert layout.top >= 0
    assert x + layout.width <= 210.001
    assert y + layout.height <= 297.001
    assert layout.column_pitch >= layout.width
    assert layout.row_pitch >= layout.height


def test_labels_lie_where_the_makers_of_the_stock_cut_them() -> None:
    corners = {
        name: layout.corner(0) + layout.corner(layout.columns + 1)
        for name, layout in LAYOUTS.items()
        if layout.columns > 1
    }

    assert corners == {
        "sleeves-24": pytest.approx((6.0, 12.9, 72.0, 46.8)),
        "sleeves-44": pytest.approx((8.4, 8.8, 56.7, 34.2)),
        "batches-8": pytest.approx((0, 0, 105, 74.25)),
        "batches-10": pytest.approx((18.6, 21.5, 105, 72.3)),
    }


def test_stock_larger_than_a4_is_refused() -> None:
    with pytest.raises(ValueError, match=r"reach 210\.00 x 305\.10 mm, beyond A4"):
        SheetLayout("too high", 1, 9, 210, 33.9, 0, 0, 210, 33.9)


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize("layout", SLEEVES, ids=lambda layout: layout.name)
def test_every_sleeve_barcode_reads_and_none_is_missing(layout: SheetLayout, dpi: int) -> None:
    labels = sleeves(layout.per_sheet + 5)

    pdf = sleeve_label.render(labels, layout)

    assert paper.codes_in(pdf, dpi) == sorted(label.card for label in labels)


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize("layout", BATCHES, ids=lambda layout: layout.name)
def test_every_container_barcode_reads_and_none_is_missing(layout: SheetLayout, dpi: int) -> None:
    labels = containers(layout.per_sheet + 1)

    pdf = batch_label.render(labels, layout)

    assert paper.codes_in(pdf, dpi) == sorted(label.batch for label in labels)


@pytest.mark.parametrize("layout", SLEEVES, ids=lambda layout: layout.name)
def test_every_sleeve_label_lies_inside_its_own_cut(layout: SheetLayout) -> None:
    labels = sleeves(layout.per_sheet)

    (picture,) = paper.pages(sleeve_label.render(labels, layout), DPI)

    for index, label in enumerate(labels):
        x, y = layout.corner(index)
        cell = picture.crop(
            (
                round(x * PER_MM),
                round(y * PER_MM),
                round((x + layout.width) * PER_MM),
                round((y + layout.height) * PER_MM),
            )
        )
        left, top, right, bottom = ink(cell)
        (found,) = paper.barcodes_on(cell)
        assert found.text == label.card
        assert left >= 1.5
        assert right <= layout.width - 1.5
        assert top >= 1
        assert bottom <= layout.height - 1
        # The barcode stands in the middle of its label.
        assert (found.left + found.right) / 2 / PER_MM == pytest.approx(layout.width / 2, abs=0.3)


@pytest.mark.parametrize("layout", SLEEVES, ids=lambda layout: layout.name)
def test_sleeve_barcodes_keep_their_quiet_zones_within_the_label(layout: SheetLayout) -> None:
    labels = sleeves(layout.columns)

    for label in labels:
        module = barcodes.module_mm(label.card, layout.width - 3)
        bars = barcodes.symbol(label.card).modules * module
        assert (layout.width - bars) / 2 >= 10 * module


def test_calibration_moves_every_label_by_exactly_the_offset() -> None:
    labels = sleeves(24)

    (plain,) = paper.pages(sleeve_label.render(labels), DPI)
    (moved,) = paper.pages(sleeve_label.render(labels, placement=Placement(0, 1.5, -0.8)), DPI)

    # Bars begin on the next dot of the printer, so an offset may be a dot longer.
    assert [b - a for a, b in zip(ink(plain), ink(moved), strict=True)] == pytest.approx(
        [1.5, -0.8, 1.5, -0.8], abs=barcodes.DOT_MM + 0.1
    )


def test_used_labels_are_left_blank_and_the_rest_follows_row_by_row() -> None:
    labels = sleeves(22)

    first, second = paper.pages(sleeve_label.render(labels, placement=Placement(skip=4)), 203)

    rows = [found.text for found in sorted(paper.barcodes_on(first), key=lambda f: (f.top // 100, f.left))]
    assert rows == [label.card for label in labels[:20]]
    assert [found.text for found in sorted(paper.barcodes_on(second), key=lambda f: f.left)] == [
        label.card for label in labels[20:]
    ]
    used = first.crop((0, 0, first.width, round(46 / 25.4 * 203)))
    assert used.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("placement", "says"),
    [(Placement(skip=24), "has 24 labels, 24 are skipped"), (Placement(skip=100), "has 24 labels, 100")],
)
def test_skipping_a_whole_sheet_is_refused(placement: Placement, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sleeve_label.render(sleeves(1), placement=placement)


@pytest.mark.parametrize("wrong", [(-1, 0.0, 0.0), (0, 10.1, 0.0), (0, 0.0, -11.0), (0, float("nan"), 0.0)])
def test_a_placement_off_the_paper_is_refused(wrong: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match=r"cannot skip|calibrated by at most"):
        Placement(*wrong)


def test_no_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="no labels"):
        batch_label.render([])


def test_stock_too_narrow_for_a_barcode_is_refused() -> None:
    narrow = sheets.centred("65面", 5, 13, 38.1, 21.2)

    with pytest.raises(ValueError, match=r"needs 41\.\d mm and has 35\.1 mm"):
        sleeve_label.render([SleeveLabel("C5J1H9VVKX", "カード")], narrow)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_calibration_sheet_outlines_every_label_to_a_tenth_of_a_millimetre(layout: SheetLayout) -> None:
    offset = Placement(0, 0.6, 0.4)

    (picture,) = paper.pages(sheets.calibration(layout, offset), DPI)

    for index in range(layout.per_sheet):
        x, y = layout.corner(index)
        across, down = round((x + offset.dx_mm) * PER_MM), round((y + offset.dy_mm) * PER_MM)
        cross = picture.crop((max(across - 1, 0), down + 6, across + 2, down + 7))
        assert min(cross.tobytes()) < 128, f"no upright line at the corner of label {index}"


def test_the_calibration_sheet_has_rulers_that_read_true() -> None:
    (picture,) = paper.pages(sheets.calibration(sheets.BATCHES_8), DPI)
    below = round((297 / 2 + 1) * PER_MM)

    for mm in range(10, 200, 10):
        assert min(picture.crop((mm * PER_MM - 1, below, mm * PER_MM + 2, below + 1)).tobytes()) < 128
        between = picture.crop((mm * PER_MM + 4, below + 10, mm * PER_MM + 7, below + 11))
        assert mm in (100, 110) or min(between.tobytes()) > 200


def test_a_container_label_names_its_destination_run_number_and_seal() -> None:
    (label,) = containers(1)

    (text,) = paper.texts(batch_label.render([label]))

    assert "伏見区役所深草支所 マイナンバーカード交付コーナー" in text
    assert "令和8年4月1日（水）第1便" in text
    assert grouped(label.batch) in text
    assert "封印番号 S-70211" in text


def test_a_container_without_a_seal_yet_leaves_the_line_to_write_on() -> None:
    (text,) = paper.texts(batch_label.render(containers(1, seal=None)))

    assert text.endswith("封印番号")


@pytest.mark.parametrize("layout", BATCHES, ids=lambda layout: layout.name)
@pytest.mark.parametrize("name", ["北区役所", records.SITE.name, "字" * 500], ids=["short", "long", "absurd"])
def test_a_destination_stays_inside_its_label(layout: SheetLayout, name: str) -> None:
    (picture,) = paper.pages(batch_label.render(containers(1, name), layout), DPI)

    left, top, right, bottom = ink(picture)
    assert left >= layout.left + 4
    assert top >= layout.top + 3
    assert right <= layout.left + layout.width - 4
    assert bottom <= layout.top + layout.height - 3


def test_equal_labels_give_equal_bytes() -> None:
    assert sleeve_label.render(sleeves(30)) == sleeve_label.render(sleeves(30))
    assert batch_label.render(containers(9)) == batch_label.render(containers(9))
    assert sheets.calibration(sheets.SLEEVES_24) == sheets.calibration(sheets.SLEEVES_24)
