"""The My Number guard: no text that holds a valid 12-digit My Number enters this system.

It reads text, never typed values: the last group of a UUID is twelve digits once in three hundred times.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate

from stdnum.jp import in_ as individual_number

DIGITS = 12
# What people and machines write between the digits of a number: white space, hyphens, dashes, dots, bars.
# U+30FC, the long-vowel mark, is what an input method makes of a hyphen.
_SEPARATOR = r"[\s\-\u2010-\u2015\u2043\u2212\u02d7\u2500\u30fc\u301c\u3001\u30fb\u2800\u3164~._/|+=()]{1,8}"
_RUN = re.compile(rf"[0-9]+(?:{_SEPARATOR}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
# Commas, colons and semicolons stand in amounts, times and lists far more often than in a number of a person. They join
# only groups of four, as the number is printed: a row of times or amounts has no such groups, and one in eleven of those
# that do would be refused by chance.
_FOURS = re.compile(r"(?<![0-9])([0-9]{4})\s?[,:;]\s?([0-9]{4})\s?[,:;]\s?([0-9]{4})(?![0-9])")
# A written date ends a row of digits: a date with a time, or two dates, would be twelve digits.
_DATE = re.compile(r"(?<![0-9])20[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])")
_KANJI = str.maketrans("〇零一二三四五六七八九", "00123456789")
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
# Format and control characters, variation selectors, marks drawn over a digit.
_UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me"})


def holds_my_number(text: str) -> bool:
    """Whether `text` holds a valid My Number: 12 digits in one group, or in groups with separators between.

    Full-width, circled, kanji and any other Unicode digits count; invisible characters are ignored.
    A longer unbroken row of digits is another kind of number and does not count; nor does a date
    (2026-04-01, 2026/4/1) as part of a row. Commas and colons join groups of four only.
    """
    # Most texts have a few digits or none, and are told apart at once.
    if text.isascii() and len(text.encode().translate(None, _NO_DIGITS)) < DIGITS:
        return False
    return any(
        _run_holds(run)
        for reading in _readings(text)
        if len(reading) >= DIGITS
        for run in (*_RUN.findall(_DATE.sub("#", reading)), *map("".join, _FOURS.findall(reading)))
    )


def _readings(text: str) -> tuple[str, ...]:
    """`text` with its digits as 0 to 9, read in the two ways a person may mean it.

    ① and 一 are digits in one reading; in the other they number a list and end the row before them.
    """
    if text.isascii() and text.isprintable():
        return (text,)
    seen = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    listed = "".join("#" if unicodedata.category(c) == "No" else c for c in seen)
    return _with_plain_digits(listed), _with_plain_digits(seen).translate(_KANJI)


def _with_plain_digits(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in folded)


def _run_holds(run: str) -> bool:
    """Whether neighbouring groups make twelve digits that are a My Number.

    Linear, and quick for a megabyte of "1 1 1 …": every group's end is looked up once, every number judged once.
    """
    groups = _GROUP.findall(run)
    digits = "".join(groups)
    ends = set(accumulate(map(len, groups)))
    return any(
        _is_my_number(digits[end - DIGITS : end]) for end in ends if end == DIGITS or end - DIGITS in ends
    )


@lru_cache(maxsize=4096)
def _is_my_number(digits: str) -> bool:
    return bool(individual_number.is_valid(digits))
