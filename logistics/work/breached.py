"""Passwords that were stolen elsewhere: looked up in a file that the operator brings, without asking anybody.

The file is the one that Have I Been Pwned gives away: a line for each password, its SHA-1 in upper-case hexadecimal
digits, a colon and how often it was seen, in the order of the digests. Of some 40 GB some forty blocks are read.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

DIGITS = 40
# Longer than any line: a digest, a colon, a count.
_LINE = 64


def is_breached(password: str, file: Path) -> bool:
    """Whether the file names the password. OSError if it cannot be read."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, os.fstat(lines.fileno()).st_size
        # The line that is looked for begins at `low` or after it, and before `high`.
        while low < high:
            middle = (low + high) // 2
            lines.seek(max(middle - 1, 0))
            if middle:
                lines.readline()
            begins = lines.tell()
            digest = lines.readline(_LINE)[:DIGITS].upper()
            if not digest or begins >= high or digest > wanted:
                high = middle
            elif digest < wanted:
                low = begins + 1
            else:
                return True
    return False
