"""Spreadsheets for the city (XLSX): real numbers, heads that stay, ready to print; nothing in them is a formula of others.

Equal arguments give equal sheets; the file's own times are those of the record, not of the clock.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

Value = str | int | date | None

_HEAD = PatternFill("solid", fgColor="E8E8EB")
_LINE = Border(bottom=Side(style="hair"))
_SUM = Border(top=Side(style="thin"), bottom=Side(style="double"))
_NUMBER, _DAY = "#,##0;[Red]-#,##0", "yyyy-mm-dd"
# A zip entry's time has no zone and begins in 1980; one for all keeps equal sheets equal.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a title and lines of words above, then the table. `widths` are in characters; `total` sums numbers."""

    name: str
    title: str
    facts: Sequence[str]
    heads: Mapping[str, str]
    rows: Sequence[Mapping[str, Value]]
    total: bool = False


def workbook(sheets: Sequence[Sheet], title: str, at: datetime) -> bytes:
    """The file. `at` is when the record was made, for the file's properties."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = title, "card-logistics"
    book.properties.created = book.properties.modified = at.replace(tzinfo=None)
    for sheet in sheets:
        _write(book, sheet)
    output = io.BytesIO()
    book.save(output)
    return _settled(output.getvalue(), at)


def _write(book: Workbook, sheet: Sheet) -> None:
    page = book.create_sheet(sheet.name)
    _words(page.cell(1, 1), sheet.title).font = Font(size=14, bold=True)
    for index, fact in enumerate(sheet.facts, 2):
        _words(page.cell(index, 1), fact).font = Font(size=9)
    top = len(sheet.facts) + 3
    for column, head in enumerate(sheet.heads.values(), 1):
        cell = page.cell(top, column, head)
        cell.font, cell.fill = Font(bold=True, size=10), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    for row, values in enumerate(sheet.rows, top + 1):
        for column, name in enumerate(sheet.heads, 1):
            _fill(page.cell(row, column), values[name])
    last = top + len(sheet.rows)
    if sheet.total and sheet.rows:
        last += 1
        _sum(page, sheet, top, last)
    _set_up(page, sheet, top, last)


def _fill(cell: WriteOnlyCell, value: Value) -> None:
    cell.border = _LINE
    if isinstance(value, str):
        _words(cell, value)
        return
    cell.value = value
    if isinstance(value, int):
        cell.number_format = _NUMBER
    elif isinstance(value, date):
        cell.number_format = _DAY


def _words(cell: WriteOnlyCell, text: str) -> WriteOnlyCell:
    """Text as text, whatever it begins with: never a formula. What a spreadsheet cannot hold is left out."""
    cell.value = "".join(c for c in text if c.isprintable())
    cell.data_type = "s"
    return cell


def _sum(page: WriteOnlyCell, sheet: Sheet, top: int, last: int) -> None:
    page.cell(last, 1, "合計").font = Font(bold=True)
    for column, name in enumerate(sheet.heads, 1):
        cell = page.cell(last, column)
        cell.border = _SUM
        if all(isinstance(values[name], int) for values in sheet.rows):
            letter = get_column_letter(column)
            cell.value = f"=SUM({letter}{top + 1}:{letter}{last - 1})"
            cell.number_format, cell.font = _NUMBER, Font(bold=True)


def _set_up(page: WriteOnlyCell, sheet: Sheet, top: int, last: int) -> None:
    for column, (name, head) in enumerate(sheet.heads.items(), 1):
        longest = max((_columns(str(values[name])) for values in sheet.rows), default=0)
        page.column_dimensions[get_column_letter(column)].width = min(
            max(longest, _columns(head) / 2, 7) + 2, 42
        )
    page.freeze_panes = page.cell(top + 1, 1)
    page.print_title_rows = f"{top}:{top}"
    page.auto_filter.ref = f"A{top}:{get_column_letter(len(sheet.heads))}{max(last, top)}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.center.text = "&P / &N"


def _columns(text: str) -> float:
    """How wide a text is, in half-width characters."""
    return sum(1 if ord(c) < 0x2E80 else 2 for c in text)


def _settled(content: bytes, at: datetime) -> bytes:
    """The same file with the times that saving wrote into it replaced by the record's."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as made,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as settled,
    ):
        for name in made.namelist():
            text = made.read(name)
            if name == "docProps/core.xml":
                text = _core(text, at)
            settled.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def _core(text: bytes, at: datetime) -> bytes:
    head, mark, rest = text.partition(b"<dcterms:modified")
    if not mark:
        return text
    start, end = rest.index(b">") + 1, rest.index(b"</dcterms:modified>")
    return head + mark + rest[:start] + at.strftime("%Y-%m-%dT%H:%M:%SZ").encode() + rest[end:]
