"""One PostgreSQL database: its pool of connections and the two kinds of session.

A handler takes exactly one of `transaction` and `snapshot` as its dependency; everything else writes
`async with database.begin() as session` or `async with database.read() as session`. Nothing else commits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

# A transaction that waits for its client holds its locks against everybody; milliseconds, as PostgreSQL counts.
IDLE_IN_TRANSACTION_MS = 10_000
STATEMENT_MS = 30_000
# Longer than any wait for a connection that a clerk would sit through; seconds.
POOL_WAIT_SECONDS = 10
# Lines open at once, besides the pool.
MOST_LINES = 2
# Where a session keeps its driver's connection, with the transaction for which it is the one.
_DRIVER = "driver"


# The calendar day in Japan by the service's clock, which a demonstration sets ahead or back of the machine's.
TODAY = (
    "((now() + COALESCE(NULLIF(current_setting('logistics.ahead', TRUE), ''), '0')::interval)"
    " AT TIME ZONE 'Asia/Tokyo')::date"
)


class Database:
    """An engine connects at its first use: making one costs nothing and fails never."""

    def __init__(self, url: str, *, pool_size: int = 20, application_name: str = "logistics") -> None:
        self.engine = _engine(url, pool_size, {"application_name": application_name})
        # A plan for given values is hardly better where everything is found by key, and takes longer to make than to run.
        generic = {"plan_cache_mode": "force_generic_plan"}
        self._lines = _engine(url, MOST_LINES, {"application_name": f"{application_name} line", **generic})
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    def tell_time(self, now: datetime) -> None:
        """Let SQL know the day (`TODAY`) by the clock that shows `now`; for connections opened from here on."""
        ahead = (now - datetime.now(UTC)).total_seconds()

        def set_ahead(_dialect: Any, _record: Any, _args: Any, options: dict[str, Any]) -> None:
            options["server_settings"] = {
                **options.get("server_settings", {}),
                "logistics.ahead": f"{ahead:.0f} seconds",
            }

        event.listen(self.engine.sync_engine, "do_connect", set_ahead)

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that commits when the block ends and rolls back when it raises."""
        return self._sessions.begin()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A read-only session in which all statements see one moment."""
        async with self._sessions.begin() as session:
            await session.connection(
                execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            )
            yield session

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A connection for many short transactions, one after the other; given back when the block ends.

        Its statements are planned once for all values: each has to find its rows by key, whatever is asked.
        """
        async with self._lines.connect() as pooled:
            raw: Any = (await pooled.get_raw_connection()).driver_connection
            yield Line(raw)

    async def close(self) -> None:
        """Close every connection that is not in use."""
        await self.engine.dispose()
        await self._lines.dispose()


def _engine(url: str, pool_size: int, server_settings: dict[str, str]) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        # Connections beyond the pool would be opened and closed again for every request of a burst.
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        # The few connections that were used last have their statements prepared and their caches warm.
        pool_use_lifo=True,
        connect_args={
            "server_settings": {
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                "statement_timeout": str(STATEMENT_MS),
                "timezone": "UTC",
                "jit": "off",
                **server_settings,
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


class Line:
    """One connection whose transactions cost no more than their statements: no pool, no unit of work between them.

    Its session is good for `driver` alone; what needs the engine refuses to work with it.
    """

    def __init__(self, raw: asyncpg.Connection) -> None:
        self._raw = raw
        self._session = AsyncSession()
        self._session.info[_DRIVER] = (None, raw)

    @property
    def is_closed(self) -> bool:
        """Whether the server or the network has ended the connection."""
        return bool(self._raw.is_closed())

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session that commits when the block ends and rolls back when it raises."""
        async with self._raw.transaction():
            yield self._session


async def driver(session: AsyncSession) -> asyncpg.Connection:
    """The asyncpg connection under the session, inside the session's transaction.

    Its errors are asyncpg's own, not SQLAlchemy's.
    """
    # Asked for before every statement: SQLAlchemy's way to it, through a greenlet, is gone once in a transaction.
    transaction = session.sync_session.get_transaction()
    known = session.info.get(_DRIVER)
    if known is not None and known[0] is transaction:
        return known[1]
    pooled = await (await session.connection()).get_raw_connection()
    raw: asyncpg.Connection = pooled.driver_connection
    if not raw.is_in_transaction():
        # SQLAlchemy sends BEGIN with its own first statement; ours would run outside and survive a rollback.
        # No public call sends BEGIN alone, and a statement just for that costs a quarter of a short transaction.
        adapted: Any = pooled.dbapi_connection
        await adapted._start_transaction()
    session.info[_DRIVER] = (session.sync_session.get_transaction(), raw)
    return raw


async def copy_rows(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """COPY rows, tuples in the order of `columns`, into the table within the session's transaction."""
    await (await driver(session)).copy_records_to_table(table, columns=list(columns), records=rows)


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that the server has closed, for instance by restarting.

    Free of charge: the event loop has already seen the end of the stream. A ping would cost a round trip or three.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
