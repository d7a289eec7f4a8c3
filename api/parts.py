"""What the application works with: its database, its clock and the few things made once per process.

They stand in the application's state, and handlers ask for them by name. The routes know of none of them, so that one
set of routes serves whatever is put there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.abandoned import Closed
from api.door import STATE as DOOR
from api.door import Door
from api.gathering import Gatherer
from api.pages.live import Hub
from labels.signing import Press
from logistics.ledger.sequencer import Sequencer
from logistics.store.database import Database
from logistics.work.notice_numbers import NoticeKey
from logistics.work.sending import Channel

STATE = "parts"
Asked = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """Without `sequencer` nobody signs the log here; without `notice_key` no notice can be held against its sleeve."""

    database: Database
    clock: Callable[[], datetime]
    door: Door
    press: Press
    sequencer: Sequencer | None
    notice_key: NoticeKey | None
    gatherer: Gatherer
    hub: Hub
    channels: Sequence[Channel]

    def put_into(self, app: Litestar) -> None:
        """From now on requests to the application are served with these."""
        app.state[STATE] = self
        app.state[DOOR] = self.door


def parts_of(app: Litestar) -> Parts:
    """What the application works with."""
    parts: Parts = app.state[STATE]
    return parts


def dependencies() -> dict[str, Provide]:
    """What a handler can ask for: a session, who acts, the time, and each of the parts."""
    return {
        "session": Closed(_transaction),
        "snapshot": Closed(_snapshot),
        "actor": Provide(auth.provide_actor),
        "reader": Provide(auth.provide_reader),
        "now": Provide(_now, sync_to_thread=False, use_cache=False),
        **{name: _part(name) for name in ("database", "notice_key", "press", "gatherer", "hub")},
        "signing": Provide(_signing, sync_to_thread=False),
        "vkey": Provide(_vkey, sync_to_thread=False),
        "signer_directory": Provide(_signer_directory, sync_to_thread=False),
    }


def _part(name: str) -> Provide:
    def provide(request: Asked) -> Any:
        return getattr(parts_of(request.app), name)

    return Provide(provide, sync_to_thread=False)


async def _transaction(request: Asked) -> AsyncGenerator[AsyncSession, None]:
    async with parts_of(request.app).database.begin() as session:
        yield session


async def _snapshot(request: Asked) -> AsyncGenerator[AsyncSession, None]:
    async with parts_of(request.app).database.read() as session:
        yield session


def _now(request: Asked) -> datetime:
    moment: datetime = parts_of(request.app).clock()
    return moment


def _signing(request: Asked) -> str | None:
    sequencer = parts_of(request.app).sequencer
    return sequencer.alarm if sequencer else None


def _vkey(request: Asked) -> str | None:
    sequencer = parts_of(request.app).sequencer
    return sequencer.vkey if sequencer else None


def _signer_directory(request: Asked) -> Path | None:
    sequencer = parts_of(request.app).sequencer
    return sequencer.directory if sequencer else None
