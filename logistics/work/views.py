"""Answers as CSV for a spreadsheet: a view, never evidence, and nothing in it can run as a formula.

A cell that a spreadsheet could take for a formula, and one that begins with an apostrophe, gets an apostrophe in
front; reading takes one leading apostrophe away again (`restored`). Lines end in CR LF.
"""

from __future__ import annotations

import codecs
import csv
import io
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any

MARK = "# 閲覧用（証拠ではありません） / a view derived from the custody log; not evidence"
QUOTE = "'"
# What starts a formula, or is dropped before one. U+2212 is the minus that Shift_JIS writes as full-width.
_STARTS = frozenset("=+-@\t\r\n\u2212")
# What nearly every cell begins with; no formula does, and nothing drops it.
_PLAIN = frozenset(string.ascii_letters + string.digits + "{[")
# White space, and characters that are not seen: soft hyphen, zero-width ones, direction marks, byte order mark.
_HIDDEN = (
    string.whitespace
    + "\x85\xa0\xad\u1680\u180e\u3000\ufeff"
    + "".join(map(chr, [*range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x205F, 0x2070)]))
)
# Shift_JIS as Windows has it knows these under another number.
_SAME = str.maketrans({"\u301c": "\uff5e", "\u2212": "\uff0d", "\u2014": "\u2015", "\u2016": "\u2225"})
# 〓 (geta): the printer's mark for a character that the case does not hold.
MISSING = "\u3013"


class Charset(StrEnum):
    """How a CSV view is encoded: UTF-8 with a byte order mark, or Shift_JIS as Windows has it."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"


def csv_view(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], charset: Charset = Charset.UTF_8
) -> bytes:
    """A file with the mark that it is a view, the columns' names, and a line for each row.

    What Shift_JIS cannot write becomes 〓, so that it is seen to be missing.
    """
    return csv_head(columns, charset) + csv_lines(columns, rows, charset)


def csv_head(columns: Sequence[str], charset: Charset = Charset.UTF_8) -> bytes:
    """The beginning of such a file: byte order mark, the mark that it is a view, the columns' names."""
    head = _lines([[MARK], columns], charset)
    return head if charset is Charset.SHIFT_JIS else codecs.BOM_UTF8 + head


def csv_lines(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], charset: Charset = Charset.UTF_8
) -> bytes:
    """A line for each row."""
    return _lines(
        ([_fitting(_safe(_text(row[column])), charset) for column in columns] for row in rows), charset
    )


def _lines(rows: Iterable[Sequence[str]], charset: Charset) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("cp932" if charset is Charset.SHIFT_JIS else "utf-8")


def restored(cell: str) -> str:
    """What stood in the row before `csv_view` made it safe."""
    return cell.removeprefix(QUOTE)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _fitting(text: str, charset: Charset) -> str:
    if charset is Charset.UTF_8:
        return text
    text = text.translate(_SAME)
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return "".join(c if _encodable(c) else MISSING for c in text)
    return text


def _encodable(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _safe(text: str) -> str:
    """`text` with an apostrophe in front where it could be taken for a formula, or begins with one.

    White space and invisible characters before the sign do not hide it, nor do its other forms (＝, ﹢, ＠).
    """
    if text[:1] in _PLAIN:
        return text
    seen = text.lstrip(_HIDDEN)
    hidden = text[: len(text) - len(seen)]
    starts = text.startswith(QUOTE) or any(c in _STARTS for c in hidden)
    return QUOTE + text if starts or unicodedata.normalize("NFKC", seen[:1])[:1] in _STARTS else text
