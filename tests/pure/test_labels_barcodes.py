import io
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from labels import barcodes
from labels.pen import Pen
from logistics.rules.codes import ALPHABET, CodeType, seal_with_check
from logistics.rules.errors import MalformedCode
from tests.pure import labels_paper as paper

bodies = st.text(ALPHABET, min_size=3, max_size=10)
codes = st.builds(lambda kind, body: seal_with_check(kind + body), st.sampled_from(CodeType), bodies)


@given(codes)
@settings(deadline=None)
def test_every_code_of_ours_has_a_proven_symbol_whose_rectangles_are_its_modules(code: str) -> None:
    symbol = barcodes.symbol(code)

    bars = [tuple(map(int, bar)) for bar in re.findall(r"(\d+) 0 (\d+) 1 re", symbol.path)]
    modules = barcodes._Code128(code).build()[0]
    drawn = "".join("1" if any(x <= at < x + w for x, w in bars) else "0" for at in range(symbol.modules))
    assert drawn == modules
    assert all(x + w < after for (x, w), (after, _) in pairwise(bars))


def test_a_symbol_that_does_not_read_as_its_code_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = seal_with_check("C7Q1"), seal_with_check("C7Q2")
    encode = barcodes._Code128
    monkeypatch.setattr(barcodes, "_Code128", lambda code: encode(wrong))

    with pytest.raises(barcodes.UnprovenBarcode, match=f"{right} reads as {wrong}"):
        barcodes.symbol(right)


def test_a_symbol_that_nothing_can_read_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blank:
        def __init__(self, code: str) -> None:
            self.code = code

        def build(self) -> list[str]:
            return ["1" * 145]

    monkeypatch.setattr(barcodes, "_Code128", Blank)

    with pytest.raises(barcodes.UnprovenBarcode, match="reads as nothing"):
        barcodes.symbol(seal_with_check("C7Q3"))


@pytest.mark.parametrize("text", ["", "123456789018", "C7Q1X2", "c7q1", "C7Q1\n", "<b>", "C７Ｑ１"])
def test_what_is_not_one_of_our_codes_gets_no_barcode(text: str) -> None:
    with pytest.raises(MalformedCode):
        barcodes.symbol(text)


def test_a_module_is_a_whole_number_of_dots_and_as_wide_as_the_room_allows() -> None:
    code = seal_with_check("CABCDEFGH")

    widths = [round(barcodes.module_mm(code, room) / barcodes.DOT_MM, 6) for room in (42, 63, 84, 200)]

    assert widths == [2, 3, 4, 6]


def test_a_barcode_that_does_not_fit_is_refused_and_not_squeezed() -> None:
    with pytest.raises(ValueError, match=r"needs 41\.\d mm and has 40\.0 mm"):
        barcodes.module_mm(seal_with_check("CABCDEFGH"), 40)


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize("x", [10.0, 10.03, 10.06, 10.09])
def test_the_smallest_barcode_reads_wherever_it_stands(dpi: int, x: float) -> None:
    rows = [seal_with_check(f"C{n:04d}WXYZ") for n in range(27)]
    output = io.BytesIO()
    canvas = Canvas(output, invariant=1)
    pen = Pen(canvas)
    for index, code in enumerate(rows):
        pen.barcode(code, x, 10 + index * 7.8, 5.4, barcodes.FEWEST_DOTS * barcodes.DOT_MM)
    canvas.save()

    assert paper.codes_in(output.getvalue(), dpi) == sorted(rows)


def test_bars_begin_on_a_dot_of_a_label_printer() -> None:
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=(72.0, 72.0), invariant=1)
    barcodes.draw(canvas, seal_with_check("B12"), 3.1, 10, 10, 2 * barcodes.DOT_MM)
    canvas.save()

    # At 203 dpi a one-inch page is 203 pixels wide: every pixel of the symbol is either black or white.
    (picture,) = paper.pages(output.getvalue(), 203)
    row = picture.crop((0, 150, 203, 151))
    assert all(level < 5 or level > 250 for level in row.tobytes())
    assert min(row.tobytes()) < 5


def test_the_proof_is_read_from_pixels_and_not_from_the_encoder() -> None:
    code = seal_with_check("CABCDEFGH")
    modules = barcodes._Code128(code).build()[0]

    damaged = modules[:40] + "1111" + modules[44:]

    assert barcodes._read_back(modules) == code
    assert barcodes._read_back(damaged) is None
