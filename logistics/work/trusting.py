"""Signing goes on after it was stopped: somebody who may has looked, and answers for it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.signer import Signer
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue
from logistics.store.database import Database, driver
from logistics.work import people


async def resume_signing(
    database: Database, signer_directory: Path, *, by: str, reason: str, now: datetime
) -> str:
    """Have the log signed again, and why it had not been. What is still wrong stops it at the next reading.

    That it was resumed, by whom and why is an entry. Raises NotFound, NotAllowed; InvalidValue if nothing stopped.
    """
    async with database.begin() as session:
        actor = await people.actor(session, by)
        permissions.require(actor, "resume_signing")
        origin = await (await driver(session)).fetchval("SELECT origin FROM log_identity")
        signer = Signer(signer_directory, origin)
        stopped = signer.distrusts()
        if stopped is None:
            raise InvalidValue("log", "its signing was not stopped")
        facts = {"stopped": stopped}
        await take(
            session, [Act("resume_signing", actor, str(actor.place), now, reason=reason, facts=facts)], now
        )
    signer.trust()
    return stopped
