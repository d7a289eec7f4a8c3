"""Passwords and codes of authenticators: what is good enough, how they are hashed and checked. Pure and slow.

argon2id with 19 MiB, two passes, one lane (OWASP); six-digit codes of 30 seconds (RFC 6238, SHA-1 as apps and
hardware tokens have it).
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

LEAST_CHARACTERS, MOST_CHARACTERS = 12, 128
# zxcvbn: 3 of 4 is at least a hundred million guesses.
LEAST_SCORE, JUDGED_CHARACTERS = 3, 64
# What everybody here would think of first.
OUR_WORDS = ("kyoto", "mynumber", "card", "logistics", "custody", "bunshitsu", "maina", "kyotocity")
CODE_PATTERN = r"^[0-9]{6}$"
STEP = timedelta(seconds=30)
# The clocks of a token and of the service may differ by one step either way.
DRIFT = 1

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """argon2id's own form of `password`, with a salt of its own."""
    return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether `password` is the one that is kept; for nobody's as slow as for somebody's."""
    try:
        return _HASHER.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made otherwise than they are made now."""
    return _HASHER.check_needs_rehash(kept)


def too_weak(password: str, person: str) -> str | None:
    """Why `password` must not be used, None if it may."""
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        return f"must have {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters"
    if person.lower() in password.lower():
        return "must not hold the person's code"
    if len(set(password)) < LEAST_CHARACTERS // 2:
        return "must not repeat the same few characters"
    if _is_guessed(password, person):
        return "is among those that are tried first; choose words that do not belong together"
    return None


def _is_guessed(password: str, person: str) -> bool:
    """Whether somebody who knows the 30,000 most common passwords, names, words and keyboard rows gets it soon.

    zxcvbn's lists (ASVS 6.2.4), offline; of a long password its beginning decides, so that no length costs much.
    """
    found: int = zxcvbn(password[:JUDGED_CHARACTERS], user_inputs=[person, *OUR_WORDS])["score"]
    return found < LEAST_SCORE


def new_secret() -> str:
    """A new authenticator's 160-bit secret, in base 32."""
    return pyotp.random_base32(32)


def code_at(secret: str, at: datetime) -> str:
    """The code that an authenticator shows then."""
    return pyotp.TOTP(secret).at(at)


def step_of(secret: str, code: str, at: datetime, drift: int = DRIFT) -> int | None:
    """The time step in which `code` is shown, within the drift around `at`; None for any other code."""
    now = int(at.timestamp()) // int(STEP.total_seconds())
    found = None
    for step in range(now - drift, now + drift + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), code.encode()):
            found = step
    return found


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")
