"""The one typeface of all papers: IPAexGothic, embedded as a subset. Also what a text may hold to be drawn in it.

The font file comes with the package matplotlib-fontja. That package is never imported, only located.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "IPAexGothic"
# Printers set this mark where a character is not in the case; readers know that something stands here.
MISSING = "〓"
# Cc control, Cf format (direction marks among them), Cs surrogate, Co private, Zl and Zp separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_WIDE_SPACE = "\u3000"
_MARKS = frozenset({"Mn", "Mc", "Me"})

_lock = threading.Lock()
_loaded: TTFont | None = None


def font() -> TTFont:
    """The typeface, read from its file and registered at the first call of the process."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                loaded = TTFont(FONT, str(_font_file()), shapable=False)
                pdfmetrics.registerFont(loaded)
                _loaded = loaded
    return _loaded


def _font_file() -> Path:
    package = find_spec("matplotlib_fontja")
    if package is None or package.origin is None:
        raise RuntimeError("the font package matplotlib-fontja is missing; install requirements.lock")
    return Path(package.origin).parent / "fonts" / "ipaexg.ttf"


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """`text` as one inert line: NFC, no control or direction characters, 〓 for what has no glyph.

    White space becomes single spaces; the ideographic space stays as it is.
    """
    if text.isascii() and text.isprintable() and "  " not in text and text == text.strip():
        return text
    glyphs = font().face.charToGlyph
    composed = unicodedata.normalize("NFC", text)
    drawable = "".join(_drawable(character, glyphs) for character in composed)
    return " ".join(part for part in drawable.split(" ") if part)


def _drawable(character: str, glyphs: dict[int, int]) -> str:
    if " " < character <= "~" or character == _WIDE_SPACE:
        return character
    category = unicodedata.category(character)
    if category in _SPACES or character in "\t\n\r\v\f":
        return " "
    if category in _UNSEEN:
        return ""
    if ord(character) in glyphs:
        return character
    return "" if category in _MARKS else MISSING


def width_mm(text: str, size: float) -> float:
    """How wide `text` is at `size` points."""
    return float(font().stringWidth(text, size)) * 25.4 / 72


@lru_cache(maxsize=8192)
def fitted(text: str, room_mm: float, size: float, least: float = 5.0) -> tuple[str, float]:
    """`text`, cleaned, and the size at which it fits into `room_mm`; below `least` points it ends in …."""
    line = plain(text)
    wide = width_mm(line, size)
    if wide <= room_mm:
        return line, size
    shrunk = size * room_mm / wide
    if shrunk >= least:
        return line, shrunk
    return wrapped(line, room_mm, least, most=1)[0], least


@lru_cache(maxsize=8192)
def wrapped(text: str, room_mm: float, size: float, most: int = 1000) -> tuple[str, ...]:
    """`text`, cleaned, in lines of at most `room_mm`; what `most` lines cannot hold ends in …. One line at least.

    A closing bracket or a full stop never begins a line: it hangs over by taking its neighbour along.
    """
    lines: list[str] = []
    rest = plain(text)
    while rest:
        taken = _line_length(rest, room_mm, size)
        if len(lines) == most - 1 and taken < len(rest):
            lines.append(rest[: _line_length(rest, room_mm - width_mm("…", size), size)] + "…")
            break
        lines.append(rest[:taken].rstrip())
        rest = rest[taken:].lstrip()
    return tuple(lines) or ("",)


@lru_cache(maxsize=1024)
def halved(text: str, room_mm: float, size: float) -> tuple[str, str, float]:
    """`text`, cleaned, in two lines, and the size, `size` at most, at which both fit into `room_mm`.

    A name breaks where a reader would, even if it must be a little smaller for that: at a space, after an
    office, where another script begins: 深草支所 / マイナンバーカード交付コーナー. The second line may be empty.
    """
    line = plain(text)
    best, cost = (line, "", size * min(1, room_mm / max(width_mm(line, size), 0.01))), 0.0
    for at in range(1, len(line)):
        upper, lower = line[:at].strip(), line[at:].strip()
        if not upper or not lower or lower[0] in _NOT_FIRST:
            continue
        fit = size * min(1, room_mm / max(width_mm(upper, size), width_mm(lower, size)))
        worth = fit * (1 if _breaks_well(line[at - 1], line[at]) else 0.5)
        if worth > cost:
            best, cost = (upper, lower, fit), worth
    return best


def _breaks_well(before: str, after: str) -> bool:
    return before in " \u3000所室局" or _script(before) != _script(after)


def _script(character: str) -> str:
    """The first word of its Unicode name: CJK, HIRAGANA, KATAKANA (the long-vowel mark too), LATIN."""
    return unicodedata.name(character, "").split(" ")[0].removesuffix("-HIRAGANA")


# Between names, then between words.
_PARTING = "・ 　"
_NOT_FIRST = frozenset("、。，．・：；！？）」』】〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.)]}")


def _line_length(text: str, room_mm: float, size: float) -> int:
    """How many characters of `text` make its first line; 1 at least."""
    widths = font().face.charWidths
    default = font().face.defaultWidth
    room = room_mm * 72 / 25.4 * 1000 / size
    used = 0.0
    for index, character in enumerate(text):
        used += widths.get(ord(character), default)
        if used > room:
            return _break_before(text, index)
    return len(text)


def _break_before(text: str, index: int) -> int:
    """The best place to break at or before `index`; 1 where not even one character has room.

    Names that stand side by side part where one ends, if that leaves the line no less than half full.
    """
    for mark in _PARTING:
        parted = text.rfind(mark, index // 2, index) + 1
        if parted > 1 and text[parted] not in _NOT_FIRST:
            return parted
    for at in range(index, max(index - 4, 1), -1):
        if text[at] not in _NOT_FIRST:
            return at
    return max(index, 1)
