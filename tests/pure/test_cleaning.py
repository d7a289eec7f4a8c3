"""What is kept of a file: its pixels. Files are made here as cameras, scanners and attackers make them."""

from __future__ import annotations

import io
import struct
import zlib

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, PngImagePlugin

from logistics.rules.errors import FileRefused, MyNumberRefused
from logistics.work.cleaning import MOST_BYTES, clean

SECRET = "35.0116N 135.7681E"
# One number with a right check digit.
MY_NUMBER = "123456789018"


def picture(size: tuple[int, int] = (120, 80)) -> Image.Image:
    made = Image.new("RGB", size, "white")
    made.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    return made


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def photo() -> bytes:
    """As a telephone makes it: turned, with place and comment, and something hung on to its end."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = SECRET
    content = saved(picture(), "JPEG", exif=exif, comment=SECRET.encode())
    return content + b"<script>alert('" + SECRET.encode() + b"')</script>"


def note() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET)
    return saved(picture(), "PNG", pnginfo=info)


def scan() -> bytes:
    return saved(picture(), "TIFF", save_all=True, append_images=[picture()] * 2, description=SECRET)


def pdf(extra: str = "") -> bytes:
    """A page with words, that would run a script when it is opened."""
    text = f"BT /F1 18 Tf 20 60 Td ({SECRET}) Tj ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\('{SECRET}'\\)) >> {extra} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R"
        " /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
    ]
    out, places = "%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    return f"{out}startxref\n{start}\n%%EOF\n".encode()


def bomb() -> bytes:
    """A few bytes that call themselves a picture of four thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10)))


def coded(text: str) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    made = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6)).convert("RGB")
    sheet = Image.new("RGB", (made.width + 80, made.height + 80), "white")
    sheet.paste(made, (40, 40))
    return sheet


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (photo(), "image/jpeg"),
        (note(), "image/png"),
        (scan(), "image/tiff"),
        (saved(picture(), "WEBP", exif=b"Exif\0\0" + SECRET.encode()), "image/webp"),
        (pdf(), "application/pdf"),
    ],
)
def test_nothing_but_pixels_is_kept(content: bytes, media_type: str) -> None:
    assert SECRET.encode() in content

    kept = clean(content)

    assert kept.media_type == media_type
    assert SECRET.encode() not in kept.content
    for word in (b"JavaScript", b"OpenAction", b"<script", b"Comment", b"Exif"):
        assert word not in kept.content


def test_a_photo_stands_as_the_camera_was_held_and_a_scan_keeps_its_pages() -> None:
    with Image.open(io.BytesIO(clean(photo()).content)) as upright:
        assert upright.size == (80, 120)
    with Image.open(io.BytesIO(clean(scan()).content)) as pages:
        assert getattr(pages, "n_frames", 1) == 3


def test_a_page_of_a_pdf_becomes_a_picture_of_it() -> None:
    document = pypdfium2.PdfDocument(clean(pdf()).content)
    page = document[0]
    shown = page.render(scale=1).to_pil().convert("L")

    assert page.get_textpage().get_text_range() == ""
    assert [round(side) for side in page.get_size()] == [300, 100]
    assert min(shown.get_flattened_data()) < 100, "the words are still there to be seen"
    document.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html><script>alert(1)</script></html>", "none of the kinds"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "none of the kinds"),
        (b"MZ\x90\x00", "none of the kinds"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "none of the kinds"),
        (b"", "none of the kinds"),
        (saved(picture(), "JPEG")[:200], "cannot be read"),
        (b"%PDF-1.7 nothing more", "cannot be read"),
        (bomb(), "too many pixels"),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), "too large"),
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_calls_itself(content: bytes, why: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        clean(content)

    assert why in refusal.value.reason


@pytest.mark.parametrize("form", ["JPEG", "PDF"])
def test_a_picture_of_the_back_of_a_card_is_refused(form: str) -> None:
    assert clean(saved(coded("C0XK3WYPMU"), form)).content

    with pytest.raises(MyNumberRefused):
        clean(saved(coded(MY_NUMBER), form))
