"""The number on a pickup notice, known only by a keyed hash: what holds a notice against a sleeve, and tells nobody.

The number leads to a person in the booking system. With nine characters it could be guessed from a plain hash; the
key is a file outside the database, so that a copy of the database tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.errors import CardsRefused, InvalidValue
from logistics.rules.lifecycle import AT_REST, ENDED, CardState
from logistics.rules.permissions import Actor
from logistics.store.database import driver

# Three letters or digits, a hyphen that many leave out, six digits.
FORM = re.compile(r"([0-9A-Z]{3})-?([0-9]{6})")
KEY_BYTES = 32
KEY_FILE = "notice.key"

_KNOWN = """
SELECT DISTINCT ON (card) card, key_id, hash
FROM notice_hash
WHERE card = ANY ($1::bigint[])
ORDER BY card, id DESC
"""

# The last scan of the card at the counter did not match, and it has not been put back since.
_STOPPED = """
SELECT card.code
FROM card
JOIN scan ON scan.code = card.code AND NOT scan.accepted
WHERE card.code = ANY ($1::text[]) AND scan.purpose = 'issue' AND scan.outcome = 'notice_mismatch'
  AND scan.entry > COALESCE((
      SELECT max(moved.entry) FROM entry_card AS moved
      WHERE moved.card = card.id AND moved.step IN ('take_out', 'undo_issue')), 0)
"""

_LACKING = """
SELECT code, first_notice_on
FROM card
WHERE place = $1 AND first_notice_on IS NOT NULL AND state = ANY ($3::text[])
  AND NOT EXISTS (SELECT FROM notice_hash WHERE notice_hash.card = card.id)
ORDER BY code
LIMIT $2
"""

_INSERT = """
INSERT INTO notice_hash (card, key_id, hash, entry)
SELECT card.id, $3, given.hash, $4
FROM unnest($1::text[], $2::bytea[]) AS given (code, hash)
JOIN card USING (code)
"""


@dataclass(frozen=True, slots=True)
class NoticeHash:
    """A notice's number under a key: HMAC-SHA-256, and which key it was."""

    key_id: str
    hash: bytes


Known = NoticeHash


@dataclass(frozen=True, slots=True)
class NoticeKey:
    """The key; it never enters the database, a log or an answer."""

    secret: bytes

    @classmethod
    def kept(cls, directory: Path) -> Self:
        """The key in `directory`, made on first use: readable by its owner alone. ValueError for a broken file."""
        path = directory / KEY_FILE
        if not path.exists():
            _make(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        if len(secret) != KEY_BYTES:
            raise ValueError(f"{path.name} does not hold a key of {KEY_BYTES} bytes")
        return cls(secret)

    @property
    def id(self) -> str:
        """Which key this is; nothing of the key can be told from it."""
        return hashlib.sha256(b"notice key\n" + self.secret).hexdigest()[:16]

    def hash(self, number: str, field: str) -> NoticeHash:
        """The keyed hash of a number, with or without its hyphen. InvalidValue, naming `field`, for none."""
        found = FORM.fullmatch(number.strip().upper())
        if found is None:
            raise InvalidValue(field, "is not the number of a notice: three letters or digits and six digits")
        return NoticeHash(self.id, hmac.digest(self.secret, "".join(found.groups()).encode(), "sha256"))


def _make(path: Path) -> None:
    """A key in a file; where several processes start at once, all of them keep the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A card with the hash of its notice's number."""

    card: str
    notice: NoticeHash


async def register(session: AsyncSession, actor: Actor, numbered: Sequence[Numbered], now: datetime) -> int:
    """Keep the hashes of cards' notices, all or none; the latest counts. CardsRefused for a card unknown or gone."""
    permissions.require(actor, "register_notice")
    codes = [one.card for one in numbered]
    if len(set(codes)) != len(codes):
        raise InvalidValue("notices", "names a card twice")
    connection = await driver(session)
    rows = await connection.fetch("SELECT code, state FROM card WHERE code = ANY ($1::text[])", codes)
    states = {row["code"]: CardState(row["state"]) for row in rows}
    if refused := [code for code in codes if code not in states or states[code] in ENDED]:
        raise CardsRefused(
            "register_notices", [{"card": code, "state": states.get(code, "unknown")} for code in refused]
        )
    facts = {"codes": sorted(codes), "key": numbered[0].notice.key_id}
    (taken,) = await take(session, [Act("register_notices", actor, str(actor.place), now, facts=facts)], now)
    await insert(session, numbered, taken.entry)
    return len(codes)


async def insert(session: AsyncSession, numbered: Sequence[Numbered], entry: int) -> None:
    """Write the hashes with the entry that brought them."""
    for key_id in sorted({one.notice.key_id for one in numbered}):
        of_key = [one for one in numbered if one.notice.key_id == key_id]
        await (await driver(session)).execute(
            _INSERT, [one.card for one in of_key], [one.notice.hash for one in of_key], key_id, entry
        )


async def known(session: AsyncSession, cards: Sequence[int]) -> dict[int, Known]:
    """The latest hash of each card's notice, by row id."""
    rows = await (await driver(session)).fetch(_KNOWN, list(cards))
    return {row["card"]: Known(row["key_id"], row["hash"]) for row in rows}


async def lacking(session: AsyncSession, place: str, limit: int) -> list[dict[str, Any]]:
    """Cards that lie at a place, were notified, and whose notice's number is not known; in code order."""
    rows = await (await driver(session)).fetch(_LACKING, place, limit, sorted(AT_REST))
    return [dict(row) for row in rows]


async def stopped(session: AsyncSession, cards: Sequence[str]) -> set[str]:
    """Cards whose notice did not match since they were taken out."""
    rows = await (await driver(session)).fetch(_STOPPED, list(cards))
    return {row["code"] for row in rows}
