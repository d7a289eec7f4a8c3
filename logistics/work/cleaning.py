"""What is kept of a file that somebody attaches: its pixels, and nothing else of it.

What a file is, its own bytes say, never its name. Pictures are decoded and written anew, which leaves out where they
were taken, by what and by whom, and whatever was hung on to them. Of a PDF each page becomes a picture: no script, form,
link or enclosure survives, at the price of its text. A picture in which a barcode shows a My Number is refused.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pypdfium2
import zxingcpp
from PIL import Image, ImageOps

from logistics.rules.errors import FileRefused, MyNumberRefused
from logistics.rules.guard import holds_my_number

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
MOST_PAGES = 20
PDF_DPI = 150
# A page of A3; what claims to be larger is drawn coarser.
MOST_PAGE_PIXELS = 8_000_000
QUALITY = 88

# By the bytes a file begins with: its format, its media type.
_BEGINS: Mapping[bytes, tuple[str, str]] = {
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"II*\x00": ("TIFF", "image/tiff"),
    b"MM\x00*": ("TIFF", "image/tiff"),
    b"RIFF": ("WEBP", "image/webp"),
    b"%PDF-": ("PDF", "application/pdf"),
}
_PLAIN = frozenset({"1", "L", "RGB"})
# One at a time: a large picture takes a hundred megabytes, and PDFium is not made for threads.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is kept of a file, and what it is."""

    media_type: str
    content: bytes


def kind_of(content: bytes) -> tuple[str, str] | None:
    """Format and media type of a file by its first bytes; None for what cannot be attached."""
    for begins, kind in _BEGINS.items():
        if content.startswith(begins) and (kind[0] != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    return None


def clean(content: bytes) -> Cleaned:
    """The file without anything but its pixels. Blocks up to some seconds. FileRefused, MyNumberRefused."""
    kind = kind_of(content)
    if kind is None:
        raise FileRefused("file", "It is none of the kinds that can be attached.")
    if len(content) > MOST_BYTES:
        raise FileRefused("file", "It is too large.")
    form, media_type = kind
    with _one_at_a_time:
        try:
            pages = _pages_of_pdf(content) if form == "PDF" else _frames(content, form)
        except FileRefused:
            raise
        except Image.DecompressionBombError as bomb:
            raise FileRefused("file", "It has too many pixels.") from bomb
        except Exception as fault:
            # Decoders of hostile files have more ways to fail than they document.
            raise FileRefused("file", "It cannot be read.") from fault
        for page in pages:
            _refuse_my_number(page)
        return Cleaned(media_type, _written(pages, form))


def _frames(content: bytes, form: str) -> list[Image.Image]:
    with Image.open(io.BytesIO(content), formats=[form, "MPO"] if form == "JPEG" else [form]) as file:
        count = min(getattr(file, "n_frames", 1), MOST_PAGES + 1) if form == "TIFF" else 1
        if count > MOST_PAGES:
            raise FileRefused("file", f"It has more than {MOST_PAGES} pages.")
        frames = []
        for number in range(count):
            if number:
                file.seek(number)
            if file.width * file.height * count > MOST_PIXELS:
                raise FileRefused("file", "It has too many pixels.")
            frames.append(_plain(_upright(file), form))
        return frames


def _upright(file: Image.Image) -> Image.Image:
    """The picture as the camera was held; as it lies where its metadata cannot be read."""
    file.load()
    try:
        return ImageOps.exif_transpose(file)
    except Exception:
        return file


def _plain(picture: Image.Image, form: str) -> Image.Image:
    """The pixels alone: a new picture knows nothing of what was written beside the old one's."""
    if form == "JPEG":
        mode = "L" if picture.mode == "L" else "RGB"
    elif picture.mode in _PLAIN:
        mode = picture.mode
    else:
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
        mode = "RGBA" if has_alpha and form in ("PNG", "WEBP") else "RGB"
    converted = picture.convert(mode)
    plain = Image.new(mode, converted.size)
    plain.paste(converted)
    return plain


def _pages_of_pdf(content: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(content)
    try:
        if not 0 < len(document) <= MOST_PAGES:
            raise FileRefused("file", f"It has no page, or more than {MOST_PAGES}.")
        return [_drawn(document[number]) for number in range(len(document))]
    finally:
        document.close()


def _drawn(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    scale = min(PDF_DPI / 72, (MOST_PAGE_PIXELS / max(width * height, 1)) ** 0.5)
    picture: Image.Image = page.render(scale=scale).to_pil()
    return _plain(picture, "JPEG")


def _refuse_my_number(picture: Image.Image) -> None:
    """MyNumberRefused if a barcode in the picture holds one, as the back of a card does."""
    texts = [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]
    if holds_my_number(" ".join(texts)):
        raise MyNumberRefused("the picture")


def _written(pages: Sequence[Image.Image], form: str) -> bytes:
    out, first, rest = io.BytesIO(), pages[0], list(pages[1:])
    if form == "PDF":
        first.save(out, "PDF", save_all=True, append_images=rest, resolution=PDF_DPI, quality=QUALITY)
    elif form == "TIFF":
        first.save(out, "TIFF", save_all=True, append_images=rest, compression="tiff_deflate")
    elif form == "PNG":
        first.save(out, "PNG")
    else:
        first.save(out, form, quality=QUALITY)
    return out.getvalue()
