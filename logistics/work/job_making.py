"""What a job that is under way works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import new_uuid
from logistics.rules.guard import holds_my_number
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.store.sealing import Sealer

# Draws a paper of a catalogue: given its record and what every print carries.
Render = Callable[[Any, Any], bytes]
Draw = Callable[[str], Render]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the process that makes jobs has: who draws papers; the log's signer; what opens sealed secrets."""

    draw: Draw
    signer_directory: Path | None = None
    sealer: Sealer | None = None


@dataclass(frozen=True, slots=True)
class Making:
    """One job being made, for who asked for it and as that person may act now, in the job's own transaction.

    `tell` says how many of how many steps are done, at once and beside that transaction.
    """

    database: Database
    session: AsyncSession
    tools: Tools
    actor: Actor
    asked: Mapping[str, Any]
    now: datetime
    tell: Callable[[int, int], Awaitable[None]]


def new_job() -> UUID:
    """The id of a new job. It stands in addresses, and twelve digits of an id may happen to be a valid My Number."""
    while holds_my_number(str(job := new_uuid())):
        pass
    return job
