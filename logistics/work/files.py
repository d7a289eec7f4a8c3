"""Files as they are kept: by their SHA-256, once, for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import NotFound
from logistics.store.database import driver

_STORE = """
INSERT INTO stored_file (sha256, media_type, size, content, stored_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""


async def store(session: AsyncSession, content: bytes, media_type: str, now: datetime) -> bytes:
    """Keep a file; its SHA-256."""
    digest = hashlib.sha256(content).digest()
    await (await driver(session)).execute(_STORE, digest, media_type, len(content), content, now)
    return digest


async def read(session: AsyncSession, digest: bytes) -> bytes:
    """The file with this SHA-256. NotFound."""
    content: bytes | None = await (await driver(session)).fetchval(
        "SELECT content FROM stored_file WHERE sha256 = $1", digest
    )
    if content is None:
        raise NotFound("file", digest.hex())
    return content
