"""What every numbered paper has around its contents: title, number, original or reprint, pages, check values.

The pages are planned first and drawn once, so that 「1 / 3 頁」 is known without a second run.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from labels import barcodes, fonts, qrcodes
from labels.flow import Piece, Placed, paginate
from labels.pen import GREY, HAIR, HEAVY, PAGE_WIDTH, THIN, Pen
from logistics.rules.japanese import japanese_time
from logistics.rules.records import Imprint

SERVICE = "京都市マイナンバーカード交付関連業務　カード管理・搬送"
# The left margin leaves room for the two holes of a Japanese file.
LEFT, RIGHT = 20.0, 195.0
WIDTH = RIGHT - LEFT
TOP, BOTTOM = 37.5, 277.5
_HEAD_RULE, _FOOT_RULE = 31.0, 280.5
# A module of the note's QR code: the two dots that every printer and telephone can tell apart.
_QR_DOTS = 2
# From the right edge to the left of that QR code.
_QR_ROOM = 62.0

# Streams as they are: ASCII85, meant for mail of another age, made files a quarter larger and slower to write.
rl_config.useA85 = 0
# reportlab reads glyphs through a shared position in the font file while it saves.
_saving = threading.Lock()


@dataclass(frozen=True, slots=True)
class Paper:
    """What the furniture of one document says. `running` is the line that later pages repeat under the title."""

    title: str
    number: str
    issued_at: datetime
    running: str


def compose(paper: Paper, imprint: Imprint, pieces: Sequence[Piece]) -> bytes:
    """The PDF of `pieces` with their furniture. Equal arguments give equal bytes."""
    pages = paginate(pieces, TOP, BOTTOM)
    output = io.BytesIO()
    canvas = open_canvas(output, f"{paper.title} {paper.number}")
    pen = Pen(canvas)
    for index, page in enumerate(pages):
        _head(pen, paper, imprint, continued=index > 0)
        _draw(pen, page)
        if imprint.note and index == 0:
            _anchor(pen, imprint.note)
        _foot(pen, paper, imprint, f"{index + 1} / {len(pages)} 頁")
        canvas.showPage()
    return saved(canvas, output)


def open_canvas(output: io.BytesIO, title: str) -> Canvas:
    """An A4 canvas with Japanese metadata, whose bytes depend on nothing but what is drawn."""
    typeface = fonts.font().fontName
    canvas = Canvas(
        output, pagesize=A4, invariant=1, pageCompression=1, lang="ja-JP", initialFontName=typeface
    )
    canvas.setTitle(title)
    canvas.setAuthor(SERVICE)
    canvas.setSubject(title)
    canvas.setCreator("card-logistics")
    return canvas


def saved(canvas: Canvas, output: io.BytesIO) -> bytes:
    """Close the canvas and return its bytes; safe in several threads at once."""
    with _saving:
        canvas.save()
    return output.getvalue()


def grouped(code: str) -> str:
    """A code in even groups of at most four characters, for reading aloud: C7K3 M9Q X25."""
    groups = -(-len(code) // 4) or 1
    shortest, longer = divmod(len(code), groups)
    parts, start = [], 0
    for index in range(groups):
        end = start + shortest + (index < longer)
        parts.append(code[start:end])
        start = end
    return " ".join(parts)


def short_digest(digest: str) -> str:
    """The first 16 hexadecimal digits of a digest, in fours."""
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4))


def copy_mark(copy: int) -> str:
    """原本, or 再発行 n for the n-th reprint."""
    return "原本" if copy == 0 else f"再発行 {copy}"


def _draw(pen: Pen, page: Sequence[Placed]) -> None:
    for placed in page:
        placed.piece.draw(pen, placed.y)


def _head(pen: Pen, paper: Paper, imprint: Imprint, *, continued: bool) -> None:
    pen.write(LEFT, 13.5, SERVICE, 7, grey=GREY)
    mark = copy_mark(imprint.copy)
    mark_width = fonts.width_mm(mark, 10) + 7
    title_width = fonts.width_mm(paper.title, 21)
    # A long title is set closer, so that the mark behind it stays clear of what stands on the right.
    room = (RIGHT - _QR_ROOM - LEFT - title_width - mark_width - 6) / len(paper.title) * 72 / 25.4
    spacing = max(0.0, min(4.0, room))
    pen.write(LEFT, 25.5, paper.title, 21, bold=True, spacing=spacing)
    mark_x = LEFT + title_width + len(paper.title) * spacing * 25.4 / 72 + 4
    pen.box(mark_x, 18.6, mark_width, 7.4, 0.8)
    pen.cell(mark_x, 18.6, mark_width, 7.4, mark, 10, "centre")
    module = barcodes.module_mm(paper.number, 46)
    wide = barcodes.width_mm(paper.number, module)
    quiet = barcodes.QUIET_MODULES * module
    pen.barcode(paper.number, RIGHT - wide + quiet, 11, 10.5, module)
    pen.write(RIGHT, 26.2, f"番号 {grouped(paper.number)}", 9.5, "right")
    pen.rule(LEFT, _HEAD_RULE - 0.9, RIGHT, HEAVY)
    pen.rule(LEFT, _HEAD_RULE, RIGHT, HAIR)
    if continued:
        pen.cell(LEFT, _HEAD_RULE + 1, WIDTH, 5, paper.running, 8, pad=0, grey=GREY)


def _anchor(pen: Pen, note: str) -> None:
    """The log's signed state as a QR code between title and number: what any telephone can keep and compare."""
    wide = qrcodes.width_mm(note, _QR_DOTS)
    left = RIGHT - 46 - wide
    pen.qr(note, left, _HEAD_RULE - 1.6 - wide, _QR_DOTS)
    pen.write(RIGHT - 45.5, _HEAD_RULE - 6.2, "来歴照合", 6.5, grey=GREY)
    pen.write(RIGHT - 45.5, _HEAD_RULE - 3.2, "QRコード", 6.5, grey=GREY)


def _foot(pen: Pen, paper: Paper, imprint: Imprint, pages: str) -> None:
    pen.rule(LEFT, _FOOT_RULE, RIGHT, THIN)
    pen.write(LEFT, _FOOT_RULE + 4.2, f"照合値 {short_digest(imprint.digest)}", 7.5)
    if imprint.checkpoint:
        pen.cell(LEFT, _FOOT_RULE + 5.4, 78, 4, f"来歴照合値 {imprint.checkpoint}", 6.5, pad=0)
    else:
        pen.write(LEFT, _FOOT_RULE + 8, SERVICE, 6.5, grey=GREY)
    pen.write(PAGE_WIDTH / 2 + 2.5, _FOOT_RULE + 4.6, pages, 10, "centre")
    pen.write(RIGHT, _FOOT_RULE + 4.2, f"発行 {japanese_time(paper.issued_at)}", 7.5, "right")
    printed = f"{copy_mark(imprint.copy)}　印刷 {japanese_time(imprint.printed_at)}"
    pen.write(RIGHT, _FOOT_RULE + 8, printed, 6.5, "right", grey=GREY)
