"""The My Number guard: no text that holds a valid 12-digit My Number enters this system.

It reads text, never typed values: the last group of a UUID is twelve digits once in three hundred times.
"""

from __future__ import annotations

import re
import unicodedata

from stdnum.jp import in_ as individual_number

from logistics.rules.errors import MyNumberRefused

DIGITS = 12
# What people and machines write between the digits of a number: white space, hyphens, dashes, dots, bars.
# U+30FC, the long-vowel mark, is what an input method makes of a hyphen.
_SEPARATOR = r"[\s\-\u2010-\u2015\u2212\u30fc\u30fb._/|]{1,3}"
_RUN = re.compile(rf"[0-9]+(?:{_SEPARATOR}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_KANJI = str.maketrans("〇零一二三四五六七八九", "00123456789")


def holds_my_number(text: str) -> bool:
    """Whether `text` holds a valid My Number: 12 digits in one group, or in groups with separators between.

    Full-width, circled, kanji and any other Unicode digits count; invisible characters are ignored.
    A longer unbroken row of digits is another kind of number and does not count.
    """
    if len(text) < DIGITS:
        return False
    return any(_run_holds(run) for run in _RUN.findall(_plain_digits(text)))


def refuse_my_number(text: str, where: str) -> str:
    """`text` itself; MyNumberRefused, naming `where` and never the value, if it holds a My Number."""
    if holds_my_number(text):
        raise MyNumberRefused(where)
    return text


def _plain_digits(text: str) -> str:
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text).translate(_KANJI)
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded if unicodedata.category(c) != "Cf"
    )


def _run_holds(run: str) -> bool:
    groups = _GROUP.findall(run)
    for first in range(len(groups)):
        joined = ""
        for group in groups[first:]:
            joined += group
            if len(joined) >= DIGITS:
                break
        if len(joined) == DIGITS and individual_number.is_valid(joined):
            return True
    return False
