"""Looks at a finished PDF as a scanner, a reader and a ruler do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2 as pdfium
import zxingcpp
from PIL import Image

CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
# A label printer, and an ordinary one.
RESOLUTIONS = (203, 300)


@dataclass(frozen=True)
class Found:
    """A barcode as read from a page: its text and its bars' edges in pixels."""

    text: str
    left: int
    right: int
    top: int
    bottom: int


@contextmanager
def opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    """The document, closed afterwards."""
    document = pdfium.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def pages(pdf: bytes, dpi: float) -> list[Image.Image]:
    """Every page as a grey picture, dots where a printer of that resolution has them."""
    with opened(pdf) as document:
        return [_picture(page, dpi / 72) for page in document]


def _picture(page: pdfium.PdfPage, scale: float) -> Image.Image:
    # The renderer stretches a page to whole pixels; a page of whole pixels stays as it is.
    width, height = (math.ceil(side * scale - 0.01) / scale for side in page.get_size())
    page.set_mediabox(0, page.get_height() - height, width, page.get_height())
    picture: Image.Image = page.render(scale=scale - 1e-9, grayscale=True).to_pil()
    return picture


def texts(pdf: bytes) -> list[str]:
    """What a reader can copy from every page, on one line, wide spaces as narrow ones."""
    with opened(pdf) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def barcodes_on(picture: Image.Image) -> list[Found]:
    """Every Code 128 on a picture, read without turning, shrinking or inverting it."""
    read = zxingcpp.read_barcodes(
        picture, formats=CODE_128, try_rotate=False, try_downscale=False, try_invert=False
    )
    return [
        Found(
            one.text,
            min(one.position.top_left.x, one.position.bottom_left.x),
            max(one.position.top_right.x, one.position.bottom_right.x),
            one.position.top_left.y,
            one.position.bottom_left.y,
        )
        for one in read
    ]


def codes_in(pdf: bytes, dpi: float) -> list[str]:
    """The text of every barcode of a document, sorted; a code on two pages counts twice."""
    return sorted(found.text for picture in pages(pdf, dpi) for found in barcodes_on(picture))


def white_beside(picture: Image.Image, found: Found) -> tuple[int, int]:
    """How many white pixels lie left and right of a barcode, in its middle line."""
    row = (found.top + found.bottom) // 2
    dark = [picture.getpixel((x, row)) < 128 for x in range(picture.width)]  # type: ignore[operator]
    start = next(x for x in range(max(found.left - 3, 0), picture.width) if dark[x])
    end = next(x for x in range(min(found.right + 3, picture.width - 1), -1, -1) if dark[x])
    before = next((n for n in range(1, start + 1) if dark[start - n]), start + 1) - 1
    after = next((n for n in range(1, picture.width - end) if dark[end + n]), picture.width - end) - 1
    return before, after
