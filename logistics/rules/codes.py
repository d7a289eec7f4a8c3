"""Control numbers: a type prefix, a body of upper-case letters and digits, an ISO 7064 check character.

The prefix tells what was scanned before anything is looked up. The check character (ISO 7064 MOD 37,36)
finds every single wrong character, and every swap of neighbours but one in 630: each two characters that
follow one another in 0-9A-Z have one start after which their swap goes unseen. No code holds twelve digits in
a row, and each begins with a letter, so that neither one code nor several side by side can look like a My
Number.
"""

from __future__ import annotations

import re
import secrets
from enum import StrEnum, unique
from functools import lru_cache

from stdnum.iso7064 import mod_37_36

from logistics.rules.errors import MalformedCode

# Crockford's base 32: no I, L, O, U, which a hand-typed number confuses with 1, 1, 0, V.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 8
LONGEST = 12
PATTERN = rf"^[A-Z][0-9A-Z]{{3,{LONGEST - 1}}}$"


@unique
class CodeType(StrEnum):
    """What a code stands for; the value is its prefix."""

    CARD = "C"
    BATCH = "B"
    BOX = "X"
    ARRIVAL = "N"
    RUN = "R"
    MANIFEST = "M"
    TRANSFER_SLIP = "T"
    RECEIPT = "A"
    PLACE = "L"
    VAULT = "V"
    SLOT = "S"
    PERSON = "P"
    COURIER = "K"
    DISCREPANCY = "G"
    HOLD = "Z"
    APPROVAL = "H"
    PICK_LIST = "Y"
    COUNT = "Q"
    CASE = "U"
    DOCUMENT = "D"
    FIGURES = "F"
    DEVICE = "E"
    PROPOSAL = "W"
    SUCCESSION = "J"
    INCIDENT = "I"


_PREFIXES = frozenset(kind.value for kind in CodeType)
_FORM = re.compile(PATTERN, re.ASCII)


def seal_with_check(body: str) -> str:
    """`body` (prefix included) followed by its check character."""
    return body + str(mod_37_36.calc_check_digit(body))


def random_code(kind: CodeType) -> str:
    """A new code nobody can guess: prefix, 8 characters of 5 random bits each, check character.

    Collisions are one in 10^12 per pair; the unique key of the table decides.
    """
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return seal_with_check(kind + body)


def sequenced_code(kind: CodeType, number: int, *, fiscal_year: int | None = None, width: int = 6) -> str:
    """The code of the `number`-th thing of its kind, within a Reiwa fiscal year where papers are numbered."""
    if number < 0 or len(str(number)) > width:
        raise ValueError(f"{kind.name} number {number} does not fit in {width} digits")
    year = "" if fiscal_year is None else f"{fiscal_year:02d}"
    return seal_with_check(f"{kind}{year}{number:0{width}d}")


def slot_code(place_number: int, vault_number: int, shelf: str, position: int) -> str:
    """Where a card lies: place (2 digits), vault (1), shelf letter, position (3); sorts in walking order."""
    if not (0 <= place_number < 100 and 0 <= vault_number < 10 and 0 <= position < 1000):
        raise ValueError(f"place {place_number}, vault {vault_number}, position {position} fit no slot code")
    if not re.fullmatch(r"[A-Z]", shelf):
        raise ValueError(f"shelf {shelf!r} is not one letter from A to Z")
    return seal_with_check(f"{CodeType.SLOT}{place_number:02d}{vault_number}{shelf}{position:03d}")


def fault(text: str) -> str | None:
    """Why `text` is not a control number of any type, or None where it is one."""
    if not _FORM.fullmatch(text):
        return "it must be a letter followed by 3 to 11 upper-case letters and digits"
    if text[0] not in _PREFIXES:
        return "its first letter stands for nothing we number"
    if not _checks(text):
        return "its check character is wrong"
    return None


@lru_cache(maxsize=4096)
def _checks(text: str) -> bool:
    """Whether the check character of a text in a code's form is right; one request asks several times."""
    return bool(mod_37_36.is_valid(text))


def type_of(text: str) -> CodeType | None:
    """The type of a well-formed code, None for anything else."""
    return None if fault(text) else CodeType(text[0])


def require(text: str, kind: CodeType, where: str) -> str:
    """`text` if it is a well-formed code of `kind`; MalformedCode, naming `where`, if not."""
    reason = fault(text)
    if reason is None and text[0] != kind:
        reason = f"it is the code of a {CodeType(text[0]).name.lower().replace('_', ' ')}"
    if reason:
        raise MalformedCode(where, kind.name.lower().replace("_", " "), reason)
    return text
